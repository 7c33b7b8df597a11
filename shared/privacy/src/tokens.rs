//! What gives itself away by its shape: e-mail addresses, IP and MAC addresses, addresses of the web that carry a token,
//! coordinates.

use crate::Kind;
use crate::cues::{Cue, Cues};
use crate::folded::{Folded, Script, among, holds, is_cjk, lists, place};

pub(crate) fn find(folded: &Folded, cues: &Cues, found: &mut Vec<(usize, usize, Kind)>) {
    let mut at = 0;
    while at < folded.cells.len() {
        // Words in the sense of these finders: everything but white space and brackets.
        let length = folded.ahead(at, usize::MAX, &|cell| is_inside(cell.c));
        if length > 0 {
            word(folded, cues, at, at + length, found);
        }
        at += length.max(1);
    }
    coordinates(folded, found);
}

fn is_inside(c: char) -> bool {
    !c.is_blank() && !is_cjk(c) && !matches!(c, '<' | '>' | '"' | '(' | ')' | '[' | ']' | '。' | '、' | '「' | '」')
}

fn word(folded: &Folded, cues: &Cues, from: usize, to: usize, found: &mut Vec<(usize, usize, Kind)>) {
    let end = from
        + folded.range(from, to).iter().rposition(|cell| !matches!(cell.c, '.' | ',' | ';' | '!' | '?' | ':' | '\'')).map_or(0, |p| p + 1);
    if let Some(url) = ["https://", "http://", "www."].iter().find_map(|start| (from..end).find(|&at| folded.has(at, start))) {
        let stop = (url..end).find(|&at| is_cjk(folded.at(at))).unwrap_or(end);
        if has_token(folded.text(url, stop)) {
            found.push((url, stop, Kind::Url));
        }
        return;
    }
    let mut start = from;
    for at_sign in (from..end).filter(|&at| folded.at(at) == '@') {
        if let Some(span) = email(folded, start, at_sign, end) {
            start = span.1;
            found.push(span);
        }
    }
    if start > from {
        return;
    }
    found.extend(token(folded, cues, from, end).map(|(from, to)| (from, to, Kind::Secret)));
    let start = from + folded.range(from, end).iter().rposition(|cell| !is_address(cell.c)).map_or(0, |p| p + 1);
    let text = folded.text(start, end);
    if is_ip(text) && !is_version(folded, cues, start) {
        found.push((start, end, Kind::Ip));
    } else if is_mac(text) {
        found.push((start, end, Kind::Mac));
    }
}

/// Whether the four numbers at `at` are a release and no address: "firmware 1.84.1.0", "v1.2.3.4".
fn is_version(folded: &Folded, cues: &Cues, at: usize) -> bool {
    let address = || folded.text(at.saturating_sub(16), at).split(|c: char| !c.is_in_word()).any(|word| word == "ip");
    folded.before(at).is_ascii_alphanumeric() && !folded.text(at.saturating_sub(2), at).ends_with("ip")
        || (cues.near(at, Cue::Version, 24) && !address())
}

/// A key or session by the prefix that its issuer gives it, or by being long and random.
fn token(folded: &Folded, cues: &Cues, from: usize, end: usize) -> Option<(usize, usize)> {
    const PREFIXES: &str = "ghp_ gho_ ghs_ ghu_ github_pat_ glpat- sk_live_ sk_test_ pk_live_ pk_test_ rk_live_ sk- xoxb- xoxp- xoxa- akia aiza npm_ eyj sg. whsec_ hf_ ya29. pypi- dop_v1_ shpat_";
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/' | '=' | '~');
    let mut at = from;
    while at < end {
        let length = folded.range(at, end).iter().take_while(|cell| inside(cell.c)).count();
        // After "key=" the token begins.
        let begin =
            folded.range(at, at + length).iter().take(length.saturating_sub(3)).rposition(|cell| cell.c == '=').map_or(at, |p| at + p + 1);
        let cells = folded.range(begin, at + length);
        if cells.len() >= 16 {
            let count = |passes: fn(char) -> bool| cells.iter().filter(|cell| passes(cell.written)).count();
            let (digits, small, large) =
                (count(|c| c.is_ascii_digit()), count(|c| c.is_ascii_lowercase()), count(|c| c.is_ascii_uppercase()));
            let text = folded.text(begin, at + length);
            let issued = PREFIXES.split(' ').any(|prefix| text.starts_with(prefix)) && digits > 0;
            let plain = cells.iter().all(|cell| cell.c.is_ascii_alphanumeric() || matches!(cell.c, '_' | '-'));
            let mixed = cells.len() >= 28 && plain && digits >= 3 && small >= 3 && large >= 3;
            let hex = cells.len() >= 32 && digits >= 6 && small + large >= 4 && cells.iter().all(|cell| cell.c.is_ascii_hexdigit());
            if issued || ((mixed || hex) && cues.before(begin) != Some(Cue::Thing)) {
                return Some((begin, at + length));
            }
        }
        at += length.max(1);
    }
    None
}

fn is_address(c: char) -> bool {
    c.is_ascii_hexdigit() || matches!(c, '.' | ':' | '-')
}

/// An address around `at_sign`: local part and domain of RFC 5321's common form, letters of any script in the domain.
fn email(folded: &Folded, from: usize, at_sign: usize, to: usize) -> Option<(usize, usize, Kind)> {
    let local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'') || (c.is_in_word() && !is_cjk(c));
    let domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-') || (c.is_letter() && !is_cjk(c));
    let start = (from..at_sign).rev().take_while(|&at| local(folded.at(at))).last()?;
    let mut end = at_sign + 1 + (at_sign + 1..to).take_while(|&at| domain(folded.at(at))).count();
    while end > at_sign + 1 && matches!(folded.at(end - 1), '.' | '-') {
        end -= 1;
    }
    let host = folded.text(at_sign + 1, end);
    let (name, top) = host.rsplit_once('.')?;
    (!name.is_empty() && top.chars().count() >= 2 && top.chars().all(Script::is_letter)).then_some((start, end, Kind::Email))
}

/// Sites whose pages bear people's names.
const PEOPLE: &str = "instagram.com/ x.com/ twitter.com/ facebook.com/ fb.com/ m.facebook.com/ t.me/ wa.me/ tiktok.com/@ linkedin.com/in/ weibo.com/ threads.net/@ vk.com/ youtube.com/@ github.com/ xiaohongshu.com/user/ space.bilibili.com/ pinterest.com/ snapchat.com/add/ blog.naver.com/ note.com/";

/// Whether an address carries something that lets its holder in: a secret by name, a user before the host, or a long
/// random part.
fn has_token(url: &str) -> bool {
    const NAMES: [&str; 14] = [
        "token=",
        "key=",
        "apikey=",
        "api_key=",
        "sig=",
        "signature=",
        "session=",
        "sid=",
        "auth=",
        "code=",
        "password=",
        "pwd=",
        "secret=",
        "access=",
    ];
    let rest = place(url, "://").map_or(url, |at| crate::folded::part(url, at + 3, url.len()));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let query = rest.find(['?', '#', ';']).map_or("", |at| crate::folded::part(rest, at + 1, rest.len()));
    // A value of letters and digits at random, whatever it is called.
    let drawn = |pair: &str| {
        let value = pair.split_once('=').map_or("", |(_, value)| value);
        value.len() >= 8 && value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().filter(u8::is_ascii_alphabetic).count() > 1
    };
    let named = query.split(['&', ';', '#', '?']).any(|pair| NAMES.iter().any(|name| holds(pair, name)) || drawn(pair))
        // A page that is a person's.
        || PEOPLE.split(' ').any(|site| rest.strip_prefix("www.").unwrap_or(rest).strip_prefix(site).is_some_and(|who| who.len() > 2));
    let random = |part: &str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        part.len() >= 20
            && digits >= 3
            && digits < part.len()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    };
    named || host.contains('@') || rest.split(['/', '?', '&', '=', '#']).skip(1).any(random)
}

/// IPv4 in four parts, or IPv6 with at least two colons. By hand: the standard library's parsers weigh 6 KB in a browser.
fn is_ip(text: &str) -> bool {
    if text.contains('.') {
        let part = |p: &str| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()) && p.parse::<u16>().is_ok_and(|n| n < 256);
        return text.split('.').count() == 4 && text.split('.').all(part);
    }
    let groups = text.split(':').count();
    let short = text.as_bytes().windows(2).filter(|two| two == b"::").count();
    let whole = text.split(':').all(|g| g.len() <= 4 && g.bytes().all(|b| b.is_ascii_hexdigit()));
    let empty = text.split(':').filter(|g| g.is_empty()).count();
    whole
        && (3..=8).contains(&groups)
        && (short == 1 || (short == 0 && groups == 8))
        && empty <= 2
        && text.bytes().any(|b| b.is_ascii_digit())
}

fn is_mac(text: &str) -> bool {
    // "aabb.ccdd.eeff" as well.
    let (marks, places): (&[char], _) = if text.contains('.') { (&['.'], 4) } else { (&[':', '-'], 2) };
    text.split(marks).count() * places == 12
        && text.split(marks).all(|p| p.len() == places && p.bytes().all(|b| b.is_ascii_hexdigit()))
        && (places == 2 || text.bytes().any(|b| b.is_ascii_alphabetic()))
}

/// What stands between latitude and longitude: a mark, hemispheres, or the second one's name.
fn between(text: &str) -> bool {
    const NAMES: &str = "n s e w o lat lon long lng and et y und e ve dan length longitude longitud lange longitudine boylam bujur 経度 经度 北 南 東 东 西 緯 纬 度 경도 북위 동경 خط طول";
    text.split(|c: char| !c.is_in_word()).all(|word| word.is_empty() || lists(NAMES, word))
}

/// Two decimal numbers with three places or more, latitude and longitude.
fn coordinates(folded: &Folded, found: &mut Vec<(usize, usize, Kind)>) {
    let mut at = 0;
    let mut last: Option<(usize, usize, u32)> = None;
    while at < folded.cells.len() {
        let c = folded.at(at);
        let begins = (c.is_ascii_digit() || (c == '-' && folded.at(at + 1).is_ascii_digit()))
            && !folded.before(at).is_ascii_alphanumeric()
            && folded.before(at) != '.';
        if !begins {
            at += 1;
            continue;
        }
        let sign = usize::from(c == '-');
        let length = sign + folded.ahead(at + sign, usize::MAX, &|cell| cell.c.is_ascii_digit() || cell.c == '.');
        let text = folded.text(at, at + length);
        let places = text.split_once('.').map_or(0, |(_, p)| p.len());
        let whole = text.trim_start_matches('-').split('.').next().and_then(|w| w.parse::<u32>().ok());
        let value = whole.filter(|whole| places >= 3 && *whole <= 180 && text.matches('.').count() == 1);
        if let (Some((from, to, latitude)), Some(_)) = (last, value)
            && latitude <= 90
            && at - to <= 16
            && between(folded.text(to, at))
        {
            let hemisphere = folded.range(at + length, at + length + 3).iter().take_while(|cell| matches!(cell.c, ' ' | '°')).count();
            let letter = at + length + hemisphere;
            let lettered = among("eowns", folded.at(letter)) && !folded.at(letter + 1).is_in_word();
            found.push((from, if lettered { letter + 1 } else { at + length }, Kind::Geo));
            last = None;
        } else {
            last = value.map(|v| (at, at + length, v));
        }
        at += length.max(1);
    }
}
