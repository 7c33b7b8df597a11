//! The one place that asks a running edge.

/// Sends `body`, or asks where there is none; gives the status and the text of the answer.
#[cfg(all(feature = "network", not(target_family = "wasm")))]
pub fn send(url: &str, token: &str, body: Option<String>) -> anyhow::Result<(u16, String)> {
    use anyhow::Context;

    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let bearer = format!("Bearer {token}");
    let answer = match body {
        Some(body) => agent.post(url).header("authorization", &bearer).header("content-type", "application/json").send(body),
        None => agent.get(url).header("authorization", &bearer).call(),
    };
    let mut answer = answer.with_context(|| format!("{url} cannot be reached"))?;
    let text = answer.body_mut().with_config().limit(64 << 20).read_to_string().with_context(|| url.to_owned())?;
    Ok((answer.status().as_u16(), text))
}

/// WebAssembly programs outside of browsers have no sockets, and a build may leave them out.
#[cfg(not(all(feature = "network", not(target_family = "wasm"))))]
pub fn send(url: &str, _token: &str, _body: Option<String>) -> anyhow::Result<(u16, String)> {
    anyhow::bail!("{url}: this program reaches no network: the whole native one does (cargo build -p nearside-cli)")
}
