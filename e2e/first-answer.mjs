// How long it takes from `cargo xtask dev` to the first answer in Chromium, and what its steps take:
//
//   node e2e/first-answer.mjs                    this checkout as it stands, and once more
//   node e2e/first-answer.mjs --fresh FOLDER     a fresh clone in FOLDER, which must not be there, with an empty cache beside
//                                                it; once more; and after a change of one core file (--change FILE)
//
// Downloads that cargo and npm have kept are used. Beside the time stands what the processors did: the sum over all of them,
// so that a machine that is busy with other things can be told from a slow build.
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { launch, root } from './harness.mjs';

const { values } = parseArgs({
  options: {
    fresh: { type: 'string' },
    change: { type: 'string', default: 'shared/knowledge/src/lib.rs' },
    port: { type: 'string', default: '8799' },
  },
});

// Seconds of processor time of a process and all that it waited for.
function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

async function ask(url) {
  const browser = await launch();
  const page = await browser.newPage();
  await page.goto(url);
  const said = await page.evaluate(
    () =>
      new Promise((done) => {
        Nearside.on('answer', (answer) => done(answer));
        Nearside.ask('how long is the warranty?');
      }),
  );
  await browser.close();
  return JSON.stringify(said).slice(0, 90);
}

async function measure(what, folder, env) {
  console.log(`── ${what}`);
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s`;
  const child = spawn('cargo', ['xtask', 'dev', '--port', values.port], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((done) => child.once('exit', done));
  let said = false;
  const serves = new Promise((done, fail) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (!said) console.log(`${seconds()}  first line: ${line.trim()}`);
        said = true;
        if (/^\[|error|xtask:/.test(line)) console.log(`${seconds()}  ${line}`);
        if (line.startsWith('demo site')) done(line.match(/http\S+/)[0]);
      });
    }
    ended.then((code) => fail(new Error(`cargo xtask dev ended with ${code}`)));
  });
  try {
    const url = await serves;
    const answer = await ask(url);
    console.log(`${seconds()}  first answer in Chromium; processors ${processorSeconds(child.pid).toFixed(0)} s: ${answer}`);
  } finally {
    child.kill('SIGINT');
    await ended;
  }
}

if (values.fresh) {
  const folder = resolve(values.fresh);
  execFileSync('git', ['clone', '--quiet', root, folder]);
  const env = { ...process.env, NEARSIDE_CACHE: `${folder}.cache` };
  await measure('a fresh clone, an empty cache', folder, env);
  await measure('once more', folder, env);
  appendFileSync(join(folder, values.change), '\n/// What a change is measured by.\npub fn changed() -> u32 {\n    7\n}\n');
  await measure(`after a change of ${values.change}`, folder, env);
} else {
  await measure('this checkout as it stands', root, process.env);
  await measure('once more', root, process.env);
}
