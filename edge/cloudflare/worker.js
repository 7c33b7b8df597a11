// The Worker without the encoder's module. Deployed by itself where 3 MB is the most that may be.
import { read } from './bridge.js';
import { answer, scheduled } from './index.js';

export default {
  // The body is read here, so that the module is entered once.
  fetch: async (request, env) => answer(...(await read(request)), env),
  scheduled,
};
