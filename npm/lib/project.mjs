// A firm's folder: its articles in `support/`, a wrangler.toml, and `.nearside/` with all that can be made again.
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { must } from './program.mjs';

const HERE = (name) => new URL(`../${name}`, import.meta.url);
export const MADE = '.nearside';
const SETTINGS = 'nearside.json';

const putNew = (file, text) => existsSync(file) || writeFileSync(file, text);

/** What `init` settled: the site's id and where its articles lie. */
export function settings() {
  if (!existsSync(SETTINGS)) throw new Error(`no ${SETTINGS} here: npx nearside init faq.csv makes one, or go to the folder that has it`);
  const { site, domain } = JSON.parse(readFileSync(SETTINGS, 'utf8'));
  return { site, domain };
}

/** Makes the folder's files out of a firm's own, and leaves alone what is there. */
export async function init(files, { into = 'support', site, lang, port = '8787' }) {
  const id = site ?? (basename(process.cwd()).toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 32) || 'site');
  if (!/^[a-z0-9-]{1,32}$/.test(id)) throw new Error(`--site ${id}: expected 1 to 32 lower-case letters, digits or '-'`);
  console.log('importing');
  await must(['import', ...files, '--into', into, ...(lang ? ['--lang', lang] : [])]);
  putNew(join(into, 'site.toml'), siteSettings(port));
  putNew(SETTINGS, `${JSON.stringify({ site: id, domain: into }, null, 2)}\n`);
  putNew('wrangler.toml', wranglerSettings(id));
  // What is sealed at home is sealed by keys of this folder alone.
  const secret = () => randomBytes(32).toString('hex');
  putNew('.dev.vars', `SEAL_KEYS=local=${secret()}\nAGENT_TOKEN=${secret()}\nOPERATOR_TOKEN=${secret()}\n`);
  putNew('.gitignore', '.nearside/\n.dev.vars\n.wrangler/\nnode_modules/\n');
  await build({});
}

/** Builds packs and puts together what the Worker serves. */
export async function build() {
  const { site, domain } = settings();
  console.log('building what visitors fetch');
  const dist = join(MADE, 'dist');
  mkdirSync(dist, { recursive: true });
  // Built anew beside what is served, and put in its place when it is whole: what older builds left would be deployed, deleted
  // answers and all, and a build that fails must leave the last one.
  const [fresh, blobs] = [join(MADE, 'blobs'), join(dist, 'blobs')];
  rmSync(fresh, { recursive: true, force: true });
  await must(['site', 'build', domain, '--site', site, '--into', fresh]);
  rmSync(blobs, { recursive: true, force: true });
  renameSync(fresh, blobs);
  for (const folder of ['worker', 'migrations']) {
    rmSync(join(MADE, folder), { recursive: true, force: true });
    cpSync(HERE(folder), join(MADE, folder), { recursive: true });
  }
  cpSync(HERE('widget'), dist, { recursive: true });
  writeFileSync(join(dist, 'index.html'), page(site, domain));
}

// The page says in the articles' language what it is; {n} is their number.
const WORDS = {
  ar: ['في الدردشة {n} إجابة', 'افتحها في الزاوية واسأل بكلماتك. تعرف:'],
  de: ['{n} Antworten stehen im Chat', 'Öffnen Sie ihn in der Ecke und fragen Sie mit Ihren Worten. Er kennt:'],
  en: ['{n} answers are in the chat', 'Open it in the corner and ask in your own words. It knows:'],
  es: ['Hay {n} respuestas en el chat', 'Ábralo en la esquina y pregunte con sus palabras. Conoce:'],
  fr: ['{n} réponses sont dans le chat', 'Ouvrez-le dans le coin et demandez avec vos mots. Il connaît :'],
  id: ['Ada {n} jawaban di obrolan', 'Buka di pojok dan tanyakan dengan kata-kata Anda. Ia tahu:'],
  it: ['Nella chat ci sono {n} risposte', 'La apra nell’angolo e chieda con parole sue. Conosce:'],
  ja: ['チャットには{n}件の回答があります', '隅のボタンで開き、ご自分の言葉で質問してください。答えられること:'],
  ko: ['채팅에 답변 {n}개가 있습니다', '모서리에서 열고 편한 말로 물어보세요. 아는 것:'],
  pt: ['Há {n} respostas no chat', 'Abra-o no canto e pergunte com as suas palavras. Ele sabe:'],
  tr: ['Sohbette {n} yanıt var', 'Köşeden açın ve kendi sözlerinizle sorun. Bildikleri:'],
  zh: ['聊天里有 {n} 个答案', '在角落里打开，用自己的话提问。它知道：'],
};

function page(site, domain) {
  const titles = [];
  const folders = readdirSync(join(domain, 'articles'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name: language } of folders) {
    for (const file of readdirSync(join(domain, 'articles', language)).filter((f) => f.endsWith('.md'))) {
      const [head] = readFileSync(join(domain, 'articles', language, file), 'utf8').split('\n+++');
      const title = /^title = ("(?:[^"\\]|\\.)*")/m.exec(head);
      if (title && !/^published\s*=\s*false/m.test(head)) titles.push([language, JSON.parse(title[1])]);
    }
  }
  const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const language = titles[0]?.[0] ?? 'en';
  const [heading, hint] = WORDS[language] ?? WORDS.en;
  const more = titles.length > 40 ? '<p>…</p>' : '';
  const items = titles.slice(0, 40).map(([own, title]) => `<li lang="${escaped(own)}">${escaped(title)}</li>`).join('\n');
  return `<!doctype html>
<html lang="${escaped(language)}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading.replace('{n}', titles.length)}</title>
<link rel="icon" href="data:,">
<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}</style>
<script src="/nearside.js" data-site="${site}" async></script>
</head>
<body>
<h1>${heading.replace('{n}', titles.length)}</h1>
<p>${hint}</p>
<ul>
${items}
</ul>
${more}
</body>
</html>
`;
}

const siteSettings = (port) => `# What holds for this site beside its articles. It travels in the public manifest: visitors may read it.
# Pages of these origins may use the site: add your own, as "https://www.example.com".
origins = ["http://127.0.0.1:${port}", "http://localhost:${port}"]

# Days after which the daily job deletes.
[retention]
conversations_days = 180
questions_days = 90
events_days = 400
`;

const wranglerSettings = (site) => `name = "nearside-${site}"
main = ".nearside/worker/worker.js"
compatibility_date = "2026-01-01"
no_bundle = false

[assets]
directory = ".nearside/dist"
binding = "ASSETS"
run_worker_first = ["/v1/*", "/healthz", "/readyz", "/openapi.json", "/blobs/*", "!/blobs/encoders/*"]

# npx nearside deploy makes the database and writes its id here.
[[d1_databases]]
binding = "DB"
database_name = "nearside-${site}"
database_id = "00000000-0000-0000-0000-000000000000"
migrations_dir = ".nearside/migrations"

# Requests a minute for one site and client address.
[[ratelimits]]
name = "LIMITER"
namespace_id = "1001"
simple = { limit = 600, period = 60 }

# Those of them that store or erase, counted apart.
[[ratelimits]]
name = "WRITE_LIMITER"
namespace_id = "1002"
simple = { limit = 500, period = 60 }

# Deletes what is past its time, as site.toml says.
[triggers]
crons = ["17 3 * * *"]
`;
