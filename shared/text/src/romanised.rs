//! Chinese and Arabic typed in Latin letters, as people chat where they have no other keyboard.
//!
//! Recognised, not understood: pinyin without tones and chat Arabic without rules are too ambiguous to answer from, but a
//! visitor who is asked for the other script has been heard. The lists are short because every visitor downloads them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::language::{Language, by_word};

/// For each language, words that hardly stand in another one, and short ones that do but may stand beside them.
const LISTS: [&str; 4] = [
    "xiang zenme shenme weishenme meiyou keyi tuikuan tuihuo dingdan kuaidi fahuo duoshao duojiu shihou mima fapiao shoudao zhanghao huanhuo quxiao yunfei nali",
    "wo ni de le ma ne bu shi you yao hao zai mei neng hai",
    "ezay keef shlon leesh feen wayn emta bkam ayez baddi momken mumkin samaht mesh talab talabi flousi felosi tawsil",
    "el al ana fi ya la ma bas law kif wen",
];
const LANGUAGES: [Language; 2] = [Language::ZhHans, Language::Ar];

static SPELLINGS: LazyLock<BTreeMap<&str, u8>> = LazyLock::new(|| by_word(&LISTS));

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
    let (mut all, mut sure, mut perhaps) = (0u32, [0u32; 2], [0u32; 2]);
    for word in normalized.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        all += 1;
        let lists = u32::from(SPELLINGS.get(word).copied().unwrap_or_default());
        for (at, language) in LANGUAGES.into_iter().enumerate() {
            if lists >> (2 * at) & 1 == 1 || language == Language::Ar && has_digit_letter(word) {
                sure[at] += 1;
            } else {
                perhaps[at] += lists >> (2 * at + 1) & 1;
            }
        }
    }
    // More than half of two words or more, and never by the short ones alone.
    (0..2).find(|&at| all > 1 && sure[at] > 0 && 2 * (sure[at] + perhaps[at]) > all).map(|at| LANGUAGES[at])
}

/// Digits that stand for letters (3 ع, 7 ح, 5 خ, 2 ء) inside a word or before it: `3ayez`, `ma3lesh`.
fn has_digit_letter(word: &str) -> bool {
    let is_letter = |b: &u8| b.is_ascii_alphabetic();
    word.bytes().filter(is_letter).count() >= 3
        && word.bytes().any(|b| b.is_ascii_digit())
        && word.bytes().all(|b| is_letter(&b) || b"2357".contains(&b))
}
