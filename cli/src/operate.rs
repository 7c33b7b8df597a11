//! What operators ask of a running edge: the rights of one person, holds, keys, retention, the audit log.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use nearside_privacy::chain::{self, Entry};
use nearside_protocol::{Erased, OperatorRequest, VERSION};
use serde_json::Value;

use crate::http;

/// Where the operators' token is read from: an argument would stand in the list of processes.
const TOKEN: &str = "NEARSIDE_OPERATOR_TOKEN";

/// Which site of which edge.
#[derive(Args)]
pub struct At {
    /// The edge's address; the token is read from NEARSIDE_OPERATOR_TOKEN
    #[arg(long, env = "NEARSIDE_EDGE")]
    edge: String,
    /// The site's id
    #[arg(long)]
    site: String,
}

/// Who asks, and why; both go into the audit log.
#[derive(Args)]
pub struct Who {
    #[command(flatten)]
    at: At,
    /// Your name or initials
    #[arg(long, env = "USER")]
    actor: String,
    /// Why
    #[arg(long)]
    reason: String,
}

/// A person.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Person {
    /// A signed visitor's id in the site's own system
    #[arg(long)]
    subject: Option<String>,
    /// A conversation's id
    #[arg(long)]
    conversation: Option<String>,
}

#[derive(Subcommand)]
pub enum SubjectCommand {
    /// Print all that is stored about one person, as JSON
    Export {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        person: Person,
    },
    /// Erase all that is stored about one person
    Erase {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        person: Person,
    },
    /// After a backup was restored: erase again what an exported audit log says was erased
    Reapply {
        #[command(flatten)]
        who: Who,
        /// The log, as `nearside audit export` printed it
        log: std::path::PathBuf,
    },
}

#[derive(Subcommand)]
pub enum HoldCommand {
    /// Keep a conversation from being erased
    Begin {
        #[command(flatten)]
        who: Who,
        /// The conversation's id
        #[arg(long)]
        conversation: String,
    },
    /// Let it be erased again
    End {
        #[command(flatten)]
        who: Who,
        /// The conversation's id
        #[arg(long)]
        conversation: String,
    },
}

#[derive(Subcommand)]
pub enum KeysCommand {
    /// Make a new sealing key for the site and seal all its records anew, while it runs
    Rotate {
        #[command(flatten)]
        who: Who,
    },
    /// Delete the site's keys: nothing that it has stored can ever be opened again
    Shred {
        #[command(flatten)]
        who: Who,
        /// The site's id once more
        #[arg(long)]
        yes_shred: String,
    },
}

#[derive(Subcommand)]
pub enum AuditCommand {
    /// Print the log, one JSON object a line
    Export {
        #[command(flatten)]
        at: At,
    },
    /// Check that no entry was changed or taken out; prints the newest hash, which is worth keeping elsewhere
    Verify {
        /// A log as `nearside audit export` printed it; else the running edge is asked
        log: Option<std::path::PathBuf>,
        /// The edge's address
        #[arg(long, env = "NEARSIDE_EDGE")]
        edge: Option<String>,
        /// The site's id; beside a log, the one that it must be of
        #[arg(long, required_unless_present = "log")]
        site: Option<String>,
        /// A hash that was kept: the log must still hold it
        #[arg(long)]
        kept: Option<String>,
    },
}

fn token() -> Result<String> {
    std::env::var(TOKEN).ok().filter(|t| !t.is_empty()).with_context(|| format!("{TOKEN} is not set: expected the operators' token"))
}

/// Sends one request; a problem document becomes the error.
fn send(at: &At, path: &str, body: Option<&OperatorRequest>) -> Result<Value> {
    let joint = if path.contains('?') { '&' } else { '?' };
    let url = format!("{}{path}{joint}site={}", at.edge.trim_end_matches('/'), at.site);
    let body = body.map(serde_json::to_string).transpose()?;
    let (status, text) = http::send(&url, &token()?, body)?;
    let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if status >= 400 {
        let detail = value["detail"].as_str().unwrap_or("no reason given");
        let reference = value["instance"].as_str().map(|i| format!(" ({i})")).unwrap_or_default();
        bail!("{url} answered {status}: {detail}{reference}");
    }
    Ok(value)
}

fn request(who: &Who) -> OperatorRequest {
    OperatorRequest { v: VERSION, site: who.at.site.clone(), actor: who.actor.clone(), reason: who.reason.clone(), ..Default::default() }
}

fn print(value: &Value) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(value)?)?)
}

pub fn subject(command: SubjectCommand) -> Result<()> {
    let (path, who, person) = match command {
        SubjectCommand::Export { who, person } => ("/v1/subject/export", who, person),
        SubjectCommand::Erase { who, person } => ("/v1/subject/erase", who, person),
        SubjectCommand::Reapply { who, log } => return reapply(&who, &log),
    };
    print(&send(&who.at, path, Some(&OperatorRequest { subject: person.subject, conversation: person.conversation, ..request(&who) }))?)
}

fn reapply(who: &Who, log: &Path) -> Result<()> {
    let erase = |id: &str| {
        let body = OperatorRequest { conversation: Some(id.to_owned()), ..request(who) };
        send(&who.at, "/v1/subject/erase", Some(&body)).map(drop)
    };
    let (done, left) = erase_again(&read_log(log)?, erase)?;
    writeln!(std::io::stdout(), "{done} conversations erased again")?;
    if !left.is_empty() {
        bail!("{} conversations are still there:\n{}", left.len(), left.join("\n"));
    }
    Ok(())
}

/// Erases what the log says was erased, each conversation once; gives how many, and those that are left with why. One that is
/// left (a legal hold came back with the backup) keeps none of the others.
///
/// # Errors
/// Where the log was changed: a wrong line would erase somebody else's conversation.
fn erase_again(log: &[Entry], mut erase: impl FnMut(&str) -> Result<()>) -> Result<(usize, Vec<String>)> {
    chain::verify(log, None).context("the audit log does not hold: nothing was erased")?;
    let erased = log.iter().filter(|entry| ["subject.erase", "conversation.forget"].contains(&entry.action.as_str()));
    let ids: BTreeSet<&str> = erased.map(|entry| entry.record.as_str()).collect();
    let left: Vec<String> = ids.iter().filter_map(|id| erase(id).err().map(|why| format!("{id}: {why:#}"))).collect();
    Ok((ids.len() - left.len(), left))
}

pub fn hold(command: HoldCommand) -> Result<()> {
    let (who, conversation, hold) = match command {
        HoldCommand::Begin { who, conversation } => (who, conversation, true),
        HoldCommand::End { who, conversation } => (who, conversation, false),
    };
    print(&send(&who.at, "/v1/holds", Some(&OperatorRequest { conversation: Some(conversation), hold, ..request(&who) }))?)
}

pub fn keys(command: KeysCommand) -> Result<()> {
    match command {
        KeysCommand::Rotate { who } => {
            let mut answer = send(&who.at, "/v1/keys/rotate", Some(&request(&who)))?;
            let (mut sealed, mut skipped) = (0, 0);
            loop {
                let counted = |name: &str| answer[name].as_u64().with_context(|| format!("the edge counted no {name:?}: {answer}"));
                sealed += counted("sealed")?;
                skipped += counted("skipped")?;
                let Some(next) = answer["next"].as_str().map(str::to_owned) else { break };
                eprintln!("{sealed} values sealed anew");
                answer = send(&who.at, &format!("/v1/keys/rotate?go_on={next}"), Some(&request(&who)))?;
            }
            (answer["sealed"], answer["skipped"]) = (sealed.into(), skipped.into());
            print(&answer)
        }
        KeysCommand::Shred { who, yes_shred } => {
            if yes_shred != who.at.site {
                bail!(
                    "--yes-shred {yes_shred:?}, expected the site's id {:?} once more: what its keys sealed is lost for good",
                    who.at.site
                );
            }
            print(&send(&who.at, "/v1/keys/shred", Some(&request(&who)))?)
        }
    }
}

/// Deletes what is past its time now, until nothing of it is left; Cloudflare's cron does it daily.
pub fn retention(who: &Who) -> Result<()> {
    let mut all: Option<Erased> = None;
    loop {
        let done: Erased = serde_json::from_value(send(&who.at, "/v1/jobs/daily", Some(&request(who)))?).context("retention")?;
        let more = done.more;
        let sum = match all.take() {
            None => done,
            Some(before) => Erased {
                conversations: [before.conversations, done.conversations].concat(),
                entries: before.entries + done.entries,
                events: before.events + done.events,
                ..done
            },
        };
        if !more {
            return print(&serde_json::to_value(sum)?);
        }
        eprintln!("{} conversations and {} events deleted so far", sum.conversations.len(), sum.events);
        all = Some(sum);
    }
}

pub fn audit(command: AuditCommand) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match command {
        AuditCommand::Export { at } => {
            for entry in fetch_log(&at)? {
                writeln!(out, "{}", serde_json::to_string(&entry)?)?;
            }
        }
        AuditCommand::Verify { log, edge, site, kept } => {
            let entries = match (log, edge, &site) {
                (Some(log), _, _) => read_log(&log)?,
                (None, Some(edge), Some(site)) => fetch_log(&At { edge, site: site.clone() })?,
                _ => bail!("expected a log, or --edge and --site"),
            };
            let newest = chain::verify(&entries, kept.as_deref()).context("the audit log does not hold")?;
            let of = entries.first().map(|first| first.site.clone()).or(site.clone()).unwrap_or_else(|| "none".into());
            if let Some(site) = site.filter(|site| *site != of) {
                bail!("the audit log does not hold: it is the log of site {of:?}, expected {site:?}");
            }
            writeln!(out, "site {of}: {} entries hold; the newest hash is {newest}", entries.len())?;
        }
    }
    Ok(())
}

fn fetch_log(at: &At) -> Result<Vec<Entry>> {
    let mut all: Vec<Entry> = Vec::new();
    loop {
        let after = all.last().map_or(0, |entry| entry.seq);
        let page: Vec<Entry> = serde_json::from_value(send(at, &format!("/v1/audit?after={after}"), None)?).context("audit log")?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn read_log(path: &Path) -> Result<Vec<Entry>> {
    let file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
    let read = |(at, line): (usize, std::io::Result<String>)| {
        serde_json::from_str(&line?).with_context(|| format!("{}:{}: no audit entry", path.display(), at + 1))
    };
    std::io::BufReader::new(file).lines().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests;
