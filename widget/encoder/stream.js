// What both hosts of the module share: a response's body into the module's memory, chunk by chunk.
export { Encoder, initSync, default } from './nearside_encoder.js';
import { Contents } from './nearside_encoder.js';

export async function contents(response) {
  const into = new Contents(Number(response.headers.get('content-length')) || 0);
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return into;
    into.push(value);
  }
}
