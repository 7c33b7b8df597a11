//! Loading any bytes gives a pack or a `LoadError`, and a loaded pack answers without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nearside_assistant::{Assistant, Pack, TurnContext};
use nearside_conversation::{Input, Rung, Tracker};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(pack) = Pack::load(bytes) {
        let ctx = TurnContext { now_ms: 0, locale: "en".into(), site_languages: vec![], edge_languages: vec![], rung: Rung::Native };
        let input = Input::Text { text: "how do I return my speaker 退货".into() };
        let _ = Assistant::new(vec![pack]).turn(&Tracker::default(), &input, &ctx);
    }
});
