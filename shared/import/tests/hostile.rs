//! Bad input gets a line that says what it is; nothing hangs, nothing ends the program.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what should hold by failing")]

use std::io::Write;

use nearside_import::{InputFile, read};
use zip::write::SimpleFileOptions;

fn named(path: &str, bytes: impl Into<Vec<u8>>) -> InputFile {
    InputFile { path: path.into(), bytes: bytes.into(), is_named: true }
}

#[track_caller]
fn refused(file: InputFile, told: &str) {
    let error = read(vec![file]).unwrap_err().to_string();
    assert!(error.contains(told), "{error}");
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn an_archive_unpacks_to_a_bearable_size() {
    let zeros = vec![b' '; 300 << 20];
    refused(named("faq.zip", zip_of(&[("faq.md", &zeros)])), "unpacks to more than 256 MB");
    // A size that the archive's list plays down is met while unpacking.
    let mut bomb = zip_of(&[("faq.md", &zeros)]);
    let list = bomb.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    bomb[list + 24..list + 28].copy_from_slice(&1000u32.to_le_bytes());
    assert!(read(vec![named("faq.zip", bomb)]).is_err());
    refused(named("faq.zip", zip_of(&[("../../up.md", b"# A?\nB")])), "leads out");
    let half = zip_of(&[("a.md", b"# How?\nSo.")]);
    refused(named("faq.zip", half[..half.len() - 30].to_vec()), "damaged");
    let within = zip_of(&[("faq.csv", b"question,answer\nWhy?,So.\n")]);
    refused(named("faq.zip", zip_of(&[("inner.zip", &within)])), "archive within an archive");
}

#[test]
fn a_cell_far_away_costs_nothing() {
    let cell = |at: &str, text: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let rows = format!(
        "<row r=\"1\">{}{}</row><row r=\"2\">{}{}</row><row r=\"1048576\">{}</row>",
        cell("A1", "question"),
        cell("B1", "answer"),
        cell("A2", "How?"),
        cell("B2", "So."),
        cell("XFD1048576", "x")
    );
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relation = |kind: &str, to: &str| {
        let package = "http://schemas.openxmlformats.org/package/2006/relationships";
        format!("<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{relations}/{kind}\" Target=\"{to}\"/></Relationships>")
    };
    let book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let sheet = format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>");
    let xlsx = zip_of(&[
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml").as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml").as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ]);
    let import = read(vec![named("faq.xlsx", xlsx)]).unwrap();
    assert_eq!(import.articles[0].title, "How?");
    let content = "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:spreadsheet><table:table table:name=\"S\"><table:table-row table:number-rows-repeated=\"1048576\"><table:table-cell table:number-columns-repeated=\"16384\" office:value-type=\"string\"><text:p>x</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>";
    let ods = zip_of(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_bytes()),
        ("META-INF/manifest.xml", b"<manifest/>"),
    ]);
    assert!(read(vec![named("faq.ods", ods)]).is_err());
}

#[test]
fn nesting_without_end_is_read() {
    let deep = format!("<h1>How deep?</h1>{}Very.{}", "<div>".repeat(50_000), "</div>".repeat(50_000));
    refused(named("deep.html", deep.clone()), "more than 5000 deep");
    let row = format!("question,answer\nHow deep?,\"{deep}\"\n");
    assert!(read(vec![named("deep.csv", row)]).unwrap().articles[0].body.ends_with("Very."));
    let lists = format!("question,answer\nHow deep?,\"{}x\"\n", "<ul><li>".repeat(5_000));
    assert!(read(vec![named("deep.csv", lists)]).unwrap().articles[0].body.ends_with('x'));
    let quoted = format!("# How deep?\n\n{} Very.\n", ">".repeat(20_000));
    refused(named("deep.md", quoted), "more than 5000 deep");
    refused(named("deep.json", format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000))), "not JSON");
    let yaml = format!("nlu:\n- intent: x\n  examples: {}\n", "[".repeat(5_000));
    refused(named("nlu.yml", yaml), "nlu.yml");
}

#[test]
fn what_repeats_is_told_once() {
    let rows: String = (0..300).map(|n| format!("Shipping,Answer number {n} says something else.\n")).collect();
    let import = read(vec![named("faq.csv", format!("title,content\n{rows}"))]).unwrap();
    assert_eq!(import.articles.len(), 300);
    assert_eq!(import.notes.iter().filter(|n| n.told.contains("300 articles are titled")).count(), 1);
    let torn: String = (0..300).map(|n| format!("How {n}?,a,b,c\n")).collect();
    let error = read(vec![named("faq.csv", format!("question,answer\n{torn}"))]).unwrap_err().to_string();
    assert!(error.contains("faq.csv:2: 4 columns, where the table has 2") && error.contains("and 280 more"), "{error}");
}

#[test]
fn images_within_a_text_are_left_out_and_told() {
    let image = "A".repeat(5 << 20);
    let import =
        read(vec![named("faq.csv", format!("question,answer\nHow?,\"<p>So.</p><img src=\"\"data:image/png;base64,{image}\"\">\"\n"))])
            .unwrap();
    assert_eq!(import.articles[0].body, "So.");
    assert!(import.notes.iter().any(|n| n.told.contains("1 image within the text")), "{:?}", import.notes);
}

#[test]
fn what_is_no_faq_is_named() {
    refused(named("faq.csv", ""), "empty file");
    refused(named("faq.csv", "question,answer\n"), "header and no rows");
    refused(named("faq.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfe".to_vec()), "a picture");
    refused(named("faq.pdf", "%PDF-1.7\n1 0 obj << /Encrypt 2 0 R /Font >>"), "encrypted PDF");
    refused(named("page.html", "<html><form><input type='password'></form><p>Log in</p></html>"), "log in");
    refused(named("feed.xml", "<?xml version=\"1.0\"?><rss/>"), "XML");
    refused(named("faq.csv", "foo,bar\n1,2\n3,4\n"), "question");
    // A folder in which nothing can be read says what there was.
    let pictures = (0..3).map(|n| InputFile { path: format!("gallery/{n}.png"), bytes: b"\x89PNG\xff\xfe".to_vec(), is_named: false });
    let error = read(pictures.collect()).unwrap_err().to_string();
    assert!(error.contains("3 such files") && error.contains("nothing there"), "{error}");
}

#[test]
fn broken_bytes_are_named_by_their_lines() {
    let mut bytes = "question,answer\nWie schön?,Sehr schön.\nÜber uns?,Größe.\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"Wie sch\xf6n?,Nein.\n");
    refused(named("faq.csv", bytes), "faq.csv:4: not UTF-8");
}
