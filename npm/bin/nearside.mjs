#!/usr/bin/env node
// `nearside init|build|dev|deploy` on a machine with Node alone; everything else goes to the program itself, which is the
// same Rust as everywhere, in WebAssembly.
import { build, init } from '../lib/project.mjs';
import { deploy, dev, free } from '../lib/worker.mjs';
import { program } from '../lib/program.mjs';

const HELP = `Customer support that answers at the edge

  npx nearside init faq.csv      import, build, and open a page with the chat on it   [--into FOLDER] [--site ID] [--port N] [--no-dev]
  npx nearside dev               build what changed, and serve the page again         [--port N]
  npx nearside build             build what is served into .nearside/
  npx nearside deploy            put it on Cloudflare Workers                         [--dry-run]

and all of the program's own commands, as
  npx nearside import more.xlsx --into support
  npx nearside eval golden support
  npx nearside --help
`;

/** Options out of arguments: `--name value`, and flags without one; what is left are files. */
function parse(given, options, flags) {
  const found = { rest: [] };
  for (let at = 0; at < given.length; at += 1) {
    const [name, inline] = given[at].split(/=(.*)/s);
    if (flags.includes(name)) found[name.slice(2)] = true;
    else if (options.includes(name)) {
      const value = inline ?? given[(at += 1)];
      if (value === undefined) throw new Error(`${name}: expected a value`);
      found[name.slice(2)] = value;
    } else if (name.startsWith('-')) throw new Error(`${name}: no such option; npx nearside --help lists them`);
    else found.rest.push(given[at]);
  }
  return found;
}

/** What none of the commands knows what to do with. */
function none(asked) {
  if (asked.rest.length > 0) throw new Error(`${asked.rest[0]}: not expected here; npx nearside help says what is`);
  return asked;
}

const [command, ...given] = process.argv.slice(2);
const own = ['init', 'build', 'dev', 'deploy'];
try {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) throw new Error(`Node ${process.versions.node}: expected 20 or newer`);
  const asksHelp = own.includes(command) && given.some((g) => g === '--help' || g === '-h');
  if (command === undefined || command === 'help' || asksHelp) process.stdout.write(HELP);
  else if (command === 'init') {
    const asked = parse(given, ['--into', '--site', '--port', '--lang'], ['--no-dev']);
    if (asked.rest.length === 0) throw new Error('which file? npx nearside init faq.csv');
    await free(asked);
    await init(asked.rest, asked);
    if (!asked['no-dev']) await dev(asked);
  } else if (command === 'build') await build(none(parse(given, [], [])));
  else if (command === 'dev') {
    const asked = none(parse(given, ['--port'], []));
    await free(asked);
    await build(asked);
    await dev(asked);
  } else if (command === 'deploy') {
    const asked = none(parse(given, [], ['--dry-run']));
    await build(asked);
    await deploy(asked);
  } else {
    if (command === '--help' || command === '-h') process.stdout.write(`${HELP}\n`);
    process.exitCode = await program([command, ...given]);
  }
} catch (error) {
  console.error(`nearside: ${error.message}`);
  process.exitCode = 2;
}
