// What stands beside the module's glue: files go into its memory chunk by chunk, in a Web Worker and in an isolate.
import start, { Contents, Encoder } from './nearside_encoder.js';
export { Encoder, initSync } from './nearside_encoder.js';

export const FILES = ['model.onnx', 'tokenizer.json', 'encoder.json'];

export async function contents(response) {
  const into = new Contents(Number(response.headers.get('content-length')) || 0);
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return into;
    into.push(value);
  }
}

// For the Web Worker: the encoder of a manifest, and the first pack that was trained with it; other languages ask the
// edge. `get` fetches a file once, for good.
export async function bring(get, { api, assets }, { hash, packs: [pack] }) {
  await start({ module_or_path: get(`${assets}/encoder/nearside_encoder_bg.wasm`) });
  const files = [];
  for (const name of FILES) files.push(await contents(await get(`${assets}/blobs/encoders/${hash}/${name}`, Infinity)));
  const bytes = await (await get(`${api}/v1/pack/${pack.hash}`, Infinity)).arrayBuffer();
  const encoder = new Encoder(...files);
  const encode = (text) => {
    try {
      return encoder.encode(text);
    } catch {
      return new Float32Array();
    }
  };
  return [{ width: encoder.width, encode }, new Uint8Array(bytes)];
}
