// The browser's verbs, and no decisions: what is stored, sent and when is decided in Rust (`nearside_client`), which calls
// these. Nothing here runs before the visitor opens the chat.
let config, changed, told, database, channel, worker, door, timer, due;
let failures = 0;
let settled = [[]];
export const settle = (values) => (settled = values);

// `onChange` hears that something was written, and whether by another tab; `onTold` what the gate says.
export function start(options, onChange, onTold) {
  [config, changed, told] = [options, onChange, onTold];
  // Without it, another tab shows what happened here when it is opened anew.
  channel = self.BroadcastChannel && new BroadcastChannel(`nearside-${config.site}`);
  if (channel) channel.onmessage = ({ data }) => (data.abort ? abort(data.abort) : changed(true));
  // What the script tag fetched to bring this chat.
  for (const { name, transferSize } of performance.getEntriesByType('resource')) {
    if (['/nearside.js', '/chat/'].some((own) => name.startsWith(config.assets + own))) note(name, transferSize);
  }
}

// ---- storage: one database a site; where it is closed to us (private windows of some browsers), the page's memory ------

const STORES = ['kept', 'entries', 'receipt'];
const KEPT = ['conversation', 'gate', 'mail'];
const named = (requests) => Object.fromEntries(KEPT.map((name, i) => [name, requests[i].result]).filter(([, value]) => value !== undefined));
// Also a copy of what is stored, for when the database goes away under the page.
const memory = { kept: new Map(), entries: [], receipt: [] };
const remember = { clear: () => (memory.entries = []), keep: (name, value) => memory.kept.set(name, value), add: (name, value) => memory[name].push(value) };
const apply = (writes, to) => writes.forEach(([verb, ...values]) => to[verb](...values));

function open() {
  database ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(`nearside-${config.site}`, 3);
    request.onupgradeneeded = () => {
      for (const name of request.result.objectStoreNames) request.result.deleteObjectStore(name);
      for (const name of STORES) request.result.createObjectStore(name, { autoIncrement: name !== 'kept' });
    };
    request.onsuccess = () => {
      // A tab of a later version waits for this one; the browser may close it at any time.
      request.result.onversionchange = () => request.result.close();
      request.result.onclose = () => (database = undefined);
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
    // A tab of an earlier version does not let go: this page keeps to its memory, also when the other is closed at last.
    request.onblocked = () => {
      request.onsuccess = () => request.result.close();
      reject(new Error('another tab holds an older database'));
    };
  });
  return database;
}

const done = (transaction) => new Promise((resolve, reject) => ((transaction.oncomplete = resolve), (transaction.onabort = () => reject(transaction.error))));

// Lets `change` see what is kept, {conversation, gate, mail}, and writes what it gives: `conversation` and `gate` in the place
// of what is there, `mail` after it (an empty list: in its place), `entries` (with `clear`: in their place) and `receipt` after
// what is there. All or nothing, whatever other tabs do meanwhile.
export async function transact(change) {
  let writes;
  const decide = (kept) => {
    const { clear, entries = [], receipt = [], mail, ...named } = change(kept) ?? {};
    if (mail) named.mail = mail.length ? [...(kept.mail ?? []), ...mail] : [];
    const all = [clear && ['clear'], ...Object.entries(named).map((one) => ['keep', ...one]), ...entries.map((e) => ['add', 'entries', e]), ...receipt.map((r) => ['add', 'receipt', r])];
    writes = all.filter(Boolean);
  };
  try {
    const transaction = (await open()).transaction(STORES, 'readwrite');
    const [kept, entries, receipt] = STORES.map((name) => transaction.objectStore(name));
    const stores = { clear: () => entries.clear(), keep: (name, value) => kept.put(value, name), add: (name, value) => (name === 'entries' ? entries : receipt).add(value) };
    const found = KEPT.map((name) => kept.get(name));
    // Requests of one transaction end in their order.
    found.at(-1).onsuccess = () => {
      decide(named(found));
      apply(writes, stores);
      // The visitor reads the newest 500 requests.
      receipt.count().onsuccess = ({ target: { result } }) => result > 600 && (receipt.getAllKeys(null, result - 500).onsuccess = ({ target }) => receipt.delete(IDBKeyRange.upperBound(target.result.at(-1))));
    };
    await done(transaction);
  } catch {
    // What was decided and could not be stored (a full disk) holds in the page's memory from now on, decided once.
    if (writes) database = Promise.reject(new Error('storage does not take any more'));
    database?.catch(() => {});
    if (!writes) decide(Object.fromEntries(memory.kept));
  }
  apply(writes, remember);
  if (!writes.some(([verb, name]) => verb !== 'add' || name !== 'receipt')) return;
  channel?.postMessage({});
  changed(false);
}

export async function load() {
  try {
    const transaction = (await open()).transaction(STORES);
    const read = KEPT.map((name) => transaction.objectStore('kept').get(name));
    const [entries, receipt] = ['entries', 'receipt'].map((name) => transaction.objectStore(name).getAll());
    await done(transaction);
    memory.kept = new Map(Object.entries(named(read)));
    [memory.entries, memory.receipt] = [[...entries.result], [...receipt.result]];
    return { ...named(read), entries: entries.result, receipt: receipt.result };
  } catch {
    return { ...Object.fromEntries(memory.kept), entries: memory.entries, receipt: memory.receipt };
  }
}

// Every request is written into the receipt before it is made; those that carry something, by the gate.
export const note = (url, bytes = 0) => transact(() => ({ receipt: [{ at: Date.now(), purpose: 'load', method: 'GET', url, fields: [], bytes, masked: 0 }] }));

// ---- the core, in a Web Worker ---------------------------------------------------------------------------------------

const waiting = new Map();
let next = 0;

// On other people's pages a Worker's script must be same-origin: a Blob is, and imports the real one. The import is a
// dynamic one, because a page's policy treats static imports of a Worker as Workers themselves. What arrives before the
// real script is there waits in `early`.
export async function startCore() {
  await note(`${config.assets}/core/worker.js`);
  const script = `var early = []; onmessage = (e) => early.push(e.data); import(${JSON.stringify(`${config.assets}/core/worker.js`)}).catch((e) => postMessage({ fatal: String(e) }))`;
  worker?.terminate();
  const own = new Worker(URL.createObjectURL(new Blob([`var early; ${script}`], { type: 'text/javascript' })));
  worker = own;
  worker.onmessage = ({ data }) => {
    if (data.fatal) return giveUp(data.fatal);
    if (data.gate) return note(data.url).then(() => own.postMessage({ opened: data.gate }));
    waiting.get(data.id)?.(data);
  };
  worker.onerror = (event) => (event.preventDefault(), giveUp(event.message || 'the worker could not be started'));
  const { api, assets, site, locale } = config;
  return ask('start', { api, assets, site, locale, gated: true }, 60_000);
}

const giveUp = (error) => waiting.forEach((settle) => settle({ error }));

// A worker that does not answer in time is gone: some systems end it without a word.
export function ask(op, values, ms = 20_000) {
  const id = next++;
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => waiting.get(id)({ error: 'no answer in time' }), ms);
    waiting.set(id, ({ ok, error }) => {
      clearTimeout(late);
      waiting.delete(id);
      error === undefined ? resolve(ok) : reject(new Error(error));
    });
    worker.postMessage({ ...values, id, op });
  });
}

// ---- requests --------------------------------------------------------------------------------------------------------

const underway = new Map();
const abort = (purpose) => underway.forEach((of, control) => of === purpose && control.abort());
const abortAll = (purpose) => (abort(purpose), channel?.postMessage({ abort: purpose }));

// The one request that carries anything: the status (0 where nothing came back), the JSON that came back, how long to wait.
async function send(url, body, purpose) {
  const control = new AbortController();
  const late = setTimeout(() => control.abort(), 30_000);
  underway.set(control, purpose);
  try {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, credentials: 'omit', signal: control.signal });
    return { status: response.status, json: await response.json().catch(() => null), retry_after: Number(response.headers.get('retry-after')) || 0 };
  } catch {
    return { status: 0, json: null, retry_after: 0 };
  } finally {
    clearTimeout(late);
    underway.delete(control);
  }
}

// The gate, with its masker: a module that comes before the first thing is sent. Where it does not come, nothing is.
export async function gate(op, values) {
  if (!door) await note(`${config.assets}/mask/`);
  // What did not come, or did not fit together while the site was deployed, is fetched anew.
  const anew = failures ? `?${failures}` : '';
  door ??= import(`${config.assets}/mask/nearside_mask.js${anew}`).then(async (module) => {
    await module.default({ module_or_path: `${config.assets}/mask/nearside_mask_bg.wasm${anew}` });
    return new module.Sender({ transact, send, abortAll, wake, isOnline, signal, told: (what) => told(what) }, config);
  });
  const opening = door;
  try {
    const sender = await opening;
    sender.settle(settled);
    return sender[op](values);
  } catch (error) {
    // Tried again by itself, ever more seldom.
    if (door === opening) {
      door = undefined;
      wake(15_000 * 2 ** Math.min(failures++, 5));
    }
    throw error;
  }
}

// Has the gate go on after so many milliseconds; of several such times the earliest holds, and the gate then says the next.
export function wake(ms) {
  const at = Date.now() + ms;
  if (timer && due <= at) return;
  clearTimeout(timer);
  due = at;
  timer = setTimeout(() => ((timer = undefined), gate('pump').catch(() => {})), Math.min(ms, 2 ** 31 - 1));
}

// ---- the page --------------------------------------------------------------------------------------------------------

export const signal = () => navigator.doNotTrack === '1' || navigator.globalPrivacyControl === true;
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone ?? '';
export const isOnline = () => navigator.onLine;
export const onConnection = (f) => ['online', 'offline'].forEach((event) => addEventListener(event, f));

export function download(name, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: name.endsWith('.json') ? 'application/json' : 'text/plain;charset=utf-8' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export const save = ({ receipt, entries }) => download('nearside.json', JSON.stringify({ receipt, entries }, null, 2));

let formatter;
// Making a formatter takes longer than a turn; one serves the page.
export const clock = (ms) => (formatter ??= new Intl.DateTimeFormat(config.locale, { hour: '2-digit', minute: '2-digit' })).format(ms);
