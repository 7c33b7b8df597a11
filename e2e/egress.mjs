// Chromium behind a recording proxy: conversations full of planted private values, with consent and without. No planted value
// may be in any byte that left; every request stands in the receipt; after a no, nothing of that purpose leaves.
// Prints `ok NAME` or `not ok NAME: why`.
import { readFileSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { base, chat, launch, port, root, startEdge, until } from './harness.mjs';

const conversations = JSON.parse(readFileSync(join(root, 'target/egress.json'), 'utf8'));
const stopEdge = await startEdge(process.env.STATE ?? join(root, 'target/e2e-state'));
let failed = 0;
function check(name, holds, why = '') {
  if (!holds) failed += 1;
  console.log(holds ? `ok ${name}` : `not ok ${name}: ${why}`);
}

// Chromium itself asks its maker for updates and form hints, whatever page it shows; the proxy lets none of it through.
const isBrowsers = (r) => /^(http:\/\/)?[a-z-]+\.(google|googleapis|gstatic|gvt1)\.com[:/]/.test(r.url);

// ---- the proxy ------------------------------------------------------------------------------------------------------

const left = [];
const proxy = createServer((incoming, outgoing) => {
  const parts = [];
  incoming.on('data', (part) => parts.push(part));
  incoming.on('end', () => {
    if (isBrowsers(incoming)) return outgoing.destroy();
    const body = Buffer.concat(parts);
    left.push({ at: Date.now(), method: incoming.method, url: incoming.url, headers: incoming.rawHeaders, body });
    const target = new URL(incoming.url);
    // A connection of its own: one that is kept may be closed by the other side at the moment it is used again.
    const onward = forward({ host: target.hostname, port: target.port, path: target.pathname + target.search, method: incoming.method, headers: { ...incoming.headers, connection: 'close' }, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    onward.end(body);
  });
});
// A tunnel hides what it carries: there is none.
proxy.on('connect', (incoming, socket) => {
  if (!isBrowsers(incoming)) left.push({ at: Date.now(), method: 'CONNECT', url: incoming.url, headers: incoming.rawHeaders, body: Buffer.alloc(0) });
  socket.destroy();
});
await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));

// Ids, hashes and times are random digits: a code of six would stand among them by chance.
const withoutIds = (text) => text.replace(/\b[a-z]-[0-9a-f]{32}\b|\b[0-9a-f]{64}\b|"at_ms":[\d.]+/g, '|');

// All that a request's bytes can be read as.
function readings({ url, headers, body }) {
  const texts = [url, headers.join(' | '), body.toString('utf8'), body.toString('utf16le'), body.toString('latin1')];
  for (const unpack of [gunzipSync, inflateSync, brotliDecompressSync]) {
    try {
      texts.push(unpack(body).toString('utf8'));
    } catch {
      // Not of this encoding.
    }
  }
  for (const text of [...texts]) {
    try {
      texts.push(decodeURIComponent(text));
    } catch {
      // Not of this encoding.
    }
    texts.push(text.replace(/\\u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(parseInt(code, 16))));
    for (const word of text.match(/[A-Za-z0-9+/_-]{16,}={0,2}/g) ?? []) texts.push(Buffer.from(word, 'base64').toString('utf8'));
  }
  return texts.map(withoutIds).join(' | ');
}

// A value in other clothes is the value still: case, spaces and dashes do not matter.
const bare = (text) => text.normalize('NFKC').toLowerCase().replace(/[\s\-./()]/g, '');

// ---- the conversations ----------------------------------------------------------------------------------------------

const browser = await launch({ proxy: { server: `http://127.0.0.1:${proxy.address().port}` } });
const receipts = [];
const PURPOSES = ['Ask the server', 'Share the conversation', 'Count answers', 'Let editors learn'];
const VISITORS = 10;
const late = [];
const unasked = [];
const share = conversations.length / VISITORS;

// All entries of one of the chat's stores on the device.
const all = (page, name) =>
  page.evaluate((name) => new Promise((resolve, reject) => {
    const request = indexedDB.open('nearside-demo');
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const found = request.result.transaction(name).objectStore(name).getAll();
      found.onsuccess = () => resolve(found.result);
    };
  }), name);

for (let visitor = 0; visitor < VISITORS; visitor += 1) {
  const agrees = visitor % 2 === 0;
  const first = left.length;
  const context = await browser.newContext({ locale: 'en-US' });
  const page = await context.newPage();
  await page.goto(base);
  const c = chat(page);
  await c.open();
  const setAll = async (on) => {
    await page.getByRole('button', { name: 'Privacy', exact: true }).click();
    for (const name of PURPOSES) {
      const box = page.getByRole('checkbox', { name });
      // One after the other, each once the last is kept.
      if ((await box.isChecked()) !== on) await box.click();
      await page.waitForTimeout(150);
      await until(name, async () => (await box.isChecked()) === on);
    }
    await page.getByRole('button', { name: 'Back to the chat' }).click();
  };
  if (agrees) await setAll(true);
  for (const [n, conversation] of conversations.slice(visitor * share, (visitor + 1) * share).entries()) {
    for (const { text } of conversation) await c.ask(text);
    await page.locator('.links button').first().click();
    if (agrees) await until('it is delivered', async () => /reached our team/.test(await c.notes.last().innerText().catch(() => ''))).catch(async (error) => {
      throw new Error(`${error.message}; conversation ${n} of visitor ${visitor}: ${await page.locator('.transcript').innerText()}`);
    });
    else await page.getByRole('button', { name: 'No', exact: true }).click();
    if (n < share - 1) {
      await page.evaluate(() => Nearside.reset());
      await until('a new conversation', async () => (await c.questions.count()) === 0);
    }
  }
  if (agrees) {
    await setAll(false);
    await until('all was erased', async () => (await all(page, 'kept')).every(({ waiting }) => !waiting?.length));
    const from = Date.now();
    for (const { text } of conversations[visitor]) await c.ask(text);
    await page.waitForTimeout(200);
    late.push(...left.filter((r) => r.at > from));
  }
  receipts.push(...(await all(page, 'receipt')));
  if (!agrees) unasked.push(...left.slice(first).filter((r) => r.method === 'POST'));
  await context.close();
}
await browser.close();
proxy.close();
await stopEdge();

// ---- what left ------------------------------------------------------------------------------------------------------

const values = [...new Set(conversations.flat().flatMap((line) => line.planted))];
const whole = bare(left.map(readings).join(' | '));
const leaked = values.filter((value) => whole.includes(bare(value)));
const bytes = left.reduce((sum, r) => sum + r.body.length, 0);
console.log(`${conversations.length} conversations, ${values.length} planted values, ${left.length} requests, ${bytes} bytes of bodies`);
check('the proxy saw the conversations that were agreed to', left.filter((r) => r.url.includes('/v1/entries')).length >= conversations.length / 2, `${left.length} requests`);
check('no planted value left in any byte', leaked.length === 0, leaked.join(' | '));
const strangers = left.filter((r) => !r.url.startsWith(`${base}/`));
check('nothing went to anyone but the site', strangers.length === 0, strangers.map((r) => r.url).join(' | '));

// The page and its pictures are the site's own; all else is the widget's.
const own = left.filter((r) => /\/(v1|chat|core|mask)\/|\/nearside\.js/.test(r.url) && r.url.startsWith(`http://127.0.0.1:${port}`));
const noted = receipts.map((r) => r.url.split('?')[0]);
const missing = own.filter((r) => {
  const url = r.url.split('?')[0];
  return !noted.some((n) => n === url || (n.endsWith('/') && url.startsWith(n)));
});
check('every request stands in a receipt', missing.length === 0, missing.map((r) => r.url).join(' | '));
const posted = (all, method) => all.filter((r) => (r.method ?? 'POST') === method).length;
check('as many were written down as were sent', posted(receipts, 'POST') === posted(own, 'POST'), `${posted(receipts, 'POST')} noted, ${posted(own, 'POST')} sent`);
check('after a no, nothing of that purpose leaves', late.length === 0, late.map((r) => r.url).join(' | '));
check('who agreed to nothing sent nothing', unasked.length === 0, unasked.map((r) => r.url).join(' | '));
process.exitCode = failed ? 1 : 0;
