// What stands beside the module's glue: files go into its memory chunk by chunk, in a Web Worker and in an isolate.
import start, { Contents, Encoder } from './nearside_encoder.js';
export { Encoder, initSync } from './nearside_encoder.js';

export const FILES = ['model.onnx', 'tokenizer.json', 'encoder.json'];

// What hosts take as one file: longer ones lie in parts of this size, NAME, NAME.1, NAME.2, and a whole one says that
// another follows. `nearside site build` cuts them so.
const PART = 24 * 1024 * 1024;

export async function contents(get, name) {
  const into = new Contents();
  for (let part = 0; ; part++) {
    const response = await get(part ? `${name}.${part}` : name);
    into.reserve(Number(response.headers.get('content-length')) || 0);
    const reader = response.body.getReader();
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      into.push(value);
      bytes += value.length;
    }
    if (bytes !== PART) return into;
  }
}

// For the Web Worker: the encoder of a manifest, and the pack of one language that was trained with it; the others ask
// the edge. `get` fetches a file once, for good.
export async function bring(get, { api, assets }, { hash, packs }, language) {
  const pack = packs.find((p) => p.language === language);
  await start({ module_or_path: get(`${assets}/encoder/nearside_encoder_bg.wasm`) });
  const files = [];
  const kept = (url) => get(url, Infinity);
  for (const name of FILES) files.push(await contents(kept, `${assets}/blobs/encoders/${hash}/${name}`));
  const bytes = await (await kept(`${api}/v1/pack/${pack.hash}`)).arrayBuffer();
  const encoder = new Encoder(...files);
  const encode = (text) => {
    try {
      return encoder.encode(text);
    } catch {
      return new Float32Array();
    }
  };
  return [{ width: encoder.width, encode }, new Uint8Array(bytes), pack.hash];
}
