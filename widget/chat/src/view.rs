//! The panel.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html;
use leptos::prelude::*;
use nearside_client::chat::Message;
use nearside_conversation::{Author, EntryId, Input, Line};

use crate::host;
use crate::privacy::{Asked, Privacy};
use crate::rich::rich;
use crate::session::Session;

/// The whole chat; shown while `session.open`.
#[component]
pub(crate) fn Panel(session: Session) -> impl IntoView {
    let texts = session.texts();
    let locale = session.locale();
    let direction = if texts.language == "ar" { "rtl" } else { "ltr" };
    let theme = session.config.with_value(|c| c.theme.clone());
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            session.set_open(false);
        }
    };
    view! {
        <section class="panel" role="dialog" aria-label=texts.title lang=texts.language dir=direction data-theme=theme data-locale=locale hidden=move || !session.open.get() on:keydown=on_key>
            <header>
                <h2>{texts.title}</h2>
                <button type="button" class="icon" title=texts.download aria-label=texts.download on:click=move |_| host::download("nearside.txt", &session.transcript())>
                    <Glyph path="M12 3v11m0 0 4-4m-4 4-4-4M5 20h14" />
                </button>
                <button type="button" class="icon" title=texts.new_chat aria-label=texts.new_chat on:click=move |_| session.step(Message::StartedOver)>
                    <Glyph path="M4 12a8 8 0 1 1 2.5 5.8M4 12V7m0 5h5" />
                </button>
                <button type="button" class="icon" title=texts.close aria-label=texts.close on:click=move |_| session.set_open(false)>
                    <Glyph path="M6 6l12 12M18 6L6 18" />
                </button>
            </header>
            <Show when=move || !session.online.get()>
                <p class="offline" role="status">{texts.offline}</p>
            </Show>
            <Transcript session />
            <Show when=move || session.receipt.with(Option::is_some)>
                <Privacy session />
            </Show>
            <Composer session />
        </section>
    }
}

#[component]
fn Glyph(path: &'static str) -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
            <path d=path />
        </svg>
    }
}

#[component]
fn Transcript(session: Session) -> impl IntoView {
    let texts = session.texts();
    let list = NodeRef::<html::Div>::new();
    // The newest line stays in sight.
    Effect::new(move |_| {
        session.lines.track();
        session.question.track();
        session.busy.track();
        session.open.track();
        if let Some(list) = list.get() {
            request_animation_frame(move || list.set_scroll_top(list.scroll_height()));
        }
    });
    view! {
        <div class="transcript" role="log" aria-live="polite" tabindex="0" aria-label=texts.title node_ref=list hidden=move || session.receipt.with(Option::is_some)>
            <For each=move || session.lines.get() key=|line| line.id.clone() children=move |line| view! { <Shown session line /> } />
            {move || session.question.get().map(|question| view! { <Asked session question /> })}
            <Show when=move || session.busy.get()>
                <p class="typing" role="status" aria-label=texts.typing><i></i><i></i><i></i></p>
            </Show>
        </div>
    }
}

#[component]
fn Shown(session: Session, line: Line) -> impl IntoView {
    let texts = session.texts();
    if line.note.is_some() {
        return view! { <p class="note">{texts.words(&line).to_owned()}</p> }.into_any();
    }
    let Line { id, by, text, at_ms, source, choices, .. } = line;
    let (class, who) = if by == Author::Visitor { ("line visitor", texts.you) } else { ("line assistant", texts.assistant) };
    let time = host::clock(at_ms as f64);
    // An article's words may have marks; all others are text as they stand.
    let words = (text, source.is_some(), session.config.with_value(|c| c.images));
    let cited = source.map(|source| view! { <Cited session id title=source.title url=source.url /> });
    let buttons = choices
        .into_iter()
        .map(|choice| {
            let shown = choice.label.clone();
            let choose = move |_| session.step(Message::Chose { label: choice.label.clone(), input: choice.input.clone() });
            view! { <button type="button" on:click=choose>{shown}</button> }
        })
        .collect_view();
    view! {
        <div class=class>
            <div class="bubble">
                <span class="who">{format!("{who}: ")}</span>
                <div class="text" dir="auto" use:rich=words></div>
                {cited}
            </div>
            <div class="choices">{buttons}</div>
            <time>{time}</time>
        </div>
    }
    .into_any()
}

#[component]
fn Cited(session: Session, id: EntryId, title: String, url: String) -> impl IntoView {
    let texts = session.texts();
    let own = StoredValue::new(id);
    let judged =
        Memo::new(move |_| session.lines.with(|lines| own.with_value(|id| lines.iter().find(|l| l.id == *id).and_then(|l| l.helpful))));
    let url = host::page_url(&url);
    let link = if url.is_empty() {
        view! { <span>{title}</span> }.into_any()
    } else {
        view! { <a href=url target="_blank" rel="noopener">{title}</a> }.into_any()
    };
    let thumb = move |helpful: bool, label: &'static str, path: &'static str| {
        view! {
            <button
                type="button"
                class="thumb"
                title=label
                aria-label=label
                aria-pressed=move || (judged.get() == Some(helpful)).to_string()
                disabled=move || judged.get().is_some()
                on:click=move |_| session.step(Message::Judged { reply: own.get_value(), helpful })
            >
                <Glyph path />
            </button>
        }
    };
    view! {
        <p class="source">
            <span>{format!("{}: ", texts.source)} {link}</span>
            {thumb(true, texts.helpful, "M7 11v9H4v-9zM7 12l4-8a2 2 0 0 1 2 2v4h5a2 2 0 0 1 2 2l-1 6a2 2 0 0 1-2 2H7")}
            {thumb(false, texts.unhelpful, "M7 13V4H4v9zM7 12l4 8a2 2 0 0 0 2-2v-4h5a2 2 0 0 0 2-2l-1-6a2 2 0 0 0-2-2H7")}
        </p>
    }
}

#[component]
fn Composer(session: Session) -> impl IntoView {
    let texts = session.texts();
    let field = NodeRef::<html::Textarea>::new();
    let submit = move || {
        if let Some(field) = field.get_untracked() {
            let text = field.value();
            field.set_value("");
            session.say(&text);
            let _ = field.focus();
        }
    };
    let on_key = move |event: KeyboardEvent| {
        // While an input method composes, Enter chooses a candidate; key code 229 is Safari's way of saying so.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() && event.key_code() != 229 {
            event.prevent_default();
            submit();
        }
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        submit();
    };
    Effect::new(move |_| {
        if session.open.get()
            && let Some(field) = field.get()
        {
            request_animation_frame(move || drop(field.focus()));
        }
    });
    let suggested = move || {
        let take = |text: String| {
            let shown = text.clone();
            let pick = move |_| {
                if let Some(field) = field.get_untracked() {
                    field.set_value("");
                    let _ = field.focus();
                }
                session.say(&text);
            };
            view! { <li><button type="button" on:click=pick>{shown}</button></li> }
        };
        session.suggestions.get().into_iter().map(|(_, text)| take(text)).collect_view()
    };
    view! {
        <form class="composer" on:submit=on_submit>
            <ul class="suggestions" aria-label=texts.suggestions hidden=move || session.suggestions.with(Vec::is_empty)>{suggested}</ul>
            <div class="row">
                <textarea
                    rows="1"
                    aria-label=texts.placeholder
                    placeholder=texts.placeholder
                    dir="auto"
                    node_ref=field
                    on:keydown=on_key
                    on:input=move |event| session.suggest(event_target_value(&event))
                ></textarea>
                <button type="submit" class="send" aria-label=texts.send title=texts.send><Glyph path="M4 12l16-8-6 16-3-7z" /></button>
            </div>
            <p class="links">
                <button type="button" on:click=move |_| session.step(Message::Chose { label: texts.person.to_owned(), input: Input::RequestPerson })>{texts.person}</button>
                <button type="button" on:click=move |_| session.show_receipt(session.receipt.with_untracked(Option::is_none))>{texts.privacy}</button>
            </p>
        </form>
    }
}
