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

/// Writes `bytes` to `path` whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = path.with_extension("partial");
    std::fs::write(&partial, bytes).with_context(|| format!("{}", partial.display()))?;
    std::fs::rename(&partial, path).with_context(|| format!("{}", path.display()))
}
