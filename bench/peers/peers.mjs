// Peers that run on JavaScript: node peers.mjs NAME, the sets as JSON on standard input; one JSON object out. Each runs in a
// process of its own, so that its memory is its own.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const input = JSON.parse(readFileSync(0, 'utf8'));
const p50 = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
const quiet = () => {};

// Asks `answer(text)` for each test row [text, label]; the first 100 once before, for the compiler's sake.
async function judge(answer) {
  for (const [text] of input.test.slice(0, 100)) await answer(text);
  const times = [];
  let right = 0;
  for (const [text, label] of input.test) {
    const started = performance.now();
    const found = await answer(text);
    times.push(performance.now() - started);
    right += found === label;
  }
  return { right: right / input.test.length, p50_ms: p50(times) };
}

const peers = {
  // As its README starts it. With its English stemmer (LangEn) it finds fewer, and so it does where `None` counts as an intent.
  async nlpjs() {
    const { dockStart } = await import('@nlpjs/basic');
    const log = console.log;
    console.log = quiet;
    const dock = await dockStart({ settings: { nlp: { forceNER: false, autoSave: false, log: false, languages: ['en'] } }, use: ['Basic'] });
    const nlp = dock.get('nlp');
    nlp.settings.autoSave = false;
    nlp.addLanguage('en');
    for (const [text, label] of input.train) nlp.addDocument('en', text, label);
    const started = performance.now();
    await nlp.train();
    const train_s = (performance.now() - started) / 1000;
    const judged = await judge(async (text) => (await nlp.process('en', text)).classifications.find(({ intent }) => intent !== 'None')?.intent);
    const bytes = nlp.export().length;
    console.log = log;
    return { ...judged, train_s, bytes };
  },

  async minisearch() {
    const { default: MiniSearch } = await import('minisearch');
    const index = new MiniSearch({ fields: ['text'], storeFields: ['label'] });
    index.addAll(input.train.map(([text, label], id) => ({ id, text, label })));
    const judged = await judge((text) => index.search(text, { fuzzy: 0.2, prefix: true })[0]?.label);
    return { ...judged, bytes: JSON.stringify(index).length };
  },

  async orama() {
    const { create, insertMultiple, save, search } = await import('@orama/orama');
    const index = create({ schema: { text: 'string', label: 'enum' } });
    await insertMultiple(index, input.train.map(([text, label]) => ({ text, label })));
    const judged = await judge(async (text) => (await search(index, { term: text, properties: ['text'], threshold: 1, limit: 1 })).hits[0]?.document.label);
    return { ...judged, bytes: JSON.stringify(save(index)).length };
  },

  // The same encoder, quantised as onnxruntime does it; the tokens are given, so that only the model is timed.
  async onnxruntime() {
    const ort = await import('onnxruntime-web');
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = 'fatal';
    const session = await ort.InferenceSession.create(readFileSync(input.model), { executionProviders: ['wasm'] });
    const tensor = (ids) => new ort.Tensor('int64', BigInt64Array.from(ids.map(BigInt)), [1, ids.length]);
    const run = (ids) => session.run({ input_ids: tensor(ids) });
    for (let i = 0; i < 3; i++) for (const ids of input.tokens) await run(ids);
    const times = [];
    for (let i = 0; i < 5; i++) {
      for (const ids of input.tokens) {
        const started = performance.now();
        await run(ids);
        times.push(performance.now() - started);
      }
    }
    const runtime = statSync(join(import.meta.dirname, 'node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm')).size;
    return { p50_ms: p50(times), bytes: statSync(input.model).size, runtime_bytes: runtime };
  },
};

const result = await peers[process.argv[2]]();
const { rss } = process.memoryUsage();
console.log(JSON.stringify({ ...result, memory_mb: rss / 1e6 }));
process.exit(0);
