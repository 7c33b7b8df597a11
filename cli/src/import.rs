//! `nearside import`: tables and Markdown into a domain folder.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::{domain_dir, table};

struct Imported {
    from: String,
    title: String,
    body: String,
    tags: Vec<String>,
}

/// Everything is read and checked before the first file is written.
pub fn run(files: &[std::path::PathBuf], into: &Path, language: &str) -> Result<()> {
    if !is_tag(language) {
        bail!("--lang {language:?}: expected a language tag, as en or pt-br");
    }
    let mut all = Vec::new();
    for file in files {
        let found = match file.extension().and_then(|e| e.to_str()).map(str::to_lowercase).as_deref() {
            Some("csv") => from_csv(file)?,
            Some("json") => from_json(file)?,
            Some("md" | "markdown") => vec![from_markdown(file)?],
            _ => bail!("{}: expected a .csv, .json or .md file", file.display()),
        };
        all.extend(found);
    }
    let folder = into.join("articles").join(language);
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut writes = Vec::new();
    for item in all {
        if item.title.is_empty() || item.body.is_empty() {
            bail!("{}: question and answer expected, one is empty", item.from);
        }
        let id = unused_id(&item.title, &taken, &folder);
        let quoted = |s: &str| toml::Value::String(s.to_owned()).to_string();
        let tags = item.tags.iter().map(|t| quoted(t)).collect::<Vec<_>>().join(", ");
        writes.push((
            folder.join(format!("{id}.md")),
            format!("+++\ntitle = {}\ntags = [{tags}]\n+++\n{}\n", quoted(&item.title), item.body),
        ));
        taken.insert(id);
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    let main = into.join("domain.toml");
    if !main.exists() {
        let name = into.file_name().map_or("domain".into(), |n| n.to_string_lossy().into_owned());
        domain_dir::write_whole(&main, format!("name = {name:?}\ndefault_language = {language:?}\n").as_bytes())?;
    }
    for (path, text) in &writes {
        domain_dir::write_whole(path, text.as_bytes())?;
    }
    println!("{} articles written to {}", writes.len(), folder.display());
    Ok(())
}

/// Whether `language` has the form of a BCP 47 tag; it names a folder, so that nothing else may stand in it.
fn is_tag(language: &str) -> bool {
    let mut parts = language.split('-');
    let primary = parts.next().is_some_and(|p| (2..=3).contains(&p.len()) && p.chars().all(|c| c.is_ascii_alphabetic()));
    primary && parts.all(|p| (1..=8).contains(&p.len()) && p.chars().all(|c| c.is_ascii_alphanumeric()))
}

fn unused_id(title: &str, taken: &BTreeSet<String>, folder: &Path) -> String {
    let mut slug: String = title.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    while slug.contains("--") {
        slug = slug.replace("--", "-");
    }
    let slug: String = slug.trim_matches('-').chars().take(48).collect();
    let slug = if slug.is_empty() { "article".to_owned() } else { slug };
    let free = |id: &String| !taken.contains(id) && !folder.join(format!("{id}.md")).exists();
    std::iter::once(slug.clone()).chain((2..).map(|n| format!("{slug}-{n}"))).find(free).unwrap_or(slug)
}

fn split_tags(text: &str) -> Vec<String> {
    text.split([';', '|', '，', ',']).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
}

fn from_csv(path: &Path) -> Result<Vec<Imported>> {
    let rows = table::read(path, 2, &["question", "answer", "tags", "title", "body", "问题", "答案", "标签"])?;
    Ok(rows
        .into_iter()
        .map(|row| Imported {
            from: format!("{}:{}", path.display(), row.line),
            title: row.cells[0].clone(),
            body: row.cells[1].clone(),
            tags: row.cells.get(2).map(|t| split_tags(t)).unwrap_or_default(),
        })
        .collect())
}

fn from_json(path: &Path) -> Result<Vec<Imported>> {
    let text = table::read_text(path)?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| anyhow::anyhow!("{}:{}: {e}", path.display(), e.line()))?;
    let items = value.as_array().with_context(|| format!("{}: expected an array of objects with question and answer", path.display()))?;
    items
        .iter()
        .enumerate()
        .map(|(at, item)| {
            let field = |name: &str| item[name].as_str().map(|s| s.trim().to_owned());
            let from = format!("{}: entry {}", path.display(), at + 1);
            let tags = match &item["tags"] {
                serde_json::Value::String(text) => split_tags(text),
                serde_json::Value::Array(list) => list.iter().filter_map(|t| t.as_str()).map(str::to_owned).collect(),
                _ => vec![],
            };
            match (field("question"), field("answer")) {
                (Some(title), Some(body)) => Ok(Imported { from, title, body, tags }),
                _ => bail!("{from}: expected question and answer as strings"),
            }
        })
        .collect()
}

fn from_markdown(path: &Path) -> Result<Imported> {
    let text = table::read_text(path)?;
    let (heading, body) = text.trim_start().split_once('\n').unwrap_or((text.trim(), ""));
    let title = heading.strip_prefix("# ").with_context(|| format!("{}:1: expected a heading like \"# How do I …?\"", path.display()))?;
    Ok(Imported { from: format!("{}:1", path.display()), title: title.trim().to_owned(), body: body.trim().to_owned(), tags: vec![] })
}
