// Times the masking module as the browser loads it, in Node: {plain, hostile} as JSON in, {p95, worst} in milliseconds out.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = join(fileURLToPath(import.meta.url), '../../dist/mask');
const module = await import(join(dist, 'nearside_mask.js'));
await module.default({ module_or_path: readFileSync(join(dist, 'nearside_mask_bg.wasm')) });
const { plain, hostile } = JSON.parse(readFileSync(0, 'utf8'));

function time(text) {
  const began = performance.now();
  module.mask([text]);
  return performance.now() - began;
}
// As native code is measured warm, so is this.
plain.forEach(time);
const millis = plain.map(time).sort((a, b) => a - b);
const worst = Math.max(...hostile.map((text) => Math.min(time(text), time(text), time(text))));
console.log(JSON.stringify({ p95: millis[Math.floor(millis.length * 0.95)], worst }));
