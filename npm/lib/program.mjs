// The program, in WebAssembly: it sees the files of this machine as any program does, and no network.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('wasi.mjs', import.meta.url));

/** Runs the program with `args`; gives its exit code. */
export function program(args) {
  // Node calls its WASI experimental on every start; what it says is not about the visitor of this command.
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', RUN, ...args], { stdio: 'inherit' });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => (signal ? failed(new Error(`the program ended by ${signal}`)) : done(code)));
  });
}

/** As `program`, where a failure ends the command: what was wrong was said already. */
export async function must(args) {
  // Importing and building may be done twice: where Node's WASI ended the first run, the second decides.
  const code = await program(args).catch(() => program(args));
  if (code !== 0) process.exit(code);
}
