// The Web Worker in which the core runs. Messages in: {id, op, ...}; messages out: {id, ok} or {id, error}.
import init, { Core } from './nearside_core.js';

let core, manifest, config;
const loading = new Map();

// The page writes every request down before it is made, and then says so.
const gates = new Map();
let passed = 0;
const gate = (url) =>
  config.gated && new Promise((resolve) => {
    gates.set(++passed, resolve);
    postMessage({ gate: passed, url });
  });

// Packs never change, the manifest seldom: what was fetched once answers offline too.
async function fetchKept(url, seconds) {
  const cache = await caches.open('nearside').catch(() => null);
  const kept = await cache?.match(url);
  if (kept && seconds === Infinity) return kept;
  try {
    await gate(url);
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    await cache?.put(url, response.clone()).catch(() => {});
    return response;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

// A file that never changes, fetched and given to the core once; what failed may be asked for again.
function load(kind, hash, add) {
  if (!loading.has(hash)) {
    const load = fetchKept(`${config.api}/v1/${kind}/${hash}`, Infinity)
      .then((r) => r.arrayBuffer())
      .then((bytes) => add(new Uint8Array(bytes)));
    load.catch(() => loading.delete(hash));
    loading.set(hash, load);
  }
  return loading.get(hash);
}

const packOf = (language) => manifest.packs.find((p) => p.language === language) ?? manifest.packs[0];
const loadPack = (language) => load('pack', packOf(language).hash, (bytes) => core.addPack(bytes));

// The token vectors of a language whose pack is there: 0.6 MB for which neither opening nor the first answer waits.
// Until they are there the pack answers by words and n-grams; where they cannot be had, the next turn tries again.
function loadVectors(language) {
  const { vectors } = packOf(language);
  if (vectors) load('vectors', vectors.hash, (bytes) => core.addTokens(language, bytes)).catch(() => {});
}

// How long a visitor who has opened the chat may read before it counts as idle, milliseconds.
const IDLE = 1000;

// The sentence encoder, where the site wants it in the browser too: after the first answer, and only where 25 MB are no
// burden. Where the browser does not say how good the connection is, the edge is asked instead.
let fetching;
function fetchEncoder(language) {
  const { connection, deviceMemory = 4 } = navigator;
  if (connection?.effectiveType !== '4g' || connection.saveData || deviceMemory < 4) return;
  // What cannot be had now is not tried again: what was there answers on.
  fetching ??= loadEncoder(manifest.encoder, language).catch(() => {});
}

async function loadEncoder(wanted, language) {
  const module = `${config.assets}/encoder/nearside_encoder.js`;
  await gate(module);
  core.setEncoder(...(await (await import(module)).bring(fetchKept, config, wanted, language)));
  wanted.here = language;
}

const context = () => ({ nowMs: Date.now(), locale: config.locale, languages: manifest.packs.map((p) => p.language) });

const operations = {
  async start(options) {
    config = options;
    const module_or_path = `${config.assets}/core/nearside_core_bg.wasm`;
    await gate(module_or_path);
    const wasm = init({ module_or_path });
    manifest = await (await fetchKept(`${config.api}/v1/sites/${config.site}`)).json();
    await wasm;
    core = new Core();
    const language = await loadPack(config.locale.split('-')[0]);
    setTimeout(loadVectors, IDLE, language);
    return { consent: manifest.consent };
  },
  async turn({ state, input }) {
    let turn = core.turn(state, input, context());
    if (turn.wants_pack) {
      await loadPack(turn.wants_pack);
      turn = core.turn(state, input, context());
    }
    const { encoder } = manifest;
    const { language } = turn.explanation;
    // Fetching begins when this answer is on its way. The encoder's pack has no use for them.
    if (encoder?.here !== language) loadVectors(language);
    if (encoder?.packs.some((p) => p.language === language)) {
      turn.edge = encoder.here !== language && turn.replies.some((r) => r.kind === 'clarify' || r.kind === 'unknown');
      if (encoder.browser) setTimeout(fetchEncoder, 0, language);
    }
    return turn;
  },
  suggest: ({ typed, limit }) => core.suggest(typed, context(), limit),
  // For who compares or measures answers: when all that was asked for is there.
  settled: () => Promise.all(loading.values()).then(() => true),
};

async function handle(data) {
  if (data.opened) {
    gates.get(data.opened)();
    return gates.delete(data.opened);
  }
  try {
    postMessage({ id: data.id, ok: await operations[data.op](data) });
  } catch (error) {
    postMessage({ id: data.id, error: String(error?.message ?? error) });
  }
}

// The Blob that imports this script has kept what came before.
self.onmessage = ({ data }) => handle(data);
self.early.splice(0).forEach(handle);
