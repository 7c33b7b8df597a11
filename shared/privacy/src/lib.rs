//! Finding and masking personal data before a message leaves the device.
//!
//! This first part covers e-mail addresses, telephone numbers and payment cards. Placeholders are typed and numbered;
//! the same value gets the same placeholder within one text. Deliberately absent: names and postal addresses.

use nearside_nlu::entities::{EntityKind, find_patterns};

/// Replaces personal data in `text` by `[EMAIL_1]`, `[PHONE_1]`, `[CARD_1]`.
///
/// ```
/// assert_eq!(nearside_privacy::mask("write to ana@example.com"), "write to [EMAIL_1]");
/// ```
pub fn mask(text: &str) -> String {
    let mut spans: Vec<(usize, usize, &'static str)> = cards(text).into_iter().map(|(start, end)| (start, end, "CARD")).collect();
    for entity in find_patterns(text) {
        let name = match entity.kind {
            EntityKind::Email => "EMAIL",
            EntityKind::Phone => "PHONE",
            _ => continue,
        };
        if spans.iter().all(|s| entity.end <= s.0 || entity.start >= s.1) {
            spans.push((entity.start, entity.end, name));
        }
    }
    spans.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut seen: Vec<(&str, &str)> = Vec::new();
    let mut at = 0;
    for (start, end, name) in spans {
        let value = &text[start..end];
        if !seen.contains(&(name, value)) {
            seen.push((name, value));
        }
        let number = seen.iter().filter(|s| s.0 == name).position(|s| s.1 == value).map_or(1, |p| p + 1);
        out.push_str(&text[at..start]);
        out.push_str(&format!("[{name}_{number}]"));
        at = end;
    }
    out.push_str(&text[at..]);
    out
}

/// Runs of 13 to 19 digits, spaces or dashes between them allowed, whose Luhn checksum (ISO/IEC 7812-1) is right.
fn cards(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() || (at > 0 && bytes[at - 1].is_ascii_alphanumeric()) {
            at += 1;
            continue;
        }
        let mut digits = Vec::new();
        let mut end = at;
        let mut next = at;
        while next < bytes.len() && (bytes[next].is_ascii_digit() || (matches!(bytes[next], b' ' | b'-') && next == end)) {
            if bytes[next].is_ascii_digit() {
                digits.push(bytes[next] - b'0');
                end = next + 1;
            }
            next += 1;
        }
        if (13..=19).contains(&digits.len()) && luhn(&digits) {
            found.push((at, end));
        }
        at = next.max(at + 1);
    }
    found
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| match (i % 2, d) {
            (0, d) => u32::from(d),
            (_, d) if d > 4 => u32::from(d) * 2 - 9,
            (_, d) => u32::from(d) * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(mask(text), expected);
    }

    #[test]
    fn masks_what_identifies_a_person() {
        check("card 4111 1111 1111 1111, mail a.b@c.example", "card [CARD_1], mail [EMAIL_1]");
        check("a@b.example and c@d.example and a@b.example", "[EMAIL_1] and [EMAIL_2] and [EMAIL_1]");
        check("电话13812345678谢谢", "电话[PHONE_1]谢谢");
        check("call +49 170 1234567", "call [PHONE_1]");
    }

    #[test]
    fn leaves_the_rest_alone() {
        for text in ["error E102 since 2026-03-04", "it cost $19.99", "two of 250", "", "🎧 4111"] {
            check(text, text);
        }
    }
}
