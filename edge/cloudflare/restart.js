// The module's two entries. A crash (a panic, or what WebAssembly traps) leaves its memory as it stood: the next request
// starts the module anew. `glue.js` is made by wasm-bindgen.
import * as module from './glue.js';

Error.stackTraceLimit = 100;
// Set by the module's own hook where it panics.
const state = module.__worker_init_state();

function note(error) {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  console.error('Critical', error);
  state.criticalError = true;
}
addEventListener('error', (event) => note(event.error));

const safe = (entry) => (...given) => {
  if (state.criticalError) {
    console.log('starting the module again after a crash');
    module.__wbg_reset_state();
    state.criticalError = false;
  }
  try {
    return entry(...given);
  } catch (error) {
    note(error);
    throw error;
  }
};

export const answer = safe(module.answer);
export const scheduled = safe(module.scheduled);
