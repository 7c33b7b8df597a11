// What the chat asks of the browser: the Web Worker, IndexedDB, the outbox, other tabs. Every request that the chat
// makes goes through `send`; nothing here runs before the visitor opens the chat.
let worker, database, channel, config;
const waiting = new Map();
let next = 0;
const MASKED = /\[[A-Z]+_\d+\]/g;

export function start(options, onOtherTab) {
  config = options;
  channel = new BroadcastChannel(`nearside-${config.site}`);
  channel.onmessage = () => onOtherTab();
  // What the script tag fetched to bring this chat.
  for (const { name, transferSize } of performance.getEntriesByType('resource')) {
    if (['/nearside.js', '/chat/'].some((own) => name.startsWith(config.assets + own))) note('load', 'GET', name, [], transferSize);
  }
  addEventListener('online', flush);
  flush();
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
  return ask('start', { api: config.api, assets: config.assets, site: config.site, locale: config.locale, gated: true });
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
  const { input, transcript } = body;
  if (typeof input?.text === 'string') {
    return { ...body, input: { ...input, text: (await masked([...before, input.text])).at(-1) } };
  }
  if (transcript) {
    const texts = await masked(transcript.map((line) => line.text));
    return { ...body, transcript: transcript.map((line, i) => ({ ...line, text: texts[i] })) };
  }
  return body;
}

async function send(path, whole, before) {
  const url = `${config.api}${path}?site=${config.site}`;
  const contents = await maskedBody(whole, before);
  const body = JSON.stringify(contents);
  await note(path.split('/').pop(), 'POST', url, Object.keys(contents), new TextEncoder().encode(body).length, (body.match(MASKED) ?? []).length);
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, credentials: 'omit' });
  // The server will not take it however often it is sent; anything else is worth another try.
  const refused = response.status >= 400 && response.status < 500 && response.status !== 429;
  if (!response.ok && !refused) throw new Error(`${path} answered ${response.status}`);
  return response;
}

export async function edgeTurn(request, before) {
  const response = await send('/v1/turn', request, before);
  if (!response.ok) throw new Error((await response.json()).detail);
  return response.json();
}

// ---- storage --------------------------------------------------------------------------------------------------------

function open() {
  database ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(`nearside-${config.site}`, 2);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion < 1) {
        request.result.createObjectStore('kept');
        request.result.createObjectStore('outbox', { autoIncrement: true });
      }
      request.result.createObjectStore('receipt', { autoIncrement: true });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return database;
}

async function store(name, mode, act) {
  const transaction = (await open()).transaction(name, mode);
  const request = act(transaction.objectStore(name));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export const load = () => store('kept', 'readonly', (s) => s.get('conversation')).catch(() => undefined);

export async function save(conversation) {
  await store('kept', 'readwrite', (s) => s.put(conversation, 'conversation')).catch(() => {});
  channel.postMessage('changed');
}

// ---- the outbox -----------------------------------------------------------------------------------------------------

export async function enqueue(path, body) {
  try {
    await store('outbox', 'readwrite', (s) => s.add({ path, body }));
  } catch {
    // Storage is closed to us (private windows of some browsers): send at once, keep nothing.
    return send(path, body).then(() => true, () => false);
  }
  return flush();
}

// One tab delivers at a time; a message leaves the outbox only when the server has answered, and the server keeps what
// has the same id once. True when nothing waits any more.
export function flush() {
  return navigator.locks.request(`nearside-outbox-${config.site}`, async () => {
    // Coming back online calls again.
    if (!navigator.onLine) return false;
    try {
      for (;;) {
        const [key] = await store('outbox', 'readonly', (s) => s.getAllKeys(null, 1));
        if (key === undefined) return true;
        const { path, body } = await store('outbox', 'readonly', (s) => s.get(key));
        await send(path, body);
        await store('outbox', 'readwrite', (s) => s.delete(key));
      }
    } catch {
      setTimeout(flush, 15_000);
      return false;
    }
  });
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
