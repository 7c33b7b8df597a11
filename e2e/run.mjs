// The visitor's tests: each name is a sentence. Prints `ok NAME` or `not ok NAME: why`.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { consentTests } from './consent.mjs';
import { encoderTests } from './encoder-tests.mjs';
import { hostileTests } from './hostile.mjs';
import { base, chat, handoffs, launch, root, startEdge, startForeignSite, until } from './harness.mjs';
import { richTests } from './rich.mjs';

const state = process.env.STATE ?? join(root, 'target/e2e-state');
const shots = join(root, 'e2e/out');
mkdirSync(shots, { recursive: true });
const only = process.argv[2];

let stopEdge = await startEdge(state);
const foreign = await startForeignSite();
const browser = await launch();
let failed = 0;

// Each test has a browser of its own, as a new visitor has, and a console in which nothing may appear.
async function test(name, act, options = {}) {
  if (only && !name.includes(only)) return;
  const context = await browser.newContext({ locale: 'en-US', ...options.context });
  const page = await context.newPage();
  const said = [];
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && said.push(m.text()));
  page.on('pageerror', (e) => said.push(String(e)));
  try {
    await act(page, context);
    const unexpected = said.filter((s) => !options.console?.test(s));
    assert.deepEqual(unexpected, [], 'the console stays empty');
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    await page.screenshot({ path: join(shots, 'failed.png') }).catch(() => {});
    console.log(`not ok ${name}: ${String(error.stack ?? error).split('\n').slice(0, 6).join(' | ')} ${said.join(' | ')}`);
  } finally {
    await context.close();
  }
}

async function opened(page, path = '/') {
  await page.goto(path.startsWith('http') ? path : base + path);
  const c = chat(page);
  await c.open();
  return c;
}

await test('answers an English question with a source', async (page) => {
  const c = await opened(page);
  assert.match(await c.ask('how do I send something back?'), /free label/);
  assert.match(await c.sources.last().getAttribute('href'), /help\.html#return-how$/);
});

await test('answers a Chinese question on an English page, and in Chinese', async (page) => {
  const c = await opened(page);
  assert.match(await c.ask('运费是多少'), /3\.90欧元/);
});

await test('hears English words and dialect in Chinese, and asks for Chinese script where it comes in Latin letters', async (page) => {
  const c = await opened(page);
  assert.match(await c.ask('我的 order 咋取消'), /订单/);
  assert.match(await c.ask('wo xiang tuikuan'), /拼音/);
});

await test('speaks the language of the page', async (page) => {
  const c = await opened(page, '/zh.html');
  assert.equal(await c.field.getAttribute('placeholder'), '请输入问题…');
  assert.match(await c.ask('我忘记密码了'), /忘记密码/);
});

await test('answers offline', async (page, context) => {
  const c = await opened(page);
  await c.ask('shipping cost');
  await context.setOffline(true);
  assert.match(await c.ask('how long is the warranty'), /Two years/);
  await page.locator('.offline').waitFor();
  // An event on its way when the line went down fails, and the browser says so; it waits in the outbox.
}, { console: /ERR_INTERNET_DISCONNECTED/ });

await test('brings the token vectors of each language that is spoken, after its first answer, and keeps them', async (page, context) => {
  const brought = [];
  context.on('request', (r) => r.url().includes('/v1/vectors/') && brought.push(r.url().split('/').pop()));
  const { packs } = await (await fetch(`${base}/v1/sites/demo`)).json();
  const wanted = ['en', 'zh'].map((language) => packs.find((p) => p.language === language).vectors.hash);
  const kept = () => page.evaluate(async () => (await (await caches.open('nearside')).keys()).filter((r) => r.url.includes('/v1/vectors/')).length);
  const c = await opened(page);
  for (const [at, question] of ['how long is the warranty', '运费是多少'].entries()) {
    await c.ask(question);
    await until('the vectors are kept', async () => (await kept()) === at + 1);
  }
  await page.reload();
  await c.open();
  for (const question of ['how long is the warranty', '运费是多少', 'what does shipping cost']) await c.ask(question);
  assert.deepEqual(brought, wanted);
});

await test('says that it does not know, then offers a person', async (page) => {
  const c = await opened(page);
  assert.match(await c.ask('xylophone zucchini quantum'), /do not know/);
  assert.equal(await c.choices.last().innerText(), 'Talk to a person');
});

await test('keeps a handoff through a dropped connection and delivers it exactly once', async (page, context) => {
  const c = await opened(page);
  await c.ask('reach me at ana.planted@example.com please');
  await context.setOffline(true);
  await c.choices.last().click();
  await c.share();
  await until('the note that it waits', async () => /kept/.test(await c.notes.last().innerText().catch(() => '')));
  // The server gets it, but its answer is lost on the way.
  let lost = 0;
  await page.route('**/v1/entries*', async (route) => {
    if (lost++ > 0) return route.continue();
    await route.fetch();
    await route.abort();
  });
  await context.setOffline(false);
  const mine = (all) => all.filter((h) => h.transcript.some((l) => l.text.includes('reach me at')));
  await until('the handoff in the database', async () => mine(await handoffs()).length > 0);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await until('the second delivery', () => lost > 1);
  const [record, ...more] = mine(await handoffs());
  assert.equal(more.length, 0);
  assert.ok(record.transcript.some((l) => l.text.includes('[EMAIL_1]')));
  assert.ok(!JSON.stringify(record).includes('ana.planted'));
}, { console: /ERR_FAILED|ERR_INTERNET_DISCONNECTED/ });

await test('brings a person when asked for one in words', async (page) => {
  const c = await opened(page);
  assert.match(await c.ask('can I talk to a real human?'), /May I share this conversation/);
  assert.match(await c.answers.nth(-2).innerText(), /colleague/);
  await c.share();
  await until('the note that it was delivered', async () => /reached our team/.test(await c.notes.last().innerText().catch(() => '')));
});

await test('lets no private value out with a handoff', async (page) => {
  const sent = [];
  page.on('request', (r) => sent.push(decodeURIComponent(r.url()), r.postData() ?? ''));
  const planted = ['Maria Lopez', '+49 170 1234567', 'DE89 3704 0044 0532 0130 00', 'hunter2!x', '192.168.7.20', '11010519491231002X', '王小明', '13812345678', '221 Baker Street'];
  const c = await opened(page);
  await c.ask('my name is Maria Lopez, call me at +49 170 1234567. Refund it to DE89 3704 0044 0532 0130 00, my password is hunter2!x. The login came from 192.168.7.20, I live at 221 Baker Street');
  await c.ask('我叫王小明，手机13812345678，身份证11010519491231002X');
  await c.ask('can I talk to a real human?');
  await c.share();
  await until('the note that it was delivered', async () => /reached our team/.test(await c.notes.last().innerText().catch(() => '')));
  const all = sent.join('\n');
  assert.ok(all.includes('[NAME_1]') && all.includes('[NAME_2]') && all.includes('[PHONE_2]'), all);
  for (const value of planted) assert.ok(!all.includes(value), value);
});

await test('shows what left the device: every request, written down before it is made', async (page, context) => {
  const made = [];
  context.on('request', (r) => r.url().startsWith('http') && made.push(r.url().split('?')[0]));
  const c = await opened(page);
  await c.ask('shipping cost, I am ana@example.com');
  await c.ask('can I talk to a real human?');
  await c.share();
  await until('the note that it was delivered', async () => /reached our team/.test(await c.notes.last().innerText().catch(() => '')));
  await page.getByRole('button', { name: 'Privacy' }).click();
  const receipt = page.locator('.privacy');
  await receipt.locator('li').first().waitFor();
  assert.match(await receipt.innerText(), /Your conversation to a person[\s\S]*masked: 1/);
  const [download] = await Promise.all([page.waitForEvent('download'), receipt.getByRole('button', { name: 'Save as JSON' }).click()]);
  const { receipt: entries, entries: said } = JSON.parse(readFileSync(await download.path(), 'utf8'));
  assert.ok(said.some((e) => e.event.text?.includes('ana@example.com')), 'the file has the conversation, too');
  // What the page itself fetches is not the chat's; everything else stands in the receipt.
  const own = made.filter((url) => /\/(v1|chat|core|mask)\/|nearside\.js/.test(url));
  const noted = entries.map((e) => e.url.split('?')[0]);
  for (const url of own) assert.ok(noted.some((n) => url === n || (n.endsWith('/') && url.startsWith(n))), `${url} is in no receipt`);
  const shared = entries.find((e) => e.purpose === 'entries');
  assert.ok(shared.bytes > 200 && shared.fields.includes('entries') && shared.masked === 1, JSON.stringify(shared));
  await page.screenshot({ path: join(shots, 'receipt.png') });
  await receipt.getByRole('button', { name: 'Back to the chat' }).click();
  await until('the chat again', async () => (await receipt.count()) === 0);
});

await consentTests(test, opened, shots);
await encoderTests(test, opened);
await richTests(test, opened, shots);
await hostileTests(test, opened, foreign);

await test('still has the handoff after workerd restarts', async () => {
  const before = (await handoffs()).length;
  await stopEdge();
  stopEdge = await startEdge(state);
  assert.ok(before > 0);
  assert.equal((await handoffs()).length, before);
});

await test('stores and fetches nothing before opening but the loader', async (page, context) => {
  const requests = [];
  page.on('request', (r) => requests.push(new URL(r.url()).pathname));
  await page.goto(`${foreign.url}/plain`);
  await page.locator('nearside-chat button').first().waitFor();
  assert.deepEqual(requests.filter((p) => p !== '/favicon.ico'), ['/plain', '/nearside.js']);
  assert.deepEqual(await context.cookies(), []);
  const kept = await page.evaluate(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length]);
  assert.deepEqual(kept, [0, 0, 0, 0]);
}, { console: /favicon|404/ });

await test('works on a page of another origin with a strict content security policy', async (page) => {
  const c = await opened(page, `${foreign.url}/strict`);
  assert.match(await c.ask('E102 on the speaker'), /lost the network/);
}, { console: /favicon/ });

await test('asks before it asks the edge where the browser may not compute', async (page) => {
  const c = await opened(page, `${foreign.url}/no-worker`);
  await c.field.fill('how long is the warranty, I am at bo@example.com');
  await c.field.press('Enter');
  const [request] = await Promise.all([
    page.waitForRequest((r) => r.url().includes('/v1/turn')),
    page.getByRole('button', { name: 'Yes, ask the server' }).click(),
  ]);
  const body = request.postData();
  assert.ok(body.includes('[EMAIL_1]') && !body.includes('bo@example.com'), body);
  await until('the answer', async () => /years/.test(await c.answers.last().innerText()));
}, { console: /worker|favicon|Content Security Policy/i });

await test('survives a single-page app that replaces the body', async (page) => {
  const c = await opened(page, `${foreign.url}/plain`);
  await c.ask('opening times');
  await page.evaluate(() => document.body.replaceChildren(document.createElement('main')));
  await c.panel.waitFor();
  assert.match(await c.ask('how long is the warranty'), /Two years/);
}, { console: /favicon|404/ });

await test('keeps the conversation through a reload and shows it in another tab', async (page, context) => {
  const c = await opened(page);
  await c.ask('how long is the warranty');
  await until('it is kept', () => page.evaluate(async () => (await indexedDB.databases()).length > 0));
  await page.reload();
  await c.open();
  await until('the old question', async () => (await c.questions.count()) === 1);
  const second = chat(await context.newPage());
  await second.panel.page().goto(base);
  await second.open();
  await until('the question in the other tab', async () => (await second.questions.count()) === 1);
});

await test('works with the keyboard alone', async (page) => {
  await page.goto(base);
  await page.locator('nearside-chat button').first().waitFor();
  await until('the launcher has focus', async () => {
    await page.keyboard.press('Tab');
    return page.evaluate(() => document.activeElement?.tagName === 'NEARSIDE-CHAT');
  });
  await page.keyboard.press('Enter');
  const c = chat(page);
  await until('the composer has focus', () => c.field.evaluate((e) => e.getRootNode().activeElement === e).catch(() => false));
  await page.keyboard.type('how long is the warranty');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('on speakers');
  assert.match(await c.field.inputValue(), /\n/);
  await page.keyboard.press('Enter');
  await until('the answer', async () => (await c.answers.count()) > 1);
  await page.keyboard.press('Escape');
  await c.panel.waitFor({ state: 'hidden' });
  assert.equal(await page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.getAttribute('aria-label')), 'Open chat');
});

await test('does not send while an input method composes', async (page) => {
  const c = await opened(page);
  await c.field.fill('退货');
  await c.field.evaluate((e) => e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true })));
  assert.equal(await c.questions.count(), 0);
  assert.equal(await c.field.inputValue(), '退货');
});

await test('suggests questions while the visitor types', async (page) => {
  const c = await opened(page);
  await c.ask('hello');
  await c.field.pressSequentially('how long');
  await page.locator('.suggestions button').first().waitFor();
  await page.locator('.suggestions button').filter({ hasText: 'warranty' }).click();
  await until('the answer', async () => /Two years/.test(await c.answers.last().innerText()));
});

await test('answers two messages sent in a burst, in order', async (page) => {
  await page.goto(base);
  await page.waitForFunction(() => window.Nearside);
  await page.evaluate(() => (Nearside.ask('how long is the warranty'), Nearside.ask('how much is shipping')));
  const c = chat(page);
  await until('both answers', async () => (await c.answers.count()) === 3);
  assert.match(await c.answers.nth(1).innerText(), /Two years/);
  assert.match(await c.answers.nth(2).innerText(), /3\.90/);
});

await test('refuses a message of a megabyte and goes on', async (page) => {
  const c = await opened(page);
  await page.evaluate(() => Nearside.ask('a'.repeat(1 << 20)));
  await until('the note', async () => /too long/.test(await c.notes.last().innerText().catch(() => '')));
  assert.match(await c.ask('how long is the warranty'), /Two years/);
});

await test('shows HTML and script in a message as text', async (page) => {
  const c = await opened(page);
  await c.ask('<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>');
  assert.match(await c.questions.last().innerText(), /<img src=x/);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
});

await test('judges, starts over, and tells the page', async (page) => {
  await page.goto(base);
  await page.waitForFunction(() => window.Nearside);
  await page.evaluate(() => {
    window.heard = [];
    for (const event of ['ready', 'open', 'answer', 'handoff']) Nearside.on(event, (d) => window.heard.push([event, d?.article ?? null]));
    Nearside.open();
  });
  const c = chat(page);
  await c.answers.first().waitFor();
  await c.ask('how long is the warranty');
  await page.getByRole('button', { name: 'Helpful', exact: true }).click();
  await until('thanks', async () => /Thank you/.test(await c.answers.last().innerText()));
  assert.deepEqual((await page.evaluate(() => window.heard)).find((h) => h[0] === 'answer'), ['answer', 'warranty-length']);
  await page.evaluate(() => Nearside.reset());
  await until('an empty transcript', async () => (await c.questions.count()) === 0);
});

for (const [name, path, context] of [
  ['light', '/', {}],
  ['dark', '/', { colorScheme: 'dark' }],
  ['Chinese', '/zh.html', {}],
]) {
  await test(`axe finds nothing (${name})`, async (page) => {
    const c = await opened(page, path);
    await c.ask(name === 'Chinese' ? '怎么退货' : 'how do I send something back?');
    await c.ask(name === 'Chinese' ? '运费多少' : 'how much is shipping');
    await c.ask('xylophone zucchini');
    await page.evaluate(readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8'));
    const found = await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    assert.deepEqual(found.violations.map((v) => [v.id, v.nodes.map((n) => n.target.join(' '))]), []);
  }, { context });
}

for (const [name, path, context] of [
  ['desktop', '/', { viewport: { width: 1280, height: 800 } }],
  ['phone', '/', { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }],
  ['dark', '/', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }],
  ['chinese', '/zh.html', { viewport: { width: 1280, height: 800 } }],
]) {
  await test(`looks right (${name})`, async (page) => {
    const c = await opened(page, path);
    await c.ask(name === 'chinese' ? 'Sona 显示 E102 怎么办' : 'my speaker shows E102');
    await c.ask(name === 'chinese' ? '物流好慢' : 'something about my order');
    await page.screenshot({ path: join(shots, `${name}.png`) });
    const box = await c.panel.boundingBox();
    const view = page.viewportSize();
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= view.width && box.y + box.height <= view.height, 'the panel lies within the window');
  }, { context });
}

await test('looks right from right to left', async (page) => {
  await page.goto(base);
  await page.evaluate(() => {
    document.querySelector('nearside-chat').remove();
    delete window.Nearside;
    document.documentElement.lang = 'ar';
    document.documentElement.dir = 'rtl';
    const script = document.createElement('script');
    script.src = '/nearside.js';
    script.dataset.site = 'demo';
    document.body.append(script);
  });
  const c = chat(page);
  await page.getByRole('button', { name: 'فتح الدردشة' }).click();
  await c.answers.first().waitFor();
  await page.screenshot({ path: join(shots, 'rtl.png') });
  const box = await c.panel.boundingBox();
  assert.ok(box.x < 40, 'the panel stands on the left');
}, { context: { viewport: { width: 1280, height: 800 } } });

await browser.close();
foreign.close();
await stopEdge();
process.exitCode = failed ? 1 : 0;
