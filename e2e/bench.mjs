// Timings in Chromium against a running edge (EDGE): prints one JSON object.
// The Worker of a page cannot be slowed down by the protocol, only its main thread can; so beside the measured time
// with a main thread four times slower stands four times the unthrottled time, an upper bound for a slower device.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, root } from './harness.mjs';

const base = process.env.EDGE;
const browser = await launch();
const p95 = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)];
const csv = (file) => readFileSync(file, 'utf8').trim().split('\n').slice(1);
const result = {};

async function slowed(path, rate) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate });
  await page.goto(base + path);
  await page.waitForFunction(() => window.Nearside);
  return { page, context };
}

// From the press of the launcher to the first answer on a cold cache.
const cold = [];
for (let i = 0; i < 5; i++) {
  const { page, context } = await slowed('/', 4);
  cold.push(
    await page.evaluate(
      () =>
        new Promise((resolve) => {
          const started = performance.now();
          Nearside.on('answer', () => resolve(performance.now() - started));
          Nearside.ask('how long is the warranty?');
        }),
    ),
  );
  await context.close();
}
result.open_to_answer_ms = cold.toSorted((a, b) => a - b)[2];

for (const rate of [4, 1]) {
  const times = [];
  for (const [path, language] of [['/', 'en'], ['/zh.html', 'zh']]) {
    const questions = csv(join(root, `demo/shop/golden/${language}.csv`)).map((l) => l.slice(0, l.lastIndexOf(',')));
    const { page, context } = await slowed(path, rate);
    await page.evaluate(() => new Promise((r) => (Nearside.on('answer', r), Nearside.ask('hello'))));
    for (let i = 0; i < questions.length; i += 25) {
      times.push(
        ...(await page.evaluate(async (some) => {
          Nearside.reset();
          const out = [];
          let done;
          Nearside.on('answer', () => done?.());
          for (const q of some) {
            const started = performance.now();
            await new Promise((r) => ((done = r), Nearside.ask(q)));
            out.push(performance.now() - started);
          }
          return out;
        }, questions.slice(i, i + 25))),
      );
    }
    await context.close();
  }
  result[rate === 4 ? 'golden_p95_ms' : 'golden_unthrottled_p95_ms'] = p95(times);
}

if (process.env.BANK) {
  const rows = csv(process.env.BANK).map((l) => [l.slice(0, l.lastIndexOf(',')).replace(/^"|"$/g, '').replaceAll('""', '"'), l.slice(l.lastIndexOf(',') + 1).trim()]);
  const { page, context } = await slowed('/bank.html', 1);
  const asked = await page.evaluate(
    async ([questions, edge]) => {
      const script = `early = []; onmessage = (e) => early.push(e.data); import("${edge}/core/worker.js")`;
      const worker = new Worker(URL.createObjectURL(new Blob([`var early; ${script}`], { type: 'text/javascript' })));
      let id = 0;
      const call = (op, values) =>
        new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.ok));
          worker.postMessage({ ...values, op, id: id++ });
        });
      await call('start', { api: edge, assets: edge, site: 'bank', locale: 'en' });
      await call('turn', { input: { type: 'text', text: 'hello' } });
      await call('settled');
      const out = [];
      for (const text of questions) {
        const started = performance.now();
        const turn = await call('turn', { input: { type: 'text', text } });
        out.push([turn.explanation.candidates[0]?.article, performance.now() - started]);
      }
      return out;
    },
    [rows.map((r) => r[0]), base],
  );
  result.bank_right_first = asked.filter(([article], i) => article === rows[i][1]).length / rows.length;
  result.bank_unthrottled_p95_ms = p95(asked.map((a) => a[1]));
  result.bank_questions = rows.length;
  await context.close();
}

console.log(JSON.stringify(result));
await browser.close();
