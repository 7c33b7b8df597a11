// One request: `node fetch.mjs METHOD URL [JSON]` prints {"status", "body"}; status 0 where nothing answers. Node speaks TLS,
// which xtask would have to compile.
const [method, url, body] = process.argv.slice(2);
const headers = body ? { 'content-type': 'application/json' } : {};
const answer = await fetch(url, { method, body, headers }).then(
  async (response) => ({ status: response.status, body: await response.text() }),
  (error) => ({ status: 0, body: String(error.cause ?? error) }),
);
console.log(JSON.stringify(answer));
