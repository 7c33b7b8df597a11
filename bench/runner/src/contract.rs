//! `cargo xtask contract`: the HTTP contract put to every host, and the README's table of what each can do.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt;
use nearside_contract::{Answer, Host, Outcome, Setting, run, table, unexpected};
use nearside_edge::{Memory, PackCache, Secret, router};
use tower::ServiceExt;

use xtask::build::{self, Form, has_site};
use xtask::serve::{IDENTITY_KEYS, OPERATOR_TOKEN, SEAL_KEYS, Server, TOKEN, free_port};
use xtask::spin::{Options, SpinHost, build_host};
use xtask::{Home, root};

/// What the contract is put to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Under {
    /// The app in memory
    Memory,
    /// Real workerd with a local D1
    Cloudflare,
    /// The Spin component on the test host
    Spin,
}

impl Under {
    const ALL: [Self; 3] = [Self::Memory, Self::Cloudflare, Self::Spin];

    /// Its name in the list of what hosts are known to lack.
    fn key(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cloudflare => "cloudflare",
            Self::Spin => "spin",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Memory => "in memory",
            Self::Cloudflare => "Cloudflare (workerd)",
            Self::Spin => "Spin (test host)",
        }
    }
}

type Seen = Vec<(&'static str, Outcome)>;

/// The command: prints each case, fails where one is broken, and writes the table where all hosts were asked.
pub fn command(only: Option<Under>) -> Result<()> {
    let homes: &[Home] = match only {
        Some(Under::Cloudflare) => &[Home::Cloudflare],
        Some(Under::Spin) => &[Home::Spin],
        Some(Under::Memory) => &[],
        None => &Home::ALL,
    };
    build::all(homes)?;
    let mut hosts = Vec::new();
    for under in Under::ALL.into_iter().filter(|u| only.is_none_or(|o| o == *u)) {
        hosts.push((under.name(), put_to(under)?));
    }
    let broken = hosts.iter().flat_map(|(_, seen)| seen).filter(|(_, o)| matches!(o, Outcome::Wrong(_))).count();
    if only.is_none() {
        write_table(&table(&hosts))?;
    }
    if broken == 0 { Ok(()) } else { bail!("{broken} cases are broken") }
}

/// As the tests put it: to all hosts, each case a line, and one for whether the README's table is the one that this run makes.
pub fn check() -> Result<()> {
    let hosts: Vec<_> = Under::ALL.into_iter().map(|under| Ok((under.name(), put_to(under)?))).collect::<Result<_>>()?;
    let text = std::fs::read_to_string(root().join("README.md"))?;
    let is_current = with_table(&text, &table(&hosts)).as_ref() == Some(&text);
    let which = if is_current { "ok" } else { "not ok" };
    println!("{which} README.md: its table of capabilities is what cargo xtask contract writes");
    Ok(())
}

/// Puts the contract to one host, prints each case, and gives how it went.
fn put_to(under: Under) -> Result<Seen> {
    let stamp = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis()).to_string();
    let identity_key = IDENTITY_KEYS.rsplit('=').next().unwrap_or_default();
    let setting = Setting {
        site: "guarded",
        question: "How do I return a product?",
        encoder: (under != Under::Spin && has_site(Form::Release, "encoder")).then_some(("encoder", "what do you charge for shipping?")),
        fleeting: "fleeting",
        token: TOKEN,
        operator: OPERATOR_TOKEN,
        identity_key,
        run: &stamp,
    };
    let mut seen = match under {
        Under::Memory => {
            let mut seen = run(&InMemory::new()?, &setting);
            seen.push((SEALED_AT_REST, Outcome::No("has no files")));
            seen.push((ERASED_AT_REST, Outcome::No("has no files")));
            seen
        }
        Under::Cloudflare => {
            let data = fresh("contract-cloudflare")?;
            let mut seen = run(&OverHttp::<Server>::start(data.clone())?, &setting);
            seen.push(sealed_at_rest(&data)?);
            seen.push(erased_at_rest::<Server>(&fresh("erased-cloudflare")?));
            seen
        }
        Under::Spin => {
            build_host()?;
            let data = fresh("contract-spin")?;
            let mut seen = run(&OverHttp::<SpinHost>::start(data.clone())?, &setting);
            seen.push(sealed_at_rest(&data)?);
            seen.push(erased_at_rest::<SpinHost>(&fresh("erased-spin")?));
            seen.extend(crate::spin_cases::run()?);
            seen
        }
    };
    for (case, outcome) in &mut seen {
        if let Some(why) = unexpected(under.key(), case, outcome) {
            *outcome = Outcome::Wrong(why);
        }
        match outcome {
            Outcome::Yes => println!("ok {}: {case}", under.name()),
            Outcome::No(why) => println!("ok {}: cannot: {case} ({why})", under.name()),
            Outcome::Wrong(why) => println!("not ok {}: {case}: {why}", under.name()),
        }
    }
    Ok(seen)
}

const SEALED_AT_REST: &str = "stores no visitor's words open: its files are searched for them";
const ERASED_AT_REST: &str = "leaves no byte of an erased conversation: its files are searched for the sealed text";

/// The contract's conversations are in a file by now; their words must not be.
fn sealed_at_rest(data: &Path) -> Result<(&'static str, Outcome)> {
    let (words, ids) = (file_that_holds(data, b"mail me at")?, file_that_holds(data, b"acknowledged-")?);
    let outcome = match (words, ids) {
        (Some(path), _) => Outcome::Wrong(format!("words lie open in {}", path.display())),
        (None, None) => Outcome::Wrong("no file holds a handoff at all".into()),
        (None, Some(_)) => Outcome::Yes,
    };
    Ok((SEALED_AT_REST, outcome))
}

/// Erasing leaves no byte of the conversation, sealed as it was, in any file of the host.
fn erased_at_rest<P: Process>(data: &Path) -> (&'static str, Outcome) {
    (ERASED_AT_REST, erase_and_search::<P>(data).map_or_else(|e| Outcome::Wrong(format!("{e:#}")), |()| Outcome::Yes))
}

fn erase_and_search<P: Process>(data: &Path) -> Result<()> {
    let post = |host: &P, path: &str, body: serde_json::Value| {
        let token = format!("Bearer {OPERATOR_TOKEN}");
        let answer = send(host.url(), Method::POST, path, &[("authorization", &token)], body.to_string().into_bytes());
        anyhow::ensure!(answer.status == 200, "{path}: {} {}", answer.status, answer.json());
        Ok(())
    };
    let host = P::launch(free_port()?, data)?;
    for id in ["erased-conversation", "other-conversation"] {
        post(&host, "/v1/entries?site=demo", entries_of(id, &"the walrus ".repeat(400)))?;
    }
    drop(host);
    // The sealed text lies there now: its parts are what must be gone later.
    let sealed: String = database_of(data)?
        .query_row(
            "SELECT e.words_sealed || c.key_sealed FROM entries AS e JOIN conversations AS c ON c.id = e.conversation
             WHERE c.id = 'erased-conversation' AND e.seq = 1",
            [],
            |row| row.get(0),
        )
        .context("entries")?;
    let parts: Vec<&[u8]> = sealed.as_bytes().chunks(64).filter(|part| part.len() == 64).collect();
    anyhow::ensure!(file_that_holds(data, parts[1])?.is_some(), "the sealed conversation is in no file");
    let host = P::launch(free_port()?, data)?;
    let who = serde_json::json!({"v": 1, "site": "demo", "actor": "test", "reason": "test", "conversation": "erased-conversation"});
    post(&host, "/v1/subject/erase?site=demo", who)?;
    drop(host);
    // As any later start does, this one folds the write-ahead log into the database.
    database_of(data)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    for part in parts {
        let found = file_that_holds(data, part)?;
        anyhow::ensure!(found.is_none(), "{} still lies in {found:?}", String::from_utf8_lossy(part));
    }
    Ok(())
}

/// One line of a visitor's and a wish for a person, for a conversation whose key is its id.
pub fn entries_of(conversation: &str, text: &str) -> serde_json::Value {
    serde_json::json!({"v": 1, "site": "demo", "conversation": conversation, "locale": "en",
        "key_hash": nearside_assistant::content_hash(conversation.as_bytes()),
        "consent": {"v": 1, "at_ms": 1, "by": "visitor", "purposes": ["person"]},
        "entries": [{"id": format!("said-{conversation}"), "at_ms": 1, "event": {"type": "said", "text": text}},
            {"id": conversation, "at_ms": 1, "event": {"type": "requested", "reason": "requested"}}]})
}

/// The database below `folder` that has handoffs.
fn database_of(folder: &Path) -> Result<rusqlite::Connection> {
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in std::fs::read_dir(next)?.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "sqlite" || e == "db")
                && let Ok(database) = rusqlite::Connection::open(&path)
                && database.prepare("SELECT 1 FROM handoffs").is_ok()
            {
                return Ok(database);
            }
        }
    }
    bail!("no database with handoffs below {}", folder.display())
}

/// A file below `folder` whose bytes hold `words`.
pub fn file_that_holds(folder: &Path, words: &[u8]) -> Result<Option<PathBuf>> {
    for entry in std::fs::read_dir(folder)?.flatten() {
        let path = entry.path();
        let found = if path.is_dir() {
            file_that_holds(&path, words)?
        } else {
            std::fs::read(&path)?.windows(words.len()).any(|w| w == words).then_some(path)
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The README's table as this run makes it.
fn write_table(made: &str) -> Result<()> {
    let path = root().join("README.md");
    let text = std::fs::read_to_string(&path)?;
    let new = with_table(&text, made).context("README.md: no <!-- capabilities --> … <!-- /capabilities -->")?;
    Ok(std::fs::write(path, new)?)
}

fn with_table(text: &str, made: &str) -> Option<String> {
    let (before, rest) = text.split_once("<!-- capabilities -->\n")?;
    let (_, after) = rest.split_once("<!-- /capabilities -->")?;
    Some(format!("{before}<!-- capabilities -->\n{made}<!-- /capabilities -->{after}"))
}

/// An empty folder for a host's records.
pub fn fresh(name: &str) -> Result<PathBuf> {
    let folder = root().join("target/hosts").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

struct InMemory(axum::Router);

impl InMemory {
    fn new() -> Result<Self> {
        let secrets = [
            (Secret::AgentToken, TOKEN),
            (Secret::OperatorToken, OPERATOR_TOKEN),
            (Secret::SealKeys, SEAL_KEYS),
            (Secret::IdentityKeys, IDENTITY_KEYS),
        ];
        let memory = Memory::new(&secrets, Some(600)).map_err(|e| anyhow::anyhow!("{e}"))?;
        let blobs = root().join("dist/blobs");
        let encoders = std::fs::read_dir(blobs.join("encoders")).into_iter().flatten().flatten().map(|folder| folder.path());
        for folder in ["", "sites", "packs", "vectors"].iter().map(|name| blobs.join(name)).chain(encoders) {
            for file in std::fs::read_dir(folder)?.flatten().filter(|f| f.path().is_file()) {
                let path = file.path();
                let name = path.strip_prefix(&blobs)?.to_string_lossy().into_owned();
                memory.add_blob(&name, std::fs::read(&path)?);
            }
        }
        Ok(Self(router(memory, PackCache::default())))
    }
}

impl Host for InMemory {
    fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let Ok(request) = request.body(Body::from(body)) else { return Answer::default() };
        let Ok(response) = futures_executor::block_on(self.0.clone().oneshot(request));
        let headers = response.headers().iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap_or_default().to_owned())).collect();
        let status = response.status().as_u16();
        let body = futures_executor::block_on(response.into_body().collect()).map(|b| b.to_bytes().to_vec()).unwrap_or_default();
        Answer { status, headers, body }
    }
}

/// A host that runs as a process and can be ended and started again.
pub trait Process: Sized + Send {
    fn launch(port: u16, data: &Path) -> Result<Self>;
    fn url(&self) -> &str;
}

impl Process for Server {
    fn launch(port: u16, data: &Path) -> Result<Self> {
        Self::start("127.0.0.1", port, data, &data.join("wrangler.log"))
    }

    fn url(&self) -> &str {
        &self.url
    }
}

impl Process for SpinHost {
    fn launch(port: u16, data: &Path) -> Result<Self> {
        Self::start(&Options::new(port, data))
    }

    fn url(&self) -> &str {
        &self.url
    }
}

/// A host over HTTP.
pub struct OverHttp<P> {
    process: Mutex<Option<P>>,
    url: RwLock<String>,
    data: PathBuf,
}

impl<P: Process> OverHttp<P> {
    /// Starts the host over `data`.
    pub fn start(data: PathBuf) -> Result<Self> {
        let process = P::launch(free_port()?, &data)?;
        Ok(Self { url: RwLock::new(process.url().to_owned()), process: Mutex::new(Some(process)), data })
    }
}

impl<P: Process> Host for OverHttp<P> {
    fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        send(&self.url.read().unwrap_or_else(PoisonError::into_inner), method, path, headers, body)
    }

    fn send_endless(&self, path: &str, piece: &[u8]) -> Answer {
        let url = self.url.read().unwrap_or_else(PoisonError::into_inner).clone();
        endless(&url, path, piece).unwrap_or_else(|why| Answer { headers: vec![("error".into(), why.to_string())], ..Answer::default() })
    }

    fn restart(&self) -> Result<bool, String> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        drop(process.take());
        let started = free_port().and_then(|port| P::launch(port, &self.data)).map_err(|e| format!("{e:#}"))?;
        started.url().clone_into(&mut self.url.write().unwrap_or_else(PoisonError::into_inner));
        *process = Some(started);
        Ok(true)
    }
}

/// Posts `piece` sixteen times in chunks and never says that it was the last one. By hand: clients end what they send.
fn endless(base: &str, path: &str, piece: &[u8]) -> std::io::Result<Answer> {
    let address = base.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    connection.set_write_timeout(Some(Duration::from_secs(10)))?;
    let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
    connection.write_all(head.as_bytes())?;
    let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
    // A host that has read enough may close: its answer is there all the same.
    let _ = (0..16).try_for_each(|_| connection.write_all(&chunk));
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    Ok(Answer { status, headers, body: vec![] })
}

/// Sends one request to `base`.
pub fn send(base: &str, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let broken = |why: String| Answer { status: 0, headers: vec![("error".into(), why)], body: vec![] };
    let mut request = Request::builder().method(method).uri(format!("{base}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    // What is never answered is no answer; the longest request takes a few seconds.
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into();
    let Ok(request) = request.body(body) else { return broken("bad request".into()) };
    match agent.run(request) {
        Err(error) => broken(error.to_string()),
        Ok(mut response) => Answer {
            status: response.status().as_u16(),
            headers: response.headers().iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap_or_default().to_owned())).collect(),
            body: response.body_mut().with_config().limit(64 << 20).read_to_vec().unwrap_or_default(),
        },
    }
}
