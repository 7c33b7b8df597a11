//! Plain workerd and a load on it. wrangler's own proxy would be the bottleneck.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use xtask::root;
use xtask::serve::free_port;
use xtask::tools::npm_bin;

const HELLO: &str = "export default { fetch() { return new Response('hello'); } };";

/// workerd with our Worker on one port and a bare hello-world on another; ends when dropped.
pub struct Workerd {
    child: Child,
    /// The edge alone.
    pub edge: u16,
    /// The edge behind a little server of the demo site's files, for the browser.
    pub site: u16,
    pub hello: u16,
}

impl Drop for Workerd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Workerd {
    /// No database and no limits: answers need neither. Assets come from a disk service over `dist/`.
    pub fn start() -> Result<Self> {
        let (edge, site, hello) = (free_port()?, free_port()?, free_port()?);
        let at = |path: &str| root().join(path).display().to_string();
        let modules = ["entry.js", "worker.js", "bridge.js", "index.js", "index_bg.wasm", "encoder.js", "encoder_bg.wasm"].map(|name| {
            let kind = if name.ends_with(".wasm") { "wasm" } else { "esModule" };
            format!(r#"(name = "{name}", {kind} = embed "../../edge/cloudflare/build/{name}")"#)
        });
        let config = format!(
            r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "edge", worker = (
      modules = [{modules}],
      bindings = [(name = "ASSETS", service = "disk")],
      compatibilityDate = "2026-01-01")),
    (name = "site", worker = (
      modules = [(name = "site.js", esModule = "export default {{ async fetch(q, env) {{ const u = new URL(q.url); if (u.pathname.startsWith('/v1/')) return env.EDGE.fetch(q); const r = await env.DISK.fetch('http://d' + (u.pathname === '/' ? '/index.html' : u.pathname)); const e = u.pathname.split('.').pop(); const t = {{ js: 'text/javascript', css: 'text/css', wasm: 'application/wasm' }}[e] ?? 'text/html'; return new Response(r.body, {{ status: r.status, headers: {{ 'content-type': t }} }}); }} }};")],
      bindings = [(name = "DISK", service = "disk"), (name = "EDGE", service = "edge")],
      compatibilityDate = "2026-01-01")),
    (name = "hello", worker = (modules = [(name = "hello.js", esModule = "{HELLO}")], compatibilityDate = "2026-01-01")),
    (name = "disk", disk = (path = "{dist}"))
  ],
  sockets = [
    (name = "edge", address = "127.0.0.1:{edge}", http = (), service = "edge"),
    (name = "site", address = "127.0.0.1:{site}", http = (), service = "site"),
    (name = "hello", address = "127.0.0.1:{hello}", http = (), service = "hello")
  ]
);
"#,
            modules = modules.join(", "),
            dist = at("dist"),
        );
        let folder = root().join("target/bench");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("config.capnp"), config)?;
        let log = std::fs::File::create(folder.join("workerd.log"))?;
        let child = Command::new(npm_bin("workerd"))
            .args(["serve", "config.capnp"])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("workerd")?;
        let server = Self { child, edge, site, hello };
        let until = Instant::now() + Duration::from_secs(20);
        while [edge, site, hello].iter().any(|port| TcpStream::connect(("127.0.0.1", *port)).is_err()) {
            if Instant::now() > until {
                bail!("workerd did not start: {}", std::fs::read_to_string(folder.join("workerd.log")).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }
}

impl Workerd {
    /// The process, for its memory.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

/// One request, ready to be written.
pub struct Target {
    port: u16,
    request: Vec<u8>,
}

impl Target {
    pub fn new(port: u16, method: &str, path: &str, body: &str) -> Self {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Self { port, request: request.into_bytes() }
    }

    /// Sends it over an open connection and reads the whole answer; gives its body.
    pub fn once(&self, connection: &mut TcpStream) -> Result<Vec<u8>> {
        connection.write_all(&self.request)?;
        let mut held = Vec::with_capacity(4096);
        let mut buffer = [0u8; 16384];
        loop {
            if let Some(head) = held.windows(4).position(|w| w == b"\r\n\r\n") {
                let text = String::from_utf8_lossy(&held[..head]).to_lowercase();
                anyhow::ensure!(text.starts_with("http/1.1 200"), "answered {}", text.lines().next().unwrap_or_default());
                if let Some(length) =
                    text.lines().find_map(|l| l.strip_prefix("content-length: ")).and_then(|l| l.trim().parse::<usize>().ok())
                {
                    if held.len() >= head + 4 + length {
                        return Ok(held[head + 4..].to_vec());
                    }
                } else if held.ends_with(b"0\r\n\r\n") {
                    return Ok(unchunk(&held[head + 4..]));
                }
            }
            let n = connection.read(&mut buffer)?;
            anyhow::ensure!(n > 0, "connection closed");
            held.extend_from_slice(&buffer[..n]);
        }
    }
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(line) = rest.windows(2).position(|w| w == b"\r\n") {
        let length = usize::from_str_radix(String::from_utf8_lossy(&rest[..line]).trim(), 16).unwrap_or(0);
        let Some(chunk) = rest.get(line + 2..line + 2 + length).filter(|_| length > 0) else { break };
        out.extend_from_slice(chunk);
        rest = rest.get(line + 4 + length..).unwrap_or_default();
    }
    out
}

/// Sends `target` over `connections` for `seconds`: requests a second, and each one's milliseconds.
pub fn measure(target: &Target, connections: usize, seconds: f64) -> Result<(f64, Vec<f64>)> {
    let started = Instant::now();
    let times = std::thread::scope(|scope| {
        let work = || -> Result<Vec<f64>> {
            let mut connection = TcpStream::connect(("127.0.0.1", target.port))?;
            connection.set_nodelay(true)?;
            let mut times = Vec::new();
            while started.elapsed().as_secs_f64() < seconds {
                let asked = Instant::now();
                // A server may close a kept connection between two requests; a client then sends again on a new one.
                if target.once(&mut connection).is_err() {
                    connection = TcpStream::connect(("127.0.0.1", target.port))?;
                    connection.set_nodelay(true)?;
                    target.once(&mut connection)?;
                }
                times.push(asked.elapsed().as_secs_f64() * 1000.0);
            }
            Ok(times)
        };
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(work)).collect();
        let joined = threads.into_iter().map(|t| t.join().unwrap_or_else(|_| bail!("a connection's thread ended")));
        joined.collect::<Result<Vec<_>>>().map(|all| all.concat())
    })?;
    Ok((times.len() as f64 / started.elapsed().as_secs_f64(), times))
}

/// The value below which `share` of `values` lie.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(((values.len() as f64 * share) as usize).min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
