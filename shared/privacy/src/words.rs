//! What is announced in words: names and passwords.

use crate::Kind;
use crate::cues::secrets;
use crate::folded::{Folded, is_cjk};

/// Phrases after which a name stands, and after which words it ends in scripts that write it before a verb.
const NAMES: &[&str] = &[
    "my name is",
    "my name's",
    "i am called",
    "name:",
    "ich heiße",
    "ich heisse",
    "mein name ist",
    "me llamo",
    "mi nombre es",
    "je m'appelle",
    "mon nom est",
    "mi chiamo",
    "il mio nome è",
    "meu nome é",
    "chamo-me",
    "me chamo",
    "o meu nome é",
    "benim adım",
    "adım",
    "ismim",
    "اسمي هو",
    "اسمي",
    "أنا اسمي",
    "nama saya adalah",
    "nama saya",
    "我叫",
    "我的名字是",
    "我的名字叫",
    "我姓名是",
    "姓名是",
    "姓名:",
    "私の名前は",
    "名前は",
    "私は",
    "제 이름은",
    "내 이름은",
    "저는",
];

/// Phrases after which a name may stand; two words with capitals must follow, and one of these where any are listed.
const WEAK_NAMES: &[(&str, &[&str])] = &[
    ("this is", &["here", "speaking", "calling", "from"]),
    ("it's", &["here", "speaking", "calling", "from"]),
    ("hier spricht", &[]),
    ("soy", &[]),
    ("sono", &[]),
    ("sou o", &[]),
    ("sou a", &[]),
    ("je suis", &[]),
];

/// Words that follow such a phrase and are no name.
const NO_NAMES: &[&str] = &[
    "not",
    "on",
    "in",
    "wrong",
    "misspelled",
    "missing",
    "spelled",
    "nicht",
    "falsch",
    "mal",
    "no",
    "pas",
    "non",
    "não",
    "and",
    "und",
    "y",
    "et",
    "e",
    "ve",
    "but",
    "aber",
    "pero",
    "mais",
    "ma",
    "mas",
    "ama",
    "i",
    "ich",
    "my",
    "mein",
    "mi",
    "mon",
    "the",
    "from",
    "aus",
    "de",
    "with",
    "tapi",
    "dan",
    "saya",
    "ben",
    "is",
    "ist",
    "at",
    "please",
    "bitte",
    "for",
    "to",
    "who",
    "what",
    "can",
];

pub(crate) fn find(folded: &Folded, found: &mut Vec<(usize, usize, Kind)>) {
    for at in 0..folded.cells.len() {
        // Phrases begin with a word; only scripts without spaces begin one anywhere.
        let joins = |c: char| c.is_alphanumeric() && !is_cjk(c);
        if joins(folded.at(at)) && joins(folded.before(at)) {
            continue;
        }
        names(folded, at, found);
        weak_names(folded, at, found);
        passwords(folded, at, found);
    }
}

fn names(folded: &Folded, at: usize, found: &mut Vec<(usize, usize, Kind)>) {
    let Some(phrase) =
        NAMES.iter().filter(|p| folded.has_word(at, p) || (is_cjk(folded.at(at)) && folded.has(at, p))).max_by_key(|p| p.len())
    else {
        return;
    };
    let from = folded.skip_spaces(at + phrase.chars().count());
    let to =
        if is_cjk(folded.at(from)) && is_cjk(folded.at(at)) { east_asian_name(folded, from, phrase) } else { spaced_name(folded, from) };
    if let Some(to) = to.filter(|&to| to > from) {
        found.push((from, to, Kind::Name));
    }
}

fn weak_names(folded: &Folded, at: usize, found: &mut Vec<(usize, usize, Kind)>) {
    let Some((phrase, after)) = WEAK_NAMES.iter().find(|(phrase, _)| folded.has_word(at, phrase)) else { return };
    let from = folded.skip_spaces(at + phrase.chars().count());
    let Some(to) = spaced_name(folded, from) else { return };
    let words = folded.text(from, to).split(' ').count();
    let capital = folded.rest(from).first().is_some_and(|cell| cell.written.is_uppercase());
    let next = folded.skip_spaces(to);
    if capital && words >= 2 && (after.is_empty() || after.iter().any(|word| folded.has_word(next, word))) {
        found.push((from, to, Kind::Name));
    }
}

/// One to four words; from the second on only with a capital, or any in scripts without capitals (two at most).
fn spaced_name(folded: &Folded, from: usize) -> Option<usize> {
    let mut end = None;
    let mut at = from;
    for n in 0..4 {
        let length = folded
            .rest(at)
            .iter()
            .take_while(|cell| cell.c.is_alphabetic() || matches!(cell.c, '-' | '\'' | '’') || ('\u{64b}'..='\u{652}').contains(&cell.c))
            .count();
        if length == 0 || (length > 24) {
            break;
        }
        let (word, first) = (folded.text(at, at + length), folded.cells[at].written);
        let caseless = !first.is_lowercase() && !first.is_uppercase();
        let fits = first.is_uppercase() || (n == 0 && first.is_lowercase()) || (caseless && n < 2);
        if !fits || (first.is_lowercase() && NO_NAMES.contains(&word.as_str())) || ["و", "في", "رقم", "من", "على"].contains(&word.as_str())
        {
            break;
        }
        end = Some(at + length);
        at += length;
        // "A. Meyer": an initial's dot goes on.
        if folded.at(at) == '.' && length == 1 {
            at += 1;
        }
        if folded.at(at) != ' ' {
            break;
        }
        at += 1;
    }
    end
}

/// Han, kana or Hangul up to the verb or particle that ends it.
fn east_asian_name(folded: &Folded, from: usize, phrase: &str) -> Option<usize> {
    let length = folded.rest(from).iter().take(12).take_while(|cell| is_cjk(cell.c) || matches!(cell.c, '·' | ' ' | '・')).count();
    let text = folded.text(from, from + length);
    let (endings, most): (&[&str], usize) = match phrase {
        "私の名前は" | "名前は" | "私は" => (&["と申します", "といいます", "と言います", "です", "でございます"], 8),
        "제 이름은" | "내 이름은" | "저는" => (&["이라고", "라고", "입니다", "이에요", "예요", "이고"], 5),
        _ => (&["的", "是", "在", "我", "想", "要", "请", "订", "电", "手", "住"], 4),
    };
    let needs_ending = matches!(phrase, "私は" | "저는" | "私の名前は" | "名前は" | "제 이름은" | "내 이름은");
    let ended = endings.iter().filter_map(|ending| text.find(ending)).min().map(|at| text[..at].trim_end().chars().count());
    // A person's name holds none of these; "私は会員です" says what one is.
    let common = [
        "了",
        "不",
        "过",
        "你",
        "他",
        "她",
        "人",
        "车",
        "的",
        "个",
        "外",
        "什",
        "啥",
        "会員",
        "学生",
        "客",
        "日本人",
        "新規",
        "初めて",
        "고객",
        "회원",
        "학생",
        "한국",
    ]
    .iter()
    .any(|word| text.starts_with(word));
    let count = match ended {
        Some(count) => count,
        None if needs_ending => return None,
        None => length,
    };
    (!common && (1..=most).contains(&count)).then_some(from + count)
}

/// The word after "my password is" and its like; numbers are found with the other numbers.
fn passwords(folded: &Folded, at: usize, found: &mut Vec<(usize, usize, Kind)>) {
    let Some(cue) = secrets()
        .iter()
        .filter(|cue| folded.has(at, cue) && (is_cjk(folded.at(at)) || !folded.before(at).is_alphanumeric()))
        .max_by_key(|cue| cue.len())
    else {
        return;
    };
    let mut from = at + cue.chars().count();
    const LINKS: [&str; 23] = [
        "is", "was", "ist", "lautet", "war", "es", "est", "è", "é", "era", "هي", "هو", "は", "是", "为", ":", "=", "는", "은", "adalah",
        "olan", "saya", "を",
    ];
    let (mut linked, mut links) = (false, 0);
    // Endings that cling to the cue: "şifrem", "Passwörter".
    let spaced = !is_cjk(folded.before(from));
    from += folded.rest(from).iter().take(if spaced { 4 } else { 0 }).take_while(|cell| cell.c.is_alphabetic() && !is_cjk(cell.c)).count();
    loop {
        let next = folded.skip_spaces(from);
        linked |= folded.range(from, next).iter().any(|cell| cell.c == ':');
        from = next;
        match LINKS
            .iter()
            .filter(|link| folded.has_word(from, link) || (is_cjk(folded.at(from)) && folded.has(from, link)))
            .max_by_key(|l| l.len())
        {
            Some(link) if links < 3 => {
                linked = true;
                links += 1;
                from += link.chars().count();
            }
            _ => break,
        }
    }
    let end = from
        + folded
            .rest(from)
            .iter()
            .take_while(|cell| !cell.c.is_whitespace() && !is_cjk(cell.c) && !matches!(cell.c, '。' | '、' | '"' | '”'))
            .count();
    let end = from + folded.range(from, end).iter().rposition(|cell| !matches!(cell.c, '.' | ',' | ';')).map_or(0, |p| p + 1);
    let mixed = |kind: fn(&char) -> bool| folded.range(from, end).iter().any(|cell| kind(&cell.written));
    // A secret has a digit, a sign or a capital within; "my password is wrong" has none.
    let inner_capital = folded.cells.get(from + 1..end).is_some_and(|rest| rest.iter().any(|cell| cell.written.is_uppercase()));
    let secret = mixed(char::is_ascii_digit) || mixed(|c| c.is_ascii_punctuation() && *c != '\'' && *c != '-') || inner_capital;
    let both = mixed(char::is_ascii_digit) && mixed(char::is_ascii_alphabetic);
    if (linked || both) && end >= from + 3 && secret {
        found.push((from, end, Kind::Secret));
    }
}
