//! Running the demo: the Worker on real workerd through `wrangler dev`, or the Spin component on its test host.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::build::{self, Form, has_site, modules, packs, site};
use crate::progress::Steps;
use crate::spin::{self, SpinHost};
use crate::tools::{self, npm_bin};
use crate::{Home, root};

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
    /// Starts the Worker that is deployed with its database under `state`, migrated, and waits until it answers.
    ///
    /// # Errors
    /// The port is taken, or the Worker does not answer within a minute.
    pub fn start(host: &str, port: u16, state: &Path, log: &Path) -> Result<Self> {
        migrate(state)?;
        Self::of(Form::Release, true, (host, port), state, log)
    }

    /// Starts the Worker of a form, with or without the encoder's module.
    fn of(form: Form, encoder: bool, (host, port): (&str, u16), state: &Path, log: &Path) -> Result<Self> {
        check_free(host, port)?;
        let output = File::create(log)?;
        let entry = form.worker().join(if encoder { "entry.js" } else { "worker.js" }).display().to_string();
        let assets = form.dist().display().to_string();
        let mut command = wrangler(
            state,
            &[
                "dev",
                &entry,
                "--assets",
                &assets,
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
        while Instant::now() < until {
            if is_healthy(&self.url) {
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

/// Brings the local D1 under `state` up to date: by wrangler, which takes seconds, where a migration is new to it.
///
/// # Errors
/// A migration fails.
pub fn migrate(state: &Path) -> Result<()> {
    std::fs::create_dir_all(state)?;
    let files = std::fs::read_dir(root().join("edge/migrations"))?.flatten();
    let mut names: Vec<String> = files.map(|f| f.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let (known, now) = (state.join("migrated"), names.join("\n"));
    if std::fs::read_to_string(&known).is_ok_and(|before| before == now) {
        return Ok(());
    }
    let done = wrangler(state, &["d1", "migrations", "apply", "DB", "--local"]).output().context("wrangler")?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    anyhow::ensure!(done.status.success(), "migrations: {}{}", said(&done.stdout), said(&done.stderr));
    Ok(std::fs::write(known, now)?)
}

/// Whether a server of this machine answers its health check; `url` is `http://HOST:PORT`.
pub(crate) fn is_healthy(url: &str) -> bool {
    let asked = || -> std::io::Result<bool> {
        let mut connection = TcpStream::connect(url.trim_start_matches("http://"))?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        connection.read_exact(&mut status)?;
        Ok(status.ends_with(b" 200"))
    };
    asked().unwrap_or(false)
}

/// Whether a port can be listened on.
///
/// # Errors
/// It cannot; the message names who holds it.
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
///
/// # Errors
/// None is free.
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

/// `cargo xtask dev`: builds only what serving needs, and serves it until Ctrl-C. The site with a sentence `encoder` and
/// its module only where they are asked for.
///
/// # Errors
/// Something does not compile or start, or the server ends by itself.
pub fn dev(hosts: &[String], port: u16, encoder: bool) -> Result<()> {
    let (home, address) = wanted(hosts)?;
    anyhow::ensure!(!(encoder && home == Home::Spin), "--encoder: the Spin component runs none; expected --host cloudflare");
    check_free(&address, port)?;
    let steps = Steps::new(match home {
        Home::Cloudflare => 7 + usize::from(encoder),
        Home::Spin => 8,
    });
    // From here on what was started is to be ended.
    let catch = || ctrlc::set_handler(|| STOPPED.store(true, Ordering::SeqCst));
    let (mut running, url, log) = match home {
        Home::Cloudflare => {
            let state = root().join(".wrangler/state");
            prepare_worker(&steps, encoder, &state)?;
            catch()?;
            let log = root().join("target/wrangler.log");
            let server = steps.step("start workerd", || Server::of(Form::Dev, encoder, (&address, port), &state, &log))?;
            let url = server.url.clone();
            (Running::Cloudflare(server), url, log)
        }
        Home::Spin => {
            prepare_component(&steps)?;
            catch()?;
            let data = root().join(".spin");
            let options = spin::Options { address: &address, form: Form::Dev, ..spin::Options::new(port, &data) };
            let host = steps.step("start the component", || SpinHost::start(&options))?;
            let url = host.url.clone();
            (Running::Spin(host), url, data.join("host.log"))
        }
    };
    println!("demo site      {url}/   ({:.1} s)", steps.seconds());
    for (site, page) in [("bank", "bank.html"), ("encoder", "encoder.html")] {
        if has_site(Form::Dev, site) {
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

/// What workerd serves. Beside the compiler run what waits for a network or leaves a core idle: npm and the database's
/// migrations, then the packs while the modules compile.
fn prepare_worker(steps: &Steps, encoder: bool, state: &Path) -> Result<()> {
    let form = Form::Dev;
    std::thread::scope(|scope| {
        let beside = scope.spawn(|| {
            steps.step("npm packages: wrangler, workerd, esbuild (300 MB unpacked)", tools::npm)?;
            steps.step("database", || migrate(state))
        });
        tools::target(tools::BROWSER)?;
        steps.step("compile this machine's programs: wasm-bindgen, the command line", || build::native(form, encoder))?;
        let packing = scope.spawn(|| steps.step("packs of the demo in twelve languages (5 MB)", || packs::publish(encoder)));
        steps.step("compile the modules: Worker, core, chat, masking", || modules::compile_together(true))?;
        joined(beside)?;
        steps.step("glue, bundles and pages", || {
            modules::widget(form)?;
            modules::worker(form)?;
            site::pages(form)
        })?;
        if encoder {
            steps.step("compile the encoder's module (tract; minutes the first time)", || modules::encoder(form))?;
        }
        joined(packing)?;
        packs::lay(form, encoder)
    })
}

/// What the Spin test host serves.
fn prepare_component(steps: &Steps) -> Result<()> {
    let form = Form::Dev;
    std::thread::scope(|scope| {
        let beside = scope.spawn(|| steps.step("npm packages: esbuild (300 MB unpacked)", tools::npm));
        steps.step("compile this machine's programs: wasm-bindgen, the command line", || build::native(form, false))?;
        let packing = scope.spawn(|| steps.step("packs of the demo in twelve languages (5 MB)", || packs::publish(false)));
        steps.step("compile the modules: core, chat, masking", || modules::compile_together(false))?;
        joined(beside)?;
        steps.step("glue, bundles and pages", || {
            modules::widget(form)?;
            site::pages(form)
        })?;
        joined(packing)?;
        packs::lay(form, false)?;
        steps.step("compile the Spin component", || modules::component(form))?;
        steps.step("compile the test host (wasmtime, 300 crates)", spin::build_host)
    })
}

fn joined(thread: std::thread::ScopedJoinHandle<'_, Result<()>>) -> Result<()> {
    thread.join().unwrap_or_else(|_| bail!("a step's thread ended early"))
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
