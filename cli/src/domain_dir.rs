//! Domain folders on disk.

use std::path::Path;

use anyhow::{Context, Result};
use nearside_assistant::{Domain, SourceFile};

use crate::table;

/// Reads and parses the domain in `dir`.
pub fn read(dir: &Path) -> Result<Domain> {
    if !dir.join("domain.toml").is_file() {
        anyhow::bail!("{}: no domain.toml there, expected a domain folder", dir.display());
    }
    let mut files = Vec::new();
    collect(dir, "", &mut files)?;
    Domain::parse(&files).map_err(|e| anyhow::anyhow!("{}/{e}", dir.display()))
}

fn collect(root: &Path, below: &str, files: &mut Vec<SourceFile>) -> Result<()> {
    let dir = root.join(below);
    for entry in std::fs::read_dir(&dir).with_context(|| format!("{}", dir.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else if [".md", ".toml", ".csv"].iter().any(|end| path.ends_with(end)) {
            files.push(SourceFile { text: table::read_text(&root.join(&path))?, path });
        }
    }
    Ok(())
}

/// A folder's or file's own name, also of `.` and `..`, where the system says which those are.
pub fn name(path: &Path) -> Option<String> {
    let whole = path.canonicalize().ok();
    let name = path.file_name().or_else(|| whole.as_deref().and_then(Path::file_name));
    name.map(|n| n.to_string_lossy().into_owned())
}

/// Writes `bytes` to `path` whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = path.with_extension("partial");
    let written = std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, path));
    if written.is_err() {
        // What could not be finished is not left lying there; that this fails as well adds nothing.
        let _ = std::fs::remove_file(&partial);
    }
    written.with_context(|| path.display().to_string())
}
