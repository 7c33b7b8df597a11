// Whole requests and responses across the border to WebAssembly.

// The headers that the service reads.
const READ = ['origin', 'authorization', 'if-none-match', 'cf-connecting-ip'];

// A body declared longer than this is not read at all; the service refuses all above its own, smaller limit.
const READ_AT_MOST = 1 << 20;

// The request as [head, body]: method, address and headers as `name: value`, a line each, and the bytes of its body, which
// is read in any case: one left unread would break the connection for the request after it. No bytes: it is too long.
export async function read(request) {
  const { method, url, headers } = request;
  const lines = [method, url];
  for (const name of READ) {
    const value = headers.get(name);
    if (value !== null) lines.push(`${name}: ${value}`);
  }
  if (url.includes('/v1/pack/')) {
    // The platform rewrites Accept-Encoding; what the client really takes stands in its own properties.
    lines.push(`accept-encoding: ${request.cf?.clientAcceptEncoding ?? headers.get('accept-encoding') ?? ''}`);
  }
  let body;
  if (method === 'GET' || method === 'HEAD') body = new Uint8Array();
  else if (Number(headers.get('content-length')) > READ_AT_MOST) body = undefined;
  else body = new Uint8Array(await request.arrayBuffer());
  return [lines.join('\n'), body];
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
