// Takes turns in the widget's core in Chromium: node parity.mjs ASKED.json ANSWERS.txt, with EDGE set. One JSON a line.
import { readFileSync, writeFileSync } from 'node:fs';
import { launch } from './harness.mjs';

const [questions, answers] = process.argv.slice(2);
const asked = JSON.parse(readFileSync(questions, 'utf8'));
const base = process.env.EDGE;
const browser = await launch();
const page = await browser.newPage();
await page.goto(`${base}/`);
await page.evaluate((edge) => {
  // A Worker has the locale that it was started with, so each locale gets one.
  const workers = {};
  let id = 0;
  const call = (worker, op, values) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.ok));
      worker.postMessage({ ...values, op, id: id++ });
    });
  async function started(locale) {
    const script = `var early = []; onmessage = (e) => early.push(e.data); import("${edge}/core/worker.js")`;
    const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
    await call(worker, 'start', { api: edge, assets: edge, site: 'demo', locale });
    return worker;
  }
  // The first turn in a language has its token vectors fetched; what is compared is the turn that has them.
  const whole = new Set();
  window.turn = async (locale, values) => {
    const worker = await (workers[locale] ??= started(locale));
    const turn = await call(worker, 'turn', values);
    const pack = `${locale} ${turn.explanation.language}`;
    if (whole.has(pack)) return turn;
    await call(worker, 'settled');
    whole.add(pack);
    return call(worker, 'turn', values);
  };
}, base);
const lines = [];
for (let i = 0; i < asked.length; i += 500) {
  lines.push(
    ...(await page.evaluate(async (some) => {
      const out = [];
      for (const { begins, locale, input } of some) {
        if (begins) window.state = undefined;
        const taken = await turn(locale, { state: window.state, input });
        window.state = taken.tracker;
        out.push(JSON.stringify(taken));
      }
      return out;
    }, asked.slice(i, i + 500))),
  );
}
writeFileSync(answers, lines.join('\n') + '\n');
await browser.close();
