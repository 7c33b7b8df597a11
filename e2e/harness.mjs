// Starting the real parts: workerd through wrangler, Chromium through Playwright, a page of another origin.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const port = Number(process.env.PORT ?? 8788);
export const base = `http://127.0.0.1:${port}`;
export const token = process.env.TOKEN ?? 'local-agents-token';
export const operator = 'local-operators-token';
export const identityKey = 'what only the server of the demo shop knows';

export async function until(what, holds, ms = 20_000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}

export async function startEdge(state) {
  const log = openSync(join(root, 'target/wrangler-e2e.log'), 'a');
  const args = ['dev', '--local', '--show-interactive-dev-session=false', '--ip', '127.0.0.1', '--port', String(port), '--var', `AGENT_TOKEN:${token}`, '--var', `SEAL_KEYS:local=${'5e'.repeat(32)}`, '--var', `OPERATOR_TOKEN:${operator}`, '--var', `IDENTITY_KEYS:demo=${identityKey}`, '--persist-to', state];
  const env = { ...process.env, NEARSIDE_BUILT: '1', CI: 'true', WRANGLER_SEND_METRICS: 'false' };
  const child = spawn(join(root, 'node_modules/.bin/wrangler'), args, { cwd: root, env, detached: true, stdio: ['ignore', log, log] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await until('the Worker answers', () => fetch(`${base}/healthz`).then((r) => r.ok, () => false), 60_000);
  return async () => {
    process.kill(-child.pid, 'SIGTERM');
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 5000);
    await ended;
    clearTimeout(timer);
  };
}

const asAgent = (path) => fetch(base + path, { headers: { authorization: `Bearer ${token}` } }).then((r) => (r.ok ? r.json() : undefined));

// What agents find: each request for a person, newest first, with what its conversation says.
export async function handoffs(site = 'demo') {
  const { handoffs: listed } = await asAgent(`/v1/handoffs?site=${site}&limit=20`);
  const words = async (record) => {
    const { entries = [] } = (await asAgent(`/v1/conversations/${record.conversation}?site=${site}`)) ?? {};
    return { ...record, transcript: entries.map(({ entry }) => entry?.event).filter((event) => event?.text !== undefined) };
  };
  return Promise.all(listed.map(words));
}

export const launch = (options = {}) =>
  chromium.launch({
    ...options,
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // A proxy is to see what goes to this machine, too.
    args: [...(options.args ?? []), ...(options.proxy ? ['--proxy-bypass-list=<-loopback>'] : []), '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });

// A site of someone else, with a strict policy or one that throws its body away and builds it again.
export async function startForeignSite() {
  const tag = `<script src="${base}/nearside.js" data-site="demo" async></script>`;
  const pages = {
    '/strict': [`default-src 'none'; script-src ${base} 'wasm-unsafe-eval'; connect-src ${base}; worker-src blob:; style-src 'none'`, `<!doctype html><html lang="en"><title>Strict</title><body><h1>Strict</h1>${tag}</body></html>`],
    '/no-worker': [`default-src 'none'; script-src ${base} 'wasm-unsafe-eval'; connect-src ${base}; worker-src 'none'`, `<!doctype html><html lang="en"><title>No worker</title><body><h1>No worker</h1>${tag}</body></html>`],
    // User content that a sanitizer lets through, in front of the script.
    '/clobbered': ['', `<!doctype html><html lang="en"><title>Clobbered</title><body><img name="currentScript" src="/evil/x.png"><a id="Nearside"></a>${tag}</body></html>`],
    '/underscore': ['', `<!doctype html><html lang="en_US"><title>Underscore</title><body><h1>Underscore</h1>${tag}</body></html>`],
    '/plain': ['', `<!doctype html><html lang="en"><title>Plain</title><body><h1>Plain</h1>${tag}</body></html>`],
  };
  const server = createServer((request, response) => {
    const [policy, html] = pages[request.url] ?? ['', ''];
    response.writeHead(html ? 200 : 404, { 'content-type': 'text/html', ...(policy && { 'content-security-policy': policy }) });
    response.end(html);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

// The chat of a page, as a visitor handles it.
export function chat(page) {
  const lines = (kind) => page.locator(`.line.${kind} .bubble`);
  return {
    panel: page.locator('.panel'),
    field: page.locator('.composer textarea'),
    answers: lines('assistant'),
    questions: lines('visitor'),
    notes: page.locator('.note'),
    sources: page.locator('.source a'),
    choices: page.locator('.choices button'),
    open: async () => {
      await page.locator('nearside-chat button').first().click();
      await page.locator('.line.assistant').first().waitFor();
    },
    share: () => page.getByRole('button', { name: 'Yes, share it' }).click(),
    async ask(text) {
      const before = await lines('assistant').count();
      await this.field.fill(text);
      await this.field.press('Enter');
      await until(`an answer to ${text.slice(0, 40)}`, async () => (await lines('assistant').count()) > before);
      return lines('assistant').last().innerText();
    },
  };
}
