//! The Spin component on the test host of `e2e/spin-host`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::build::{Form, component_file};
use crate::root;
use crate::serve::{IDENTITY_KEYS, OPERATOR_TOKEN, SEAL_KEYS, TOKEN, check_free, is_healthy};
use crate::tools::{cargo, run};

/// A running host; killed without warning when dropped, as a node may be.
pub struct SpinHost {
    child: Child,
    /// Its address, `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Drop for SpinHost {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How the host is started.
pub struct Options<'a> {
    /// The host's program.
    pub binary: PathBuf,
    /// What it listens on.
    pub address: &'a str,
    /// What it listens on.
    pub port: u16,
    /// Which component and files it serves.
    pub form: Form,
    /// Folder of database and key-value store.
    pub data: &'a Path,
    /// More of the host's own arguments.
    pub more: &'a [&'a str],
    /// The agents' token; empty for none.
    pub token: &'a str,
    /// The sealing keys; empty for none.
    pub seal_keys: &'a str,
}

impl<'a> Options<'a> {
    /// The host as the tests build it, over `data`.
    pub fn new(port: u16, data: &'a Path) -> Self {
        Self {
            binary: root().join("target/debug/nearside-spin-host"),
            address: "127.0.0.1",
            port,
            form: Form::Release,
            data,
            more: &[],
            token: TOKEN,
            seal_keys: SEAL_KEYS,
        }
    }
}

/// Builds the host as the tests use it: six minutes at first, seconds later.
///
/// # Errors
/// It does not compile.
pub fn build_host() -> Result<()> {
    run(&mut cargo(&["build", "--package", "nearside-spin-host"]))
}

impl SpinHost {
    /// Starts the component and waits until it answers.
    ///
    /// # Errors
    /// The port is taken, or it does not answer within half a minute.
    pub fn start(options: &Options<'_>) -> Result<Self> {
        check_free(options.address, options.port)?;
        let log = options.data.join("host.log");
        std::fs::create_dir_all(options.data)?;
        let output = File::options().create(true).append(true).open(&log)?;
        let mut command = Command::new(&options.binary);
        command.arg(component_file(options.form)).args(["--listen", &format!("{}:{}", options.address, options.port)]);
        command.arg("--data").arg(options.data).args(["--files", &format!("{}=/dist", options.form.dist().display())]);
        command
            .args(["--variable", &format!("agent_token={}", options.token)])
            .args(["--variable", &format!("seal_keys={}", options.seal_keys)])
            .args(["--variable", &format!("operator_token={OPERATOR_TOKEN}")])
            .args(["--variable", &format!("identity_keys={IDENTITY_KEYS}")])
            .args(options.more);
        let child = command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).spawn().context("nearside-spin-host")?;
        let reached = if options.address == "0.0.0.0" { "127.0.0.1" } else { options.address };
        let mut host = Self { child, url: format!("http://{reached}:{}", options.port) };
        let until = Instant::now() + Duration::from_secs(30);
        while Instant::now() < until {
            if is_healthy(&host.url) {
                return Ok(host);
            }
            host.check()?;
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the Spin host did not answer within 30 s; see {}", log.display())
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// The host has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("the Spin host ended ({status})"),
            None => Ok(()),
        }
    }

    /// The process, for its memory.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}
