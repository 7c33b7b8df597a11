//! Addresses of East Asia: Chinese roads and blocks, Japanese chōme and banchi, Korean roads and lots. The largest place
//! stands first, the flat last, and nothing but the signs for ward, road and number holds them together.

use crate::Kind;
use crate::cues::{Cue, Cues};
use crate::folded::{Folded, Script, among, is_cjk};

/// How far an address reaches back from its road, in characters.
const BACK: usize = 34;

pub(crate) fn find(folded: &Folded, cues: &Cues, found: &mut Vec<(usize, usize, Kind)>) {
    let mut at = 0;
    let mut done = 0;
    while at < folded.cells.len() {
        let c = folded.at(at);
        let span = match c {
            '로' | '길' | '동' | '리' | '가' => korean(folded, cues, at, done),
            '\u{4e00}'..='\u{9fff}' => han(folded, at, done),
            // みなとみらい2-2-1
            '\u{3041}'..='\u{30fa}' if folded.at(at + 1).is_ascii_digit() => han(folded, at, done),
            _ => None,
        };
        match span {
            Some((from, to)) => {
                found.push((from, to, Kind::Address));
                (at, done) = (to, to);
            }
            None => at += 1,
        }
    }
}

fn digits(folded: &Folded, at: usize) -> usize {
    folded.ahead(at, 24, &|cell| cell.c.is_ascii_digit() || matches!(cell.c, '-' | '−' | 'ー' | '之'))
}

fn numeral(folded: &Folded, at: usize) -> usize {
    let digits = digits(folded, at);
    if digits > 0 { digits } else { folded.ahead(at, 3, &|cell| among("一二三四五六七八九十", cell.c)) }
}

const SIGNS: [&str; 35] = [
    "户", "戶", "条", "之", "鄰", "号楼", "号院", "號樓", "号", "號", "栋", "幢", "座", "单元", "單元", "楼", "樓", "层", "層", "室", "房",
    "弄", "巷", "段", "丁目", "番地", "番", "の", "号室", "階", "棟", "门", "門牌", "组", "队",
];

/// A number after a place's sign: 南京东路100号3楼, 六本木6-10-1, 西新宿2丁目8番1号.
fn han(folded: &Folded, at: usize, done: usize) -> Option<(usize, usize)> {
    let c = folded.at(at);
    let named = matches!(
        c,
        '路' | '街'
            | '道'
            | '巷'
            | '弄'
            | '村'
            | '区'
            | '區'
            | '町'
            | '里'
            | '园'
            | '苑'
            | '庄'
            | '胡'
            | '同'
            | '段'
            | '屯'
            | '镇'
            | '期'
    );
    let mut next = at + 1;
    if folded.at(next) == ' ' {
        next += 1;
    }
    let count = if named { digits(folded, next) } else { numeral(folded, next) };
    if count == 0 || !named && c.is_number() {
        return None;
    }
    let text = folded.text(next, next + count);
    let three = text.split(['-', '−', 'ー']).filter(|part| matches!(part.len(), 1..=4)).count() >= 3;
    let two = text.contains(['-', '−']);
    let sign = SIGNS.iter().filter(|sign| folded.has(next + count, sign)).max_by_key(|sign| sign.len());
    let chome =
        folded.has_any(next + count, "丁目|番地") || folded.has(next + count, "条") && among("東西南北", folded.at(next + count + 1));
    // 味道, 频道 and the like are no roads.
    let other = named && (among("味频頻渠知报報赛管网網线線电電", folded.before(at)) && matches!(c, '道' | '路' | '同'));
    if other {
        return None;
    }
    let from = back(folded, at, done);
    let before = folded.range(from, at + 1);
    // 京都市左京区吉田本町45
    let signs = before.iter().filter(|cell| among("都道府県省市区町村郡區縣县", cell.c)).count();
    if !(named && (sign.is_some() || two || signs >= 3) || three || chome) {
        return None;
    }
    let placed = named || before.iter().any(|cell| among("都道府県市区町村郡", cell.c));
    if from >= at || !placed || (c == '同' || c == '期' || c == '里') && at - from < 2 {
        return None;
    }
    Some((from, units(folded, next + count)))
}

/// On over number and sign as long as they come: 3号楼502室, 2丁目8番1号 サンハイツ203号室.
fn units(folded: &Folded, at: usize) -> usize {
    let mut end = at;
    for _ in 0..10 {
        if let Some(sign) = SIGNS.iter().filter(|sign| folded.has(end, sign)).max_by_key(|sign| sign.len()) {
            end += sign.chars().count();
            continue;
        }
        let compass = among("東西南北", folded.at(end)) && folded.at(end + 1).is_ascii_digit();
        let skip = usize::from(matches!(folded.at(end), ' ' | '-' | ',') || compass);
        let more = digits(folded, end + skip);
        let signed = more > 0 && SIGNS.iter().any(|sign| folded.has(end + skip + more, sign) && *sign != "の");
        let bare = more > 0
            && more <= 5
            && folded.before(end) != ' '
            && !folded.at(end + skip + more).is_in_word()
            && among("元楼栋幢座号室院目地条之號楼樓", folded.before(end))
            && skip == 0;
        if signed || bare {
            end += skip + more;
            continue;
        }
        // A house's name before its room.
        let name = folded.ahead(end + skip, 14, &|cell| {
            matches!(cell.c, '\u{30a0}'..='\u{30ff}')
                || among("小区花园苑大厦院广场公寓ビル館荘城里村", cell.c)
                || is_cjk(cell.c) && !matches!(cell.c, '\u{3040}'..='\u{309f}')
        });
        let room = digits(folded, end + skip + name);
        let after = end + skip + name + room;
        let roomed = name > 0
            && room > 0
            && (folded.has_any(after, "号室|室|号|階|栋|幢|号楼|座|楼|f|-")
                || room > 1 && matches!(folded.at(end + skip), '\u{30a0}'..='\u{30ff}') && !folded.at(after).is_ascii_alphanumeric());
        if !roomed {
            break;
        }
        end += skip + name + room;
    }
    end + postcode(folded, end)
}

/// The length of a postcode after an address, in brackets or after its word: " 610041", " (03923)", " 우편번호 42019".
fn postcode(folded: &Folded, at: usize) -> usize {
    let skip = folded.run(at, |c| matches!(c, ' ' | ',' | '('));
    let word =
        ["우편번호", "邮编", "郵便番号", "〒"].iter().find(|word| folded.has(at + skip, word)).map_or(0, |word| word.chars().count());
    let gap = if word > 0 { folded.run(at + skip + word, |c| matches!(c, ' ' | ':')) } else { 0 };
    let length = folded.run(at + skip + word + gap, |c| c.is_ascii_digit() || c == '-');
    let after = folded.at(at + skip + word + gap + length);
    let told = word > 0 || skip > 0 && matches!(length, 5 | 6) && !after.is_ascii_alphanumeric();
    if told && (5..=8).contains(&length) { skip + word + gap + length + usize::from(after == ')' && word == 0) } else { 0 }
}

/// Where the address begins whose road ends at `at`: Han back to a verb or particle, and the postcode before it.
fn back(folded: &Folded, at: usize, done: usize) -> usize {
    let kana = |c: char| matches!(c, '\u{3041}'..='\u{30fa}');
    let mut from = at;
    if kana(folded.at(at)) {
        from -= folded.behind(done, at, 8, &|cell| kana(cell.c));
    }
    while from > done && at - from < BACK {
        let c = folded.before(from);
        let place = matches!(c, '\u{3400}'..='\u{9fff}' | '々' | 'ヶ' | 'ケ' | 'ノ') || (matches!(c, '\u{30a0}'..='\u{30ff}') && at - from < 4)
            // 美しが丘, 霞が関
            || c == 'が' && among("丘関原崎浜島谷", folded.at(from))
            || kana(c) && folded.at(from) == 'が';
        if !place || among("在是住到址给給至寄往送为為的了我你请請从從和所", c) || (c == '所' && folded.at(from) == 'は')
        {
            break;
        }
        from -= 1;
    }
    // 〒100-0001 東京都…
    let spaces = folded.behind(0, from, 2, &|cell| cell.c == ' ');
    let code = folded.behind(0, from - spaces, 9, &|cell| cell.c.is_ascii_digit() || cell.c == '-');
    // 〒100-0001 in Japan, 404 in Taiwan, 100020 in China.
    let dashes = folded.range(from - spaces - code, from - spaces).iter().filter(|cell| cell.c == '-').count();
    let bare = dashes == 0
        && matches!(code, 3 | 5 | 6)
        && !folded.before(from - spaces - code).is_ascii_alphanumeric()
        && folded.range(from, at).iter().any(|cell| among("市縣省县", cell.c));
    if from < at && (bare || (7..=8).contains(&code) && dashes == code - 7) {
        let mark = usize::from(folded.before(from - spaces - code) == '〒');
        let start = from - spaces - code - mark;
        return if start >= done { start } else { from };
    }
    from
}

/// 서울특별시 강남구 테헤란로 152, 3층; 역삼동 123-45번지; 101동 1203호.
fn korean(folded: &Folded, cues: &Cues, at: usize, done: usize) -> Option<(usize, usize)> {
    let mut next = at + 1;
    if folded.at(next) == ' ' {
        next += 1;
    }
    let count = digits(folded, next);
    if count == 0 || count > 9 {
        return None;
    }
    let hangul = |c: char| matches!(c, '\u{ac00}'..='\u{d7a3}');
    let word = folded.behind(done, at, 8, &|cell| hangul(cell.c) || cell.c.is_ascii_digit());
    let mut from = at - word;
    // City, ward and quarter stand before, each with its sign.
    let mut placed = 0;
    for _ in 0..5 {
        if from < done + 2 || folded.before(from) != ' ' {
            break;
        }
        let length = folded.behind(done, from - 1, 8, &|cell| hangul(cell.c));
        let place = length > 1 && among("시도구군읍면동리", folded.at(from - 2))
            || ["서울", "부산", "대구", "인천", "광주", "대전", "울산", "세종", "경기", "제주", "강원"]
                .iter()
                .any(|city| folded.text(from - 1 - length, from - 1) == *city);
        if !place {
            break;
        }
        placed += 1;
        from -= length + 1;
    }
    let mut end = next + count;
    let lot = ["번지", "번길", "길 "].iter().find(|sign| folded.has(end, sign));
    end += lot.map_or(0, |sign| sign.trim_end().chars().count());
    if lot.is_some() && folded.has(end - 1, "길") {
        let more = digits(folded, folded.skip_spaces(end));
        end = if more > 0 { folded.skip_spaces(end) + more } else { end };
    }
    let told = cues.near(at, Cue::Address, 40);
    let counter = folded.has_any(end, "번|개|시|일|월|년|원|만|명|회|분|층") && lot.is_none();
    if word == 0 || counter || !(placed > 0 || lot.is_some() || (told && word > 1)) {
        return None;
    }
    // Postcode before; floor, house and room after.
    for _ in 0..4 {
        let skip = folded.ahead(end, 2, &|cell| matches!(cell.c, ' ' | ','));
        let named = folded.ahead(end + skip, 10, &|cell| hangul(cell.c));
        let apart = if named > 1 && folded.at(end + skip + named) == ' ' { named + 1 } else { 0 };
        let more = |from: usize| digits(folded, from);
        let unit = |from: usize| ["동", "호", "층"].iter().any(|sign| more(from) > 0 && folded.has(from + more(from), sign));
        if unit(end + skip) {
            end += skip + more(end + skip) + 1;
        } else if apart > 0 && unit(end + skip + apart) {
            end += skip + apart + more(end + skip + apart) + 1;
        } else if folded.has(end, " (") || folded.has(end, "(") {
            let open = end + usize::from(folded.at(end) == ' ');
            let length = folded.ahead(open + 1, 16, &|cell| hangul(cell.c) || matches!(cell.c, ' ' | ','));
            if length == 0 || folded.at(open + 1 + length) != ')' || !among("동리가로길아파트", folded.at(open + length)) {
                break;
            }
            end = open + length + 2;
        } else {
            break;
        }
    }
    end += postcode(folded, end);
    // 04524 서울시 …, (06253) 서울 …
    let marks = folded.behind(done, from, usize::MAX, &|cell| matches!(cell.c, ' ' | ')'));
    let code = folded.behind(done, from - marks, 6, &|cell| cell.c.is_ascii_digit());
    let from = if marks > 0 && code == 5 { from - marks - 5 } else { from };
    Some((from - usize::from(folded.before(from) == '(' && from > done), end))
}
