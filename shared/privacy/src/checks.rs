//! Checksums of numbers that name a person or an account. All take ASCII digits (and letters where the number has any).

fn digits(number: &str) -> Vec<u32> {
    number.chars().filter_map(|c| c.to_digit(10)).collect()
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| d * w).sum()
}

/// Payment cards and several identity numbers (ISO/IEC 7812-1).
pub(crate) fn luhn(number: &str) -> bool {
    let sum: u32 = digits(number).iter().rev().enumerate().map(|(i, &d)| if i % 2 == 0 { d } else { d * 2 / 10 + d * 2 % 10 }).sum();
    sum.is_multiple_of(10)
}

/// A card number of one of the great networks: their first digits and lengths, and Luhn.
pub(crate) fn card(number: &str) -> bool {
    let two: u32 = number.get(..2).and_then(|p| p.parse().ok()).unwrap_or(0);
    let four: u32 = number.get(..4).and_then(|p| p.parse().ok()).unwrap_or(0);
    let known = match number.len() {
        13 | 19 if number.starts_with('4') => true,
        14 => matches!(two, 30 | 36 | 38 | 39),
        15 => matches!(two, 34 | 37),
        16 => number.starts_with('4') || matches!(two, 51..=55 | 60 | 62 | 64 | 65 | 81 | 97) || matches!(four, 2221..=2720 | 3528..=3589),
        17..=19 => matches!(two, 62 | 81 | 60 | 64 | 65) || matches!(two, 50 | 56..=58 | 63 | 67..=69),
        _ => false,
    };
    known && luhn(number)
}

/// IBAN (ISO 13616), lower case or upper.
pub(crate) fn iban(text: &str) -> bool {
    if !(15..=34).contains(&text.len()) || !text.is_ascii() {
        return false;
    }
    let (head, rest) = (crate::folded::part(text, 0, 4), crate::folded::part(text, 4, text.len()));
    let shape = head.bytes().take(2).all(|b| b.is_ascii_alphabetic()) && head.bytes().skip(2).all(|b| b.is_ascii_digit());
    let remainder = rest.chars().chain(head.chars()).try_fold(0u32, |sum, c| {
        let value = c.to_digit(36)?;
        Some(if value > 9 { (sum * 100 + value) % 97 } else { (sum * 10 + value) % 97 })
    });
    // A parcel's number passes one time in 97: its letters are no country's.
    const COUNTRIES: &str = "ad ae al at az ba be bg bh br by ch cr cy cz de dk do ee eg es fi fo fr gb ge gi gl gr gt hr hu ie il iq is it jo kw kz lb lc li lt lu lv ly mc md me mk mr mt mu nl no pk pl ps pt qa ro rs ru sa sc sd se si sk sm st sv tl tn tr ua va vg xk";
    shape && remainder == Some(1) && crate::folded::lists(COUNTRIES, crate::folded::part(head, 0, 2).to_ascii_lowercase().as_str())
}

/// A day that exists, years 1900 to 2099.
pub(crate) fn is_day(year: u32, month: u32, day: u32) -> bool {
    let longest = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1900..2100).contains(&year) && (1..=longest).contains(&day)
}

fn part(number: &str, from: usize, to: usize) -> u32 {
    number.get(from..to).and_then(|p| p.parse().ok()).unwrap_or(0)
}

/// Chinese resident identity number: 18 places (GB 11643-1999) or the older 15.
pub(crate) fn china(number: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    if !number.is_ascii() || !(11..=91).contains(&part(number, 0, 2)) {
        return false;
    }
    match number.len() {
        18 => {
            let sum = weighted(&digits(crate::folded::part(number, 0, 17)), &WEIGHTS);
            let check = b"10x98765432"[sum as usize % 11];
            crate::folded::part(number, 0, 17).bytes().all(|b| b.is_ascii_digit())
                && number.as_bytes()[17].to_ascii_lowercase() == check
                && is_day(part(number, 6, 10), part(number, 10, 12), part(number, 12, 14))
        }
        15 => number.bytes().all(|b| b.is_ascii_digit()) && is_day(1900 + part(number, 6, 8), part(number, 8, 10), part(number, 10, 12)),
        _ => false,
    }
}

/// US social security number: no area 000, 666 or 9xx, no group 00, no serial 0000.
pub(crate) fn us(number: &str) -> bool {
    let area = part(number, 0, 3);
    number.len() == 9 && area != 0 && area != 666 && area < 900 && part(number, 3, 5) != 0 && part(number, 5, 9) != 0
}

/// German tax identification number: ISO 7064 Mod 11,10.
pub(crate) fn germany(number: &str) -> bool {
    let all = digits(number);
    let product = all.iter().take(10).fold(10, |product, d| {
        let sum = (d + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    all.len() == 11 && all[0] != 0 && (11 - product) % 10 == all[10]
}

/// Spanish DNI (eight digits and a letter) or NIE (X, Y or Z, seven digits and a letter).
pub(crate) fn spain(text: &str) -> bool {
    let lowered = text.to_ascii_lowercase();
    if lowered.len() != 9 || !lowered.is_ascii() {
        return false;
    }
    let first = match lowered.as_bytes()[0] {
        b'x' => "0",
        b'y' => "1",
        b'z' => "2",
        _ => crate::folded::part(&lowered, 0, 1),
    };
    let number: Option<usize> = format!("{first}{}", crate::folded::part(&lowered, 1, 8)).parse().ok();
    number.is_some_and(|n| b"trwagmyfpdxbnjzsqvhlcke"[n % 23] == lowered.as_bytes()[8])
}

/// French NIR: thirteen digits and the complement of their remainder by 97.
pub(crate) fn france(number: &str) -> bool {
    let (body, key) = (number.get(..13).and_then(|p| p.parse::<u64>().ok()), number.get(13..).and_then(|p| p.parse::<u64>().ok()));
    number.len() == 15 && matches!(number.as_bytes()[0], b'1' | b'2') && body.zip(key).is_some_and(|(b, k)| 97 - b % 97 == k)
}

/// Italian codice fiscale: sixteen places, the last a checksum.
pub(crate) fn italy(text: &str) -> bool {
    const ODD: [u32; 26] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let bytes = text.as_bytes();
    let shape = "aaaaaa00a00a000a";
    if bytes.len() != 16
        || !bytes.iter().zip(shape.bytes()).all(|(b, s)| if s == b'a' { b.is_ascii_alphabetic() } else { b.is_ascii_digit() })
    {
        return false;
    }
    let value = |b: u8| u32::from(if b.is_ascii_digit() { b - b'0' } else { b.to_ascii_lowercase() - b'a' });
    let sum: u32 = bytes[..15].iter().enumerate().map(|(i, &b)| if i % 2 == 0 { ODD[value(b) as usize] } else { value(b) }).sum();
    sum % 26 == value(bytes[15])
}

/// Brazilian CPF: two check digits modulo 11.
pub(crate) fn brazil(number: &str) -> bool {
    let all = digits(number);
    let check = |n: usize| {
        let sum: u32 = all[..n].iter().enumerate().map(|(i, d)| d * (n as u32 + 1 - i as u32)).sum();
        sum * 10 % 11 % 10
    };
    all.len() == 11 && all.windows(2).any(|w| w[0] != w[1]) && check(9) == all[9] && check(10) == all[10]
}

/// Turkish T.C. kimlik: two check digits.
pub(crate) fn turkey(number: &str) -> bool {
    let all = digits(number);
    if all.len() != 11 || all[0] == 0 {
        return false;
    }
    let odd: u32 = all.iter().take(9).step_by(2).sum();
    let even: u32 = all.iter().take(8).skip(1).step_by(2).sum();
    (odd * 7 + 100 - even) % 10 == all[9] && all[..10].iter().sum::<u32>() % 10 == all[10]
}

/// Korean resident registration number: a birth date, a digit for century and sex, and a place's number. Those issued
/// since October 2020 have no checksum, so none is asked.
pub(crate) fn korea(number: &str) -> bool {
    let century = match number.as_bytes().get(6) {
        Some(b'1' | b'2' | b'5' | b'6') => 1900,
        Some(b'3' | b'4' | b'7' | b'8') => 2000,
        _ => return false,
    };
    number.len() == 13 && is_day(century + part(number, 0, 2), part(number, 2, 4), part(number, 4, 6))
}

/// Indonesian NIK: sixteen digits with a birth date, forty added to the day of women.
pub(crate) fn indonesia(number: &str) -> bool {
    let day = part(number, 6, 8);
    let day = if day > 40 { day - 40 } else { day };
    number.len() == 16 && (11..=96).contains(&part(number, 0, 2)) && is_day(1900 + part(number, 10, 12), part(number, 8, 10), day)
}

/// Emirates ID: 784, a birth year, seven digits, one by Luhn.
pub(crate) fn emirates(number: &str) -> bool {
    number.len() == 15 && number.starts_with("784") && (1900..2100).contains(&part(number, 3, 7)) && luhn(number)
}

/// Egyptian national number: fourteen digits with century and birth date.
pub(crate) fn egypt(number: &str) -> bool {
    let century = match number.as_bytes().first() {
        Some(b'2') => 1900,
        Some(b'3') => 2000,
        _ => return false,
    };
    number.len() == 14 && is_day(century + part(number, 1, 3), part(number, 3, 5), part(number, 5, 7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_published_examples() {
        assert!(card("4111111111111111") && card("378282246310005") && card("6200000000000005") && !card("4111111111111112"));
        assert!(iban("DE89370400440532013000") && iban("GB82WEST12345698765432") && !iban("DE88370400440532013000"));
        assert!(china("11010519491231002X") && !china("110105194912310021") && china("110105491231002"));
        assert!(us("078051120") && !us("666051120"));
        assert!(germany("86095742719") && !germany("86095742718"));
        assert!(spain("12345678Z") && spain("X1234567L") && !spain("12345678A"));
        assert!(france("255081416802538") && !france("255081416802539"));
        assert!(italy("RSSMRA85T10A562S") && !italy("RSSMRA85T10A562T"));
        assert!(brazil("52998224725") && !brazil("52998224724") && !brazil("11111111111"));
        assert!(turkey("10000000146") && !turkey("10000000145"));
        assert!(korea("9001011234567") && !korea("9013011234567"));
        assert!(indonesia("3174096112900001") && egypt("29001011234567") && emirates("784198012345678"));
    }
}
