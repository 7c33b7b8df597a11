use crate::*;

#[track_caller]
fn check_normalize(input: &str, expected: &str) {
    assert_eq!(normalize(input), expected, "normalising {input:?}");
}

#[test]
fn folds_what_does_not_change_the_meaning() {
    check_normalize("HELLO  World\n", "hello world");
    check_normalize("ＡＢＣ１２３", "abc123");
    check_normalize("Política de Devolución", "politica de devolucion");
    check_normalize("Straße", "strasse");
    check_normalize("İSTANBUL ılık", "istanbul ilik");
    check_normalize("退貨政策", "退货政策");
    check_normalize("it’s", "it's");
    check_normalize("pass\u{200b}word\u{202e}", "password");
    check_normalize("ガギグ", "ガギグ");
    check_normalize("ｶﾞ", "ガ");
    check_normalize("한국어", "한국어");
    check_normalize("إلغاء الطلبِ", "الغاء الطلب");
    check_normalize("", "");
}

#[test]
fn normalising_twice_changes_nothing() {
    for text in ["ǅungla ﬁ ½", "退貨ＡＢ", "e\u{301}\u{327}", "ΑΣ ΟΔΟΣ", "\u{1f1fa}\u{1f1f8} 👩‍💻"] {
        let once = normalize(text);
        assert_eq!(normalize(&once), once);
    }
}

#[track_caller]
fn check_terms(input: &str, expected: &[&str]) {
    let found: Vec<String> = terms(input).into_iter().map(|t| t.text).collect();
    assert_eq!(found, expected, "terms of {input:?}");
}

#[test]
fn cuts_up_every_script() {
    check_terms("Where's my order?", &["where's", "where~", "my", "order"]);
    check_terms("如何退货", &["如", "如何", "何", "何退", "退", "退货", "货"]);
    check_terms("error E102!", &["error", "e102"]);
    check_terms("배송은", &["배송은", "배송", "송은"]);
    check_terms("заказать", &["заказать", "заказ~"]);
    check_terms("返品ってwifi", &["返", "返品", "品", "品っ", "っ", "って", "て", "wifi"]);
    check_terms("…!?", &[]);
}

#[track_caller]
fn check_language(text: &str, expected: Option<Language>) {
    assert_eq!(detect(text), expected, "language of {text:?}");
}

#[test]
fn tells_the_languages_apart() {
    use Language::*;
    check_language("how do I return my headphones", Some(En));
    check_language("Wie kann ich meine Kopfhörer zurückgeben?", Some(De));
    check_language("¿Cómo puedo devolver mis auriculares?", Some(Es));
    check_language("Comment puis-je renvoyer mon casque ?", Some(Fr));
    check_language("Come posso restituire le cuffie?", Some(It));
    check_language("Como posso devolver os meus fones?", Some(Pt));
    check_language("Kulaklığımı nasıl iade edebilirim?", Some(Tr));
    check_language("Bagaimana cara mengembalikan barang saya?", Some(Id));
    check_language("كيف يمكنني إرجاع سماعاتي؟", Some(Ar));
    check_language("耳机怎么退货", Some(ZhHans));
    check_language("耳機怎麼退貨", Some(ZhHant));
    check_language("ヘッドホンを返品したいです", Some(Ja));
    check_language("헤드폰을 반품하고 싶어요", Some(Ko));
    check_language("E102", None);
    check_language("xylophone zucchini quantum", None);
    check_language("👍", None);
}
