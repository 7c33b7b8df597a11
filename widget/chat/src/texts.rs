//! The chat's own words, which the loader fetches in the visitor's language: `widget/chat/texts/LANG.json`.

use nearside_conversation::{Line, LineNote, Note, Outcome};
use wasm_bindgen::JsValue;

macro_rules! texts {
    ($($name:ident),* $(,)?) => {
        /// One language's words, by the names in its file.
        pub(crate) struct Texts {
            $(pub(crate) $name: &'static str,)*
        }

        impl Texts {
            /// Reads what the loader fetched. It lives as long as the page.
            pub(crate) fn of(file: &JsValue) -> &'static Self {
                let read = |name: &str| -> &'static str {
                    let word = js_sys::Reflect::get(file, &name.into()).ok().and_then(|word| word.as_string());
                    Box::leak(word.unwrap_or_default().into_boxed_str())
                };
                Box::leak(Box::new(Self { $($name: read(stringify!($name)),)* }))
            }
        }
    };
}

impl Texts {
    /// What a line says: its own words, or the chat's for what the system notes.
    pub(crate) fn words<'a>(&self, line: &'a Line) -> &'a str {
        match line.note {
            None => &line.text,
            Some(LineNote::Note(Note::TooLong)) => self.too_long,
            Some(LineNote::Note(Note::Failed) | LineNote::Outcome(Outcome::Refused)) => self.failed,
            Some(LineNote::Note(Note::Waiting)) => self.waiting,
            Some(LineNote::Outcome(Outcome::Delivered)) => self.delivered,
            Some(LineNote::Outcome(Outcome::Declined)) => self.not_sent,
            Some(LineNote::Outcome(Outcome::Withdrawn)) => self.taken_back,
            Some(LineNote::Note(Note::Other) | LineNote::Outcome(Outcome::Other)) => "",
        }
    }
}

texts! {
    language,
    title,
    greeting,
    placeholder,
    send,
    close,
    person,
    new_chat,
    download,
    typing,
    helpful,
    unhelpful,
    source,
    offline,
    edge_ask,
    edge_more,
    yes,
    no,
    you,
    assistant,
    suggestions,
    delivered,
    waiting,
    too_long,
    failed,
    receipt,
    back,
    save,
    sent_load,
    sent_turn,
    sent_handoff,
    sent_events,
    masked,
    privacy,
    on_device,
    to_edge,
    to_person,
    to_analytics,
    to_improve,
    signal,
    share_ask,
    share,
    not_sent,
    taken_back,
    sent_forget,
    sent_session,
    held,
}
