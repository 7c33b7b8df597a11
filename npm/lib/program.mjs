// The program, in WebAssembly: it sees the files of this machine as any program does, and no network.
import { readFile } from 'node:fs/promises';
import { parse } from 'node:path';

const FILE = new URL('../program/nearside.wasm', import.meta.url);

let compiled;

/** Runs the program with `args`; gives its exit code. */
export async function program(args) {
  // Node calls its WASI experimental on every start; what it says is not about the visitor of this command.
  const warn = process.emitWarning;
  process.emitWarning = (warning, ...more) => (String(warning).includes('WASI') ? undefined : warn.call(process, warning, ...more));
  const { WASI } = await import('node:wasi');
  compiled ??= await WebAssembly.compile(await readFile(FILE));
  const { root } = parse(process.cwd());
  // WASI has no working folder of its own: the program goes to this one.
  const folder = `/${process.cwd().slice(root.length).replaceAll('\\', '/')}`;
  const wasi = new WASI({ version: 'preview1', args: ['nearside', ...args], env: { ...process.env, PWD: folder }, preopens: { '/': root } });
  return wasi.start(await WebAssembly.instantiate(compiled, wasi.getImportObject()));
}

/** As [`program`], where a failure ends the command: what was wrong was said already. */
export async function must(args) {
  const code = await program(args);
  if (code !== 0) process.exit(code);
}
