// The encoder's module and the core's in Node: milliseconds and memory. ENCODER names the encoder's folder; standard input
// has {texts, packs: {tier: path}}. Prints one JSON object.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { texts, packs } = JSON.parse(readFileSync(0, 'utf8'));
const at = (times, share) => times.toSorted((a, b) => a - b)[Math.floor(times.length * share)];
const module = (name) => new WebAssembly.Module(readFileSync(join(root, name)));

function timed(act) {
  for (let i = 0; i < 3; i++) texts.forEach(act);
  const times = [];
  for (let i = 0; i < 5; i++) {
    for (const text of texts) {
      const started = performance.now();
      act(text);
      times.push(performance.now() - started);
    }
  }
  return { p50_ms: at(times, 0.5), p95_ms: at(times, 0.95) };
}

const { initSync, Encoder, contents } = await import(join(root, 'dist/encoder/nearside_encoder.js'));
const started = performance.now();
const { memory } = initSync({ module: module('dist/encoder/nearside_encoder_bg.wasm') });
const read = (name) => contents((path) => new Response(readFileSync(join(process.env.ENCODER, path))), name);
const files = [];
for (const name of ['model.onnx', 'tokenizer.json', 'encoder.json']) files.push(await read(name));
const encoder = new Encoder(...files);
const load_ms = performance.now() - started;
const result = { load_ms, encode: timed((text) => encoder.encode(text)), memory_mb: memory.buffer.byteLength / 1e6 };

// The core stands bundled with its worker script; its glue alone is what wasm-bindgen wrote.
const core = await import(join(root, 'target/web/core/nearside_core.js'));
core.initSync({ module: module('dist/core/nearside_core_bg.wasm') });
const context = { nowMs: 1.8e12, locale: 'en', languages: ['en'] };
for (const [tier, path] of Object.entries(packs)) {
  const assistant = new core.Core();
  if (tier === 'encoder') assistant.setEncoder(encoder, readFileSync(path));
  else assistant.addPack(readFileSync(path));
  result[tier] = timed((text) => assistant.turn(undefined, { type: 'text', text }, context));
}
console.log(JSON.stringify({ ...result, process_mb: process.memoryUsage().rss / 1e6 }));
