// One run of the program in a process of its own: what two runs in one process leave to Node's WASI has ended it.
import { readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { WASI } from 'node:wasi';

const { root } = parse(process.cwd());
// WASI has no working folder of its own: the program goes to this one.
const folder = `/${process.cwd().slice(root.length).replaceAll('\\', '/')}`;
const args = ['nearside', ...process.argv.slice(2)];
const wasi = new WASI({ version: 'preview1', args, env: { ...process.env, PWD: folder }, preopens: { '/': root } });
// Compiled while the process waits, a program as large as this one makes Node 20 abort; compiled beside it, it does not.
const { instance } = await WebAssembly.instantiate(readFileSync(new URL('../program/nearside.wasm', import.meta.url)), wasi.getImportObject());
process.exitCode = wasi.start(instance);
