//! What the visitor agrees to, and what left the device.

use leptos::prelude::*;
use nearside_client::chat::{Message, Question};
use nearside_conversation::Purpose;

use crate::host;
use crate::session::{Sent, Session};

/// A question for consent, in the chat.
#[component]
pub(crate) fn Asked(session: Session, question: Question) -> impl IntoView {
    let texts = session.texts();
    let (ask, yes) = match question {
        Question::Edge { alone: false } => (texts.edge_ask, texts.yes),
        Question::Edge { alone: true } => (texts.edge_more, texts.yes),
        Question::Person { .. } => (texts.share_ask, texts.share),
    };
    view! {
        <div class="line assistant">
            <p class="bubble">{ask}</p>
            <div class="choices">
                <button type="button" on:click=move |_| session.step(Message::Answered(true))>{yes}</button>
                <button type="button" on:click=move |_| session.step(Message::Answered(false))>{texts.no}</button>
            </div>
        </div>
    }
}

/// The panel: a switch for each purpose, and the receipt.
#[component]
pub(crate) fn Privacy(session: Session) -> impl IntoView {
    let texts = session.texts();
    let switch = move |purpose: Purpose, label: &'static str| {
        let on = move || session.consent.with(|c| c.to(purpose)) == Some(true);
        // What the browser says no to stays off.
        let closed = host::signal() && [Purpose::Analytics, Purpose::Improve].contains(&purpose);
        let set = move |event| session.agree(purpose, event_target_checked(&event));
        view! { <label><input type="checkbox" prop:checked=on disabled=closed on:change=set />{label}</label> }
    };
    view! {
        <div class="privacy" role="region" aria-label=texts.privacy tabindex="0">
            <h3>{texts.privacy}</h3>
            <div class="choices">
                <button type="button" on:click=move |_| session.show_receipt(false)>{texts.back}</button>
            </div>
            <label><input type="checkbox" checked disabled />{texts.on_device}</label>
            {switch(Purpose::Edge, texts.to_edge)}
            {switch(Purpose::Person, texts.to_person)}
            {switch(Purpose::Analytics, texts.to_analytics)}
            {switch(Purpose::Improve, texts.to_improve)}
            <Show when=host::signal><p>{texts.signal}</p></Show>
            <Show when=move || session.consent.with(|c| c.held)><p role="status">{texts.held}</p></Show>
            <Receipt session />
        </div>
    }
}

/// What left the device, newest first.
#[component]
fn Receipt(session: Session) -> impl IntoView {
    let texts = session.texts();
    let line = move |sent: Sent| {
        let purpose = match sent.purpose.as_str() {
            "turn" => texts.sent_turn,
            "entries" => texts.sent_handoff,
            "events" => texts.sent_events,
            "improve" => texts.to_improve,
            "forget" => texts.sent_forget,
            "session" => texts.sent_session,
            _ => texts.sent_load,
        };
        let masked = (sent.masked > 0).then(|| format!(" · {}: {}", texts.masked, sent.masked));
        let fields = (!sent.fields.is_empty()).then(|| view! { <code>{sent.fields.join(", ")}</code> });
        view! {
            <li>
                <strong>{purpose}</strong>
                <span>{format!("{} · {} B", host::clock(sent.at), sent.bytes)} {masked}</span>
                <code>{sent.url}</code>
                {fields}
            </li>
        }
    };
    let lines = move || session.receipt.get().unwrap_or_default().into_iter().rev().map(line).collect_view();
    view! {
        <h3>{texts.receipt}</h3>
        <div class="choices">
            <button type="button" on:click=move |_| session.save_all()>{texts.save}</button>
        </div>
        <ol>{lines}</ol>
    }
}
