// The Worker, here and on Cloudflare, through wrangler.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { settings } from './project.mjs';

const wrangler = () => join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js');
const NO_DATABASE = '00000000-0000-0000-0000-000000000000';

function start(args, stdio) {
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true' };
  return spawn(process.execPath, [wrangler(), ...args], { stdio, env });
}

/** Runs wrangler to its end; gives what it said, or fails with it. */
function run(args, input) {
  return new Promise((done, failed) => {
    const child = start(args, ['pipe', 'pipe', 'pipe']);
    let said = '';
    child.stdout.on('data', (bytes) => (said += bytes));
    child.stderr.on('data', (bytes) => (said += bytes));
    child.on('error', failed);
    child.on('close', (code) => (code === 0 ? done(said) : failed(new Error(`wrangler ${args.slice(0, 3).join(' ')}: ${said.trim()}`))));
    child.stdin.end(input ?? '');
  });
}

/** Fails where the port is none, or another program listens on it already. */
export function free({ port = '8787' }) {
  return new Promise((done, failed) => {
    if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) return failed(new Error(`--port ${port}: expected a number up to 65535, as 8787`));
    const server = createServer();
    server.on('error', () => failed(new Error(`port ${port} is taken, perhaps by an earlier npx nearside dev: end that one, or take another with --port`)));
    server.listen(Number(port), '127.0.0.1', () => server.close(done));
  });
}

/** Serves the page on real workerd until it is ended. */
export async function dev({ port = '8787' }) {
  const { site } = settings();
  console.log('starting the Worker');
  await run(['d1', 'migrations', 'apply', 'DB', '--local']);
  const address = `http://127.0.0.1:${port}`;
  const child = start(['dev', '--local', '--ip', '127.0.0.1', '--port', port, '--show-interactive-dev-session=false', '--log-level', 'error'], ['ignore', 'inherit', 'inherit']);
  const ended = new Promise((done) => child.on('close', done));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
  // npx that is ended does not end what it started: an orphan ends by itself.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref();
  const up = async () => {
    for (;;) {
      if (await fetch(`${address}/healthz`).then((r) => r.ok, () => false)) return true;
      await new Promise((again) => setTimeout(again, 100));
    }
  };
  if (await Promise.race([up(), ended.then(() => false)])) {
    console.log(`
${address}/   a page with the chat on it (ends with Ctrl+C)

On your own pages, once it is deployed:
  <script src="https://YOUR-WORKER/nearside.js" data-site="${site}" async></script>
`);
  }
  process.exitCode = (await ended) ?? 0;
}

/** Deploys, step after step; each may be taken again without harm. */
export async function deploy({ 'dry-run': dryRun }) {
  const pages = readFileSync(join(settings().domain, 'site.toml'), 'utf8');
  if (!/^origins\s*=.*(https:\/\/|"\*")/m.test(pages)) {
    console.log(`note: ${join(settings().domain, 'site.toml')} lets no page but this machine's own use the chat: add yours to origins, as "https://www.example.com"`);
  }
  if (dryRun) {
    console.log(await run(['deploy', '--dry-run', '--outdir', '.nearside/bundle']));
    console.log('nothing was done (--dry-run). The steps: log in, make the database, apply migrations, deploy, set secrets');
    return;
  }
  const steps = [
    ['logged in', async () => {
      const who = await run(['whoami']);
      if (who.includes('not authenticated')) throw new Error('not logged in to Cloudflare: run npx wrangler login, or set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID');
    }],
    ['database', database],
    ['migrations', () => run(['d1', 'migrations', 'apply', 'DB', '--remote'])],
    ['Worker and files', async () => console.log(await run(['deploy']))],
    ['secrets', secrets],
  ];
  for (const [at, [name, act]] of steps.entries()) {
    console.log(`step ${at + 1} of ${steps.length}: ${name}`);
    await act();
  }
}

async function database() {
  const file = readFileSync('wrangler.toml', 'utf8');
  if (!file.includes(NO_DATABASE)) return;
  const name = /database_name = "([^"]+)"/.exec(file)?.[1] ?? 'nearside';
  const said = await run(['d1', 'create', name]);
  const id = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(said)?.[0];
  if (!id) throw new Error(`wrangler d1 create ${name} names no id: write it into wrangler.toml\n${said}`);
  writeFileSync('wrangler.toml', file.replace(NO_DATABASE, id));
}

/** Secrets that are not set yet are drawn at random; the tokens are shown once, since people need them. */
async function secrets() {
  const have = await run(['secret', 'list']);
  const drawn = { SEAL_KEYS: `first=${randomBytes(32).toString('hex')}`, AGENT_TOKEN: randomBytes(24).toString('hex'), OPERATOR_TOKEN: randomBytes(24).toString('hex') };
  for (const [name, value] of Object.entries(drawn)) {
    if (have.includes(name)) continue;
    await run(['secret', 'put', name], value);
    if (name !== 'SEAL_KEYS') console.log(`  ${name} (shown once): ${value}`);
  }
}
