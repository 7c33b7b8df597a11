//! Chinese and Arabic typed in Latin letters, as people chat where they have no other keyboard.
//!
//! Recognised, not understood: pinyin without tones and chat Arabic without rules are too ambiguous to answer from, but a
//! visitor who is asked for the other script has been heard. The lists are short because every visitor downloads them.

use crate::language::Language;

/// For each language, words that hardly stand in another one, and short ones that do but may stand beside them.
const SPELLINGS: [(Language, &str, &str); 2] = [
    (
        Language::ZhHans,
        " xiang zenme shenme weishenme meiyou keyi tuikuan tuihuo dingdan kuaidi fahuo duoshao duojiu shihou mima fapiao shoudao zhanghao huanhuo quxiao yunfei nali ",
        " wo ni de le ma ne bu shi you yao hao zai mei neng hai ",
    ),
    (
        Language::Ar,
        " ezay keef shlon leesh feen wayn emta bkam ayez baddi momken mumkin samaht mesh talab talabi flousi felosi tawsil ",
        " el al ana fi ya la ma bas law kif wen ",
    ),
];

/// The language that `normalized` text seems to be written in with Latin letters.
///
/// ```
/// use nearside_text::{Language, romanised};
/// assert_eq!(romanised("wo de dingdan zai nali"), Some(Language::ZhHans));
/// assert_eq!(romanised("3ayez arja3 el talab"), Some(Language::Ar));
/// assert_eq!(romanised("wo ist mein paket"), None);
/// ```
pub fn romanised(normalized: &str) -> Option<Language> {
    if !normalized.is_ascii() {
        return None;
    }
    SPELLINGS.iter().find_map(|&(language, own, beside)| {
        let is_in = |list: &str, word: &str| list.split(' ').any(|w| w == word);
        let (mut all, mut sure, mut perhaps) = (0, 0, 0);
        for word in normalized.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
            all += 1;
            if is_in(own, word) || language == Language::Ar && has_digit_letter(word) {
                sure += 1;
            } else if is_in(beside, word) {
                perhaps += 1;
            }
        }
        // More than half of two words or more, and never by the short ones alone.
        (all > 1 && sure > 0 && 2 * (sure + perhaps) > all).then_some(language)
    })
}

/// Digits that stand for letters (3 ع, 7 ح, 5 خ, 2 ء) inside a word or before it: `3ayez`, `ma3lesh`.
fn has_digit_letter(word: &str) -> bool {
    let is_letter = |b: &u8| b.is_ascii_alphabetic();
    word.bytes().filter(is_letter).count() >= 3
        && word.bytes().any(|b| b.is_ascii_digit())
        && word.bytes().all(|b| is_letter(&b) || b"2357".contains(&b))
}
