//! Of the word vectors of the twelve languages as they are served, and of hostile files.

use crate::static_vectors::StaticVectors;

/// Part of the test, so that it runs where there are no files.
const FILES: [(&str, &[u8]); 12] = [
    ("ar", include_bytes!("../vectors/ar.bin")),
    ("de", include_bytes!("../vectors/de.bin")),
    ("en", include_bytes!("../vectors/en.bin")),
    ("es", include_bytes!("../vectors/es.bin")),
    ("fr", include_bytes!("../vectors/fr.bin")),
    ("id", include_bytes!("../vectors/id.bin")),
    ("it", include_bytes!("../vectors/it.bin")),
    ("ja", include_bytes!("../vectors/ja.bin")),
    ("ko", include_bytes!("../vectors/ko.bin")),
    ("pt", include_bytes!("../vectors/pt.bin")),
    ("tr", include_bytes!("../vectors/tr.bin")),
    ("zh", include_bytes!("../vectors/zh.bin")),
];

fn file(language: &str) -> &'static [u8] {
    FILES.iter().find(|(of, _)| *of == language).map_or(&[], |(_, bytes)| bytes)
}

fn cosine(vectors: &StaticVectors, a: &str, b: &str) -> f32 {
    vectors.encode(a).iter().zip(vectors.encode(b)).map(|(x, y)| x * y).sum()
}

/// How a visitor asks is nearer to the article that answers than to another one.
#[track_caller]
fn check(language: &str, question: &str, right: &str, other: &str) {
    let vectors = StaticVectors::load(file(language)).unwrap();
    let (near, far) = (cosine(&vectors, question, right), cosine(&vectors, question, other));
    assert!(near > far, "{language}: {question:?}: {near} to {right:?}, {far} to {other:?}");
}

#[test]
fn paying_is_nearer_to_payment_methods_than_to_opening_hours() {
    check("ar", "كيف أدفع؟", "طرق الدفع", "ساعات العمل");
    check("de", "Wie kann ich bezahlen?", "Zahlungsmethoden", "Öffnungszeiten");
    check("en", "how do I pay", "Payment methods", "Opening hours");
    check("es", "¿cómo puedo pagar?", "Métodos de pago", "Horario de apertura");
    check("fr", "comment puis-je payer ?", "Moyens de paiement", "Horaires d'ouverture");
    check("id", "bagaimana cara bayar?", "Metode pembayaran", "Jam buka");
    check("it", "come posso pagare?", "Metodi di pagamento", "Orari di apertura");
    check("ja", "どうやって払えばいいですか", "お支払い方法", "営業時間");
    check("ko", "어떻게 결제하나요?", "결제 수단", "영업시간");
    check("pt", "como posso pagar?", "Métodos de pagamento", "Horário de funcionamento");
    check("tr", "nasıl ödeyebilirim?", "Ödeme yöntemleri", "Çalışma saatleri");
    check("zh", "怎么付钱", "支付方式", "营业时间");
}

#[test]
fn words_that_are_in_no_table_are_read_by_their_parts() {
    check("de", "Wo finde ich den Zahlungsmethodenwechsel?", "Zahlung", "Wetter");
    check("tr", "kargomuzdakilerin", "kargo", "hava");
    check("ko", "환불해주시겠어요", "환불", "날씨");
    check("ar", "وبالدفعات", "الدفع", "الطقس");
}

#[test]
fn files_say_what_they_are_and_stay_small() {
    for (language, bytes) in FILES {
        assert!(bytes.len() < 900_000, "{language}: {} bytes", bytes.len());
        let vectors = StaticVectors::load(bytes).unwrap();
        assert_eq!(vectors.language(), Some(language));
        let text = vectors.encode("a b c 1 2 3 支付 دفع 결제");
        let length = text.iter().map(|v| v * v).sum::<f32>();
        assert!(text.len() == vectors.width() && (length < 1e-6 || (length - 1.0).abs() < 1e-4), "{language}: {length}");
        assert!(vectors.encode("").iter().all(|v| *v == 0.0));
    }
}

/// The same words give the same bits, natively and under WebAssembly.
#[test]
fn vectors_are_the_same_bits_on_every_target() {
    let vectors = StaticVectors::load(file("en")).unwrap();
    let bits = vectors.encode("How do I pay with a gift card?").iter().fold(0u32, |h, v| h.rotate_left(5) ^ v.to_bits());
    assert_eq!(bits, EN_BITS);
}

const EN_BITS: u32 = 1_103_770_862;

#[test]
fn hostile_files_never_panic() {
    let whole = file("en");
    for end in (0..whole.len()).step_by(40_013).chain([3, 19, 20, 21, whole.len() - 1]) {
        assert!(StaticVectors::load(&whole[..end]).is_err(), "cut at {end}");
    }
    // Every byte of the head set to every value: the checksum does not cover it.
    for at in 0..20 {
        for value in 0..=255u8 {
            let mut bytes = whole[..2000].to_vec();
            bytes[at] = value;
            assert!(StaticVectors::load(bytes).is_err(), "byte {at} as {value}");
        }
    }
    for at in (20..whole.len()).step_by(30_011) {
        let mut bytes = whole.to_vec();
        bytes[at] ^= 0x10;
        assert!(StaticVectors::load(bytes).is_err(), "byte {at}");
    }
    // Whatever is taken to be whole must be usable, its checksum set right as an attacker would.
    let mut rng = crate::Rng::new(1);
    for _ in 0..300 {
        let mut bytes = vec![0u8; 20 + rng.below(400)];
        bytes.iter_mut().for_each(|b| *b = rng.next_u64() as u8);
        let (width, bits, units) = (1 + rng.below(6), 1 + rng.below(9), rng.below(9));
        bytes[..8].copy_from_slice(b"NVEC\x01de\x01");
        bytes[8] = bits as u8;
        bytes[10..12].copy_from_slice(&(width as u16).to_le_bytes());
        bytes[12..16].copy_from_slice(&(units as u32).to_le_bytes());
        bytes.resize(20 + width * 4 + units * 5 + units * width * bits / 8, 0);
        let sum = crate::static_vectors::unit_hash(bytes[20..].iter().map(|&b| char::from(b)));
        bytes[16..20].copy_from_slice(&sum.to_le_bytes());
        if let Ok(vectors) = StaticVectors::load(bytes) {
            vectors.encode("how do I pay 支付方式");
        }
    }
}
