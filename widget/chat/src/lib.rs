//! The visitor's chat: Leptos in a shadow root, the core in a Web Worker beside it.
//!
//! What always holds: nothing is stored or fetched before `mount`; words are shown as text, never as markup (`rich.rs` makes the nodes of an
//! answer's lists and links itself); what
//! leaves the device passes the gate (`widget/mask`) and is masked there; what is decided is decided in `nearside_client`. Deliberately absent: answers, which the core gives.

mod host;
mod outbox;
mod privacy;
mod rich;
mod session;
mod texts;
mod view;

use std::cell::RefCell;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::{Closure, JsValue, wasm_bindgen};
use web_sys::HtmlElement;

use session::Session;

thread_local! {
    static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
}

/// Puts the chat, open, into `panel`, which lies in a shadow root. `options` come from the loader: `assets`, `api`,
/// `site`, `locale`, `texts`, `theme`, `analytics`, `emit(event, detail)`, `launcher(open, unread)`.
///
/// # Errors
/// Where an option is missing.
#[wasm_bindgen]
pub fn mount(panel: HtmlElement, options: JsValue) -> Result<(), JsValue> {
    let config: session::Config = serde_wasm_bindgen::from_value(options.clone()).map_err(JsValue::from)?;
    host::resolve_against(&config.api);
    host::style(&panel.get_root_node(), include_str!("style.css"));
    leptos::mount::mount_to(panel, move || {
        let session = Session::new(config, options.clone());
        SESSION.set(Some(session));
        let written = Closure::<dyn Fn(bool)>::new(move |elsewhere| spawn_local(session.changed(elsewhere)));
        let told = Closure::<dyn Fn(JsValue)>::new(move |what| session.told(what));
        let connection = Closure::<dyn Fn()>::new(move || {
            session.online.set(host::is_online());
            spawn_local(session.began());
        });
        host::start(&options, &written, &told);
        host::on_connection(&connection);
        // They live as long as the page.
        written.forget();
        told.forget();
        connection.forget();
        session.begin();
        session.set_open(true);
        view! { <view::Panel session /> }
    })
    .forget();
    Ok(())
}

/// `open`, `close`, `ask` (with a text), `reset` or `identify` (with a token; without one the visitor has signed out), as the page's JavaScript calls them.
#[wasm_bindgen]
pub fn call(name: &str, value: Option<String>) {
    let Some(session) = SESSION.with_borrow(|s| *s) else { return };
    match (name, value) {
        ("open", _) => session.set_open(true),
        ("close", _) => session.set_open(false),
        ("ask", Some(text)) => {
            session.set_open(true);
            session.say(&text);
        }
        ("reset", _) => session.step(nearside_client::chat::Message::StartedOver),
        ("identify", token) => session.identify(token),
        _ => {}
    }
}
