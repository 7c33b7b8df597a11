//! `cargo xtask deploy`: one step after another, each named. Every step may be taken again without harm, so that after a
//! failure the same command goes on.

use std::env;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use http::Method;
use serde_json::{Value, json};

use crate::contract::send;
use crate::tools::{npm_bin, run};
use crate::{Home, build, root, tools};

/// One step: what it does, the command that a person would type, and the deed.
struct Step {
    what: &'static str,
    shown: String,
    act: fn() -> Result<()>,
}

fn step(what: &'static str, shown: &str, act: fn() -> Result<()>) -> Step {
    Step { what, shown: shown.to_owned(), act }
}

/// Deploys to `home`, or shows how.
pub fn deploy(home: Home, dry_run: bool) -> Result<()> {
    let steps = match home {
        Home::Cloudflare => cloudflare(),
        Home::Spin => spin(),
    };
    for (at, step) in steps.iter().enumerate() {
        println!("step {} of {}: {}\n    {}", at + 1, steps.len(), step.what, step.shown);
        if !dry_run {
            (step.act)().with_context(|| {
                format!(
                    "step {} of {} ({}) failed; mend it and run the same command again, the steps before are repeated without harm",
                    at + 1,
                    steps.len(),
                    step.what
                )
            })?;
        }
    }
    if dry_run {
        println!("nothing was done (--dry-run)");
    }
    Ok(())
}

fn cloudflare() -> Vec<Step> {
    vec![
        step("check database, login and secrets", "npx wrangler whoami && npx wrangler secret list", check_cloudflare),
        step("build", "cargo xtask build --host cloudflare", || build::all(&[Home::Cloudflare])),
        step("apply migrations", "npx wrangler d1 migrations apply DB --remote", || {
            run(&mut wrangler(&["d1", "migrations", "apply", "DB", "--remote"]))
        }),
        step("upload packs and widget, deploy the Worker", "npx wrangler deploy", || run(&mut wrangler(&["deploy"]))),
        step(
            "record the packs in the database",
            "npx wrangler d1 execute DB --remote --command 'INSERT OR IGNORE INTO packs …'",
            record_packs,
        ),
        step("ask one question", "POST $NEARSIDE_URL/v1/turn?site=demo", || smoke(&url()?)),
    ]
}

fn spin() -> Vec<Step> {
    vec![
        step(
            "check Spin, registry, token and keys",
            "spin --version (4.1 or newer); NEARSIDE_REGISTRY, SPIN_VARIABLE_AGENT_TOKEN, SPIN_VARIABLE_SEAL_KEYS set",
            check_spin,
        ),
        step("build", "cargo xtask build --host spin", || build::all(&[Home::Spin])),
        step("upload component, packs and widget", "spin registry push $NEARSIDE_REGISTRY", || {
            run(Command::new("spin").args(["registry", "push", &variable("NEARSIDE_REGISTRY", REGISTRY)?]).current_dir(root()))
        }),
        step(
            "deploy to Kubernetes (SpinKube); the component migrates its database by itself",
            "spin kube scaffold --from $NEARSIDE_REGISTRY --variable agent_token=… --variable seal_keys=… | kubectl apply -f -",
            apply_to_kubernetes,
        ),
        step("ask one question", "POST $NEARSIDE_URL/v1/turn?site=demo", || smoke(&url()?)),
    ]
}

const REGISTRY: &str = "where the component is pushed to, such as ghcr.io/firm/nearside:0.1.0";

const SEAL_KEYS: &str = "keys that seal what is stored, ID=HEX with 64 hexadecimal digits (openssl rand -hex 32)";

fn variable(name: &str, meaning: &str) -> Result<String> {
    env::var(name).ok().filter(|v| !v.is_empty()).with_context(|| format!("{name} is not set: {meaning}"))
}

fn url() -> Result<String> {
    let url = variable("NEARSIDE_URL", "where the deployment answers, such as https://support.example")?;
    Ok(url.trim_end_matches('/').to_owned())
}

fn wrangler(args: &[&str]) -> Command {
    let mut command = Command::new(npm_bin("wrangler"));
    command.args(args).current_dir(root()).env("WRANGLER_SEND_METRICS", "false").env(build::BUILT, "1");
    command
}

fn said(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{name} could not be started; is it installed?"))?;
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(text) } else { bail!("{name}: {}", text.trim()) }
}

fn check_cloudflare() -> Result<()> {
    url()?;
    tools::ensure()?;
    let config: toml::Table = std::fs::read_to_string(root().join("wrangler.toml"))?.parse()?;
    let id = config["d1_databases"].get(0).and_then(|d| d.get("database_id")).and_then(toml::Value::as_str).unwrap_or_default();
    if id.is_empty() || id.bytes().all(|b| b"0-".contains(&b)) {
        bail!("wrangler.toml: database_id is not set: write there what `npx wrangler d1 create nearside` prints");
    }
    let who = said(&mut wrangler(&["whoami"]))?;
    if who.contains("not authenticated") {
        bail!("wrangler is not logged in: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID");
    }
    let secrets = said(&mut wrangler(&["secret", "list"]))
        .context("secrets could not be read; before the first deployment run `npx wrangler secret put AGENT_TOKEN`")?;
    for name in ["AGENT_TOKEN", "SEAL_KEYS"] {
        anyhow::ensure!(secrets.contains(name), "the secret {name} is not set: run `npx wrangler secret put {name}`");
    }
    Ok(())
}

/// Which packs a site has had, and since when: what an operator asks when an answer is disputed.
fn record_packs() -> Result<()> {
    let mut sql = String::new();
    for file in std::fs::read_dir(root().join("dist/blobs/sites"))?.flatten() {
        let manifest: Value = serde_json::from_slice(&std::fs::read(file.path())?)?;
        let site = manifest["site"].as_str().unwrap_or_default();
        sql += &format!("INSERT OR IGNORE INTO sites (id, created_ms) VALUES ('{site}', unixepoch() * 1000.0);");
        for pack in manifest["packs"].as_array().into_iter().flatten() {
            let (language, hash) = (pack["language"].as_str().unwrap_or_default(), pack["hash"].as_str().unwrap_or_default());
            sql += &format!(
                "INSERT OR IGNORE INTO packs (site, language, hash, published_ms) VALUES ('{site}', '{language}', '{hash}', unixepoch() * 1000.0);"
            );
        }
    }
    run(&mut wrangler(&["d1", "execute", "DB", "--remote", "--yes", "--command", &sql]))
}

fn check_spin() -> Result<()> {
    url()?;
    variable("NEARSIDE_REGISTRY", REGISTRY)?;
    variable("SPIN_VARIABLE_AGENT_TOKEN", "what agents show to read handoffs")?;
    variable("SPIN_VARIABLE_SEAL_KEYS", SEAL_KEYS)?;
    let version = said(Command::new("spin").arg("--version"))?;
    anyhow::ensure!(is_new_enough(&version), "{}: expected Spin 4.1 or newer, which serves wasi:http 0.3", version.trim());
    said(Command::new("kubectl").args(["version", "--client"])).map(drop)
}

/// Whether `spin --version` says 4.1 or newer.
fn is_new_enough(said: &str) -> bool {
    let number = said.split_whitespace().find(|w| w.starts_with(|c: char| c.is_ascii_digit())).unwrap_or_default();
    let mut parts = number.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (4, 1)
}

fn apply_to_kubernetes() -> Result<()> {
    let token = format!("agent_token={}", variable("SPIN_VARIABLE_AGENT_TOKEN", "what agents show to read handoffs")?);
    let keys = format!("seal_keys={}", variable("SPIN_VARIABLE_SEAL_KEYS", SEAL_KEYS)?);
    let from = variable("NEARSIDE_REGISTRY", REGISTRY)?;
    let mut scaffold = Command::new("spin");
    scaffold.args(["kube", "scaffold", "--from", &from, "--variable", &token, "--variable", &keys]).stdout(Stdio::piped());
    // What these two open stays closed without them.
    for (name, at) in [("operator_token", "SPIN_VARIABLE_OPERATOR_TOKEN"), ("identity_keys", "SPIN_VARIABLE_IDENTITY_KEYS")] {
        if let Ok(value) = std::env::var(at) {
            scaffold.args(["--variable", &format!("{name}={value}")]);
        }
    }
    let mut made = scaffold.spawn().context("spin kube; install its plugin with `spin plugins install kube`")?;
    let manifest = made.stdout.take().context("spin kube scaffold")?;
    run(Command::new("kubectl").args(["apply", "-f", "-"]).stdin(manifest))?;
    anyhow::ensure!(made.wait()?.success(), "spin kube scaffold failed");
    Ok(())
}

/// Readiness and one real question; a new deployment gets a minute to come up.
pub fn smoke(url: &str) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let ready = send(url, Method::GET, "/readyz", &[], vec![]);
        if ready.status == 200 {
            break;
        }
        if Instant::now() > until {
            bail!("{url}/readyz answered {}: {}", ready.status, String::from_utf8_lossy(&ready.body));
        }
        std::thread::sleep(Duration::from_secs(2));
    }
    let question = "How do I return a product?";
    let consent = json!({"v": 1, "at_ms": 1, "by": "visitor", "purposes": ["edge"]});
    let input = json!({"type": "text", "text": question});
    let body = json!({"v": 1, "site": "demo", "locale": "en", "input": input, "consent": consent}).to_string();
    let turn = send(url, Method::POST, "/v1/turn?site=demo", &[("content-type", "application/json")], body.into_bytes());
    let seen = turn.json();
    let title = seen["replies"][0]["source"]["title"].as_str();
    let title = title.with_context(|| format!("{url}: {question:?} got no answer: {} {seen}", turn.status))?;
    println!("{url} answers {question:?} from the article {title:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn reads_spins_version() {
        assert!(is_new_enough("spin 4.1.0 (abc 2026-08-01)"));
        assert!(is_new_enough("spin 10.0.2"));
        assert!(!is_new_enough("spin 4.0.9 (abc)"));
        assert!(!is_new_enough("spin: unknown"));
    }
}
