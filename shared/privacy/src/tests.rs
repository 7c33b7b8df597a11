use crate::{find, mask};

mod addresses;
mod announced;
mod clauses;
mod names;
mod numbered;
mod told;

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(mask(text), expected, "{text}");
}

#[test]
fn masks_numbers_by_checksum_form_and_cue() {
    check("card 4111 1111 1111 1111, mail a.b@c.example", "card [CARD_1], mail [EMAIL_1]");
    check("电话13812345678谢谢", "电话[PHONE_1]谢谢");
    check("打我手机一三八一二三四五六七八", "打我手机[PHONE_1]");
    check("我的号码是１３８ １２３４ ５６７８", "我的号码是[PHONE_1]");
    check("call +49 170 1234567 or (415) 555-2671", "call [PHONE_1] or [PHONE_2]");
    check("my phone is 1 3 8 1 2 3 4 5 6 7 8 ok", "my phone is [PHONE_1] ok");
    check("身份证11010519491231002X，请查", "身份证[ID_1]，请查");
    check("SSN 078-05-1120", "SSN [SSN_1]");
    check("IBAN DE89 3704 0044 0532 0130 00 bitte", "IBAN [IBAN_1] bitte");
    check("mi DNI es 12345678Z", "mi DNI es [ID_1]");
    check("CPF 529.982.247-25", "CPF [ID_1]");
    check("passport number C01X00T47", "passport number [PASSPORT_1]");
    check("my account number is 12345678", "my account number is [ACCOUNT_1]");
    check("座机 010-62345678", "座机 [PHONE_1]");
}

#[test]
fn what_is_looked_past_has_an_end() {
    // Finders look from every place: without an end, a text of quotes alone took a second for 16 KB.
    let quotes = crate::folded::Folded::new(&"'".repeat(1000));
    assert_eq!(quotes.skip_spaces(0), 40);
    let letters = crate::folded::Folded::new(&"a".repeat(1000));
    assert_eq!(letters.run(0, |c| c == 'a'), 80);
}

#[test]
fn a_card_that_paid_for_a_thing_is_a_card() {
    check("The charge was on 5575714249996547, why twice?", "The charge was on [CARD_1], why twice?");
    check("the purchase was on 4111 1111 1111 1111", "the purchase was on [CARD_1]");
    check("tracking 9400111899223344556677", "tracking 9400111899223344556677");
}

#[test]
fn masks_what_words_announce() {
    check("my name is Maria Lopez and I wait", "my name is [NAME_1] and I wait");
    check("我叫王小明，订单没到", "我叫[NAME_1]，订单没到");
    check("私は田中太郎です", "私は[NAME_1]です");
    check("제 이름은 김민수입니다", "제 이름은 [NAME_1]입니다");
    check("hey, this is Thomas Becker here", "hey, this is [NAME_1] here");
    check("hier spricht Sabine Vogt", "hier spricht [NAME_1]");
    check("密码Abc12345!打不开", "密码[SECRET_1]打不开");
    check("住所は東京都港区六本木6-10-1です", "住所は[ADDRESS_1]です");
    check("my password is hunter2!", "my password is [SECRET_1]");
    check("验证码是482913", "验证码是[SECRET_1]");
    check("I was born on 12.03.1985", "I was born on [BIRTHDATE_1]");
    check("geboren am 3. März 1990", "geboren am [BIRTHDATE_1]");
    check("我的生日是1990年1月2日", "我的生日是[BIRTHDATE_1]");
    check("I live at 221 Baker Street now", "I live at [ADDRESS_1] now");
    check("Ich wohne in der Hauptstraße 12, 10115 Berlin", "Ich wohne in der [ADDRESS_1]");
    check("地址是上海市南京东路100号3楼", "地址是[ADDRESS_1]");
    check("车牌京A12345被拍了", "车牌[PLATE_1]被拍了");
    check("Kennzeichen B-AB 1234", "Kennzeichen [PLATE_1]");
}

#[test]
fn masks_what_its_shape_gives_away() {
    check("my IP is 192.168.1.20.", "my IP is [IP_1].");
    check("mac 00:1A:2b:3c:4D:5e", "mac [MAC_1]");
    check("see https://x.example/reset?token=abc123 please", "see [URL_1] please");
    check("I am at 52.52001, 13.40495", "I am at [GEO_1]");
}

#[test]
fn leaves_the_rest_alone() {
    for text in [
        "error E102 since 2026-03-04",
        "it cost $19.99 or 1,299.00 EUR",
        "two of 250",
        "",
        "🎧 4111",
        "order number 4829137465",
        "订单号20260304123456789",
        "my password is wrong",
        "version 1.2.3.4567 of model X-200",
        "https://shop.example/help?lang=en",
        "my name is not on the list",
        "我叫了外卖",
        "the 12 way street",
        "this is Halo Buds and it's Great Sound",
        "je suis Content",
        "比赛3-2-1赢了",
    ] {
        check(text, text);
    }
}

#[test]
fn offsets_are_bytes_of_the_original() {
    let text = "邮箱ａｎａ＠example.com";
    let spans = find(text);
    assert_eq!(spans.iter().map(|s| &text[s.start..s.end]).collect::<Vec<_>>(), ["ａｎａ＠example.com"]);
}

#[test]
fn placeholders_stay_the_same_over_a_conversation_and_beside_older_ones() {
    let mut masker = crate::Masker::default();
    assert_eq!(masker.mask("I am at +49 170 1234567").0, "I am at [PHONE_1]");
    assert_eq!(masker.mask("or +49 171 7654321, not 0049 170 1234567").0, "or [PHONE_2], not [PHONE_3]");
    assert_eq!(masker.mask("+49-170-1234567").0, "[PHONE_1]");
    assert_eq!(mask("from [EMAIL_2] to ana@example.com"), "from [EMAIL_2] to [EMAIL_3]");
    assert_eq!(mask(&mask("mail ana@example.com")), "mail [EMAIL_1]");
}

/// Hostile soup: no panic, spans in order, inside the text and on character borders.
#[test]
fn no_text_breaks_it() {
    const PARTS: [&str; 48] = [
        "1",
        "0",
        "12",
        "2026",
        " ",
        "-",
        ".",
        "/",
        "(",
        "+",
        "@",
        ":",
        "//",
        "a",
        "Z",
        "é",
        "İ",
        "路",
        "号",
        "京",
        "A",
        "年",
        "月",
        "三",
        "〇",
        "로",
        "길",
        "میلاد",
        "pin",
        "password is",
        "my name is",
        "私は",
        "です",
        "我叫",
        "born",
        "Calle",
        "straße",
        "IBAN",
        "DE89",
        "http://",
        "?token=",
        "\u{200b}",
        "🙂",
        "\u{301}",
        "٣",
        "０",
        "plate",
        "\n",
    ];
    let mut state = 7u64;
    let mut below = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    for _ in 0..30_000 {
        let text: String = (0..below(24)).map(|_| PARTS[below(PARTS.len())]).collect();
        let spans = find(&text);
        assert!(spans.windows(2).all(|w| w[0].end <= w[1].start), "{text:?}");
        assert!(spans.iter().all(|s| s.start < s.end && text.get(s.start..s.end).is_some()), "{text:?}");
    }
}
