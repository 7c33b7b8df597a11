// Consent: asked for, kept to, taken back; who the visitor is; the browser's own no.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { base, chat, handoffs, identityKey, operator, token, until } from './harness.mjs';

const delivered = (c) => until('the note that it was delivered', async () => /reached our team/.test(await c.notes.last().innerText().catch(() => '')));
const privacy = async (page) => {
  await page.getByRole('button', { name: 'Privacy', exact: true }).click();
  await page.locator('.privacy').waitFor();
};
const box = (page, name) => page.getByRole('checkbox', { name });
const PERSON = 'Share the conversation with a person';
const IMPROVE = 'Let editors learn';
const sentTo = (page, list) => page.on('request', (r) => r.url().includes('/v1/') && r.method() === 'POST' && list.push(new URL(r.url()).pathname));
const get = (path, bearer) => fetch(base + path, { headers: { authorization: `Bearer ${bearer}` } }).then((r) => r.json());

// What an operator asks of the edge.
const operated = (path, what) =>
  fetch(`${base}${path}?site=demo`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operator}` },
    body: JSON.stringify({ v: 1, site: 'demo', actor: 'test', reason: 'test', ...what }),
  }).then((r) => r.json());

// HS256 as any site's server makes it.
function identity(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', identityKey).update(signed).digest('base64url')}`;
}

export async function consentTests(test, opened, shots) {
  await test('asks before a conversation is shared with people, and sends nothing after a no', async (page) => {
    const sent = [];
    sentTo(page, sent);
    const c = await opened(page);
    await c.ask('can I talk to a real human?');
    await page.getByRole('button', { name: 'No', exact: true }).click();
    await until('the note', async () => /Nothing was sent/.test(await c.notes.last().innerText().catch(() => '')));
    // Also a handoff that comes by itself, after three questions without an answer.
    for (const text of ['xylophone zucchini', 'quantum marmalade', 'walrus trombone']) await c.ask(text);
    await page.waitForTimeout(300);
    assert.deepEqual(sent, []);
    // Asked for a person again, it asks again.
    await c.ask('can I talk to a real human?');
    await c.share();
    await delivered(c);
    assert.deepEqual(sent, ['/v1/entries']);
  });

  await test('a no takes effect on every tab within a second, takes back what waits and has erased what was sent', async (page, context) => {
    const sent = [];
    const c = await opened(page);
    sentTo(page, sent);
    const mark = `the marmot of ${Date.now()}`;
    await c.ask(mark);
    await c.ask('can I talk to a real human?');
    await c.share();
    await delivered(c);
    const mine = async () => (await handoffs()).filter((h) => JSON.stringify(h).includes(mark)).length;
    assert.equal(await mine(), 1);
    const other = await context.newPage();
    await opened(other);
    await privacy(page);
    await privacy(other);
    assert.ok(await box(page, PERSON).isChecked());
    // What waits in the outbox is taken back, too.
    await page.route('**/v1/entries*', (route) => route.abort());
    await page.getByRole('button', { name: 'Back to the chat' }).click();
    await page.evaluate(() => Nearside.reset());
    await until('a new conversation', async () => (await c.questions.count()) === 0);
    await page.getByRole('button', { name: 'Talk to a person' }).last().click();
    await until('it waits', async () => /kept/.test(await c.notes.last().innerText().catch(() => '')));
    await page.unroute('**/v1/entries*');
    await privacy(page);
    const began = Date.now();
    await box(other, PERSON).uncheck();
    await until('the no on the first tab', async () => !(await box(page, PERSON).isChecked()), 1000);
    assert.ok(Date.now() - began < 1000, `${Date.now() - began} ms`);
    await until('it is erased at the edge', async () => (await mine()) === 0);
    const before = sent.filter((path) => path === '/v1/entries').length;
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await page.waitForTimeout(500);
    assert.equal(sent.filter((path) => path === '/v1/entries').length, before, 'nothing of that purpose leaves any more');
    assert.equal(await mine(), 0);
    // The wish to forget was answered and is told no more.
    const waits = () => page.evaluate(() => new Promise((resolve) => {
      indexedDB.open('nearside-demo').onsuccess = ({ target: { result } }) =>
        (result.transaction('kept').objectStore('kept').get('gate').onsuccess = (e) => (result.close(), resolve(e.target.result.waiting.length)));
    }));
    await until('nothing waits', async () => (await waits()) === 0);
  }, { console: /ERR_FAILED/ });

  await test('tells of a legal hold, and asks again for what it kept once the chat opens anew', async (page) => {
    const c = await opened(page);
    const mark = `the dormouse of ${Date.now()}`;
    await c.ask(mark);
    await c.ask('can I talk to a real human?');
    await c.share();
    await delivered(c);
    const mine = async () => (await handoffs()).filter((h) => JSON.stringify(h).includes(mark));
    const [{ conversation }] = await mine();
    await operated('/v1/holds', { conversation, hold: true });
    await privacy(page);
    const notice = page.locator('.privacy').getByRole('status');
    assert.equal(await notice.count(), 0);
    await box(page, PERSON).uncheck();
    await until('the notice', async () => /legal hold/.test(await notice.innerText().catch(() => '')));
    await page.screenshot({ path: join(shots, 'held.png') });
    assert.equal((await mine()).length, 1);
    await operated('/v1/holds', { conversation, hold: false });
    await page.reload();
    await c.open();
    await until('it is erased at the edge', async () => (await mine()).length === 0);
    await privacy(page);
    await page.waitForTimeout(500);
    assert.equal(await notice.count(), 0);
  }, { console: /409/ });

  await test('masked questions reach editors only with a yes, and a no takes them back', async (page) => {
    const c = await opened(page);
    const mark = `zorb${Date.now()}`;
    const found = async () => (await get('/v1/questions?site=demo', token)).filter((q) => q.text.includes(mark));
    await c.ask(`flumox ${mark} quibble`);
    await privacy(page);
    await box(page, IMPROVE).check();
    await page.getByRole('button', { name: 'Back to the chat' }).click();
    await c.ask(`grondle ${mark} ana.planted@example.com`);
    await until('the question', async () => (await found()).length > 0);
    assert.deepEqual((await found()).map((q) => q.text), [`grondle ${mark} [EMAIL_1]`]);
    await privacy(page);
    await page.screenshot({ path: join(shots, 'privacy.png') });
    await box(page, IMPROVE).uncheck();
    await until('it is gone', async () => (await found()).length === 0);
  });

  await test('counts the browser’s wish not to be tracked as a no', async (page, context) => {
    await context.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }));
    const sent = [];
    sentTo(page, sent);
    const c = await opened(page);
    await privacy(page);
    assert.ok(await box(page, 'Count answers').isDisabled());
    assert.ok(await box(page, IMPROVE).isDisabled());
    assert.match(await page.locator('.privacy').innerText(), /not to be tracked/);
    await page.getByRole('button', { name: 'Back to the chat' }).click();
    await c.ask('how long is the warranty');
    await page.waitForTimeout(300);
    assert.deepEqual(sent, []);
  });

  await test('hands over under a signed name, which only its own visitor reads', async (page) => {
    const sub = `customer-${Date.now()}`;
    const now = Math.floor(Date.now() / 1000);
    const mine = identity({ sub, aud: 'demo', exp: now + 600 });
    const c = await opened(page);
    await page.evaluate((t) => Nearside.identify(t), mine);
    await c.ask('can I talk to a real human?');
    const [opening] = await Promise.all([page.waitForResponse((r) => r.url().includes('/v1/session')), c.share()]);
    const { session } = await opening.json();
    await delivered(c);
    const own = await get('/v1/conversations?site=demo', session);
    assert.equal(own.length, 1);
    assert.equal((await operated('/v1/subject/export', { subject: sub })).conversations[0].id, own[0].id);
    // A token that is over is dropped, and the page is told; the handoff goes without a name.
    await page.evaluate(() => ((window.told = []), Nearside.on('identify', (d) => window.told.push(d.error))));
    await page.evaluate((t) => Nearside.identify(t), identity({ sub, aud: 'demo', exp: now - 600 }));
    await page.evaluate(() => Nearside.reset());
    await until('a new conversation', async () => (await c.questions.count()) === 0);
    await c.ask('can I talk to a real human?');
    await until('the page is told', () => page.evaluate(() => window.told.some((e) => e.includes('expired'))));
    await delivered(c);
    assert.equal((await get('/v1/conversations?site=demo', session)).length, 1, 'the second stands under no name');
  }, { console: /401/ });
}
