//! What the importer writes, the chat reads: words come through as they were, marks as marks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what should hold by failing")]

use nearside_import::{InputFile, read};
use nearside_text::rich::{plain, words};

fn body(answer: &str) -> String {
    let json = serde_json::json!([{"question": "How?", "answer": answer}]).to_string();
    let file = InputFile { path: "faq.json".into(), bytes: json.into_bytes(), is_named: true };
    read(vec![file]).unwrap().articles.remove(0).body
}

#[test]
fn words_that_look_like_marks_come_through() {
    for text in [
        "5 * 3 ** 2 is 45",
        "see [1] and [2](3) or a](b",
        "use `rm` or |pipe|",
        "# no heading",
        "C:\\new\\temp and \\* and \\[x]",
        "2. is no item. 3. neither",
        "- no bullet",
        "a_b_c snake_case __init__",
        "1 < 2 & 3 > 2",
        "** ** **bold?",
    ] {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        assert_eq!(words(&body(&format!("<p>{escaped}</p>"))), text, "as HTML, written {:?}", body(&format!("<p>{escaped}</p>")));
    }
    // As a plain cell, lists stay lists.
    for text in ["5 * 3 is 15", "see [1] and [2]", "C:\\new\\temp", "1 < 2 & 3", "a_b_c __init__"] {
        assert_eq!(words(&body(text)), text);
    }
}

#[test]
fn marks_come_through() {
    let html = "<p>Go to <b>Orders</b>, <a href='https://x.example/a_(b)'>the [new] page</a>:</p><ol><li>Open<ul><li>left</li><li>right</li></ul></li><li>Close</li></ol><table><tr><th>a</th><th>b|c</th></tr><tr><td>1</td><td><b>2</b></td></tr></table>";
    let written = body(html);
    assert_eq!(
        written,
        "Go to **Orders**, [the \\[new\\] page](https://x.example/a_%28b%29):\n\n1. Open\n  - left\n  - right\n2. Close\n\n| a | b\\|c |\n| --- | --- |\n| 1 | **2** |"
    );
    let plain = plain(&written);
    assert!(plain.contains("the [new] page (https://x.example/a_%28b%29)") && !plain.contains("**"), "{plain}");
}

#[test]
fn what_could_run_is_gone() {
    let written = body(
        "<a href='javascript:alert(1)'>x</a><script>alert(1)</script><img src=x onerror=alert(1)><a href='//evil.example'>y</a><style>p{}</style>z",
    );
    assert_eq!(written, "xyz");
    // Escaped once too often, and Markdown alike.
    assert!(!body("[x](javascript:alert(1)) **b**").contains("javascript"));
}
