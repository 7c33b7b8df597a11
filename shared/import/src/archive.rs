//! Zip archives, with bounds: what a bomb unpacks to is never held.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::{InputFile, Note};

/// So many files of an archive are read.
const MOST_FILES: usize = 50_000;
/// So many bytes may an archive unpack to.
pub(crate) const MOST_BYTES: u64 = 256 << 20;

/// What a zip archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packed {
    Spreadsheet,
    Docx,
    /// A presentation, a text document in another format: nothing that is read here.
    OtherOffice(&'static str),
    Files,
}

fn open<'a>(path: &str, bytes: &'a [u8]) -> Result<ZipArchive<Cursor<&'a [u8]>>, Vec<Note>> {
    ZipArchive::new(Cursor::new(bytes)).map_err(|e| vec![Note::whole(path, format!("a damaged zip archive: {e}"))])
}

/// What the archive holds, and that it is of a bearable size.
///
/// # Errors
/// A note: damaged, or unpacking to too much.
pub(crate) fn kind(path: &str, bytes: &[u8]) -> Result<Packed, Vec<Note>> {
    let mut zip = open(path, bytes)?;
    let total = zip.decompressed_size().unwrap_or_default();
    if total > u128::from(MOST_BYTES) || zip.len() > MOST_FILES {
        return Err(vec![too_much(path)]);
    }
    let names: Vec<String> = zip.file_names().flatten().map(std::borrow::Cow::into_owned).collect();
    let has = |name: &str| names.iter().any(|n| n.starts_with(name));
    if has("word/") {
        return Ok(Packed::Docx);
    }
    if has("xl/") {
        return Ok(Packed::Spreadsheet);
    }
    if has("ppt/") {
        return Ok(Packed::OtherOffice("a presentation"));
    }
    if !has("mimetype") {
        return Ok(Packed::Files);
    }
    let mut mimetype = String::new();
    // A mimetype that cannot be read is none.
    let _ = zip.by_name("mimetype").map(|f| f.take(200).read_to_string(&mut mimetype));
    Ok(match mimetype.trim() {
        "application/vnd.oasis.opendocument.spreadsheet" => Packed::Spreadsheet,
        "application/vnd.oasis.opendocument.text" => Packed::OtherOffice("an ODT document"),
        "application/epub+zip" => Packed::OtherOffice("an e-book"),
        _ => Packed::Files,
    })
}

fn too_much(path: &str) -> Note {
    Note::whole(path, format!("unpacks to more than {} MB or {MOST_FILES} files: import its parts", MOST_BYTES >> 20))
}

/// One file of an archive, where it has it.
pub(crate) fn entry(path: &str, bytes: &[u8], name: &str) -> Result<Option<Vec<u8>>, Vec<Note>> {
    let mut zip = open(path, bytes)?;
    let Ok(file) = zip.by_name(name) else { return Ok(None) };
    let mut out = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut out).map_err(|e| vec![Note::whole(path, format!("{name} in it is damaged: {e}"))])?;
    Ok(Some(out))
}

/// The files of an archive, in order of name. What systems leave in them for themselves is not among them.
///
/// # Errors
/// Notes: names that lead out of it, encryption, damage, or too many bytes.
pub(crate) fn files(path: &str, bytes: &[u8]) -> Result<Vec<InputFile>, Vec<Note>> {
    let mut zip = open(path, bytes)?;
    let (mut files, mut faults, mut left) = (Vec::new(), Vec::new(), MOST_BYTES);
    for at in 0..zip.len() {
        let mut file = match zip.by_index(at) {
            Ok(file) => file,
            Err(zip::result::ZipError::UnsupportedArchive(why)) if why.contains("assword") => {
                return Err(vec![Note::whole(path, "encrypted: save it without a password")]);
            }
            Err(error) => return Err(vec![Note::whole(path, format!("a damaged zip archive: {error}"))]),
        };
        let named = file.name().map_err(|e| vec![Note::whole(path, format!("a name in it is damaged: {e}"))])?.into_owned();
        let name = named.replace('\\', "/");
        if name.starts_with('/') || name.split('/').any(|part| part == "..") || file.is_symlink() {
            faults.push(Note::whole(path, format!("{named:?} in it leads out of the archive: refused")));
            continue;
        }
        if file.is_dir() || name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX") {
            continue;
        }
        let mut bytes = Vec::new();
        let read = (&mut file)
            .take(left + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| vec![Note::whole(path, format!("{name} in it is damaged: {e}"))])?;
        if read as u64 > left {
            return Err(vec![too_much(path)]);
        }
        left -= read as u64;
        files.push(InputFile { path: format!("{path}/{name}"), bytes, is_named: false });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    if faults.is_empty() { Ok(files) } else { Err(faults) }
}
