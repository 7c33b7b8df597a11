//! Invented private values, valid by their checksums, and fillers that only look like them.

use nearside_nlu::Rng;

fn digits(rng: &mut Rng, count: usize) -> String {
    (0..count).map(|_| char::from(b'0' + rng.below(10) as u8)).collect()
}

fn pick<'a>(rng: &mut Rng, among: &[&'a str]) -> &'a str {
    among[rng.below(among.len())]
}

fn letters(rng: &mut Rng, count: usize) -> String {
    (0..count).map(|_| char::from(b'A' + rng.below(26) as u8)).collect()
}

/// Groups of the given lengths with `separator` between them.
fn grouped(number: &str, lengths: &[usize], separator: &str) -> String {
    let mut parts = Vec::new();
    let mut rest = number;
    for &length in lengths {
        if rest.is_empty() {
            break;
        }
        let (part, tail) = rest.split_at(length.min(rest.len()));
        parts.push(part);
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts.join(separator)
}

/// Appends the digit that makes `valid` true.
fn with_check(body: &str, valid: impl Fn(&str) -> bool) -> Option<String> {
    "0123456789Xx".chars().map(|c| format!("{body}{c}")).find(|n| valid(n))
}

fn luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0');
            if i % 2 == 0 { d } else { d * 2 / 10 + d * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

fn mod97(text: &str) -> u32 {
    text.chars().fold(0, |sum, c| {
        let v = c.to_digit(36).unwrap_or(0);
        if v > 9 { (sum * 100 + v) % 97 } else { (sum * 10 + v) % 97 }
    })
}

/// A value of `kind` as someone writes it in `language`.
pub(super) fn private(kind: &str, language: &str, rng: &mut Rng) -> String {
    match kind {
        "NAME" => name(language, rng),
        "PHONE" => phone(language, rng),
        "EMAIL" => format!(
            "{}{}@{}",
            pick(rng, &["ana", "j.meyer", "li_wei", "k-tanaka", "o'neil", "sara+shop"]),
            digits(rng, 2),
            pick(rng, &["example.com", "mail.example.org", "firma.example", "uni.example.ac.uk"])
        ),
        "CARD" => {
            let body = pick(rng, &["4", "51", "55", "62", "6011"]);
            let body = format!("{body}{}", digits(rng, 15 - body.len()));
            let number = with_check(&body, |n: &str| n.bytes().all(|b| b.is_ascii_digit()) && luhn(n)).unwrap_or(body);
            grouped(&number, &[4, 4, 4, 4], pick(rng, &["", " ", "-"]))
        }
        "IBAN" => {
            let (country, length) = [("DE", 18), ("FR", 23), ("ES", 20), ("IT", 0), ("NL", 0), ("TR", 22)][rng.below(6)];
            let body = match country {
                "IT" => format!("X{}", digits(rng, 22)),
                "NL" => format!("ABNA{}", digits(rng, 10)),
                _ => digits(rng, length),
            };
            let check = 98 - mod97(&format!("{body}{country}00"));
            let iban = format!("{country}{check:02}{body}");
            if rng.below(2) == 0 { iban } else { grouped(&iban, &[4; 9], " ") }
        }
        "SSN" => format!("{}-{}-{}", 100 + rng.below(500), 10 + rng.below(89), 1000 + rng.below(8999)),
        "ID" => identity(language, rng),
        "PASSPORT" => match language {
            "zh" => format!("{}{}", pick(rng, &["E", "G"]), digits(rng, 8)),
            "de" => format!("C{}{}", letters(rng, 1), digits(rng, 7)),
            "en" => format!("{}{}", 1 + rng.below(9), digits(rng, 8)),
            _ => format!("{}{}", letters(rng, 2), digits(rng, 7)),
        },
        "BIRTHDATE" => birthdate(language, rng),
        "ADDRESS" => address(language, rng),
        "ACCOUNT" => {
            let length = 7 + rng.below(3);
            format!("{}{}", 1 + rng.below(9), digits(rng, length))
        }
        "SECRET" => match rng.below(3) {
            0 => digits(rng, 6),
            1 => format!("{}{}!{}", pick(rng, &["hunter", "Sonne", "winter", "qwerty"]), digits(rng, 2), letters(rng, 1)),
            _ => format!("{}{}{}", letters(rng, 3), digits(rng, 3), pick(rng, &["#", "$", "x"])),
        },
        "IP" if rng.below(4) == 0 => format!("2001:db8:{:x}::{:x}", rng.below(65535), 1 + rng.below(65534)),
        "IP" => format!("{}.{}.{}.{}", 1 + rng.below(222), rng.below(256), rng.below(256), 1 + rng.below(254)),
        "MAC" => (0..6).map(|_| format!("{:02x}", rng.below(256))).collect::<Vec<_>>().join(pick(rng, &[":", "-"])),
        "URL" => format!(
            "https://{}/{}?{}={}",
            pick(rng, &["shop.example", "login.example.org"]),
            pick(rng, &["reset", "confirm", "s/abc"]),
            pick(rng, &["token", "key", "session", "sig"]),
            letters(rng, 12)
        ),
        "PLATE" => plate(language, rng),
        "GEO" => format!("{}.{}, {}.{}", rng.below(80), digits(rng, 5), rng.below(179), digits(rng, 5)),
        other => other.to_owned(),
    }
}

fn name(language: &str, rng: &mut Rng) -> String {
    let (first, last): (&[&str], &[&str]) = match language {
        "zh" => {
            return format!("{}{}", pick(rng, &["王", "李", "张", "刘", "欧阳", "陈"]), pick(rng, &["小明", "丽", "伟", "建国", "思雨"]));
        }
        "ja" => return format!("{}{}", pick(rng, &["田中", "佐藤", "鈴木", "高橋"]), pick(rng, &["太郎", "花子", "健", "美咲"])),
        "ko" => return format!("{}{}", pick(rng, &["김", "이", "박", "최"]), pick(rng, &["민수", "지영", "서준", "하은"])),
        "ar" => return format!("{} {}", pick(rng, &["محمد", "فاطمة", "أحمد", "ليلى"]), pick(rng, &["الحسن", "حداد", "منصور"])),
        "de" => (&["Anna", "Jürgen", "Lena", "Karl-Heinz"], &["Müller", "Schäfer", "Weiß", "Hoffmann"]),
        "tr" => (&["Ayşe", "Mehmet", "Çağla", "İbrahim"], &["Yılmaz", "Öztürk", "Şahin"]),
        "es" | "pt" => (&["María", "José", "João", "Inês"], &["García", "Núñez", "Silva", "Gonçalves"]),
        "fr" => (&["Élodie", "Jean-Luc", "Chloé"], &["Lefèvre", "Dupont", "Moreau"]),
        "it" => (&["Giulia", "Luca", "Niccolò"], &["Rossi", "D'Angelo", "Bianchi"]),
        "id" => (&["Budi", "Siti", "Dewi"], &["Santoso", "Wijaya", "Lestari"]),
        _ => (&["Maria", "John", "Priya", "Liam"], &["Lopez", "O'Brien", "Smith-Jones", "Patel"]),
    };
    if rng.below(4) == 0 { pick(rng, first).to_owned() } else { format!("{} {}", pick(rng, first), pick(rng, last)) }
}

fn phone(language: &str, rng: &mut Rng) -> String {
    let international = rng.below(3) == 0;
    let eight = digits(rng, 8);
    match (language, international) {
        ("zh", true) => format!("+86 13{} {} {}", rng.below(10), &eight[..4], &eight[4..]),
        ("zh", false) => match rng.below(4) {
            0 => format!("0{}-{}", pick(rng, &["10", "21", "755"]), eight),
            1 => format!("13{}-{}-{}", rng.below(10), &eight[..4], &eight[4..]),
            2 => full_width(&format!("15{}{eight}", rng.below(10))),
            _ => format!("1{}{}{eight}", 3 + rng.below(7), rng.below(10)),
        },
        ("en", true) => {
            format!("+1 {}", grouped(&format!("{}{}", 212 + rng.below(700), 2_000_000 + rng.below(7_900_000)), &[3, 3, 4], "-"))
        }
        ("en", false) => {
            let (area, exchange, line) = (212 + rng.below(700), 200 + rng.below(790), 1000 + rng.below(8999));
            if rng.below(2) == 0 { format!("({area}) {exchange}-{line}") } else { format!("{area}-{exchange}-{line}") }
        }
        ("de", true) => format!("+49 17{} {eight}", rng.below(10)),
        ("de", false) => format!("017{} {eight}", rng.below(10)),
        ("es", true) => format!("+34 6{}", grouped(&eight, &[2, 3], " ")),
        ("es", false) => format!("6{}", grouped(&eight, &[2, 3], " ")),
        ("fr", true) => format!("+33 6 {}", grouped(&eight, &[2, 2, 2], " ")),
        ("fr", false) => format!("06 {}", grouped(&eight, &[2, 2, 2], " ")),
        ("it", true) => format!("+39 33{} {eight}", rng.below(10)),
        ("it", false) => format!("33{} {}", rng.below(10), &eight[1..]),
        ("pt", true) => format!("+55 11 9{}-{}", &eight[..4], &eight[4..]),
        ("pt", false) => format!("(11) 9{}-{}", &eight[..4], &eight[4..]),
        ("tr", true) => format!("+90 53{} {}", rng.below(10), grouped(&eight[1..], &[3, 2], " ")),
        ("tr", false) => format!("053{} {}", rng.below(10), grouped(&eight[1..], &[3, 2], " ")),
        ("ar", true) => format!("+966 5{eight}"),
        ("ar", false) => format!("05{eight}").chars().map(|c| if rng_even(&eight) { arabic(c) } else { c }).collect(),
        ("ja", true) => format!("+81 90-{}-{}", &eight[..4], &eight[4..]),
        ("ja", false) => format!("090-{}-{}", &eight[..4], &eight[4..]),
        ("ko", true) => format!("+82 10-{}-{}", &eight[..4], &eight[4..]),
        ("ko", false) => format!("010-{}-{}", &eight[..4], &eight[4..]),
        (_, true) => format!("+62 812-{}-{}", &eight[..4], &eight[4..]),
        (_, false) => format!("0812{eight}"),
    }
}

fn rng_even(text: &str) -> bool {
    text.ends_with(['0', '2', '4', '6', '8'])
}

fn arabic(c: char) -> char {
    c.to_digit(10).and_then(|d| char::from_u32(0x660 + d)).unwrap_or(c)
}

fn full_width(text: &str) -> String {
    text.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c)).collect()
}

fn day(rng: &mut Rng) -> (usize, usize, usize) {
    (1950 + rng.below(55), 1 + rng.below(12), 1 + rng.below(28))
}

fn identity(language: &str, rng: &mut Rng) -> String {
    let (year, month, day) = day(rng);
    let weighted = |body: &str, weights: &[u32]| body.bytes().zip(weights).map(|(b, w)| u32::from(b - b'0') * w).sum::<u32>();
    match language {
        "zh" => {
            let body = format!("{}{year}{month:02}{day:02}{}", pick(rng, &["110105", "310115", "440305", "510107"]), digits(rng, 3));
            let check = b"10X98765432"[weighted(&body, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) as usize % 11];
            format!("{body}{}", char::from(check))
        }
        "de" => {
            let body = format!("{}{}", 1 + rng.below(9), digits(rng, 9));
            let product = body.bytes().fold(10, |p, b| {
                let s = (u32::from(b - b'0') + p) % 10;
                (if s == 0 { 10 } else { s }) * 2 % 11
            });
            let number = format!("{body}{}", (11 - product) % 10);
            if rng.below(2) == 0 { number } else { grouped(&number, &[2, 3, 3, 3], " ") }
        }
        "es" => {
            let number = digits(rng, 8);
            format!("{number}{}", char::from(b"TRWAGMYFPDXBNJZSQVHLCKE"[number.parse::<usize>().unwrap_or(0) % 23]))
        }
        "fr" => {
            let body = format!("{}{:02}{month:02}75{}", 1 + rng.below(2), year % 100, digits(rng, 6));
            let key = 97 - body.parse::<u64>().unwrap_or(0) % 97;
            if rng.below(2) == 0 { format!("{body}{key:02}") } else { format!("{} {key:02}", grouped(&body, &[1, 2, 2, 2, 3, 3], " ")) }
        }
        "it" => format!("{}{:02}{}{day:02}H501{}", letters(rng, 6), year % 100, pick(rng, &["A", "C", "T"]), letters(rng, 1)),
        "pt" => {
            let mut number = digits(rng, 9);
            for n in [9u32, 10] {
                let sum: u32 = number.bytes().enumerate().map(|(i, b)| u32::from(b - b'0') * (n + 1 - i as u32)).sum();
                number.push(char::from(b'0' + (sum * 10 % 11 % 10) as u8));
            }
            if rng.below(2) == 0 { number } else { format!("{}.{}.{}-{}", &number[..3], &number[3..6], &number[6..9], &number[9..]) }
        }
        "tr" => {
            let body = format!("{}{}", 1 + rng.below(9), digits(rng, 8));
            let d: Vec<u32> = body.bytes().map(|b| u32::from(b - b'0')).collect();
            let ten = ((d[0] + d[2] + d[4] + d[6] + d[8]) * 7 + 100 - (d[1] + d[3] + d[5] + d[7])) % 10;
            format!("{body}{ten}{}", (d.iter().sum::<u32>() + ten) % 10)
        }
        "ja" => grouped(&digits(rng, 12), &[4, 4, 4], pick(rng, &["", " ", "-"])),
        "ko" => format!(
            "{:02}{month:02}{day:02}-{}{}",
            year % 100,
            if year < 2000 { 1 + rng.below(2) } else { 3 + rng.below(2) },
            digits(rng, 6)
        ),
        "id" => format!("3174{}{day:02}{month:02}{:02}{}", digits(rng, 2), year % 100, digits(rng, 4)),
        _ => format!("1{}", digits(rng, 9)),
    }
}

fn birthdate(language: &str, rng: &mut Rng) -> String {
    let (year, month, day) = day(rng);
    match (language, rng.below(3)) {
        ("zh" | "ja", 0 | 1) => format!("{year}年{month}月{day}日"),
        ("ko", 0 | 1) => format!("{year}년 {month}월 {day}일"),
        ("en", 0) => format!("{day} {} {year}", pick(rng, &["March", "July", "Nov", "December"])),
        ("de", 0) => format!("{day}. {} {year}", pick(rng, &["März", "Juli", "Dezember"])),
        ("es", 0) => format!("{day} de {} de {year}", pick(rng, &["marzo", "enero", "agosto"])),
        ("fr", 0) => format!("{day} {} {year}", pick(rng, &["mars", "février", "août"])),
        ("it", 0) => format!("{day} {} {year}", pick(rng, &["marzo", "luglio", "gennaio"])),
        ("en" | "zh" | "ja" | "ko", _) => format!("{year}-{month:02}-{day:02}"),
        (_, 1) => format!("{day:02}/{month:02}/{year}"),
        _ => format!("{day:02}.{month:02}.{year}"),
    }
}

fn address(language: &str, rng: &mut Rng) -> String {
    let n = 1 + rng.below(240);
    match language {
        "zh" => format!(
            "{}{}{n}号{}",
            pick(rng, &["上海市", "北京市海淀区", "深圳市南山区"]),
            pick(rng, &["南京东路", "中关村大街", "科技路"]),
            pick(rng, &["", "3号楼502室", "2单元"])
        ),
        "ja" => format!(
            "{}{}-{}-{}",
            pick(rng, &["東京都千代田区", "大阪市北区", "横浜市中区"]),
            1 + rng.below(9),
            1 + rng.below(20),
            1 + rng.below(20)
        ),
        "ko" => format!("{} {n}", pick(rng, &["서울시 강남구 테헤란로", "부산시 해운대로", "대전시 대학로"])),
        "de" => format!(
            "{} {n}{}",
            pick(rng, &["Hauptstraße", "Lindenweg", "Goetheallee", "Bahnhofstr"]),
            pick(rng, &["", ", 10115 Berlin", "a"])
        ),
        "es" => format!("Calle {} {n}", pick(rng, &["Mayor", "de Alcalá", "San Juan"])),
        "fr" => format!("{n} {} {}", pick(rng, &["rue", "avenue", "boulevard"]), pick(rng, &["de la Paix", "Victor Hugo", "des Lilas"])),
        "it" => format!("Via {} {n}", pick(rng, &["Roma", "Garibaldi", "della Pace"])),
        "pt" => format!("Rua {}, {n}", pick(rng, &["Augusta", "das Flores", "Direita"])),
        "tr" => format!("{} No {n}", pick(rng, &["Atatürk Caddesi", "Lale Sokak", "Bağdat Caddesi"])),
        "id" => format!("{} {} No. {n}", pick(rng, &["Jalan", "Jl."]), pick(rng, &["Sudirman", "Merdeka", "Diponegoro"])),
        "ar" => format!("شارع {} {n}", pick(rng, &["الملك فهد", "النيل", "الجامعة"])),
        _ => format!("{n} {} {}", pick(rng, &["Baker", "Long Acre", "Elm", "St Mark"]), pick(rng, &["Street", "Road", "Ave", "Lane"])),
    }
}

fn plate(language: &str, rng: &mut Rng) -> String {
    match language {
        "zh" => format!("{}{}{}{}", pick(rng, &["京", "沪", "粤", "浙"]), letters(rng, 1), pick(rng, &["", "·"]), digits(rng, 5)),
        "de" => format!("{}-{} {}", pick(rng, &["B", "HH", "M"]), letters(rng, 2), 100 + rng.below(9899)),
        "fr" | "it" => format!("{}-{}-{}", letters(rng, 2), digits(rng, 3), letters(rng, 2)),
        "es" => format!("{} {}", digits(rng, 4), letters(rng, 3)),
        "pt" => format!("{}-{}", letters(rng, 3), digits(rng, 4)),
        "tr" => format!("{} {} {}", 10 + rng.below(71), letters(rng, 2), digits(rng, 3)),
        "id" => format!("B {} {}", 1000 + rng.below(8999), letters(rng, 3)),
        "ko" => format!("{}{} {}", 10 + rng.below(89), pick(rng, &["가", "나", "마"]), digits(rng, 4)),
        "ja" => format!("{}{} {}-{}", pick(rng, &["品川", "横浜"]), 300 + rng.below(99), 10 + rng.below(89), 10 + rng.below(89)),
        _ => format!("{} {}", letters(rng, 3), digits(rng, 4)),
    }
}

/// What only looks private.
pub(super) fn filler(name: &str, rng: &mut Rng) -> String {
    match name {
        "order" => match rng.below(4) {
            0 => digits(rng, 8),
            1 => format!("{}-{}", letters(rng, 2), digits(rng, 6)),
            2 => format!("{}{}", 1 + rng.below(9), digits(rng, 9)),
            _ => format!("2026{}", digits(rng, 8)),
        },
        "price" => format!("{}{}.{}{}", pick(rng, &["$", "€", "¥"]), 1 + rng.below(2000), digits(rng, 2), ""),
        "date" => format!("2026-0{}-1{}", 1 + rng.below(9), rng.below(10)),
        "version" => format!("{}.{}.{}", rng.below(20), rng.below(20), rng.below(99)),
        _ => (1 + rng.below(499)).to_string(),
    }
}
