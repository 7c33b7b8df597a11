//! `cargo xtask deploy`: one step after another, each named. Every step may be taken again without harm, so that after a
//! failure the same command goes on.

use std::env;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

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
///
/// # Errors
/// A step fails; the message names it.
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
            "spin kube scaffold --from $NEARSIDE_REGISTRY, with the variables out of a Secret, | kubectl apply -f -",
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
    tools::npm()?;
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
    for (_, at, needed) in SECRETS {
        needed.map(|meaning| variable(at, meaning)).transpose()?;
    }
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

/// A component's secret variables, where each is read, and what it means to who has to set it; the last two open what stays
/// closed without them.
const SECRETS: [(&str, &str, Option<&str>); 4] = [
    ("agent_token", "SPIN_VARIABLE_AGENT_TOKEN", Some("what agents show to read handoffs")),
    ("seal_keys", "SPIN_VARIABLE_SEAL_KEYS", Some(SEAL_KEYS)),
    ("operator_token", "SPIN_VARIABLE_OPERATOR_TOKEN", None),
    ("identity_keys", "SPIN_VARIABLE_IDENTITY_KEYS", None),
];

/// The secrets go to Kubernetes as a Secret, on kubectl's standard input: an argument would stand in the list of processes,
/// a variable's value in the deployment's own description.
fn apply_to_kubernetes() -> Result<()> {
    let mut secrets = Vec::new();
    for (name, at, needed) in SECRETS {
        match needed {
            Some(meaning) => secrets.push((name, variable(at, meaning)?)),
            None => secrets.extend(env::var(at).ok().filter(|value| !value.is_empty()).map(|value| (name, value))),
        }
    }
    let from = variable("NEARSIDE_REGISTRY", REGISTRY)?;
    let scaffold = Command::new("spin").args(["kube", "scaffold", "--from", &from]).stderr(Stdio::inherit()).output();
    let scaffold = scaffold.context("spin kube; install its plugin with `spin plugins install kube`")?;
    anyhow::ensure!(scaffold.status.success(), "spin kube scaffold failed");
    let manifest = with_secrets(&String::from_utf8_lossy(&scaffold.stdout), &secrets).context("spin kube scaffold: no SpinApp")?;
    let mut kubectl = Command::new("kubectl").args(["apply", "-f", "-"]).stdin(Stdio::piped()).spawn().context("kubectl")?;
    kubectl.stdin.take().context("kubectl")?.write_all(manifest.as_bytes())?;
    anyhow::ensure!(kubectl.wait()?.success(), "kubectl apply failed");
    Ok(())
}

/// A scaffold with a Secret before it, from which its variables are read; `None` where it has no place for them.
fn with_secrets(scaffold: &str, secrets: &[(&str, String)]) -> Option<String> {
    let (before, after) = scaffold.split_once("\nspec:\n")?;
    let values: serde_json::Map<String, Value> = secrets.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": {"name": "nearside"}, "stringData": values,
    });
    let variable = |name: &str| json!({"name": name, "valueFrom": {"secretKeyRef": {"name": "nearside", "key": name}}});
    let variables = json!(secrets.iter().map(|(name, _)| variable(name)).collect::<Vec<_>>());
    // JSON is YAML, too.
    Some(format!("{secret}\n---\n{before}\nspec:\n  variables: {variables}\n{after}"))
}

/// Readiness and one real question; a new deployment gets a minute to come up.
///
/// # Errors
/// It is not ready by then, or answers another thing than an article.
pub fn smoke(url: &str) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let (status, said) = fetch("GET", &format!("{url}/readyz"), None)?;
        if status == 200 {
            break;
        }
        if Instant::now() > until {
            bail!("{url}/readyz answered {status}: {said}");
        }
        std::thread::sleep(Duration::from_secs(2));
    }
    let question = "How do I return a product?";
    let consent = json!({"v": 1, "at_ms": 1, "by": "visitor", "purposes": ["edge"]});
    let input = json!({"type": "text", "text": question});
    let body = json!({"v": 1, "site": "demo", "locale": "en", "input": input, "consent": consent}).to_string();
    let (status, said) = fetch("POST", &format!("{url}/v1/turn?site=demo"), Some(&body))?;
    let turn: Value = serde_json::from_str(&said).unwrap_or_default();
    let title = turn["replies"][0]["source"]["title"].as_str();
    let title = title.with_context(|| format!("{url}: {question:?} got no answer: {status} {said}"))?;
    println!("{url} answers {question:?} from the article {title:?}");
    Ok(())
}

/// Sends one request, with TLS where the address says so; gives status and body, 0 and why where nothing answers.
fn fetch(method: &str, url: &str, body: Option<&str>) -> Result<(u64, String)> {
    let output = Command::new("node").arg(root().join("xtask/fetch.mjs")).args([method, url]).args(body).output().context("node")?;
    let answer: Value = serde_json::from_slice(&output.stdout).context("xtask/fetch.mjs")?;
    Ok((answer["status"].as_u64().unwrap_or_default(), answer["body"].as_str().unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{is_new_enough, with_secrets};

    #[test]
    fn secrets_stand_in_a_secret_alone() {
        let scaffold = "apiVersion: core.spinkube.dev/v1alpha1\nkind: SpinApp\nmetadata:\n  name: nearside\nspec:\n  image: x\n";
        let made = with_secrets(scaffold, &[("agent_token", "say: \"so\"".into())]).unwrap_or_default();
        let (secret, app) = made.split_once("\n---\n").unwrap_or_default();
        assert!(secret.contains(r#""stringData":{"agent_token":"say: \"so\""}"#), "{secret}");
        assert!(
            app.contains(r#"  variables: [{"name":"agent_token","valueFrom":{"secretKeyRef":{"key":"agent_token","name":"nearside"}}}]"#),
            "{app}"
        );
        assert!(app.ends_with("\n  image: x\n"), "{app}");
        assert_eq!(with_secrets("nothing", &[]), None);
    }

    #[test]
    fn reads_spins_version() {
        assert!(is_new_enough("spin 4.1.0 (abc 2026-08-01)"));
        assert!(is_new_enough("spin 10.0.2"));
        assert!(!is_new_enough("spin 4.0.9 (abc)"));
        assert!(!is_new_enough("spin: unknown"));
    }
}
