// A site with a sentence encoder: the edge is asked what the browser is unsure of, and the browser gets the encoder itself
// where the connection is good.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, until } from './harness.mjs';

// Neither word of the first is in an article; the site's own pack asks back.
const UNSURE = 'what do you charge for shipping';
const ANOTHER = 'my accountant wants a bill';
// A turn whose answer was lost is asked once more, with the same body.
const turns = (page, set) => page.on('request', (r) => r.url().includes('/v1/turn') && set.add(r.postData()));
const fetched = (page, list) => page.on('requestfinished', (r) => list.push(new URL(r.url()).pathname));
// The browser stays as unsure as its words leave it: no token vectors come, and their place is taken by nothing.
async function connection(page, effectiveType) {
  await page.route('**/v1/vectors/*', (route) => route.fulfill({ headers: { 'access-control-allow-origin': '*' }, body: '' }));
  await page.addInitScript((type) => {
    const worker = self.Worker;
    // A Worker has a navigator of its own: what the browser says of the connection is set in front of its script.
    self.Worker = function (url, options) {
      const script = `Object.defineProperty(navigator, 'connection', { value: { effectiveType: '${type}' } }); importScripts('${url}')`;
      return new worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), options);
    };
  }, effectiveType);
}

export async function encoderTests(test, opened) {
  if (!existsSync(join(root, 'dist/blobs/sites/encoder.json'))) return console.log('left out: the encoder, which could not be fetched');

  await test('asks the edge what it is unsure of, once the visitor agrees', async (page) => {
    const sent = new Set();
    turns(page, sent);
    await connection(page, '3g');
    const c = await opened(page, '/encoder.html');
    assert.match(await c.ask(UNSURE), /not sure about this\. Our server understands more/);
    assert.equal(sent.size, 0);
    await page.getByRole('button', { name: 'Yes, ask the server', exact: true }).click();
    await until('the answer', async () => /3\.90/.test(await c.answers.last().innerText()));
    assert.equal(sent.size, 1);
    // What the browser is sure of stays here; what it is not goes to the edge, now unasked.
    await c.ask('how long is the warranty?');
    assert.equal(sent.size, 1);
    await c.ask(ANOTHER);
    assert.match(await c.sources.last().getAttribute('href'), /invoice/);
    assert.equal(sent.size, 2);
    // workerd closes a connection after five seconds without a request, and the proxy before it may lose what is sent then.
  }, { console: /503/ });

  await test('asks once more where the edge’s answer is lost', async (page) => {
    let lost = 0;
    await page.route('**/v1/turn*', (route) => (lost++ ? route.continue() : route.fulfill({ status: 503 })));
    await connection(page, '3g');
    const c = await opened(page, '/encoder.html');
    await c.ask(UNSURE);
    await page.getByRole('button', { name: 'Yes, ask the server', exact: true }).click();
    await until('the answer', async () => /3\.90/.test(await c.answers.last().innerText()));
    assert.equal(lost, 2);
  }, { console: /503/ });

  await test('keeps to itself after a no, and asks back as it did', async (page) => {
    const sent = new Set();
    turns(page, sent);
    await connection(page, '3g');
    const c = await opened(page, '/encoder.html');
    await c.ask(UNSURE);
    await page.getByRole('button', { name: 'No', exact: true }).click();
    await until('the question back', async () => /which of these/.test(await c.answers.last().innerText()));
    assert.match(await c.ask(ANOTHER), /which of these|do not know/);
    assert.equal(sent.size, 0);
  });

  await test('brings the encoder into the browser on a good connection, after the first answer', async (page, context) => {
    const sent = new Set();
    const files = [];
    turns(page, sent);
    fetched(page, files);
    await connection(page, '4g');
    const c = await opened(page, '/encoder.html');
    await page.waitForTimeout(500);
    assert.ok(!files.some((f) => f.includes('encoder/')), String(files));
    await c.ask('how long is the warranty?');
    const pack = (await (await fetch(new URL('/v1/sites/encoder', page.url()))).json()).encoder.packs[0].hash;
    await until('the encoder', () => files.includes(`/v1/pack/${pack}`), 60_000);
    await page.waitForTimeout(3000);
    await context.setOffline(true);
    assert.match(await c.ask(UNSURE), /3\.90/);
    assert.equal(sent.size, 0);
  });

  await test('fetches no encoder on a slow connection', async (page) => {
    const files = [];
    fetched(page, files);
    await connection(page, '3g');
    const c = await opened(page, '/encoder.html');
    await c.ask('how long is the warranty?');
    await page.waitForTimeout(1500);
    assert.ok(!files.some((f) => f.includes('encoder/')), String(files));
  });
}
