//! `nearside import`: a firm's own files into a domain folder. What a file is and what changes is the importer's to say
//! (`shared/import`); here files are read and written, and told about.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nearside_import::plan::{ArticleFile, Change, Filing, Plan, Step, plan};
use nearside_import::{Import, InputFile, Note, normalised, read};

use crate::domain_dir;

/// Files longer than this are refused: a FAQ is never so long, and what is may be something else.
const MOST_BYTES: u64 = 256 << 20;
/// So many notes and changes are shown.
const SHOWN: usize = 30;

/// What is asked of an import.
#[derive(clap::Args)]
pub struct Asked {
    /// CSV, TSV, JSON, XLSX, ODS, DOCX, Markdown, HTML, text; an export of a help desk or bot; a folder or a zip of such
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The domain folder; made if it does not exist
    #[arg(long)]
    pub into: PathBuf,
    /// Language of articles whose file says none: a tag, or auto for each article's own; default: what most are in
    #[arg(long)]
    pub lang: Option<String>,
    /// Delete the articles that are gone from these files since they were imported
    #[arg(long)]
    pub prune: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Everything is read, checked and planned before the first file is written.
pub fn run(asked: &Asked) -> Result<()> {
    let filing = filing(asked)?;
    let import = read(inputs(&asked.files)?)?;
    // What a file that could not be read has in it would be taken for gone.
    let unread =
        |n: &&Note| ["not ", "damaged", "front matter"].iter().any(|start| n.told.starts_with(start)) && n.told.ends_with("skipped");
    if let Some(note) = import.notes.iter().find(unread).filter(|_| asked.prune) {
        bail!("--prune would delete what this file has: {note}");
    }
    let plan = plan(&import.articles, &existing(&asked.into)?, &filing);
    if asked.dry_run {
        show_difference(&plan);
    } else {
        write(&plan, &asked.into)?;
    }
    show(&import, &plan, asked);
    Ok(())
}

fn filing(asked: &Asked) -> Result<Filing> {
    let by_words = asked.lang.as_deref() == Some("auto");
    let named = asked.lang.as_deref().filter(|_| !by_words);
    let language =
        named.map(|tag| normalised(tag).with_context(|| format!("--lang {tag:?}: expected a language tag, as en or pt-br, or auto")));
    Ok(Filing { language: language.transpose()?, by_words, prune: asked.prune })
}

/// The files that were named, and those of folders that were.
fn inputs(paths: &[PathBuf]) -> Result<Vec<InputFile>> {
    let mut files = Vec::new();
    let mut faults = Vec::new();
    for path in paths {
        // A folder's articles are known by its name, wherever it lies.
        let name = domain_dir::name(path).unwrap_or_else(|| "files".into());
        faults.extend(collect(path, &name, true, &mut files).err().map(|e| format!("{e:#}")));
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(files)
}

fn collect(path: &Path, name: &str, is_named: bool, files: &mut Vec<InputFile>) -> Result<()> {
    let about = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!("{}: no such file or folder", path.display()),
        about => about.with_context(|| path.display().to_string())?,
    };
    if path.is_dir() && (is_named || !about.is_symlink()) {
        let mut below: Vec<_> = std::fs::read_dir(path).with_context(|| path.display().to_string())?.collect::<Result<_, _>>()?;
        below.sort_by_key(std::fs::DirEntry::file_name);
        for entry in below {
            let own = entry.file_name().to_string_lossy().into_owned();
            if !own.starts_with('.') && own != "node_modules" {
                collect(&entry.path(), &format!("{name}/{own}"), false, files)?;
            }
        }
        return Ok(());
    }
    if !path.is_file() || (about.is_symlink() && !is_named) {
        return Ok(());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
    // The file may grow while it is read.
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(|| path.display().to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        bail!("{}: more than {} MB, expected a FAQ: split it, or take out what is none", path.display(), MOST_BYTES >> 20);
    }
    files.push(InputFile { path: name.to_owned(), bytes, is_named });
    Ok(())
}

/// The articles that the domain has.
fn existing(domain: &Path) -> Result<Vec<ArticleFile>> {
    let root = domain.join("articles");
    let mut files = Vec::new();
    for language in sorted(&root)? {
        for name in sorted(&root.join(&language))?.into_iter().filter(|n| n.ends_with(".md")) {
            let path = format!("articles/{language}/{name}");
            let text = std::fs::read_to_string(domain.join(&path)).with_context(|| domain.join(&path).display().to_string())?;
            files.push(ArticleFile { path, text });
        }
    }
    Ok(files)
}

fn sorted(folder: &Path) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

fn write(plan: &Plan, into: &Path) -> Result<()> {
    let main = into.join("domain.toml");
    std::fs::create_dir_all(into).with_context(|| into.display().to_string())?;
    if !main.exists() {
        let name = domain_dir::name(into).unwrap_or_else(|| "domain".into());
        domain_dir::write_whole(
            &main,
            format!("name = {}\ndefault_language = {:?}\n", toml::Value::String(name), plan.language).as_bytes(),
        )?;
    }
    // All is written beside what it replaces before the first of it does: a full disk leaves everything as it was.
    let mut partial: Vec<(PathBuf, PathBuf)> = Vec::new();
    let done = plan.steps.iter().try_for_each(|Step { path, before, after, .. }| {
        let Some(text) = after.as_ref().filter(|text| *text != before) else { return Ok(()) };
        let file = into.join(path);
        std::fs::create_dir_all(file.parent().unwrap_or(into)).with_context(|| file.display().to_string())?;
        let beside = file.with_extension("partial");
        partial.push((beside.clone(), file));
        std::fs::write(&beside, text).with_context(|| beside.display().to_string())
    });
    if done.is_err() {
        // What could not be finished is not left lying there; that this fails as well adds nothing.
        partial.iter().for_each(|(beside, _)| drop(std::fs::remove_file(beside)));
        return done;
    }
    for (beside, file) in &partial {
        std::fs::rename(beside, file).with_context(|| file.display().to_string())?;
    }
    for Step { path, .. } in plan.steps.iter().filter(|s| s.after.is_none()) {
        std::fs::remove_file(into.join(path)).with_context(|| path.clone())?;
    }
    Ok(())
}

fn show_difference(plan: &Plan) {
    let changed = plan.steps.iter().filter(|s| s.change != Change::Same);
    for step in changed.clone().take(SHOWN) {
        match step.change {
            Change::New => println!("+ {}  {}", step.path, step.title),
            Change::Changed => {
                println!("~ {}  {} ({})", step.path, step.title, step.fields.join(", "));
                let after = step.after.as_deref().unwrap_or_default();
                let own = |line: &&str| !line.starts_with("import = ") && !line.starts_with("version = ");
                let gone = step.before.lines().filter(|l| !after.lines().any(|m| m == *l)).filter(own);
                let come = after.lines().filter(|l| !step.before.lines().any(|m| m == *l)).filter(own);
                gone.take(5).for_each(|l| println!("    - {}", cut(l)));
                come.take(5).for_each(|l| println!("    + {}", cut(l)));
            }
            _ if step.after.is_none() => println!("- {}  {}", step.path, step.title),
            _ => println!("? {}  {} (gone from its source)", step.path, step.title),
        }
    }
    let more = changed.count().saturating_sub(SHOWN);
    if more > 0 {
        println!("… and {more} more");
    }
}

fn cut(line: &str) -> String {
    if line.chars().count() <= 100 { line.to_owned() } else { line.chars().take(99).chain(['…']).collect() }
}

/// What was told on the way, and the table at the end.
fn show(import: &Import, plan: &Plan, asked: &Asked) {
    let notes: Vec<&Note> = import.notes.iter().chain(&plan.notes).collect();
    for note in notes.iter().take(SHOWN) {
        println!("{}", printable(&note.to_string()));
    }
    if notes.len() > SHOWN {
        println!("… and {} more like these", notes.len() - SHOWN);
    }
    let gone: Vec<&Step> = plan.steps.iter().filter(|s| s.change == Change::Gone).collect();
    if !gone.is_empty() {
        let named: Vec<&str> = gone.iter().take(if asked.prune { gone.len() } else { 5 }).map(|s| s.title.as_str()).collect();
        let more = if gone.len() > named.len() { " …" } else { "" };
        let (what, then) = if asked.prune { ("deleted", "") } else { ("kept", "; --prune takes them out") };
        println!("no longer in these files, and {what}: {}{more}{then}", printable(&named.join("; ")));
    }
    let mut table: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for step in &plan.steps {
        let language = step.path.split('/').nth(1).unwrap_or_default();
        table.entry(language).or_default()[step.change as usize] += 1;
    }
    println!("{:<10}{:>8}{:>9}{:>7}{:>7}", "language", "new", "changed", "same", "gone");
    for (language, [new, changed, same, gone]) in table {
        println!("{language:<10}{new:>8}{changed:>9}{same:>7}{gone:>7}");
    }
    let (would, into) = (if asked.dry_run { "would be " } else { "" }, asked.into.join("articles"));
    let written = plan.steps.iter().filter(|s| s.after.as_ref().is_some_and(|a| *a != s.before)).count();
    let deleted = plan.steps.iter().filter(|s| s.after.is_none()).count();
    let and = if deleted > 0 { format!(", {deleted} {would}deleted") } else { String::new() };
    println!("{written} file{} {would}written{and} below {}", if written == 1 { "" } else { "s" }, into.display());
}

/// Text for a terminal: what turns the reading direction or the cursor is shown by its number.
pub fn printable(text: &str) -> String {
    let is_odd = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    text.chars().map(|c| if is_odd(c) { format!("\\u{{{:x}}}", u32::from(c)) } else { c.to_string() }).collect()
}
