//! Where sentences end.

/// Whether `c` ends a sentence by itself; a full stop does so only before a space.
pub fn ends_sentence(c: char) -> bool {
    matches!(c, '!' | '?' | ';' | '\n' | '。' | '！' | '？' | '；' | '؟' | '؛' | '\u{2026}')
}

/// The sentences of raw `text` in order, without their signs and without empty ones; a line is one too. A full stop ends one
/// only before a space, so that numbers and addresses stay whole.
///
/// ```
/// assert_eq!(nearside_text::sentences("It broke. Version 2.1!\n你好。可以退吗？"), ["It broke", "Version 2.1", "你好", "可以退吗"]);
/// ```
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let is_end = ends_sentence(c) || c == '.' && text[end..].chars().next().is_none_or(char::is_whitespace);
        if is_end {
            found.push(&text[start..at]);
            start = end;
        }
    }
    found.push(&text[start..]);
    let trimmed = found.into_iter().map(|sentence| sentence.trim().trim_end_matches('.'));
    trimmed.filter(|sentence| sentence.chars().any(char::is_alphanumeric)).collect()
}
