//! Names in Chinese, Japanese and Korean, where no space and no capital shows where one begins. Families are called by few
//! characters, and these tell a name from a verb: 私は田中です names a person, 私は返品したいです does not.

use crate::Kind;
use crate::cues::{Cue, Hit};
use crate::folded::{Folded, among, holds, is_cjk, one_of, part, place};
use crate::names::group;

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '々')
}

fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30a0}'..='\u{30ff}')
}

fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}')
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}

/// Where the name that begins at `from`, after a cue, ends.
pub(crate) fn after(folded: &Folded, hit: &Hit, from: usize) -> Option<usize> {
    let cue = folded.text(hit.start(), hit.end);
    let is_japanese = cue.chars().any(|c| is_hiragana(c) || is_katakana(c))
        || ["名前", "氏名", "宛名", "名義", "予約", "担当", "会員名", "患者名"].iter().any(|w| holds(cue, w));
    if is_hangul(folded.at(from)) {
        korean(folded, hit, cue, from)
    } else if is_japanese || hit.cue == Cue::Bye && plausible_japanese(folded, from, japanese_length(folded, from)) {
        japanese(folded, hit, cue, from)
    } else if cue.chars().any(is_han) {
        chinese(folded, hit, cue, from)
    } else {
        // "Name: 田中太郎" among English.
        let japanese = japanese_length(folded, from);
        if plausible_japanese(folded, from, japanese) { Some(from + japanese) } else { chinese(folded, hit, cue, from) }
    }
}

/// Names that what follows them gives away: 王先生, 田中と申します, 김민수 드림.
pub(crate) fn find(folded: &Folded, found: &mut Vec<(usize, usize, Kind)>) {
    for at in 1..folded.cells.len() {
        let from = match folded.at(at) {
            '先' | '女' | '小' | '太' | '经' | '医' | '教' | '主' => {
                ["先生", "女士", "小姐", "太太", "经理", "医生", "教授", "主任"]
                    .iter()
                    .any(|t| folded.has(at, t) && folded.at(at + 2) != '姐')
                    .then(|| before_title(folded, at))
                    .flatten()
            }
            '师' | '老' | '律' | '护' | '阿' | '大' if folded.has_any(at, "师傅|老师|律师|护士|阿姨|大哥|大姐") => {
                before_title(folded, at)
            }
            '签' | '代' | '订' | '定' | '预' | '拿' | '取' | '办' | '收'
                if folded.has_any(at, "签收|代收|代取|代签|代办|订的|定的|订了|预订|预约|拿钥|取货|收的|收货") =>
            {
                before_title(folded, at)
                    .or_else(|| at.checked_sub(2).filter(|&from| among("小阿", folded.at(from))))
                    .filter(|&from| at - from > 1 && among("是由被让给跟用找叫", folded.before(from)))
            }
            'と' => before_japanese_verb(folded, at),
            '様' | 'さ' | '氏' if folded.has(at, "様") || folded.has(at, "さん") => back_to_plausible(folded, at),
            'で' | 'に' if folded.has_any(at, "で予約|で登録|で契約|で申し込|になり|になって|に変わ|に変更") => {
                back_to_plausible(folded, at).filter(|&from| !is_cjk(folded.before(from)) || among("にはがのでとも", folded.before(from)))
            }
            'で' if folded.has(at, "です") && ends_clause(folded, at + 2) => back_to_plausible(folded, at)
                .filter(|&from| is_clause_start(folded, from) || folded.text(from.saturating_sub(2), from) == "れの")
                .or_else(|| given_in_kana(folded, at)),
            '로' | '으' if folded.has_any(at, "로 예약|으로 예약|로 나와|으로 나와|로 찍|으로 찍|로 가입|으로 가입|로 개명|으로 개명") =>
            {
                let from = at - folded.behind(0, at, 6, &|cell| is_hangul(cell.c));
                let name = folded.text(from, at);
                (plausible_korean(name) && !name.ends_with(['점', '역', '일', '명', '행', '증', '금'])).then_some(from)
            }
            '라' | '이' | '님' | '씨' | '드' | '올' | '입' | '대' | '과' | '부' | '팀' | '선' | '기' | '간' | '상' | '매' | '원' => {
                before_korean(folded, at)
            }
            _ => None,
        };
        if let Some(from) = from.filter(|&from| from < at) {
            let to = at - folded.behind(from, at, usize::MAX, &|cell| cell.c == ' ');
            found.push((from, to, Kind::Name));
        }
    }
}

fn ends_clause(folded: &Folded, at: usize) -> bool {
    !is_cjk(folded.at(at)) || folded.has_any(at, "が|けど|。")
}

fn is_clause_start(folded: &Folded, at: usize) -> bool {
    at == 0
        || matches!(folded.before(at), '。' | '、' | '!' | '?' | '\n' | ',' | '.')
        || (folded.before(at) == ' ' && (at < 2 || matches!(folded.before(at - 1), '。' | '、' | '!' | ',' | '.' | '\n' | '요')))
}

// Chinese

const COMPOUND: &str = "欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 司徒 东方 独孤 南宫 夏侯 皇甫 尉迟 公孙 慕容 令狐";
const FOREIGN: &str = "安娜玛丽亚约翰卫迈克尔彼得斯露西艾米莉历杰森汤姆琳达贝蒂罗伯特莎拉凯文珍妮托尼索菲菲娅";

fn surname(folded: &Folded, at: usize) -> usize {
    if COMPOUND.split(' ').any(|name| folded.has(at, name)) { 2 } else { usize::from(among(group("zh_sur"), folded.at(at))) }
}

/// Characters after a surname that may be a given name: at most two.
fn given(folded: &Folded, at: usize) -> usize {
    folded.ahead(at, 2, &|cell| is_han(cell.c) && !among(group("zh_stop"), cell.c))
}

fn chinese(folded: &Folded, hit: &Hit, cue: &str, from: usize) -> Option<usize> {
    let run = folded.ahead(from, 16, &|cell| is_han(cell.c) || cell.c == '·');
    let says = matches!(hit.cue, Cue::Says | Cue::Label);
    if let Some(dot) = folded.text(from, from + run).chars().position(|c| c == '·').filter(|&dot| dot > 0 && says) {
        let last = folded.ahead(from + dot + 1, 6, &|cell| is_han(cell.c) && !among(group("zh_stop"), cell.c));
        return (last > 0).then_some(from + dot + 1 + last);
    }
    let family = surname(folded, from);
    if cue.ends_with('姓') && hit.cue == Cue::Says {
        return (family > 0).then_some(from + family);
    }
    if family == 0 {
        let nick = among("小阿", folded.at(from)) && says;
        let own = folded.ahead(from, 6, &|cell| among(FOREIGN, cell.c));
        return match (nick, given(folded, from + 1)) {
            (true, 1..) => Some(from + 2),
            _ => (says && own >= 2).then_some(from + own),
        };
    }
    let length = family + given(folded, from + family);
    let whole = length == run;
    // What one is, not who: 我是高级会员, 我是程序员.
    let kind = folded.range(from, from + length).iter().any(|cell| among("级金卡序卓何时便客员户生师工家店商粉常万国國", cell.c));
    let fits = match hit.cue {
        Cue::Says | Cue::Label | Cue::Of | Cue::Title | Cue::Kin => true,
        Cue::Iam | Cue::Pair => (whole || hit.cue == Cue::Pair && folded.has_any(from + length, "的|订|收|代|取|签|预|拿|，")) && !kind,
        Cue::Bye => whole && (ends_message(folded, from + length) || folded.at(from + length) == ' '),
        _ => false,
    };
    (length > family && fits).then_some(from + length)
}

fn ends_message(folded: &Folded, at: usize) -> bool {
    folded.rest(at).iter().find(|cell| !matches!(cell.c, ' ' | '。' | '.' | '!' | '\r')).is_none_or(|cell| cell.c == '\n')
}

fn before_title(folded: &Folded, at: usize) -> Option<usize> {
    (1..=4.min(at)).rev().map(|back| at - back).find(|&from| {
        let family = surname(folded, from);
        family > 0
            && at - from < family + 3
            && family <= at - from
            && folded
                .range(from + family, at)
                .iter()
                .all(|cell| is_han(cell.c) && !among("中校二三任", cell.c) && !among(group("zh_stop"), cell.c))
    })
}

// Japanese

/// How long the name that may begin at `from` is: Han, katakana, a space or dot within.
fn japanese_length(folded: &Folded, from: usize) -> usize {
    let inside = |cell: &&crate::folded::Cell| is_han(cell.c) || is_katakana(cell.c) || matches!(cell.c, ' ' | '・');
    let mut run = folded.rest(from).iter().take(16).take_while(inside).count();
    // "橋本学 電話番号：…": a form goes on.
    let text = folded.text(from, from + run);
    let label = |space: usize| {
        ["電", "住", "注", "番", "メ", "生", "フリ", "携", "会"].iter().any(|word| part(text, space + 1, text.len()).starts_with(word))
    };
    if let Some((space, _)) = text.match_indices(' ').find(|&(space, _)| label(space)) {
        run = part(text, 0, space).chars().count();
    }
    run - folded.behind(from, from + run, usize::MAX, &|cell| cell.c == ' ')
}

/// Whether it begins with characters that families are called by.
fn plausible_japanese(folded: &Folded, from: usize, length: usize) -> bool {
    let (first, second) = (folded.at(from), folded.at(from + 1));
    let pair = among(group("ja_first"), first) && (among(group("ja_last"), second) || second == ' ') && is_han(first);
    let three = folded.has(from, "佐々木") || folded.has(from, "長谷川") || folded.has(from, "五十嵐");
    let one =
        among("林森原関東南堀辻桂星", first) && (3..=4).contains(&length) && among("太一美子郎香花大健", folded.at(from + length - 1));
    (2..=8).contains(&length) && (pair || three || one) && !is_no_japanese(folded, from + 1, from + length)
}

fn is_no_japanese(folded: &Folded, from: usize, to: usize) -> bool {
    let text = folded.text(from, to);
    group("ja_not").split(' ').any(|word| holds(text, word))
}

fn japanese(folded: &Folded, hit: &Hit, cue: &str, from: usize) -> Option<usize> {
    let mut length = japanese_length(folded, from);
    // "名義は": a longer cue says it.
    if hit.cue != Cue::Says && matches!(folded.at(from), 'は' | 'が' | 'の' | 'を') {
        return None;
    }
    if length == 0 {
        // さくら: in hiragana alone, before what ends the sentence.
        let run = folded.ahead(from, 16, &|cell| is_hiragana(cell.c) || cell.c == ' ');
        let text = folded.text(from, from + run);
        length = ["と申し", "といい", "です"].iter().filter_map(|e| place(text, e)).min().map(|at| part(text, 0, at).chars().count())?;
        let words = text.chars().take(length).collect::<String>();
        let known =
            ["たい", "ない", "ちが", "まちが", "ひら", "から", "どう", "なん", "いつ", "はじめて", "だめ", "きゃく", "ただ", "あって"];
        return ((2..=8).contains(&length) && cue != "私は" && !known.iter().any(|w| holds(&words, w))).then_some(from + length);
    }
    let to = from + length;
    let ended = folded.has_any(to, "と申し|といい|と言い|です|でございます|だ|になっ|名義|宛|様|さん|で|の|が|に|へ");
    let closed = ended || !is_cjk(folded.at(to));
    let plausible = plausible_japanese(folded, from, length);
    let weak = one_of("私は|わたしは|僕は", cue);
    let fits = match hit.cue {
        Cue::Bye => plausible && (ends_message(folded, to) || matches!(folded.at(to), ' ' | '〒')),
        _ if weak => ended && (plausible || folded.text(from, to).contains('・')),
        _ => closed && (plausible || ((2..=12).contains(&length) && !is_no_japanese(folded, from, to))),
    };
    fits.then_some(to)
}

/// 鈴木あすかです: a family in Han, a given name in hiragana, at the beginning of a clause.
fn given_in_kana(folded: &Folded, at: usize) -> Option<usize> {
    let kana = folded.behind(0, at, 4, &|cell| is_hiragana(cell.c));
    let gap = usize::from(at > kana && folded.before(at - kana) == ' ');
    let end = at - kana - gap;
    let from = end - folded.behind(0, end, 3, &|cell| is_han(cell.c));
    let family = end > from + 1
        && plausible_japanese(folded, from, end - from)
        && !folded.text(end, at).contains(['の', 'を', 'に', 'は', 'い', 'る']);
    (kana > 1 && family && (is_clause_start(folded, from) || folded.text(from.saturating_sub(2), from) == "れの")).then_some(from)
}

fn before_japanese_verb(folded: &Folded, at: usize) -> Option<usize> {
    if folded.has(at, "と申") {
        let back = |passes: fn(char) -> bool| folded.behind(0, at, 12, &|cell| passes(cell.c));
        let length = back(|c| is_han(c) || is_katakana(c) || matches!(c, '・' | ' '));
        let length = length - folded.range(at - length, at).iter().take_while(|cell| cell.c == ' ').count();
        if (2..=10).contains(&length) {
            return Some(at - length).filter(|&from| !is_no_japanese(folded, from, at));
        }
        let latin = back(|c| c.is_ascii_alphabetic() || c == ' ');
        let kana = back(is_hiragana);
        let spaced = back(|c| is_hiragana(c) || c == ' ');
        let length = if latin > 1 {
            latin
        } else if spaced == at {
            spaced
        } else {
            kana
        };
        return (length >= 2 && is_clause_start(folded, at - length)).then_some(at - length);
    }
    if folded.has(at, "といいます") || folded.has(at, "と言います") { back_to_plausible(folded, at) } else { None }
}

/// The longest name with a known family before `at`.
fn back_to_plausible(folded: &Folded, at: usize) -> Option<usize> {
    let run = folded.behind(0, at, 8, &|cell| is_han(cell.c) || is_katakana(cell.c) || cell.c == ' ');
    (at - run..at.saturating_sub(1)).find(|&from| plausible_japanese(folded, from, at - from)).filter(|&from| !is_han(folded.before(from)))
}

// Korean

fn is_no_korean(name: &str) -> bool {
    group("ko_not").split(' ').any(|word| holds(name, word))
}

/// Families of two syllables.
const DOUBLE: [&str; 5] = ["남궁", "황보", "제갈", "선우", "독고"];

/// A family's syllable and two given ones, or one.
fn plausible_korean(name: &str) -> bool {
    let count = name.chars().filter(|c| *c != ' ').count();
    let double = DOUBLE.iter().any(|family| name.starts_with(family));
    (count == 3 || (count == 4 && double))
        && name.chars().next().is_some_and(|c| among(group("ko_sur"), c) || double)
        && !is_no_korean(name)
}

fn korean(folded: &Folded, hit: &Hit, cue: &str, from: usize) -> Option<usize> {
    let run = folded.ahead(from, 14, &|cell| is_hangul(cell.c) || cell.c == ' ');
    let text = folded.text(from, from + run);
    let endings = [
        "이세요",
        "이신데",
        "으로",
        "이구요",
        "이거든",
        "인가요",
        "이라서",
        "이라고",
        "라고",
        "입니다",
        "이에요",
        "이예요",
        "예요",
        "이고",
        "인데",
        "이며",
        "이야",
        "이요",
    ];
    let ended = endings.iter().filter_map(|ending| place(text, ending)).min().map(|at| part(text, 0, at).trim_end());
    let weak = matches!(cue, "저는") || hit.cue == Cue::Iam;
    if let Some(name) = ended {
        let count = name.chars().count();
        let short =
            count == 2 && name.chars().next().is_some_and(|c| among("김이박최정강조윤장임", c)) && folded.has(from + count, "이라고");
        let own = !weak && (2..=9).contains(&count) && name.split(' ').count() <= 2 && !is_no_korean(name);
        if plausible_korean(name)
            || own
            || short
            || (weak && holds(folded.text(from, from + run), "라고 ") && (2..=4).contains(&count) && !is_no_korean(name))
        {
            return Some(from + count);
        }
        if weak {
            return None;
        }
    }
    if weak || hit.cue == Cue::Says {
        return None;
    }
    // "받는 사람: 김민수, …": the word alone, or with a particle.
    let word = text.split(' ').next().unwrap_or_default();
    let word = if word.chars().count() == 1 { text } else { word };
    let three: String = word.chars().take(3).collect();
    let tail = word.strip_prefix(three.as_str()).unwrap_or_default();
    let particle = one_of("|은|는|이|가|을|를|의|에게|님|씨|으로|로|이고|고", tail);
    let fits = plausible_korean(&three) && particle && (hit.cue != Cue::Bye || ends_message(folded, from + 3) || holds(text, "드림"));
    fits.then_some(from + 3)
}

fn before_korean(folded: &Folded, at: usize) -> Option<usize> {
    let follows = |words: &[&str]| words.iter().any(|word| folded.has(at, word));
    let said = follows(&[
        "라고 합니다",
        "라고 해요",
        "라고 하는데",
        "라고합니다",
        "이라고 합니다",
        "이라고 해요",
        "이라고 하는데",
        "이라고합니다",
    ]);
    let signed = follows(&["드림", "올림"]) && folded.before(at) == ' ' && ends_message(folded, at + 2);
    let titled = follows(&["님", "씨"])
        || folded.before(at) == ' '
            && follows(&[
                "대리님",
                "과장님",
                "부장님",
                "팀장님",
                "선생님",
                "기사님",
                "간호사",
                "상담사",
                "상담원",
                "매니저",
                "원장님",
                "대표님",
            ]);
    let stated = follows(&["입니다", "이에요"]) && ends_message_or_clause(folded, at + 3);
    if !(said || signed || titled || stated) {
        return None;
    }
    let end = if folded.before(at) == ' ' { at - 1 } else { at };
    let count = folded.behind(0, end, 6, &|cell| is_hangul(cell.c));
    let mut from = end - count;
    if let Some(family) =
        from.checked_sub(3).filter(|&start| DOUBLE.contains(&folded.text(start, start + 2)) && folded.at(start + 2) == ' ')
    {
        from = family;
    }
    let name = folded.text(from, end);
    let plausible = plausible_korean(name) || (said && (2..=4).contains(&count) && !is_no_korean(name));
    (plausible && (!stated || (end == at && is_clause_start(folded, from)))).then_some(from)
}

fn ends_message_or_clause(folded: &Folded, at: usize) -> bool {
    !is_cjk(folded.at(at)) && folded.at(at) != ' ' || at >= folded.cells.len()
}
