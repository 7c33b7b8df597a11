//! The demo's own questions, as visitors of each language ask them, on a page of their language and on an English one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::path::Path;

use nearside_text::{Language, detect_expecting, normalize, romanised};

fn share(questions: &[&str], page: Language, counted: impl Fn(Option<Language>) -> bool) -> f64 {
    questions.iter().filter(|q| counted(detect_expecting(q, Some(page)))).count() as f64 / questions.len() as f64
}

#[test]
fn questions_are_taken_for_their_own_language() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/shop/golden");
    let mut files = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let own = Language::from_tag(&path.file_stem().unwrap().to_string_lossy()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let questions: Vec<&str> = text.lines().skip(1).filter_map(|l| l.rsplit_once(',')).map(|(q, _)| q).collect();
        let lost = share(&questions, own, |found| found.is_some_and(|f| f.base() != own.base()));
        assert!(lost <= 0.04, "{own:?} on its own page: {lost:.2} taken for another language");
        let found = share(&questions, Language::En, |found| found.is_some_and(|f| f.base() == own.base()));
        assert!(found >= 0.65, "{own:?} on an English page: {found:.2} recognised");
        let latin = questions.iter().find(|q| romanised(&normalize(q)).is_some());
        assert_eq!(latin, None, "{own:?} taken for another language in Latin letters");
        files += 1;
    }
    assert_eq!(files, 12);
}

/// Chat messages as people write them without a keyboard of their script.
const PINYIN: [&str; 20] = [
    "wo de dingdan zai nali",
    "zenme tuikuan",
    "wo xiang quxiao dingdan",
    "kuaidi dao le ma",
    "shenme shihou fahuo",
    "wo yao tuihuo",
    "Ni hao, wo mei shoudao huo",
    "keyi kai fapiao ma",
    "yunfei duoshao qian",
    "wo wangji mima le",
    "keyi yong xinyongka zhifu ma",
    "zhe ge shangpin you wenti",
    "weishenme hai mei fahuo",
    "wo xiang huanhuo",
    "duojiu neng dao",
    "you meiyou youhui",
    "wo de zhanghao bu neng yong",
    "qing bangwo cha yi xia wuliu",
    "dizhi xie cuo le zenme ban",
    "nimen de kefu dianhua shi duoshao",
];
const CHAT_ARABIC: [&str; 20] = [
    "3ayez arja3 el talab",
    "feen el order bta3i",
    "ezay adfa3 bel visa",
    "el tawsil bkam",
    "momken alghi el talab",
    "emta yewsal el talab",
    "ana mesh 3aref adkhol el hesab",
    "wayn talabi",
    "keef araje3 el muntaj",
    "baddi flousi",
    "law samaht feen talabi",
    "shlon adfa3",
    "ma wasalni el talab leesh",
    "3andi moshkela fel talab",
    "mumkin fatora law samaht",
    "el jihaz mesh shaghal",
    "7abibi wayn el shipment",
    "biddi ghayyer el 3enwan",
    "shukran bas el talab na2es",
    "ayez astarje3 felosi",
];

#[test]
fn chinese_and_arabic_in_latin_letters_are_recognised() {
    let found = |texts: &[&str], language| texts.iter().filter(|t| romanised(&normalize(t)) == Some(language)).count();
    let (chinese, arabic) = (found(&PINYIN, Language::ZhHans), found(&CHAT_ARABIC, Language::Ar));
    assert!(chinese >= 14 && arabic >= 14, "{chinese} of 20 Chinese, {arabic} of 20 Arabic");
    for other in
        ["what is error e101", "my mp3 player is w3 certified", "the 3rd order is late", "ya no la quiero", "da di la", "b2b 5g 2nd"]
    {
        assert_eq!(romanised(&normalize(other)), None, "{other}");
    }
}

/// Real sentences of languages that are written in Latin letters anyway, where the data lies beside the checkout.
#[test]
fn other_languages_are_left_alone() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let mut asked = 0;
    let mut wrong = Vec::new();
    for (file, prefix) in [
        ("banking77/test.csv", ""),
        ("bitext/test.csv", ""),
        ("xsid/de.test.conll", "# text = "),
        ("xsid/it.test.conll", "# text = "),
        ("xsid/tr.test.conll", "# text = "),
    ] {
        let Ok(text) = std::fs::read_to_string(data.join(file)) else { continue };
        for line in text.lines().filter_map(|l| l.strip_prefix(prefix)) {
            asked += 1;
            wrong.extend(romanised(&normalize(line)).map(|_| line.to_owned()));
        }
    }
    assert!(wrong.len() * 2000 <= asked, "{} of {asked}: {wrong:?}", wrong.len());
}
