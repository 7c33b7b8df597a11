use crate::rich::{Block, MOST_DEPTH, Shape, Span, blocks, plain, spans, words};

/// Spans in a notation of the tests: `B` bold, `C` code, `L<url>` link, `I<url>` image, each before its text.
fn drawn(spans: &[Span<'_>]) -> String {
    let one = |span: &Span<'_>| {
        let mut mark = String::new();
        mark += if span.bold { "B" } else { "" };
        mark += if span.code { "C" } else { "" };
        mark += &span.link.as_ref().map_or(String::new(), |url| format!("L<{url}>"));
        mark += &span.image.as_ref().map_or(String::new(), |url| format!("I<{url}>"));
        if mark.is_empty() { span.text.to_owned() } else { format!("{{{mark} {}}}", span.text) }
    };
    spans.iter().map(one).collect()
}

#[track_caller]
fn inline(text: &str, expected: &str) {
    assert_eq!(drawn(&spans(text)), expected, "of {text:?}");
}

#[track_caller]
fn shapes(text: &str, expected: &[&str]) {
    let one = |block: &Block<'_>| {
        let mark = match block.shape {
            Shape::Paragraph => "p".to_owned(),
            Shape::Heading => "h".to_owned(),
            Shape::Item(None) => "-".to_owned(),
            Shape::Item(Some(number)) => format!("{number}."),
            Shape::Code => "c".to_owned(),
            Shape::Table => "t".to_owned(),
        };
        format!(
            "{}{mark} {}",
            ">".repeat(block.depth),
            if block.shape == Shape::Code { block.lines().collect() } else { block.text.to_owned() }
        )
    };
    assert_eq!(blocks(text).iter().map(one).collect::<Vec<_>>(), expected, "of {text:?}");
}

#[test]
fn bold_code_and_escapes() {
    inline("all is **well** here", "all is {B well} here");
    inline("**注意**：先关机", "{B 注意}：先关机");
    inline("press `Ctrl+C` **now**", "press {C Ctrl+C} {B now}");
    inline("`**not bold**`", "{C **not bold**}");
    inline(r"2 \* 3 \[a\](b) C:\path \\", r"2 * 3 [a](b) C:\path \");
    inline("**a\nb**", "{B a\nb}");
}

#[test]
fn what_is_no_complete_mark_is_text() {
    for text in [
        "2 ** 3 ** 4",
        "**open",
        "a * b * c",
        "****",
        "`",
        "``",
        "```x```",
        "[a] (b)",
        "[a](b c)",
        "[a](b",
        "]",
        "![",
        "a_b_c",
        "<b>x</b>",
        "&amp;",
    ] {
        inline(text, text);
    }
}

#[test]
fn links_lead_to_known_schemes_and_to_the_site() {
    inline(
        "see [the **help**](https://a.example/x?y=1#z).",
        "see {L<https://a.example/x?y=1#z> the }{BL<https://a.example/x?y=1#z> help}.",
    );
    inline("[1] and [a](/b), [c] d](/e)", "[1] and {L</b> a}, [c] d](/e)");
    inline("[a [b] c](/d) [e [f](/g)", "[a [b] c](/d) [e {L</g> f}");
    inline("**[a](/b)**", "{BL</b> a}");
    inline("[w](https://a.example/S_(x))!", "{L<https://a.example/S_(x)> w}!");
    for url in
        ["http://a.example", "HTTPS://a.example", "mailto:a@b.example", "tel:+49305550", "/help", "help.html#x", "#x", "?q=1", "../up"]
    {
        inline(&format!("[x]({url})"), &format!("{{L<{url}> x}}"));
    }
}

#[test]
fn other_addresses_leave_the_text_alone() {
    for url in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        r"/\evil.example",
        r"\\evil.example",
        "https:evil.example",
        "https:/evil.example",
        "java%0ascript:alert(1)",
        "x:y",
        "",
        ":x",
        "blob:https://a.example/1",
        "java\u{a0}script:alert(1)",
        "java\u{85}script:alert(1)",
        "java\u{7f}script:alert(1)",
    ] {
        inline(&format!("[x]({url})"), "x");
        inline(&format!("![x]({url})"), "x");
    }
    for url in ["java\tscript:alert(1)", "java\nscript:alert(1)", "\u{1}javascript:alert(1)", " javascript:alert(1)"] {
        let text = format!("[x]({url})");
        assert!(spans(&text).iter().all(|span| span.link.is_none()), "{text:?}");
    }
}

#[test]
fn bare_addresses_are_links() {
    inline(
        "at https://a.example/b, or http://c.example.",
        "at {L<https://a.example/b> https://a.example/b}, or {L<http://c.example> http://c.example}.",
    );
    inline("请看https://a.example/b。", "请看{L<https://a.example/b> https://a.example/b}。");
    inline("(https://a.example/x)", "({L<https://a.example/x> https://a.example/x})");
    inline("https://a.example/S_(x)", "{L<https://a.example/S_(x)> https://a.example/S_(x)}");
    inline("**https://a.example**", "{BL<https://a.example> https://a.example}");
    inline("[https://a.example](/b)", "{L</b> https://a.example}");
    inline("xhttps://a.example https:// ", "xhttps://a.example https:// ");
}

#[test]
fn images_have_their_text_and_may_be_links() {
    inline("![the box](https://a.example/b.png)", "{I<https://a.example/b.png> the box}");
    inline("[![box](/b.png)](/c)", "{L</c>I</b.png> box}");
    inline("![](/b.png)", "{I</b.png> }");
}

#[test]
fn paragraphs_lists_and_headings() {
    shapes("One\ntwo.\n\nThree.", &["p One\ntwo.", "p Three."]);
    shapes("Do:\n1. this\n2. that\n   still that\n\nEnd.", &["p Do:", "1. this", "2. that\n   still that", "p End."]);
    shapes("- a\n  - b\n    1. c\n- d", &["- a", ">- b", ">>1. c", "- d"]);
    shapes("1. a\n   - b\n2. c", &["1. a", ">- b", "2. c"]);
    shapes("1. a\n\n   more\n\n2. b", &["1. a", ">p more", "2. b"]);
    shapes("## Returns\nText\n# A\n#tag", &["h Returns", "p Text", "h A", "p #tag"]);
    shapes("born in\n2019. Since", &["p born in\n2019. Since"]);
    shapes("-5 degrees\n-\n1.5 litres", &["p -5 degrees\n-\n1.5 litres"]);
    shapes("7. seven\n8. eight", &["7. seven", "8. eight"]);
    shapes("　　第一段", &["p 　　第一段"]);
}

#[test]
fn code_and_tables() {
    shapes("```sh\na **b**\n\n  c\n```\nd", &["c a **b**\n\n  c", "p d"]);
    shapes("1. run\n   ```\n   a\n     b\n   ```\n2. done", &["1. run", ">c a\n  b", "2. done"]);
    shapes("```\nnever closed", &["c never closed"]);
    shapes("| a | b |\n| --- | :-: |\n| 1 | 2 |\nend", &["t | a | b |\n| --- | :-: |\n| 1 | 2 |", "p end"]);
    shapes("| no | table |\n| here |", &["p | no | table |\n| here |"]);
    let table = blocks(
        r"| **a** | **x** \| z | |
| --- | --- | --- |
| [b](/c) |",
    );
    let rows: Vec<Vec<String>> = table[0].rows().map(|row| row.iter().map(|cell| drawn(&spans(cell))).collect()).collect();
    assert_eq!(rows, [vec!["{B a}", "{B x} | z", ""], vec!["{L</c> b}"]]);
}

#[test]
fn a_text_without_marks_comes_back_as_it_is() {
    for text in ["", "Hello.", "Do:\n\n1. this\n2.  that \n\n\n- x", " \n"] {
        assert!(matches!(plain(text), std::borrow::Cow::Borrowed(same) if same == text), "{text:?}");
    }
}

#[test]
fn plain_keeps_addresses_and_words_leave_them_out() {
    let text = "## Returns\n\nWrite to [us](mailto:a@b.example), [+49 30 1](tel:+49301) or [a@b.example](mailto:a@b.example):\n- **now**, at https://a.example/x.\n  1. see [the\nhelp](/h)\n\n| a | b |\n|---|---|\n| `1` | ![box](/b.png) |";
    assert_eq!(
        plain(text),
        "Returns\n\nWrite to us (a@b.example), +49 30 1 or a@b.example:\n- now, at https://a.example/x.\n  1. see the\nhelp (/h)\n\na | b\n1 | box (/b.png)"
    );
    assert_eq!(words(text), "Returns\n\nWrite to us, +49 30 1 or a@b.example:\n- now, at .\n  1. see the\nhelp\n\na | b\n1 | box");
}

#[test]
fn hostile_texts_take_no_longer_and_nest_no_deeper() {
    let nested: String = (0..10_000).map(|depth| " ".repeat(depth % 400) + "- x\n").collect();
    let deep: String = (0..400).map(|depth| " ".repeat(depth) + "- x\n").collect();
    let rounds = [
        "[",
        "]",
        "*",
        "**",
        "**a",
        "|",
        "`",
        "`a``",
        "\\",
        "![",
        "](",
        "[](",
        "[a](",
        "[a](b)",
        "![a",
        "](u)",
        "[a",
        "https://",
        "https://)",
        "h",
        "#",
        "> ",
        "|-|\n",
        "```\n",
        "1. ",
        "- ",
        "\n",
        "\n\n",
        "é[",
        "**é",
        "|\\",
        "[![a](",
        "  - x\n",
    ];
    let texts = rounds.iter().map(|round| round.repeat((64 << 10) / round.len()));
    let closed = ["[", "![", "[a", "![a", "[![a"].map(|open| open.repeat(10_000) + &"](u)".repeat(10_000));
    let table = "|".repeat(32 << 10) + "\n" + &"|-".repeat(16 << 10) + "\n" + &"|a".repeat(32 << 10);
    for text in texts.chain(closed).chain([nested, deep, table]) {
        let all = blocks(&text);
        let mut last = 0;
        for block in &all {
            assert!(block.depth <= last && block.depth <= MOST_DEPTH, "{} after {last}", block.depth);
            last = block.depth + usize::from(matches!(block.shape, Shape::Item(_)));
            assert!(text.is_char_boundary(block.start));
        }
        assert!(all.iter().map(|block| block.rows().flatten().map(str::len).sum::<usize>()).sum::<usize>() <= text.len());
        let spans: usize = all.iter().map(|block| spans(block.text).iter().map(|span| span.text.len()).sum::<usize>()).sum();
        assert!(spans <= text.len());
        assert!(words(&text).len() <= 2 * text.len() + 16, "{}", &text[..8.min(text.len())]);
        plain(&text);
    }
}
