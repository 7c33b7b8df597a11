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

// Packs never change, the manifest seldom: what was fetched once answers offline too. Pages without TLS have no cache.
const cached = () => self.caches?.open('nearside').catch(() => undefined);

async function fetchKept(url, seconds) {
  const cache = await cached();
  const kept = await cache?.match(url).catch(() => undefined);
  if (kept && seconds === Infinity) return kept;
  try {
    await gate(url);
    // On a train a connection may neither answer nor end.
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    await cache?.put(url, response.clone()).catch(() => {});
    return response;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

// A file that never changes, fetched and given to the core once. What the core does not take is not kept, and fetched once
// more: it may have been a portal's page. What failed may be asked for again.
function load(kind, hash, add) {
  if (!loading.has(hash)) {
    const url = `${config.api}/v1/${kind}/${hash}`;
    const bring = async () => add(new Uint8Array(await (await fetchKept(url, Infinity)).arrayBuffer()));
    const loaded = bring().catch(async (error) => {
      if (!(await (await cached())?.delete(url))) throw error;
      return bring();
    });
    loaded.catch(() => loading.delete(hash));
    loading.set(hash, loaded);
  }
  return loading.get(hash);
}

// What no manifest names any more would lie in the cache for good.
async function tidy() {
  const cache = await cached();
  const { packs, encoder } = manifest;
  const named = [packs, encoder?.packs ?? [], packs.map((p) => p.vectors ?? {}), [encoder ?? {}]].flat().map(({ hash }) => hash);
  for (const { url } of (await cache?.keys()) ?? []) {
    if (/\/v1\/(pack|vectors)\/|\/encoders\//.test(url) && !named.some((hash) => hash && url.includes(hash))) await cache.delete(url);
  }
}

const packOf = (language) => manifest.packs.find((p) => p.language === language) ?? manifest.packs[0];
const loadPack = (language) => load('pack', packOf(language).hash, (bytes) => core.addPack(bytes, packOf(language).hash));

// A page that is open while its site is deployed may ask for packs that are gone: the manifest says what there is now.
const readManifest = async () => (manifest = await (await fetchKept(`${config.api}/v1/sites/${config.site}`)).json());
const packFor = (language) => loadPack(language).catch(async () => (await readManifest(), loadPack(language)));

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

const context = (nowMs) => {
  const { packs, encoder } = manifest;
  // In these the edge has an encoder, and this core has it not, or not yet.
  const edge = encoder?.packs.map((p) => p.language).filter((language) => language !== encoder.here) ?? [];
  return { nowMs, locale: config.locale, languages: packs.map((p) => p.language), edge };
};

const operations = {
  async start(options) {
    config = options;
    const module_or_path = `${config.assets}/core/nearside_core_bg.wasm`;
    await gate(module_or_path);
    const wasm = init({ module_or_path });
    await readManifest();
    await wasm;
    core = new Core();
    const language = await packFor(config.locale.split('-')[0]);
    setTimeout(loadVectors, IDLE, language);
    tidy().catch(() => {});
    return { consent: manifest.consent ?? [] };
  },
  async turn({ state, input, at_ms = Date.now() }) {
    let taken = core.turn(state, input, context(at_ms));
    if (taken.needs?.type === 'pack') {
      await packFor(taken.needs.language);
      taken = core.turn(state, input, context(at_ms));
    }
    const { turn } = taken;
    const { encoder } = manifest;
    const { language } = turn.explanation;
    // Fetching begins when this answer is on its way. The encoder's pack has no use for them.
    if (encoder?.here !== language) loadVectors(language);
    if (encoder?.browser && encoder.packs.some((p) => p.language === language)) setTimeout(fetchEncoder, 0, language);
    return turn;
  },
  suggest: ({ typed, limit }) => core.suggest(typed, context(Date.now()), limit),
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
