// The npm package as somebody with Node alone has it: an empty folder, the tarball, a FAQ of their own, and the chat answers
// in Chromium. Prints `ok NAME` or `not ok NAME: why`, and the seconds from the first command to the first answer.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chat, launch, port, root, until } from './harness.mjs';

const [tarball] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'nearside-release-'));
const npx = (...args) => execFileSync('npx', ['--no-install', 'nearside', ...args], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
let server;
let browser;
try {
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', tarball], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  for (const name of ['en-fashion-shop', 'en-ferry', 'en-parcels']) cpSync(join(root, `bench/faq/work/${name}.articles.csv`), join(folder, `${name}.csv`));
  const began = performance.now();
  server = spawn('npx', ['--no-install', 'nearside', 'init', 'en-fashion-shop.csv', 'en-ferry.csv', 'en-parcels.csv', '--site', 'tryout', '--port', String(port)], { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  server.stdout.on('data', (bytes) => (said += bytes));
  const ended = new Promise((resolve) => server.once('exit', resolve));
  await Promise.race([until('the page is served', () => said.includes('<script src='), 120_000), ended.then(() => assert.fail(said))]);
  browser = await launch();
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  const c = chat(page);
  await c.open();
  const answer = await c.ask('how do i return something');
  const seconds = (performance.now() - began) / 1000;
  console.log(`${seconds.toFixed(1)} s from init to the first answer, of 60 at most: ${answer.replace(/\s+/g, ' ').slice(0, 80)}`);
  assert.ok(seconds <= 60, `${seconds} s`);
  assert.match(answer, /Source: How do I return something\?/);
  console.log('ok a FAQ answers in Chromium, with Node and the tarball alone');

  const again = npx('import', 'en-ferry.csv', '--into', 'support');
  assert.match(again, /0 files written/);
  console.log('ok a second import of the same file writes nothing');
  const blobs = join(folder, '.nearside/dist/blobs/sites.json');
  mkdirSync(join(folder, 'support/golden'), { recursive: true });
  writeFileSync(join(folder, 'support/golden/en.csv'), 'no article at all,nowhere\n');
  assert.throws(() => npx('build'), /"nowhere" does not exist/);
  assert.ok(existsSync(blobs), 'what was built before is still served');
  rmSync(join(folder, 'support/golden'), { recursive: true });
  console.log('ok a build that fails leaves the last one');
  assert.match(npx('deploy', '--dry-run'), /nothing was done/);
  assert.ok(existsSync(join(folder, '.nearside/bundle')) && readFileSync(join(folder, 'wrangler.toml'), 'utf8').includes('nearside-tryout'));
  console.log('ok wrangler takes the deployment (dry run)');
} catch (error) {
  console.log(`not ok the package: ${String(error.stderr ?? '')}${String(error.stack ?? error).split('\n').slice(0, 5).join(' | ')}`);
  process.exitCode = 1;
} finally {
  await browser?.close();
  if (server?.exitCode === null) process.kill(-server.pid, 'SIGTERM');
  await new Promise((r) => setTimeout(r, 500));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exit();
