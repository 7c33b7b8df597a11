//! What each host can do, as a table for the README.

use crate::Outcome;

/// A Markdown table of `hosts`, each with its outcomes in the order of [`run`](crate::run). What all hosts do is one row.
pub fn table(hosts: &[(&str, Vec<(&'static str, Outcome)>)]) -> String {
    let names: Vec<&str> = hosts.iter().map(|(name, _)| *name).collect();
    let mut out = format!("| capability | {} |\n| --- |{}\n", names.join(" | "), " --- |".repeat(names.len()));
    let Some((_, first)) = hosts.first() else { return out };
    let shown = |outcome: Option<&(&str, Outcome)>| match outcome.map(|(_, o)| o) {
        Some(Outcome::Yes) => "yes".to_owned(),
        Some(Outcome::No(why)) => format!("no: {why}"),
        Some(Outcome::Wrong(_)) => "**broken**".to_owned(),
        None => "not tried".to_owned(),
    };
    let (mut common, mut rows) = (0, String::new());
    for (at, (case, _)) in first.iter().enumerate() {
        let cells: Vec<String> = hosts.iter().map(|(_, outcomes)| shown(outcomes.get(at))).collect();
        if cells.iter().all(|c| c == "yes") {
            common += 1;
        } else {
            rows += &format!("| {case} | {} |\n", cells.join(" | "));
        }
    }
    out += &format!(
        "| the other {common} cases: routes, limits, errors, repeats, 50 clients, older and newer widgets |{}\n",
        " yes |".repeat(names.len())
    );
    out + &rows
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::Outcome::{No, Yes};

    #[test]
    fn names_what_differs_and_counts_the_rest() {
        let seen = table(&[("a", vec![("x", Yes), ("y", Yes)]), ("b", vec![("x", Yes), ("y", No("too small"))])]);
        assert!(
            seen.contains("| the other 1 cases: routes, limits, errors, repeats, 50 clients, older and newer widgets | yes | yes |\n"),
            "{seen}"
        );
        assert!(seen.contains("| y | yes | no: too small |\n"), "{seen}");
    }
}
