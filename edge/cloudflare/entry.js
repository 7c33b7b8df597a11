// What wrangler deploys: the Worker, and beside it the encoder's module, started where a site first needs it. An isolate
// compiles no WebAssembly that comes over the network, so the module is part of the deployment; the weights are not.
import module from './encoder_bg.wasm';
import { Encoder, FILES, contents, initSync } from './encoder.js';

export { default } from './worker.js';

// Weights come from R2 where the deployment has a bucket for them (MODELS), else from the assets (25 MiB a file,
// longer ones in parts).
async function weights(env, path) {
  if (env.MODELS) {
    const kept = await env.MODELS.get(path);
    if (kept) return new Response(kept.body, { headers: { 'content-length': String(kept.size) } });
  }
  const response = await env.ASSETS.fetch(`https://assets.local/blobs/${path}`);
  if (!response.ok) throw new Error(`${path}: no such file; deploy the encoder with the manifest`);
  return response;
}

globalThis.nearsideEncoder = async (env, hash) => {
  initSync({ module });
  const files = [];
  for (const name of FILES) files.push(await contents((path) => weights(env, path), `encoders/${hash}/${name}`));
  return new Encoder(...files);
};
