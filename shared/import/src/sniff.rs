//! What a file is, by its content, and who reads it.

use crate::archive::Packed;
use crate::rich::{Block, LeftOut, verbatim};
use crate::table::Table;
use crate::{Import, ImportError, InputFile, Note, archive, check, decode, dialogflow, docx, html, json, markdown, rasa, rows, sheets};

/// Reads files into articles.
///
/// # Errors
/// [`ImportError`] with every fault of every file: what it is, where, and what was expected.
///
/// ```
/// use nearside_import::{InputFile, read};
/// let file = InputFile { path: "faq.csv".into(), bytes: b"Frage;Antwort\nWie zahle ich?;Mit Karte.\n".to_vec(), is_named: true };
/// let import = read(vec![file])?;
/// assert_eq!(import.articles[0].title, "Wie zahle ich?");
/// # Ok::<(), nearside_import::ImportError>(())
/// ```
pub fn read(files: Vec<InputFile>) -> Result<Import, ImportError> {
    let mut faults = Vec::new();
    let mut plain = Vec::new();
    for file in files {
        match unpacked(file) {
            Ok(more) => plain.extend(more),
            Err(notes) => faults.extend(notes),
        }
    }
    let mut found = Import::default();
    let mut take = |read: Result<Import, Vec<Note>>| match read {
        Ok(more) => {
            found.articles.extend(more.articles);
            found.notes.extend(more.notes);
        }
        Err(notes) => faults.extend(notes),
    };
    if dialogflow::is_agent(&plain) {
        let (agent, rest): (Vec<InputFile>, Vec<InputFile>) = plain.into_iter().partition(|f| f.path.ends_with(".json"));
        take(dialogflow::read(&agent));
        plain = rest;
    }
    let mut bot: Vec<(&InputFile, String)> = Vec::new();
    let mut skipped = Vec::new();
    for file in &plain {
        match one(file) {
            Ok(One::Import(import)) => take(Ok(import)),
            Ok(One::Rasa(text)) => bot.push((file, text)),
            Err(Fault::Refused(notes)) => take(Err(notes)),
            // What lies beside articles in a folder need not be one.
            Err(Fault::NoArticle(notes)) if file.is_named => take(Err(notes)),
            Err(Fault::NoArticle(notes)) => skipped.extend(notes),
        }
    }
    if !bot.is_empty() {
        take(rasa::read(&bot));
    }
    if !faults.is_empty() {
        faults.sort();
        return Err(ImportError(faults));
    }
    found.notes.extend(check::summed_up(skipped));
    if found.articles.is_empty() {
        found.notes.push(Note::whole(plain.first().map_or("import", |f| f.path.as_str()), "nothing there that could be imported"));
        return Err(ImportError(found.notes));
    }
    Ok(check::checked(found))
}

/// A file, or the files of an archive.
fn unpacked(file: InputFile) -> Result<Vec<InputFile>, Vec<Note>> {
    if !file.bytes.starts_with(b"PK\x03\x04") {
        return Ok(vec![file]);
    }
    match archive::kind(&file.path, &file.bytes)? {
        Packed::Files => archive::files(&file.path, &file.bytes),
        _ => Ok(vec![file]),
    }
}

enum One {
    Import(Import),
    /// Only all of a bot's files together say something.
    Rasa(String),
}

enum Fault {
    /// It is meant to be read and cannot be.
    Refused(Vec<Note>),
    /// It is something else.
    NoArticle(Vec<Note>),
}

fn one(file: &InputFile) -> Result<One, Fault> {
    let InputFile { path, bytes, .. } = file;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Fault::NoArticle(vec![Note::whole(path, "an empty file")]));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let read = match archive::kind(path, bytes).map_err(Fault::Refused)? {
            Packed::Docx => docx::read(path, bytes),
            Packed::Spreadsheet => sheets::read(path, bytes),
            Packed::OtherOffice(what) => Err(vec![Note::whole(path, format!("{what}: save it as DOCX, XLSX or HTML"))]),
            // An archive within an archive.
            Packed::Files => return Err(Fault::NoArticle(vec![Note::whole(path, "an archive within an archive: unpack it")])),
        };
        return read.map(One::Import).map_err(Fault::Refused);
    }
    if let Some(what) = binary(bytes) {
        return Err(Fault::NoArticle(vec![Note::whole(path, what)]));
    }
    // Excel before 2007, or a newer workbook with a password.
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return sheets::read(path, bytes).map(One::Import).map_err(Fault::Refused);
    }
    let decoded = decode(path, bytes).map_err(|notes| if file.is_named { Fault::Refused(notes) } else { Fault::NoArticle(notes) })?;
    let extension = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, e)| e.to_lowercase()).unwrap_or_default();
    let mut read = of_text(path, &decoded.text, &extension)?;
    if let (One::Import(import), Some(encoding)) = (&mut read, decoded.guessed) {
        import.notes.insert(0, Note::whole(path, format!("read as {encoding}")));
    }
    Ok(read)
}

fn of_text(path: &str, text: &str, extension: &str) -> Result<One, Fault> {
    let start = text.trim_start();
    let low: String = start.chars().take(400).flat_map(char::to_lowercase).collect();
    if start.starts_with('{') || (start.starts_with('[') && start[1..].trim_start().starts_with(['{', '[', '"', ']'])) {
        return json::read(path, text).map(One::Import).map_err(Fault::NoArticle);
    }
    let has_front = text.starts_with("---\n") || text.starts_with("+++\n");
    // Site generators take HTML with front matter as well.
    if has_front && extension.contains("htm") {
        return markdown::read(path, text).map(One::Import).map_err(Fault::NoArticle);
    }
    if low.starts_with("<!doctype html")
        || low.starts_with("<html")
        || ["html", "htm", "xhtml"].contains(&extension)
        || low.contains("<html") && low.starts_with('<')
    {
        return html::read(path, text).map(One::Import).map_err(Fault::NoArticle);
    }
    if low.starts_with("<?xml") {
        return Err(Fault::NoArticle(vec![Note::whole(path, "XML, of which nothing is read here: export it as CSV, JSON or HTML")]));
    }
    if ["yml", "yaml"].contains(&extension) {
        if rasa::is_rasa(text) {
            return Ok(One::Rasa(text.to_owned()));
        }
        return json::read_yaml(path, text).map(One::Import).map_err(Fault::NoArticle);
    }
    if ["md", "markdown", "mdx", "mdown"].contains(&extension) || (extension != "csv" && (has_front || start.starts_with("# "))) {
        return markdown::read(path, text).map(One::Import).map_err(Fault::NoArticle);
    }
    if ["csv", "tsv", "tab", "psv"].contains(&extension) {
        return table(path, text);
    }
    // A plain text: of questions and answers, or a table under another name.
    let rules = |line: &str| line.len() > 2 && line.chars().all(|c| !c.is_alphanumeric() && !c.is_whitespace());
    let unruled: String = text.lines().map(|line| if rules(line.trim()) { "\n" } else { line }).collect::<Vec<_>>().join("\n");
    // "How do I pay? - By card." on one line.
    let asked =
        |p: &str| p.split_once("? - ").map(|(question, answer)| [Block::Heading(7, format!("{question}?")), Block::Text(verbatim(answer))]);
    let paragraphs: Vec<&str> = unruled.split("\n\n").map(str::trim).filter(|p| !p.is_empty()).collect();
    let on_one_line = paragraphs.iter().filter(|p| asked(p).is_some()).count() * 2 > paragraphs.len();
    let block = |p: &&str| asked(p).filter(|_| on_one_line).map_or_else(|| vec![Block::Text(verbatim(p))], Vec::from);
    let paragraphs = paragraphs.iter().flat_map(block).collect();
    match html::of_blocks(path, text, paragraphs, LeftOut::default(), None) {
        Ok(found) if found.articles.len() > 1 => Ok(One::Import(found)),
        // Under any other name it need not have been meant as one.
        _ => table(path, text).map_err(|_| {
            let told = "neither a table (columns called question and answer) nor questions and answers (lines that begin with Q: and A:)";
            Fault::NoArticle(vec![Note::whole(path, told)])
        }),
    }
}

fn table(path: &str, text: &str) -> Result<One, Fault> {
    Table::parse(path, text).and_then(|table| rows::read(path, &table, None)).map(One::Import).map_err(Fault::Refused)
}

/// Whether each page of a PDF is a picture: at least as many large images as pages.
fn is_scanned(bytes: &[u8]) -> bool {
    let count = |needle: &[u8]| bytes.windows(needle.len()).filter(|w| *w == needle).count();
    let images = count(b"/Subtype /Image") + count(b"/Subtype/Image");
    let pages = count(b"/Type /Page") + count(b"/Type/Page") - count(b"/Type /Pages") - count(b"/Type/Pages");
    images > 0 && images >= pages
}

/// What a file is that has no text, and what to do.
fn binary(bytes: &[u8]) -> Option<&'static str> {
    let has = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
    if bytes.starts_with(b"%PDF") {
        return Some(if has(b"/Encrypt") {
            "an encrypted PDF: save it without a password, and as DOCX or HTML"
        } else if !has(b"/Font") || is_scanned(bytes) {
            "a scanned PDF: pictures of pages without text; a program that reads them (OCR) makes text of it"
        } else {
            "a PDF, which does not say what is a question and what is an answer: save it as DOCX or HTML"
        });
    }
    let pictures: &[&[u8]] = &[b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\0", b"MM\0*", b"\0\0\x01\0"];
    if pictures.iter().any(|magic| bytes.starts_with(magic)) && std::str::from_utf8(&bytes[..bytes.len().min(400)]).is_err() {
        return Some("a picture: expected text, as CSV, JSON, Markdown, HTML, XLSX, ODS or DOCX");
    }
    if bytes.starts_with(b"MZ") && bytes.contains(&0) || bytes.starts_with(b"\x7fELF") {
        return Some("a program: expected text, as CSV, JSON, Markdown, HTML, XLSX, ODS or DOCX");
    }
    if bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(b"Rar!") || bytes.starts_with(b"7z\xbc\xaf") {
        return Some("an archive that is no zip: unpack it, or pack it as zip");
    }
    None
}
