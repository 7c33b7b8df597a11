//! What holds for all articles together: languages, titles that stand twice, texts that are none.

use std::collections::BTreeMap;

use nearside_text::{Language, detect};

use crate::{Import, Imported, Note};

/// So many titles with one text are a page that says the same to everybody.
const SAME_TEXT: usize = 3;

/// The import with its languages normalised, and notes on what looks wrong.
pub(crate) fn checked(mut import: Import) -> Import {
    let mut unknown = BTreeMap::<String, usize>::new();
    for article in &mut import.articles {
        let Some(given) = article.language.take() else { continue };
        article.language = normalised(&given);
        if article.language.is_none() {
            *unknown.entry(given).or_default() += 1;
        }
    }
    let mut notes = Vec::new();
    let all = "import";
    for (given, count) in unknown {
        notes.push(Note::whole(
            all,
            format!("{given:?} is no language tag, as en or pt-br ({count} articles): their language is taken from their words"),
        ));
    }
    let mut titles = BTreeMap::<(String, Option<String>), Vec<String>>::new();
    let mut texts = BTreeMap::<&str, Vec<&str>>::new();
    for article in &import.articles {
        titles.entry((article.title.to_lowercase(), article.language.clone())).or_default().push(article.place.clone());
        texts.entry(&article.body).or_default().push(&article.title);
    }
    for ((title, _), places) in titles.iter().filter(|(_, places)| places.len() > 1) {
        let shown = places.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if places.len() > 5 { format!(" and {} more", places.len() - 5) } else { String::new() };
        let told = format!("{} articles are titled {title:?} ({shown}{more}): duplicates that a visitor cannot tell apart", places.len());
        notes.push(Note::whole(all, told));
    }
    for (text, titles) in texts.iter().filter(|(text, titles)| titles.len() >= SAME_TEXT && text.chars().count() >= 40) {
        let start: String = text.chars().take(60).collect();
        notes.push(Note::whole(all, format!("{} articles all say {start:?}…: is that a page that asks to log in?", titles.len())));
    }
    notes.extend(other_languages(&import.articles));
    let drafts = import.articles.iter().filter(|a| !a.is_published).count();
    if drafts > 0 {
        notes.push(Note::whole(all, format!("{drafts} draft, archived or restricted article(s): imported unpublished")));
    }
    import.notes.extend(notes);
    import
}

/// Where a good part of the articles is in another language than most, and no field says so.
fn other_languages(articles: &[Imported]) -> Option<Note> {
    let mut counts = BTreeMap::<&str, usize>::new();
    for language in articles.iter().filter(|a| a.language.is_none()).filter_map(|a| detected(&a.title, &a.body)) {
        *counts.entry(language).or_default() += 1;
    }
    let main = counts.iter().max_by_key(|(_, count)| **count).map(|(language, _)| *language)?;
    let others: Vec<String> = counts
        .iter()
        .filter(|(language, count)| **language != main && **count >= 2 && **count * 10 >= articles.len())
        .map(|(language, count)| format!("{count} in another language ({language})"))
        .collect();
    let told =
        format!("of {} articles most look like {main}, {}: --lang auto files each by its language", articles.len(), others.join(", "));
    (!others.is_empty()).then(|| Note::whole("import", told))
}

/// A language tag as folders are named by it: `EN` is `en`, `de_DE` is `de`, `pt-br` is `pt`; one of another language
/// keeps its region. `None` for what is no tag of BCP 47.
///
/// ```
/// use nearside_import::normalised;
/// assert_eq!(normalised("de_DE").as_deref(), Some("de"));
/// assert_eq!(normalised("nl-BE").as_deref(), Some("nl-be"));
/// assert_eq!(normalised("../../x"), None);
/// ```
pub fn normalised(tag: &str) -> Option<String> {
    let tag = tag.trim().replace('_', "-").to_lowercase();
    if let Some(named) = by_name(&tag) {
        return Some(named.to_owned());
    }
    let mut parts = tag.split(['-', '.', '@']);
    let primary = parts.next().filter(|p| ISO_639.split(' ').any(|known| known == *p))?;
    if !parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric())) {
        return None;
    }
    Some(
        Language::from_tag(&tag)
            .map_or_else(|| if tag.starts_with(primary) { tag.clone() } else { primary.to_owned() }, |l| l.base().to_owned()),
    )
}

/// Languages of two letters (ISO 639-1).
const ISO_639: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu fil yue";

/// Languages that are written out, or in the three letters of ISO 639-2.
fn by_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "eng" | "english" | "englisch" | "inglés" | "anglais" => "en",
        "ger" | "deu" | "german" | "deutsch" => "de",
        "spa" | "spanish" | "español" => "es",
        "fre" | "fra" | "french" | "français" => "fr",
        "ita" | "italian" | "italiano" => "it",
        "por" | "portuguese" | "português" => "pt",
        "tur" | "turkish" | "türkçe" => "tr",
        "ara" | "arabic" | "العربية" => "ar",
        "ind" | "indonesian" | "bahasa indonesia" => "id",
        "chi" | "zho" | "chinese" | "中文" => "zh",
        "jpn" | "japanese" | "日本語" => "ja",
        "kor" | "korean" | "한국어" => "ko",
        _ => return None,
    })
}

/// The language that an article's own words are in, where they show it.
pub fn detected(title: &str, body: &str) -> Option<&'static str> {
    let start: String = body.chars().take(400).collect();
    // Scripts of languages that Nearside has no words of: without the script's own, an article of theirs would be English.
    let has =
        |from: char, to: char| title.chars().chain(start.chars()).filter(|c| (from..=to).contains(c)).count() * 3 > title.chars().count();
    let scripts = [
        ('\u{400}', '\u{52f}', "ru"),
        ('\u{e00}', '\u{e7f}', "th"),
        ('\u{370}', '\u{3ff}', "el"),
        ('\u{590}', '\u{5ff}', "he"),
        ('\u{900}', '\u{97f}', "hi"),
    ];
    if let Some((_, _, language)) = scripts.into_iter().find(|(from, to, _)| has(*from, *to)) {
        let is_ukrainian = start.contains(['і', 'ї', 'є', 'І', 'Ї', 'Є']);
        return Some(if language == "ru" && is_ukrainian { "uk" } else { language });
    }
    detect(&format!("{title} {start}")).map(Language::base)
}

/// Files of a folder that are none of articles: each kind once, with its count.
pub(crate) fn summed_up(skipped: Vec<Note>) -> Vec<Note> {
    let mut kinds = BTreeMap::<String, Vec<Note>>::new();
    for note in skipped {
        kinds.entry(note.told.split(':').next().unwrap_or_default().to_owned()).or_default().push(note);
    }
    kinds
        .into_values()
        .map(|mut notes| {
            let count = notes.len();
            let mut first = notes.swap_remove(0);
            first.told =
                if count > 1 { format!("{} ({count} such files): skipped", first.told) } else { format!("{}: skipped", first.told) };
            first
        })
        .collect()
}
