//! The demo site's pages.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Options, Parser, html::push_html};

use super::packs::DEMO_LANGUAGES;
use super::{Form, copy_tree, put};
use crate::root;

/// Writes the pages into `dist`.
///
/// # Errors
/// A page or an article cannot be read.
pub fn pages(form: Form) -> Result<()> {
    let dist = form.dist();
    copy_tree(&root().join("demo/site"), &dist)?;
    help_pages(&dist)?;
    let bank = fs::read_to_string(root().join("demo/site/bank.html"))?;
    let bank = bank.replace("<!-- articles -->", &help_articles(&root().join("demo/bank/articles/en"))?);
    put(&dist.join("bank.html"), bank.as_bytes())?;
    // The same page with the site whose edge and browsers have a sentence encoder.
    let home = fs::read_to_string(root().join("demo/site/index.html"))?;
    put(&dist.join("encoder.html"), home.replace("data-site=\"demo\"", "data-site=\"encoder\"").as_bytes())
}

/// The shop's help in each language, from one page and the words of `demo/help.toml`.
fn help_pages(dist: &Path) -> Result<()> {
    let template = fs::read_to_string(root().join("demo/site/help.html"))?;
    let words: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(&fs::read_to_string(root().join("demo/help.toml"))?)?;
    let page = |language: &str| if language == "en" { "help.html".to_owned() } else { format!("{language}.html") };
    let link = |l: &&str| format!("<a href=\"/{}\" lang=\"{l}\">{}</a>", page(l), words[*l]["name"]);
    let links: String = DEMO_LANGUAGES.iter().map(link).collect();
    for language in DEMO_LANGUAGES {
        let own = &words[language];
        let articles = help_articles(&root().join("demo/shop/articles").join(language))?;
        let direction = if language == "ar" { "rtl" } else { "ltr" };
        let parts = [
            ("{lang}", language),
            ("{dir}", direction),
            ("{title}", &own["title"]),
            ("{foot}", &own["foot"]),
            ("<!-- languages -->", &links),
        ];
        let text = parts.iter().fold(template.clone(), |text, (from, to)| text.replace(from, to));
        put(&dist.join(page(language)), text.replace("<!-- articles -->", &articles).as_bytes())?;
    }
    Ok(())
}

/// A domain's articles as sections of a help page, each under the anchor that its source names.
fn help_articles(folder: &Path) -> Result<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|e| e.path()).collect();
    files.sort();
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut out = String::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let (head, body) = text.trim_start_matches("+++").split_once("\n+++").with_context(|| format!("{}", file.display()))?;
        let front: toml::Table = head.parse().with_context(|| format!("{}", file.display()))?;
        let value = |key: &str| front.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let anchor = value("source").split('#').nth(1).unwrap_or_default().to_owned();
        // As the chat has it: a line's end is one.
        let mut shown = String::new();
        let events = Parser::new_ext(body.trim(), Options::ENABLE_TABLES);
        push_html(&mut shown, events.map(|event| if event == Event::SoftBreak { Event::HardBreak } else { event }));
        out += &format!("<section id=\"{}\"><h2>{}</h2>{shown}</section>\n", escape(&anchor), escape(&value("title")));
    }
    Ok(out)
}
