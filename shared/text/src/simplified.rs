//! Traditional to simplified Chinese, character by character, which is enough for matching.

use std::sync::LazyLock;

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/simplified.bin"));

/// Pairs of traditional and simplified, sorted; see `build.rs` for the bytes.
static TABLE: LazyLock<Vec<(u16, u16)>> = LazyLock::new(|| {
    let mut bytes = PACKED.iter().copied();
    let mut byte = || bytes.next().unwrap_or_default();
    let count = u16::from_le_bytes([byte(), byte()]);
    let mut last = 0u16;
    let traditional: Vec<u16> = (0..count)
        .map(|_| {
            let difference = match byte() {
                255 => u16::from_le_bytes([byte(), byte()]),
                small => u16::from(small),
            };
            last = last.wrapping_add(difference);
            last
        })
        .collect();
    traditional.into_iter().map(|t| (t, u16::from_le_bytes([byte(), byte()]))).collect()
});

/// The simplified form of `c`, or `c` where it has none.
pub(crate) fn simplified(c: char) -> char {
    let Ok(code) = u16::try_from(u32::from(c)) else { return c };
    let Ok(at) = TABLE.binary_search_by_key(&code, |pair| pair.0) else { return c };
    char::from_u32(u32::from(TABLE[at].1)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::{TABLE, simplified};

    #[test]
    fn folds_what_has_a_simplified_form_and_nothing_else() {
        let folded: String = "電視機沒有聲音，退貨".chars().map(simplified).collect();
        assert_eq!(folded, "电视机没有声音，退货");
        assert_eq!(simplified('退'), '退');
        assert_eq!(simplified('a'), 'a');
        assert!(TABLE.len() > 2500 && TABLE.windows(2).all(|w| w[0].0 < w[1].0), "{}", TABLE.len());
    }
}
