//! Time grows with the length of the message and no faster, whatever stands in it.

use std::time::{Duration, Instant};

use crate::Masker;

/// The shortest of several runs: other work on the machine only lengthens one.
fn time(text: &str) -> Duration {
    let one = || {
        let started = Instant::now();
        std::hint::black_box(Masker::default().mask(text));
        started.elapsed()
    };
    (0..5).map(|_| one()).min().unwrap_or_default()
}

#[test]
fn four_times_the_length_takes_nowhere_near_sixteen_times_the_time() {
    const PARTS: &[&str] = &[
        "pw-",
        "pin:pin:",
        "bearer ",
        "1 ",
        "1-",
        "1/1/",
        "0.",
        "(1)",
        "12345678",
        "A1",
        "SW1A 1AA ",
        "12 Oak Road, ",
        "Straße 1 ",
        "路1号",
        "区1-1-1",
        "로 1",
        "my name is A ",
        "my name is ",
        "Herr ",
        "van der ",
        "田中",
        "王先生",
        "김민수님",
        "اسمي ",
        "a@a",
        "@a.",
        "x at y dot com ",
        "dot at ",
        "(at)",
        "[EMAIL_",
        "http://",
        "eyJ0.",
        "code 1234 ",
        "1234 is the ",
        "best, ",
        "\n",
        "'",
        "º",
        "N ",
    ];
    let repeated = |part: &str, bytes: usize| part.repeat(bytes / part.len());
    let values = |count: usize| (0..count).map(|n| format!("a{n}@b.example ")).collect::<String>();
    let mut texts: Vec<(String, String)> = PARTS.iter().map(|part| (repeated(part, 12_000), repeated(part, 48_000))).collect();
    texts.push((values(1250), values(5000)));
    for (text, longer) in texts {
        // Sixteen times would be quadratic, four is linear; a fifth of a millisecond is left to the clock.
        let linear = || time(&longer) < time(&text).mul_f64(9.0) + Duration::from_micros(200);
        assert!(linear() || linear() || linear(), "{}", text.chars().take(24).collect::<String>());
    }
}
