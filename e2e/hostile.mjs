// Pages, networks and browsers that do what they should not.
import assert from 'node:assert/strict';
import { base, chat, handoffs, launch, port, until } from './harness.mjs';

const delivered = (c) => until('the note that it was delivered', async () => /reached our team/.test(await c.notes.last().innerText().catch(() => '')));

export async function hostileTests(test, opened, foreign) {
  await test('takes no element of the page for its own script', async (page) => {
    const asked = [];
    page.on('request', (r) => asked.push(r.url()));
    const c = await opened(page, `${foreign.url}/clobbered`);
    assert.match(await c.ask('how long is the warranty'), /Two years/);
    assert.deepEqual(asked.filter((url) => /\/evil\/(?!x\.png)/.test(url)), []);
  }, { console: /favicon|404/ });

  await test('reads a language tag that no browser knows', async (page) => {
    const c = await opened(page, `${foreign.url}/underscore`);
    assert.match(await c.ask('how long is the warranty'), /Two years/);
    assert.match(await page.locator('.line time').last().innerText(), /\d/);
  }, { console: /favicon|404/ });

  await test('keeps no pack that is none, and fetches it again', async (page) => {
    let portals = 0;
    await page.route('**/v1/pack/*', (route) => (portals++ ? route.continue() : route.fulfill({ status: 200, contentType: 'text/html', headers: { 'access-control-allow-origin': '*' }, body: '<h1>Welcome to our hotel</h1>' })));
    const c = await opened(page);
    assert.match(await c.ask('how long is the warranty'), /Two years/);
    assert.equal(portals, 2);
    const kept = await page.evaluate(async () => {
      const cache = await caches.open('nearside');
      const packs = (await cache.keys()).filter((r) => r.url.includes('/v1/pack/'));
      return Promise.all(packs.map(async (r) => (await (await cache.match(r)).arrayBuffer()).byteLength));
    });
    assert.ok(kept.length === 1 && kept[0] > 1000, String(kept));
  });

  await test('goes on where another tab holds an older database open', async (page, context) => {
    const other = await context.newPage();
    await other.goto(base);
    await other.evaluate(() => new Promise((resolve) => (indexedDB.open('nearside-demo', 2).onsuccess = resolve)));
    const c = await opened(page);
    assert.match(await c.ask('how long is the warranty'), /Two years/);
    await c.ask('can I talk to a real human?');
    await c.share();
    await delivered(c);
  });

  await test('lets a later version have the database', async (page) => {
    const c = await opened(page);
    await c.ask('how long is the warranty');
    const version = await page.evaluate(() => new Promise((resolve, reject) => {
      const request = indexedDB.open('nearside-demo', 99);
      request.onsuccess = () => resolve(request.result.version);
      request.onblocked = () => reject(new Error('blocked'));
    }));
    assert.equal(version, 99);
    // The page goes on in its memory.
    assert.match(await c.ask('how much is shipping'), /3\.90/);
  });

  await test('starts the core anew when the browser has ended it', async (page) => {
    await page.addInitScript(() => {
      const Real = Worker;
      window.workers = [];
      window.Worker = function (...args) {
        window.workers.push(new Real(...args));
        return window.workers.at(-1);
      };
    });
    const c = await opened(page);
    await c.ask('how long is the warranty');
    await page.evaluate(() => window.workers.at(-1).terminate());
    await c.field.fill('how much is shipping');
    await c.field.press('Enter');
    await until('the answer', async () => /3\.90/.test(await c.answers.last().innerText()), 40_000);
    assert.equal(await page.evaluate(() => window.workers.length), 2);
  });

  await test('answers and hands over on a page without TLS, where the browser has no cache and no hashes', async () => {
    const browser = await launch({ args: ['--host-resolver-rules=MAP insecure.test 127.0.0.1'] });
    try {
      const page = await browser.newPage();
      await page.goto(`http://insecure.test:${port}/`);
      assert.deepEqual(await page.evaluate(() => [typeof caches, typeof crypto.subtle, typeof navigator.locks]), ['undefined', 'undefined', 'undefined']);
      const c = chat(page);
      await c.open();
      const mark = `the lemur of ${Date.now()}`;
      await c.ask(mark);
      await c.ask('can I talk to a real human?');
      await c.share();
      await delivered(c);
      assert.ok((await handoffs()).some((h) => h.transcript.some((l) => l.text.includes(mark))));
    } finally {
      await browser.close();
    }
  });

  await test('two tabs that speak at once lose no line', async (page, context) => {
    const one = await opened(page);
    const second = await context.newPage();
    const other = await opened(second);
    await Promise.all([one.ask('how long is the warranty'), other.ask('how much is shipping')]);
    for (const c of [one, other]) await until('both questions and both answers', async () => (await c.questions.count()) === 2 && (await c.answers.count()) === 3);
    await page.reload();
    await one.open();
    await until('all lines after a reload', async () => (await one.questions.count()) === 2 && (await one.answers.count()) === 3);
  });

  await test('asks for one person however often the button is pressed', async (page) => {
    const c = await opened(page);
    const mark = `the ocelot of ${Date.now()}`;
    await c.ask(mark);
    const button = page.locator('.links button').first();
    await button.click();
    await until('the question', async () => (await page.getByRole('button', { name: 'Yes, share it' }).count()) === 1);
    await button.click();
    await until('an honest answer', async () => /has not gone out yet/.test(await c.answers.nth(-2).innerText()));
    await c.share();
    await delivered(c);
    await button.click();
    await until('it is said', async () => /has your request already/.test(await c.answers.last().innerText()));
    const mine = (await handoffs()).filter((h) => h.transcript.some((l) => l.text.includes(mark)));
    assert.equal(mine.length, 1);
  });

  await test('what is said after a handover reaches people, too', async (page) => {
    const c = await opened(page);
    const mark = `the tapir of ${Date.now()}`;
    await c.ask('can I talk to a real human?');
    await c.share();
    await delivered(c);
    await c.ask(`one more thing: ${mark}, ana.planted@example.com`);
    await until('the line', async () => (await handoffs()).some((h) => h.transcript.some((l) => l.text.includes(mark) && l.text.includes('[EMAIL_1]'))));
  });
}
