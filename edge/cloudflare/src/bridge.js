// Whole requests and responses across the border to WebAssembly.

// The headers that the service reads.
const READ = ['origin', 'authorization', 'if-none-match', 'cf-connecting-ip'];

// The service takes 64 KiB; one byte more shows it that there were more. What a body declares as its length counts for
// nothing: it need not declare any, and all that is handed on stays in the module's memory, which never shrinks.
const KEEP_AT_MOST = (64 << 10) + 1;

// A body not read to its end breaks the connection for the request after it, so that of somewhat longer ones the rest is
// read and dropped; what is longer than this is cut off.
const READ_AT_MOST = 512 << 10;

// How long a body may take, milliseconds; bridge.rs has the same number.
const READ_WITHIN_MS = 15_000;

// The body's bytes, of a longer one the first KEEP_AT_MOST; undefined where they did not come in time.
async function contents(request) {
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, READ_WITHIN_MS, 'late')));
  const kept = [];
  let length = 0;
  try {
    while (length < READ_AT_MOST) {
      const next = await Promise.race([reader.read(), late]);
      if (next === 'late' && length < KEEP_AT_MOST) return undefined;
      if (next === 'late' || next.done) break;
      if (length < KEEP_AT_MOST) kept.push(next.value.subarray(0, KEEP_AT_MOST - length));
      length += next.value.length;
    }
  } finally {
    clearTimeout(timer);
    // Of a body that was read to its end there is nothing to cancel, and that the rest cannot be had is all the same.
    reader.cancel().catch(() => {});
  }
  if (kept.length === 1) return kept[0];
  const whole = new Uint8Array(Math.min(length, KEEP_AT_MOST));
  let at = 0;
  for (const part of kept) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// The request as [head, body]: method, address and headers as `name: value`, a line each, and the bytes of its body as
// `contents` gives them.
export async function read(request) {
  const { method, url, headers } = request;
  const lines = [method, url];
  for (const name of READ) {
    const value = headers.get(name);
    if (value !== null) lines.push(`${name}: ${value}`);
  }
  if (/\/v1\/(pack|vectors)\//.test(url)) {
    // The platform rewrites Accept-Encoding; what the client really takes stands in its own properties.
    lines.push(`accept-encoding: ${request.cf?.clientAcceptEncoding ?? headers.get('accept-encoding') ?? ''}`);
  }
  return [lines.join('\n'), await contents(request)];
}

// The headers of the answer before; most are the same again.
let last = '';
let headers;

// `head` has the headers, a line each. One buffer instead of a stream: answers are small, and a stream costs a handful of
// promises. Bytes that are compressed already stay as they are.
export function respond(status, head, body) {
  if (head !== last || !headers) {
    headers = new Headers(head.split('\n').map((line) => line.split(/: (.*)/, 2)));
    last = head;
  }
  const encodeBody = headers.has('content-encoding') ? 'manual' : 'automatic';
  return new Response(body.length ? body.slice() : null, { status, headers, encodeBody });
}
