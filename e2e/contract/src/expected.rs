//! What each host is known to lack. Everything else it must do: a capability that turns from yes to no is a fault.

use crate::Outcome;

/// Cases, and the hosts that may say no to them. A line goes away when the host learns it; a new one is a decision.
const LACKS: &[(&str, &[&str])] = &[
    ("keeps what it acknowledged when it is ended without warning", &["memory"]),
    ("serves the widget's files", &["memory"]),
    // A local workerd compresses nothing; Cloudflare's network does.
    ("serves the widget's files in brotli where the client takes it", &["memory", "cloudflare"]),
    // Where none is deployed; its component has no room for one on Spin.
    ("understands with a sentence encoder", &["memory", "cloudflare", "spin"]),
    ("speaks WebSocket", &["memory", "cloudflare", "spin"]),
    ("limits requests a minute (429 with Retry-After)", &["spin"]),
    ("limits writing requests apart, and sooner", &["spin"]),
    ("stores no visitor's words open: its files are searched for them", &["memory"]),
    ("leaves no byte of an erased conversation: its files are searched for the sealed text", &["memory"]),
];

/// Why this outcome of a case is a fault on `host` (`memory`, `cloudflare` or `spin`); `None` where it is as it should be.
pub fn unexpected(host: &str, case: &str, outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Yes => None,
        Outcome::Wrong(why) => Some(why.clone()),
        Outcome::No(why) => {
            let known = LACKS.iter().any(|(lacked, hosts)| *lacked == case && hosts.contains(&host));
            (!known).then(|| format!("turned from yes to no: {why}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::unexpected;
    use crate::Outcome::{No, Wrong, Yes};

    #[test]
    fn a_no_that_nobody_decided_is_a_fault() {
        assert_eq!(unexpected("spin", "speaks WebSocket", &No("no live connection yet")), None);
        assert_eq!(unexpected("spin", "serves the widget's files", &No("gone")), Some("turned from yes to no: gone".into()));
        assert_eq!(unexpected("spin", "any", &Wrong("odd".into())), Some("odd".into()));
        assert_eq!(unexpected("spin", "any", &Yes), None);
    }
}
