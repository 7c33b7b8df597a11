// What the visitor agreed to: one record for the site, the same on every tab, read before each request.
import { store } from './storage.js';

export const VERSION = 1;
const PURPOSES = ['edge', 'person', 'analytics', 'improve'];
// Do-Not-Track and Global Privacy Control are a no to these, whatever else was said.
const TRACKING = ['analytics', 'improve'];
const signal = () => navigator.doNotTrack === '1' || navigator.globalPrivacyControl === true;

let regional = [];
// Where no storage is open to us, the page's memory holds it.
let unstored;

// What the site's manifest counts as agreed in this browser's time zone.
export function setRegions(regions = []) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? '';
  regional = regions.find(({ zones }) => zones.some((z) => zone.startsWith(z)))?.on ?? [];
}

// {v, at_ms, by, purposes, refused, signal}: a purpose in neither list was not asked about yet. A record of a version to
// come may mean what is not known here: it counts as nothing said.
export async function read() {
  const kept = (await store('kept', 'readonly', (s) => s.get('consent')).catch(() => unstored)) ?? { v: VERSION, at_ms: 0, by: 'site', purposes: [], refused: [] };
  const known = kept.v <= VERSION ? kept : { v: VERSION, at_ms: 0, by: 'site', purposes: [], refused: [] };
  const said = (p) => known.purposes.includes(p) || (!known.refused.includes(p) && regional.includes(p));
  const allowed = (p) => said(p) && !(signal() && TRACKING.includes(p));
  return { ...known, purposes: PURPOSES.filter(allowed), signal: signal() };
}

// One at a time, over all tabs: each builds on what the last one wrote.
export const write = (purpose, agreed) => navigator.locks.request('nearside-consent', () => change(purpose, agreed));

async function change(purpose, agreed) {
  const { purposes, refused } = await read();
  const without = (list) => list.filter((p) => p !== purpose);
  const record = { v: VERSION, at_ms: Date.now(), by: 'visitor', purposes: without(purposes), refused: without(refused) };
  (agreed ? record.purposes : record.refused).push(purpose);
  unstored = record;
  await store('kept', 'readwrite', (s) => s.put(record, 'consent')).catch(() => {});
}
