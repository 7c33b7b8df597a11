//! Running the demo: the Worker on real workerd through `wrangler dev`, or the Spin component on its test host.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::spin::{self, SpinHost};
use crate::tools::npm_bin;
use crate::{Home, build, root};

/// The agents' token on a developer's machine.
pub const TOKEN: &str = "local-agents-token";

/// The operators' token on a developer's machine.
pub const OPERATOR_TOKEN: &str = "local-operators-token";

/// What the demo sites' servers would sign with.
pub const IDENTITY_KEYS: &str = "demo=local-identity-key-of-the-demo-shop,guarded=local-identity-key-of-the-guarded-one";

/// The sealing keys on a developer's machine.
pub const SEAL_KEYS: &str = "local=9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0";

/// A running `wrangler dev`; ends with all that it started when dropped.
pub struct Server {
    child: Child,
    /// Its address, `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // wrangler starts workerd and esbuild in its own process group.
        let group = format!("-{}", self.child.id());
        let signal = |name: &str| Command::new("kill").args([name, "--", &group]).stderr(Stdio::null()).status();
        let _ = signal("-TERM");
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = signal("-KILL");
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts the Worker with its database under `state`, migrated, and waits until it answers.
    pub fn start(host: &str, port: u16, state: &Path, log: &Path) -> Result<Self> {
        check_free(host, port)?;
        migrate(state)?;
        let output = File::create(log)?;
        let mut command = wrangler(
            state,
            &[
                "dev",
                "--local",
                "--show-interactive-dev-session=false",
                "--ip",
                host,
                "--port",
                &port.to_string(),
                "--var",
                &format!("AGENT_TOKEN:{TOKEN}"),
                "--var",
                &format!("SEAL_KEYS:{SEAL_KEYS}"),
                "--var",
                &format!("OPERATOR_TOKEN:{OPERATOR_TOKEN}"),
                "--var",
                &format!("IDENTITY_KEYS:{IDENTITY_KEYS}"),
            ],
        );
        let child = command.stdout(output.try_clone()?).stderr(output).process_group(0).spawn().context("wrangler")?;
        let mut server = Self { child, url: format!("http://{}:{port}", if host == "0.0.0.0" { "127.0.0.1" } else { host }) };
        server.wait(log)?;
        Ok(server)
    }

    fn wait(&mut self, log: &Path) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(60);
        let health = format!("{}/healthz", self.url);
        while Instant::now() < until {
            if ureq::get(&health).call().is_ok_and(|r| r.status() == 200) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("wrangler ended ({status}): {}", std::fs::read_to_string(log).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the Worker did not answer within 60 s: {}", std::fs::read_to_string(log).unwrap_or_default())
    }
}

fn wrangler(state: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(npm_bin("wrangler"));
    command.args(args).arg("--persist-to").arg(state).current_dir(root()).env(build::BUILT, "1");
    command.env("WRANGLER_SEND_METRICS", "false").env("WRANGLER_LOG", "warn").env("CI", "true").stdin(Stdio::null());
    command
}

/// Brings the local D1 under `state` up to date.
pub fn migrate(state: &Path) -> Result<()> {
    std::fs::create_dir_all(state)?;
    let done = wrangler(state, &["d1", "migrations", "apply", "DB", "--local"]).output().context("wrangler")?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    anyhow::ensure!(done.status.success(), "migrations: {}{}", said(&done.stdout), said(&done.stderr));
    Ok(())
}

/// Fails with the holder's name where the port is taken.
pub fn check_free(host: &str, port: u16) -> Result<()> {
    match TcpListener::bind((host, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let holder = holder(port).unwrap_or_else(|| "another program".into());
            bail!("port {port} is taken by {holder}; end it or choose another with --port")
        }
        Err(error) => bail!("{host}:{port} cannot be listened on: {error}"),
    }
}

/// Who listens on a port, from /proc: `node (process 123)`.
fn holder(port: u16) -> Option<String> {
    let wanted = format!(":{port:04X}");
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|t| std::fs::read_to_string(t).unwrap_or_default());
    let listening = |line: &&str| {
        let mut columns = line.split_whitespace();
        columns.nth(1).is_some_and(|local| local.ends_with(&wanted)) && columns.nth(1) == Some("0A")
    };
    let inode = tables.iter().flat_map(|t| t.lines()).find(listening)?.split_whitespace().nth(9)?;
    let socket = PathBuf::from(format!("socket:[{inode}]"));
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let Ok(files) = std::fs::read_dir(process.path().join("fd")) else { continue };
        if files.flatten().any(|f| std::fs::read_link(f.path()).is_ok_and(|target| target == socket)) {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (process {})", name.trim(), process.file_name().to_string_lossy()));
        }
    }
    None
}

static STOPPED: AtomicBool = AtomicBool::new(false);

/// A port that nothing listens on, below those that systems draw by themselves: a server that ends and is started again
/// finds its own still free.
pub fn free_port() -> Result<u16> {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (std::process::id() % 10_000) as u16;
    let mut ports = std::iter::repeat_with(|| first + TAKEN.fetch_add(1, Ordering::SeqCst)).take(1000);
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).context("no free port")
}

/// Where and on which address `--host` wants the demo: names of homes and addresses, in any order.
fn wanted(hosts: &[String]) -> Result<(Home, String)> {
    let (mut home, mut address) = (Home::Cloudflare, "127.0.0.1".to_owned());
    for host in hosts {
        match host.as_str() {
            "cloudflare" => home = Home::Cloudflare,
            "spin" => home = Home::Spin,
            other if other.parse::<std::net::IpAddr>().is_ok() || other == "localhost" => other.clone_into(&mut address),
            other => bail!("--host {other}: expected cloudflare, spin or an address to listen on, such as 0.0.0.0"),
        }
    }
    Ok((home, address))
}

enum Running {
    Cloudflare(Server),
    Spin(SpinHost),
}

/// `cargo xtask dev`.
pub fn dev(hosts: &[String], port: u16) -> Result<()> {
    let (home, address) = wanted(hosts)?;
    check_free(&address, port)?;
    build::all(&[home])?;
    ctrlc::set_handler(|| STOPPED.store(true, Ordering::SeqCst))?;
    let (mut running, url, log) = match home {
        Home::Cloudflare => {
            let log = root().join("target/wrangler.log");
            let server = Server::start(&address, port, &root().join(".wrangler/state"), &log)?;
            let url = server.url.clone();
            (Running::Cloudflare(server), url, log)
        }
        Home::Spin => {
            spin::build_host()?;
            let data = root().join(".spin");
            let host = SpinHost::start(&spin::Options { address: &address, ..spin::Options::new(port, &data) })?;
            let url = host.url.clone();
            (Running::Spin(host), url, data.join("host.log"))
        }
    };
    println!("demo site      {url}/");
    for (site, page) in [("bank", "bank.html"), ("encoder", "encoder.html")] {
        if build::has_site(site) {
            println!("{site:<14} {url}/{page}");
        }
    }
    println!("handoffs       curl -H 'Authorization: Bearer {TOKEN}' '{url}/v1/handoffs?site=demo'");
    println!("log            {}", log.display());
    println!("Ctrl-C ends it.");
    while !STOPPED.load(Ordering::SeqCst) {
        match &mut running {
            Running::Cloudflare(server) => {
                if let Some(status) = server.child.try_wait()? {
                    bail!("wrangler ended ({status}); see {}", log.display());
                }
            }
            Running::Spin(host) => host.check().with_context(|| format!("see {}", log.display()))?,
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::wanted;
    use crate::Home;

    #[test]
    fn a_host_is_a_home_or_an_address() {
        let of = |hosts: &[&str]| wanted(&hosts.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>()).map_err(|e| e.to_string());
        assert_eq!(of(&[]), Ok((Home::Cloudflare, "127.0.0.1".into())));
        assert_eq!(of(&["0.0.0.0", "spin"]), Ok((Home::Spin, "0.0.0.0".into())));
        assert!(of(&["fermyon"]).is_err_and(|e| e.contains("expected cloudflare, spin or an address")));
    }
}
