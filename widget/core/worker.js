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

function loadPack(language) {
  const ref = manifest.packs.find((p) => p.language === language) ?? manifest.packs[0];
  if (!loading.has(ref.hash)) {
    const load = fetchKept(`${config.api}/v1/pack/${ref.hash}`, Infinity)
      .then((r) => r.arrayBuffer())
      .then((bytes) => core.addPack(new Uint8Array(bytes)));
    load.catch(() => loading.delete(ref.hash));
    loading.set(ref.hash, load);
  }
  return loading.get(ref.hash);
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
    await loadPack(config.locale.split('-')[0]);
    return { consent: manifest.consent };
  },
  async turn({ state, input }) {
    const turn = core.turn(state, input, context());
    if (!turn.wants_pack) return turn;
    await loadPack(turn.wants_pack);
    return core.turn(state, input, context());
  },
  suggest: ({ typed, limit }) => core.suggest(typed, context(), limit),
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
