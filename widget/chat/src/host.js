// What the chat asks of the browser: the Web Worker, the outbox, other tabs. Every request that the chat makes goes through
// `send`, and none without consent to its purpose; nothing here runs before the visitor opens the chat.
import * as consent from './consent.js';
import { store } from './storage.js';

let worker, channel, config, identity, session;
const waiting = new Map();
let next = 0;
const MASKED = /\[[A-Z]+_\d+\]/g;

export function start(options, onOtherTab) {
  config = options;
  channel = new BroadcastChannel(`nearside-${config.site}`);
  channel.onmessage = ({ data }) => {
    if (data.revoked) abort(data.revoked);
    onOtherTab();
  };
  // What the script tag fetched to bring this chat.
  for (const { name, transferSize } of performance.getEntriesByType('resource')) {
    if (['/nearside.js', '/chat/'].some((own) => name.startsWith(config.assets + own))) note('load', 'GET', name, [], transferSize);
  }
  addEventListener('online', flush);
  // What a legal hold kept at the edge: perhaps it has ended.
  held().then((wishes) => Promise.all(wishes.map(askToForget))).catch(() => {}).then(flush);
}

// ---- the core -------------------------------------------------------------------------------------------------------

// On other people's pages a Worker's script must be same-origin: a Blob is, and imports the real one. The import is a
// dynamic one, because a page's policy treats static imports of a Worker as Workers themselves. What arrives before the
// real script is there waits in `early`.
export async function startCore() {
  const real = `${config.assets}/core/worker.js`;
  const script = `early = []; onmessage = (e) => early.push(e.data); import(${JSON.stringify(real)}).catch((e) => postMessage({ fatal: String(e) }))`;
  await note('load', 'GET', real, [], 0);
  worker = new Worker(URL.createObjectURL(new Blob([`var early; ${script}`], { type: 'text/javascript' })));
  worker.onmessage = ({ data }) => {
    if (data.fatal) return giveUp(data.fatal);
    if (data.gate) return note('load', 'GET', data.url, [], 0).then(() => worker.postMessage({ opened: data.gate }));
    const { resolve, reject } = waiting.get(data.id);
    waiting.delete(data.id);
    data.error === undefined ? resolve(data.ok) : reject(new Error(data.error));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    giveUp(event.message || 'the worker could not be started');
  };
  const started = await ask('start', { api: config.api, assets: config.assets, site: config.site, locale: config.locale, gated: true });
  consent.setRegions(started.consent);
}

function giveUp(why) {
  for (const { reject } of waiting.values()) reject(new Error(why));
  waiting.clear();
}

function ask(op, values) {
  const id = next++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ ...values, id, op });
  });
}

export const turn = (state, input) => ask('turn', { state, input });
export const suggest = (typed, limit) => ask('suggest', { typed, limit });

// ---- the receipt ----------------------------------------------------------------------------------------------------

// Every request is written down here before it is made: the visitor can read what left the device. Where storage is
// closed to us, the page's memory holds it.
const MOST = 500;
const unstored = [];

async function note(purpose, method, url, fields, bytes, masked = 0) {
  const entry = { at: Date.now(), purpose, method, url, fields, bytes, masked };
  try {
    const key = await store('receipt', 'readwrite', (s) => s.add(entry));
    if (key > MOST) await store('receipt', 'readwrite', (s) => s.delete(IDBKeyRange.upperBound(key - MOST)));
  } catch {
    unstored.push(entry);
  }
}

export async function receipt() {
  return [...(await store('receipt', 'readonly', (s) => s.getAll()).catch(() => [])), ...unstored];
}

// ---- requests -------------------------------------------------------------------------------------------------------

let masking;
// Personal data is masked here, at the only door out. The module comes before the first thing that is sent; where it
// does not come, nothing is sent.
async function masked(texts) {
  if (!masking) await note('load', 'GET', `${config.assets}/mask/`, [], 0);
  masking ??= import(`${config.assets}/mask/nearside_mask.js`).then(async (module) => {
    await module.default({ module_or_path: `${config.assets}/mask/nearside_mask_bg.wasm` });
    return module.mask;
  });
  masking.catch(() => (masking = undefined));
  return (await masking)(texts);
}

async function maskedBody(body, before = []) {
  const { input, transcript, events } = body;
  if (typeof input?.text === 'string') {
    return { ...body, input: { ...input, text: (await masked([...before, input.text])).at(-1) } };
  }
  if (events?.some((e) => e.question)) {
    const texts = await masked(events.map((e) => e.question ?? ''));
    return { ...body, events: events.map((e, i) => ({ ...e, ...(e.question && { question: texts[i] }) })) };
  }
  if (transcript) {
    const texts = await masked(transcript.map((line) => line.text));
    return { ...body, transcript: transcript.map((line, i) => ({ ...line, text: texts[i] })) };
  }
  return body;
}

// What each path is for. Erasing what was sent, and saying who one is with what is sent, need no consent of their own.
const PURPOSE = { '/v1/turn': 'edge', '/v1/handoffs': 'person', '/v1/session': 'person', '/v1/events': 'analytics' };
const underway = new Map();

async function send(path, whole, before, purpose = PURPOSE[path]) {
  const agreed = async () => {
    const { v, at_ms, by, purposes } = await consent.read();
    if (purpose && !purposes.includes(purpose)) throw new Error(`${path}: the visitor did not agree to ${purpose}`);
    return purpose && { consent: { v, at_ms, by, purposes } };
  };
  await agreed();
  const control = new AbortController();
  underway.set(control, purpose);
  try {
    const url = `${config.api}${path}?site=${config.site}`;
    const safe = await maskedBody(whole, before);
    const own = path === '/v1/handoffs' && identity && { session: await openSession() };
    // Asked again: masking may have had to be fetched first, and the visitor may have said no meanwhile.
    const contents = { ...safe, ...own, ...(await agreed()) };
    const body = JSON.stringify(contents);
    await note(purpose === 'improve' ? purpose : path.split('/').pop(), 'POST', url, Object.keys(contents), new TextEncoder().encode(body).length, (body.match(MASKED) ?? []).length);
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, credentials: 'omit', signal: control.signal });
    // The server will not take it however often it is sent; anything else is worth another try.
    const refused = response.status >= 400 && response.status < 500 && response.status !== 429;
    if (!response.ok && !refused) throw new Error(`${path} answered ${response.status}`);
    return response;
  } finally {
    underway.delete(control);
  }
}

function abort(purpose) {
  for (const [control, of] of underway) if (of === purpose) control.abort();
}

// ---- who the visitor is, where the site says so ---------------------------------------------------------------------

// A token of the site's own server; it stays in the page's memory.
export function identify(token) {
  identity = token;
  session = undefined;
}

// A session that still lasts a minute, or a new one. An identity that the edge refuses is dropped, and the page is told.
async function openSession() {
  if (session?.expires_ms > Date.now() + 60_000) return session.session;
  const response = await send('/v1/session', { v: 1, site: config.site, identity });
  const answer = await response.json();
  if (response.ok) return (session = answer).session;
  identity = undefined;
  config.emit('identify', { error: answer.detail });
}

// ---- consent --------------------------------------------------------------------------------------------------------

// Agreeing holds from the next request on. A no ends what is under way on every tab, takes what waits out of the outbox,
// and has erased what was sent; true where it had been a yes.
export async function agree(purpose, agreed) {
  const { purposes } = await consent.read();
  await consent.write(purpose, agreed);
  channel.postMessage({ revoked: agreed ? undefined : purpose });
  if (agreed || !purposes.includes(purpose)) return false;
  abort(purpose);
  const waits = await store('outbox', 'readonly', (s) => s.getAll()).catch(() => []);
  const keys = await store('outbox', 'readonly', (s) => s.getAllKeys()).catch(() => []);
  for (const [i, at] of keys.entries()) if (waits[i].purpose === purpose) await store('outbox', 'readwrite', (s) => s.delete(at));
  const sent = await sentFor(purpose);
  const each = purpose === 'person' ? sent : sent.length ? [{ events: sent }] : [];
  for (const what of each) await askToForget({ v: 1, site: config.site, ...what });
  // Forgotten here only when the wish to forget is kept.
  await store('kept', 'readwrite', (s) => s.delete(`sent-${purpose}`)).catch(() => {});
  flush();
  return true;
}

// What was sent: ids of events, and conversations with their keys. Who knows them may have them erased.
const sentFor = (purpose) => store('kept', 'readonly', (s) => s.get(`sent-${purpose}`)).then((sent) => sent ?? [], () => []);

async function remember(purpose, more) {
  // A delivery is tried more than once; what it carries is kept once.
  const before = (await sentFor(purpose)).filter((one) => !more.some((other) => (one.conversation ?? one) === (other.conversation ?? other)));
  const sent = [...before, ...more].slice(-100);
  await store('kept', 'readwrite', (s) => s.put(sent, `sent-${purpose}`)).catch(() => {});
}

const askToForget = (body) => store('outbox', 'readwrite', (s) => s.add({ path: '/v1/forget', body }));

// Wishes to forget that met a legal hold.
const held = () => store('kept', 'readonly', (s) => s.get('held')).then((wishes) => wishes ?? [], () => []);

// Whether something stays at the edge that the visitor wants forgotten, once everything that waits was tried.
export const isHeld = () => flush().then(held).then((wishes) => wishes.length > 0);

async function forgotten(wish, outcome) {
  const others = (await held()).filter((one) => one.conversation !== wish.conversation);
  const wishes = String(outcome).endsWith('#legal-hold') ? [...others, wish] : others;
  await store('kept', 'readwrite', (s) => s.put(wishes, 'held'));
}

// SHA-256 of a conversation's key; nothing on pages that are not secure, where it cannot be computed.
async function keyHash(key) {
  const digest = await crypto.subtle?.digest('SHA-256', new TextEncoder().encode(key));
  return digest && [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

// The edge keeps nothing of a turn, so that one whose answer was lost is asked once more.
export async function edgeTurn(request, before) {
  const ask = () => send('/v1/turn', request, before);
  const response = await ask().catch(ask);
  if (!response.ok) throw new Error((await response.json()).detail);
  return response.json();
}

// ---- what is kept ----------------------------------------------------------------------------------------------------

export const load = () => store('kept', 'readonly', (s) => s.get('conversation')).catch(() => undefined);

export async function save(conversation) {
  await store('kept', 'readwrite', (s) => s.put(conversation, 'conversation')).catch(() => {});
  channel.postMessage({});
}

// ---- the outbox -----------------------------------------------------------------------------------------------------

// Gives true where it was delivered, false where it waits, and where the server refuses it for good, why.
export const enqueue = (path, body, purpose = PURPOSE[path]) => put({ path, body, purpose });

// A handoff; `key` stays here, and its hash goes with the conversation.
export const handOff = async (body, key) =>
  put({ path: '/v1/handoffs', body: { ...body, key_hash: await keyHash(key) }, purpose: 'person', key });

async function put(waits) {
  try {
    await store('outbox', 'readwrite', (s) => s.add(waits));
  } catch {
    // Storage is closed to us (private windows of some browsers): send at once, keep nothing.
    return deliver(waits).catch(() => false);
  }
  return flush();
}

async function deliver({ path, body, purpose, key }) {
  // Written down before: a request whose answer is lost may have arrived.
  if (path === '/v1/events') await remember(purpose, body.events.map((e) => e.id));
  if (path === '/v1/handoffs') await remember(purpose, [{ conversation: body.conversation, key }]);
  const response = await send(path, body, undefined, purpose);
  return response.ok || ((await response.json().catch(() => ({}))).type ?? 'refused');
}

// One tab delivers at a time; a message leaves the outbox only when the server has answered, and the server keeps what
// has the same id once. What the last one came to, when nothing waits any more.
export function flush() {
  return navigator.locks.request(`nearside-outbox-${config.site}`, async () => {
    // Coming back online calls again.
    if (!navigator.onLine) return false;
    let last = true;
    try {
      for (;;) {
        const [key] = await store('outbox', 'readonly', (s) => s.getAllKeys(null, 1));
        if (key === undefined) return last;
        const waits = await store('outbox', 'readonly', (s) => s.get(key));
        // Meanwhile the visitor may have said no. What an earlier version of the chat left here names no purpose.
        const { purposes } = await consent.read();
        const purpose = waits.purpose ?? PURPOSE[waits.path];
        if (!purpose || purposes.includes(purpose)) last = await deliver({ ...waits, purpose });
        if (waits.path === '/v1/forget') await forgotten(waits.body, last);
        await store('outbox', 'readwrite', (s) => s.delete(key));
      }
    } catch {
      setTimeout(flush, 15_000);
      return false;
    }
  });
}

// ---- answers ---------------------------------------------------------------------------------------------------------

// The node that is filled and those that are open in it, the innermost last.
let nodes;
export const fill = (node) => (nodes = [node]);
export const close = (levels) => (nodes.length -= levels);
export const say = (text) => nodes.at(-1).append(text);

function add(tag) {
  const node = document.createElement(tag);
  nodes.at(-1).append(node);
  return node;
}

export function open(tag, url) {
  const node = add(tag);
  nodes.push(node);
  if (tag === 'a') aim(node, url);
  // What may scroll can be reached with the keyboard.
  if (tag === 'div') node.tabIndex = 0;
}

// A list with numbers from `first` on, or with points where that is negative.
export function list(first) {
  open(first < 0 ? 'ul' : 'ol');
  if (first >= 0) nodes.at(-1).start = first;
}

// The address as the browser reads it, which has the last word on its scheme.
function resolved(url, schemes) {
  try {
    const to = new URL(url, config.api);
    return schemes.test(to.protocol) ? to : undefined;
  } catch {}
}

// The page's own site opens in its tab, to which the conversation comes back; any other in a new one, which learns nothing
// of the page.
function aim(link, url) {
  const to = resolved(url, /^(https?|mailto|tel):$/);
  if (!to) return;
  link.href = to.href;
  link.rel = 'noopener noreferrer nofollow';
  if (/^http/.test(to.protocol) && to.origin !== location.origin) link.target = '_blank';
}

// An image that the site allows. Its host sees the request, though not from which page; the receipt has it, as any other.
export async function show(url, text) {
  const image = add('img');
  image.alt = text;
  const to = resolved(url, /^https?:$/);
  if (!to) return;
  await note('load', 'GET', to.href, [], 0);
  image.referrerPolicy = 'no-referrer';
  image.src = to.href;
}

// ---- the page -------------------------------------------------------------------------------------------------------

export function style(shadow, css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
}

export function download(name, text) {
  const type = name.endsWith('.json') ? 'application/json' : 'text/plain;charset=utf-8';
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

let formatter;
// Making a formatter takes longer than a turn; one serves the page.
export const clock = (ms, locale) => (formatter ??= new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' })).format(ms);
export const isOnline = () => navigator.onLine;
export const onConnection = (f) => ['online', 'offline'].forEach((event) => addEventListener(event, f));
export const pageUrl = (url) => new URL(url, config.api).href;
