// Answers with marks: lists, links, tables, images; and what of them is never made.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { base, chat, until } from './harness.mjs';

// Puts an answer of `text` into the conversation that the page keeps, and shows it again.
async function answered(page, text) {
  const add = async (text) => {
    const database = await new Promise((resolve) => (indexedDB.open('nearside-demo', 3).onsuccess = (e) => resolve(e.target.result)));
    const store = (act) => new Promise((resolve) => (act(database.transaction('entries', 'readwrite').objectStore('entries')).onsuccess = (e) => resolve(e.target.result)));
    const before = await store((s) => s.getAll());
    const shown = before.filter((e) => e.event.type === 'replied').length;
    const reply = { kind: 'answer', text, source: { article: 'x', version: 1, title: 'X', url: '' } };
    if (shown) await store((s) => s.add({ id: `e-${crypto.randomUUID()}`, at_ms: 0, by: 'assistant', event: { type: 'replied', of: before[0].id, reply } }));
    database.close();
    return shown && shown + 1;
  };
  const count = await until('a conversation is kept', () => page.evaluate(add, text));
  await page.reload();
  const c = chat(page);
  await c.open();
  await until('the answer', async () => (await c.answers.count()) === count);
  return c.answers.last().locator('.text');
}

export async function richTests(test, opened, shots) {
  await test('shows an answer with its list, bold words, links and table', async (page) => {
    const c = await opened(page);
    await c.ask('how do i get the buds into pairing mode');
    const answer = () => c.answers.last().locator('.text');
    assert.deepEqual(await answer().locator('ol > li').allInnerTexts(), [
      'Put both buds in the case and leave the lid open.',
      'Hold the button for three seconds until the light blinks blue.',
      'Choose Halo Buds in the Bluetooth settings.',
    ]);
    assert.deepEqual(await answer().locator('strong').allInnerTexts(), ['three seconds', 'Halo Buds']);
    const link = answer().locator('a');
    assert.equal(await link.getAttribute('href'), `${base}/help.html#buds-one-side`);
    assert.deepEqual([await link.getAttribute('target'), await link.getAttribute('rel')], [null, 'noopener noreferrer nofollow']);
    await c.ask('how can I reach you by phone');
    assert.equal(await answer().locator('ul > li').count(), 3);
    assert.deepEqual(await answer().locator('a').evaluateAll((all) => all.map((a) => a.href)), ['tel:+493055500199', 'mailto:help@lumora.example']);
    await c.ask('how much is shipping');
    assert.deepEqual(await answer().locator('th').allInnerTexts(), ['Delivery', 'Costs']);
    assert.deepEqual(await answer().locator('tr').nth(1).locator('td').allInnerTexts(), ['Standard delivery', '3.90 euros, free from 50 euros']);
  });

  await test('shows the marks of a Chinese answer', async (page) => {
    const c = await opened(page, '/zh.html');
    await c.ask('Halo 耳机怎么配对');
    const answer = c.answers.last().locator('.text');
    assert.equal(await answer.locator('ol > li').count(), 3);
    assert.deepEqual(await answer.locator('strong').allInnerTexts(), ['三秒', 'Halo Buds']);
  });

  await test('leaves marks in what a visitor writes as they stand', async (page) => {
    const c = await opened(page);
    await c.ask('**how long** is the [warranty](https://a.example)');
    assert.match(await c.questions.last().innerText(), /\*\*how long\*\* is the \[warranty\]\(https:\/\/a\.example\)/);
    assert.equal(await c.questions.last().locator('a, strong').count(), 0);
  });

  await test('makes no markup and no script of an answer, and opens other sites in a new tab', async (page) => {
    await opened(page);
    const answer = await answered(page, '<img src=x onerror="hacked=1"> [a](javascript:hacked=1) [b](JaVaScRiPt:x) [c](//evil.example) [d](data:text/html,x) ![e](javascript:x)\n\n[other](https://other.example/x) [own](/help.html) [bad](https://[) `<b>`\n\n- a\n  1. b\n     - c\n       - d\n         - e\n\n3. three\n4. four\n\n```\n<script>hacked=1</script>\n```');
    assert.match(await answer.innerText(), /<img src=x onerror="hacked=1"> a b c d e/);
    assert.deepEqual(await answer.locator('a').evaluateAll((all) => all.map((a) => [a.textContent, a.getAttribute('href'), a.target])), [
      ['other', 'https://other.example/x', '_blank'],
      ['own', `${base}/help.html`, ''],
      ['bad', null, ''],
    ]);
    assert.equal(await answer.locator('img, script').count(), 0);
    assert.equal(await answer.locator('ul > li > ol > li > ul > li > ul > li').count(), 2);
    assert.equal(await answer.locator('ol[start="3"] > li').count(), 2);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
  });

  await test('shows images only where the site wants them, and writes the request down', async (page) => {
    const asked = [];
    await page.route('https://images.example/**', (route) => (asked.push(route.request().headers().referer), route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' })));
    await opened(page);
    const text = '![The box](https://images.example/box.svg)';
    const link = await answered(page, text);
    assert.deepEqual([await link.locator('a').getAttribute('href'), await link.innerText(), asked.length], ['https://images.example/box.svg', 'The box', 0]);
    await page.route(`${base}/`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace('data-site', 'data-images="on" data-site') });
    });
    const image = (await answered(page, text)).locator('img');
    await until('the image', () => image.evaluate((node) => node.complete && node.naturalWidth === 9));
    assert.equal(await image.getAttribute('alt'), 'The box');
    assert.deepEqual([...new Set(asked)], [undefined]);
    await page.getByRole('button', { name: 'Privacy', exact: true }).click();
    await until('the receipt has it', async () => /images\.example\/box\.svg/.test(await page.locator('.privacy').innerText()));
  });

  for (const [name, viewport, dark] of [
    ['phone', { width: 390, height: 844 }, false],
    ['desktop', { width: 1280, height: 800 }, true],
  ]) {
    await test(`marks look right (${name})`, async (page) => {
      const c = await opened(page);
      for (const text of ['how do i get the buds into pairing mode', 'how much is shipping', 'how can I reach you by phone']) await c.ask(text);
      await page.screenshot({ path: join(shots, `rich-${name}.png`) });
      const wide = await c.answers.evaluateAll((all) => all.filter((bubble) => bubble.scrollWidth > bubble.clientWidth + 1).length);
      assert.equal(wide, 0, 'nothing stands out of a bubble');
    }, { context: { viewport, ...(dark && { colorScheme: 'dark' }) } });
  }

  await test('marks look right (right to left, and wider than the bubble)', async (page) => {
    await opened(page, '/ar.html');
    const answer = await answered(page, `## الإرجاع

لإرجاع المنتج، اتبع **الخطوات** التالية:

1. افتح [صفحة الطلبات](/orders).
2. اطبع الملصق:
   - على ورق أبيض
   - أو في المتجر
3. اكتب \`RETURN 42\`.

\`\`\`
nearside ask --pack demo.ar.pack "كيف أعيد المنتج؟"
\`\`\`

| الدولة | المدة | السعر | Versandunternehmen | Sendungsverfolgungsnummer |
| --- | --- | --- | --- | --- |
| ألمانيا | يومان | 3.90 | Paketdienst | https://carrier.example/track |`);
    await page.screenshot({ path: join(shots, 'rich-rtl.png') });
    assert.equal(await answer.evaluate((node) => getComputedStyle(node).direction), 'rtl');
    const [table, bubble] = await Promise.all(['.text > div', '.bubble'].map((which) => page.locator(`.line.assistant:last-child ${which}`).evaluate((node) => node.scrollWidth - node.clientWidth)));
    assert.ok(table > 0 && bubble <= 1, `the table scrolls within the bubble: ${table}, ${bubble}`);
  }, { context: { viewport: { width: 390, height: 844 } } });
}
