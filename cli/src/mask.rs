//! `nearside mask`: what masking does to lines of text.

use std::io::{BufRead, Write};

use anyhow::Result;
use nearside_privacy::Masker;
use serde_json::json;

/// Reads lines from standard input; writes each masked, a tab, and its spans as JSON (byte offsets into the line read).
/// With `conversation`, the same value keeps its placeholder over all lines.
pub fn lines(conversation: bool) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut masker = Masker::default();
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line?;
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches('\r');
        if !conversation {
            masker = Masker::default();
        }
        let (masked, spans) = masker.mask(text);
        let spans: Vec<_> = spans.iter().map(|s| json!({"start": s.start, "end": s.end, "kind": s.kind.label()})).collect();
        writeln!(out, "{masked}\t{}", json!(spans))?;
    }
    Ok(out.flush()?)
}
