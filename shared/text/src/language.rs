//! Which of the twelve languages a message is written in.
//!
//! Script decides where it can; Latin languages are told apart by their commonest words and letters, which is what a
//! short message has. Deliberately absent: a statistical model, since visitors' messages are too short to need one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::normalize::is_han;
use crate::simplified::simplified;

/// The languages that Nearside speaks, Chinese in both scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Arabic
    Ar,
    /// German
    De,
    /// English
    En,
    /// Spanish
    Es,
    /// French
    Fr,
    /// Indonesian
    Id,
    /// Italian
    It,
    /// Japanese
    Ja,
    /// Korean
    Ko,
    /// Portuguese
    Pt,
    /// Turkish
    Tr,
    /// Chinese, simplified script
    ZhHans,
    /// Chinese, traditional script
    ZhHant,
}

impl Language {
    /// All languages, sorted by tag.
    pub const ALL: [Language; 13] = {
        use Language::*;
        [Ar, De, En, Es, Fr, Id, It, Ja, Ko, Pt, Tr, ZhHans, ZhHant]
    };

    /// The BCP 47 tag: `en`, `zh-Hant`.
    pub fn tag(self) -> &'static str {
        use Language::*;
        match self {
            Ar => "ar",
            De => "de",
            En => "en",
            Es => "es",
            Fr => "fr",
            Id => "id",
            It => "it",
            Ja => "ja",
            Ko => "ko",
            Pt => "pt",
            Tr => "tr",
            ZhHans => "zh",
            ZhHant => "zh-Hant",
        }
    }

    /// The primary subtag, by which packs are named: both Chinese scripts are `zh`.
    pub fn base(self) -> &'static str {
        if self == Language::ZhHant { "zh" } else { self.tag() }
    }

    /// Reads a BCP 47 tag, regions ignored: `en-GB`, `zh-TW`, `zh_Hant_HK`. `None` for a language not spoken here.
    ///
    /// ```
    /// use nearside_text::Language;
    /// assert_eq!(Language::from_tag("zh-TW"), Some(Language::ZhHant));
    /// assert_eq!(Language::from_tag("fi"), None);
    /// ```
    pub fn from_tag(tag: &str) -> Option<Language> {
        let mut parts = tag.split(['-', '_']).map(str::to_ascii_lowercase);
        let primary = parts.next()?;
        if primary == "zh" {
            let traditional = parts.any(|p| matches!(p.as_str(), "hant" | "tw" | "hk" | "mo"));
            return Some(if traditional { Language::ZhHant } else { Language::ZhHans });
        }
        Language::ALL.into_iter().find(|l| l.tag() == primary)
    }
}

/// The language of raw `text`, or `None` where it gives no hint (a number, an emoji, a product name).
///
/// ```
/// use nearside_text::{detect, Language};
/// assert_eq!(detect("Wo ist meine Bestellung?"), Some(Language::De));
/// assert_eq!(detect("12345"), None);
/// ```
pub fn detect(text: &str) -> Option<Language> {
    detect_expecting(text, None)
}

/// As [`detect`], where the language of the page is known: related languages share so many words that another one must show
/// more than a common word more than the expected one.
///
/// ```
/// use nearside_text::{detect_expecting, Language};
/// assert_eq!(detect_expecting("quanto pago pela entrega", Some(Language::Pt)), Some(Language::Pt));
/// assert_eq!(detect_expecting("wo ist mein Paket", Some(Language::Pt)), Some(Language::De));
/// ```
pub fn detect_expecting(text: &str, expected: Option<Language>) -> Option<Language> {
    let (mut latin, mut han, mut kana, mut hangul, mut arabic) = (0, 0, 0, 0, 0);
    for c in text.chars() {
        match c {
            '\u{3040}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9d}' => kana += 1,
            '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' => hangul += 1,
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => arabic += 1,
            _ if is_han(c) => han += 1,
            _ if c.is_alphabetic() => latin += 1,
            _ => {}
        }
    }
    // One ideograph says about as much as a short word of four letters.
    let weight = |n: usize| n * 4;
    if kana > 0 && weight(kana + han) >= latin {
        return Some(Language::Ja);
    }
    if han > 0 && weight(han) >= latin {
        let traditional = text.chars().any(|c| is_han(c) && simplified(c) != c);
        return Some(if traditional { Language::ZhHant } else { Language::ZhHans });
    }
    if hangul > 0 && hangul * 2 >= latin {
        return Some(Language::Ko);
    }
    if arabic > latin {
        return Some(Language::Ar);
    }
    detect_latin(text, expected)
}

/// What another language must show more than the expected one: a common word counts 4, a letter of its own 3.
const LEAD: u32 = 4;

fn detect_latin(text: &str, expected: Option<Language>) -> Option<Language> {
    let lowered = text.to_lowercase();
    let mut scores = [0u32; LATIN.len()];
    for word in lowered.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()) {
        let speakers = COMMON.get(word).copied().unwrap_or_default();
        for (at, (score, profile)) in scores.iter_mut().zip(&LATIN).enumerate() {
            *score += 4 * u32::from(speakers >> at & 1);
            *score += u32::from(profile.endings.iter().any(|e| word.len() > e.len() + 2 && word.ends_with(e)));
        }
    }
    for letter in lowered.chars().filter(|c| !c.is_ascii()) {
        for (score, profile) in scores.iter_mut().zip(&LATIN) {
            *score += 3 * u32::from(profile.letters.contains(letter));
        }
    }
    if !lowered.split(|c: char| !c.is_alphanumeric()).any(|w| w.chars().count() > 1 && w.chars().all(char::is_alphabetic)) {
        return None;
    }
    let best = *scores.iter().max()?;
    // A tie keeps the earlier profile; English stands first because it is the commonest.
    let own = expected.and_then(|e| LATIN.iter().position(|p| p.language == e)).filter(|&at| scores[at] > 0 && scores[at] + LEAD >= best);
    if let Some(at) = own {
        return Some(LATIN[at].language);
    }
    // One ending alone is chance: "quantum" is no Turkish.
    (best > 1).then(|| scores.iter().position(|&s| s == best).map(|i| LATIN[i].language))?
}

/// Common words, each with the profiles that have it as bits by position in [`LATIN`].
static COMMON: LazyLock<BTreeMap<&str, u8>> = LazyLock::new(|| by_word(&LATIN.each_ref().map(|profile| profile.words)));

/// The words of up to eight lists, each with the lists that have it as bits.
pub(crate) fn by_word(lists: &[&'static str]) -> BTreeMap<&'static str, u8> {
    let mut words = BTreeMap::new();
    for (at, list) in lists.iter().enumerate() {
        list.split(' ').for_each(|word| *words.entry(word).or_default() |= 1u8 << at);
    }
    words
}

struct Profile {
    language: Language,
    words: &'static str,
    endings: &'static [&'static str],
    letters: &'static str,
}

static LATIN: [Profile; 8] = [
    Profile {
        language: Language::En,
        words: "the a an is are was were be been am i i'm my me you your he she it its we our they their this that these those what when where which who why how do does did don't can can't could will would should have has had not no yes and or but if of to for from with at by on in into about out up please thanks thank hello hi there any some get got need want make take let set show tell give find much many more long still been just t s m ve",
        endings: &["ing", "tion", "ed", "ly", "ght"],
        letters: "",
    },
    Profile {
        language: Language::De,
        words: "der die das den dem des ein eine einen einem einer ist sind war waren bin ich mir mich mein meine meinen meiner meinem du dein sie ihr ihre wir uns unser es er was wann wo welche welcher welches wer warum wie kann können könnte wird werden würde habe hat haben hatte nicht kein keine ja nein und oder aber wenn von zu zum zur für aus mit bei auf in im an am nach um bitte danke hallo gibt noch heute morgen alle mal stelle zeige welches bis über auch schon dass ob",
        endings: &["ung", "ch", "en", "keit", "heit", "cht"],
        letters: "äöüß",
    },
    Profile {
        language: Language::Es,
        words: "el la los las un una unos unas es son está están era soy estoy yo mi mis me tu tus te usted su sus nos nuestro lo qué que cuándo cuando dónde donde cuál cual quién por porque cómo como puedo puede hacer hago hay tengo tiene quiero necesito no sí y o pero si de del a al para con en sobre sin gracias hola favor ha he más muy ya cuánto cuesta",
        endings: &["ción", "ando", "iendo", "mente", "ar", "dos"],
        letters: "ñ¿¡",
    },
    Profile {
        language: Language::Fr,
        words: "le la les l un une des du de d est sont était suis je j mon ma mes me m tu ton ta tes te vous votre vos il elle nous notre on ce c cette ces ça que qu quoi quand où quel quelle quels qui pourquoi comment combien peux peut puis faire fait ai as a avez ont avoir n ne pas non oui et ou mais si à au aux pour avec en dans sur sans merci bonjour plaît s y être reçu",
        endings: &["tion", "ment", "eux", "ez", "ais", "oir"],
        letters: "êçœùëî",
    },
    Profile {
        language: Language::Id,
        words: "yang dan di ke dari untuk dengan ini itu saya aku kami kita anda kamu dia mereka apa apakah bagaimana kapan mana dimana siapa mengapa kenapa berapa bisa dapat tidak bukan belum sudah akan ada adalah atau tetapi tapi jika kalau pada oleh tolong terima kasih halo mau ingin cara lama barang pesanan hari juga masih saja lagi tentang",
        endings: &["kan", "nya", "an", "lah"],
        letters: "",
    },
    Profile {
        language: Language::It,
        words: "il lo la i gli le un uno una è sono era ero io mio mia miei mie mi tu tuo tua ti lei suo sua ci noi nostro si che cosa quando dove quale quali chi perché come posso può puoi fare faccio c'è ho ha hai hanno voglio vorrei non sì no e o ma se di del della dei delle dell a al alla ai per con in nel nella su sul senza da dal grazie ciao salve favore più anche quanto mostrami oggi domani",
        endings: &["zione", "mente", "are", "ere", "ire", "ato", "gli"],
        letters: "ìò",
    },
    Profile {
        language: Language::Pt,
        words: "o a os as um uma uns umas é são está estão era sou estou eu meu minha meus minhas me você vocês seu sua seus nós nosso lhe isso isto que quê quando onde qual quem por porque como posso pode fazer faço há tenho tem quero preciso não sim e ou mas se de do da dos das ao à para pra com em no na nos nas sobre sem obrigado obrigada olá oi favor mais muito já quanto foi ainda",
        endings: &["ção", "mente", "ões", "ndo", "ar"],
        letters: "ãõ",
    },
    Profile {
        language: Language::Tr,
        words: "bir ve bu şu o ben benim bana beni sen senin siz sizin biz bizim onlar ne nerede nasıl zaman neden niçin kim hangi kaç mi mı mu mü değil yok var evet hayır ile için ama veya eğer de da den dan en daha çok lütfen teşekkürler merhaba istiyorum ediyor kadar gibi her bugün yarın göster hava ayarla olarak olan hakkında kadar",
        endings: &["yor", "lar", "ler", "dir", "dır", "mak", "mek", "ım", "im", "um", "iz", "ın"],
        letters: "ığşı",
    },
];
