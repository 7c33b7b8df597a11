//! Marks in an article's wordings: in `ship it to [Lyon](place)`, `Lyon` is a place.

use nearside_nlu::slots::{Marked, Slot};

/// A wording without its marks, and what they mark. Brackets without a name in parentheses right after them are text.
pub(crate) fn unmark(wording: &str) -> Result<Marked, String> {
    let mut marked = Marked { text: String::new(), slots: Vec::new() };
    let mut rest = wording;
    while let Some(at) = rest.find("](") {
        let Some(open) = rest[..at].rfind('[') else {
            marked.text.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        let (value, after) = (&rest[open + 1..at], &rest[at + 2..]);
        let (name, after) = after.split_once(')').ok_or_else(|| format!("mark [{value}]( is not closed, expected [text](name)"))?;
        if value.trim().is_empty() || !is_name(name) {
            return Err(format!("mark [{value}]({name}), expected [text](name), the name of 1 to 40 lower-case letters, digits or '_'"));
        }
        marked.text.push_str(&rest[..open]);
        let start = marked.text.len();
        marked.text.push_str(value);
        marked.slots.push(Slot { span: start..marked.text.len(), name: name.to_owned() });
        rest = after;
    }
    marked.text.push_str(rest);
    Ok(marked)
}

fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_out_of_the_text() {
        let marked = unmark("ship [two](count) of them to [São Paulo](place) [fast]").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(marked.text, "ship two of them to São Paulo [fast]");
        let found: Vec<(&str, &str)> = marked.slots.iter().map(|s| (&marked.text[s.span.clone()], s.name.as_str())).collect();
        assert_eq!(found, [("two", "count"), ("São Paulo", "place")]);
        assert_eq!(unmark("a](b) and [c] (d)").map(|m| m.slots.len()), Ok(0));
    }

    #[test]
    fn a_wrong_mark_is_told() {
        for (wording, told) in [("to [Lyon](Place)", "lower-case"), ("to [](place)", "[text](name)"), ("to [Lyon](place", "not closed")] {
            let error = unmark(wording).err().unwrap_or_default();
            assert!(error.contains(told), "{wording}: {error}");
        }
    }
}
