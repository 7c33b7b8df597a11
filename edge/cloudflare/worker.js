// The Worker without the encoder's module. Deployed by itself where 3 MB is the most that may be.
import { read } from './bridge.js';
import Worker from './index.js';

// One object for all requests of an isolate: the platform would make one for each, behind a proxy that starts the module
// again after a crash, and the making took about a sixth of a turn.
let worker;
const held = (env, context) => (worker ??= new Worker(context, env));
export default {
  // The body is read here, so that the module is entered once.
  fetch: async (request, env, context) => held(env, context).answer(...(await read(request)), env),
  scheduled: (event, env, context) => held(env, context).scheduled(event),
};
