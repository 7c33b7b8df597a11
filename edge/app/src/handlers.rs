//! The routes.

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use nearside_assistant::{Assistant, Need, Step, Turn, TurnContext};
use nearside_conversation::{Input, Purpose, Rung};
use nearside_protocol::{MAX_MESSAGE_CHARS, TurnRequest, VERSION};
use serde::Serialize;

use crate::extract::{check_consent, check_version, json, path_part, site_of};
use crate::packs::{PackCache, unavailable};
use crate::ports::{Host, Kind};
use crate::problem::Problem;
use crate::ready::Verdicts;
use crate::{agents, entries, events, limits, operators, ready, retention, sessions, visitors};

/// What every handler has.
#[derive(Clone)]
pub(crate) struct App<H> {
    pub(crate) host: H,
    pub(crate) packs: PackCache,
    pub(crate) verdicts: Verdicts,
}

/// The service over `host`. `packs` outlives the router where a platform builds one for each request.
pub fn router<H: Host>(host: H, packs: PackCache) -> Router {
    let app = App { host, packs, verdicts: Verdicts::default() };
    Router::new()
        .route("/v1/turn", post(turn::<H>))
        .route("/v1/sites/{site}", get(manifest::<H>))
        .route("/v1/pack/{hash}", get(pack::<H>))
        .route("/v1/vectors/{hash}", get(vectors::<H>))
        .route("/v1/entries", post(entries::put::<H>))
        .route("/v1/events", post(events::put::<H>))
        .route("/v1/forget", post(visitors::forget::<H>))
        .route("/v1/session", post(sessions::session::<H>))
        .route("/v1/conversations", get(visitors::conversations::<H>))
        .route("/v1/conversations/{id}", get(agents::conversation::<H>))
        .route("/v1/handoffs", get(agents::handoffs::<H>))
        .route("/v1/questions", get(agents::questions::<H>))
        .route("/v1/subject/export", post(operators::export::<H>))
        .route("/v1/subject/erase", post(operators::erase::<H>))
        .route("/v1/holds", post(operators::hold::<H>))
        .route("/v1/keys/rotate", post(operators::rotate::<H>))
        .route("/v1/keys/shred", post(operators::shred::<H>))
        .route("/v1/jobs/daily", post(retention::daily::<H>))
        .route("/v1/audit", get(operators::audit::<H>))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready::ready::<H>))
        .route("/openapi.json", get(|| async { json_response(StatusCode::OK, &crate::openapi()) }))
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "no-such-route", "no such route; see /openapi.json") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "method not allowed here; see /openapi.json")
        })
        .layer(from_fn_with_state(app.clone(), guard::<H>))
        .with_state(app)
}

/// What every page may read, of whatever site: no visitor's words are in it.
const PUBLIC: [&str; 3] = ["/v1/pack/", "/v1/sites/", "/v1/vectors/"];

/// What stores or erases, counted apart: 600 such requests a minute of 64 KiB each would fill a database in hours.
const WRITING: [&str; 4] = ["/v1/entries", "/v1/events", "/v1/forget", "/v1/session"];

/// Cross-origin rules and rate limits, around every route.
async fn guard<H: Host>(State(app): State<App<H>>, request: Request<Body>, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let method = request.method().clone();
    let api = request.uri().path().starts_with("/v1/");
    let public = PUBLIC.iter().any(|path| request.uri().path().starts_with(path));
    // The request itself may not be borrowed across an await: its body is not Sync.
    let client = app.host.client(request.headers()).to_owned();
    let admitted = if api && !public { admit(&app, request.uri().clone(), &method, client, origin.as_ref()).await } else { Ok(()) };
    let mut response = match admitted {
        Err(problem) => problem.into_response(),
        Ok(()) if method == Method::OPTIONS && api => StatusCode::NO_CONTENT.into_response(),
        Ok(()) => next.run(request).await,
    };
    let headers = response.headers_mut();
    // What this service answers is data: nothing of it may run, be framed, or be fetched in the clear. Of other hosts under
    // its name it says nothing: they may be somebody else's.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let asks_from_page = api && origin.is_some();
    if public {
        // Asked from a page or not: caches keep one answer for all who ask.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    } else if let Some(origin) = origin.filter(|_| api) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if asks_from_page {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type, authorization"));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    }
    response
}

async fn admit<H: Host>(app: &App<H>, uri: Uri, method: &Method, client: String, origin: Option<&HeaderValue>) -> Result<(), Problem> {
    let site = site_of(&uri).ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "no-site", "expected ?site=ID in the address, 1 to 32 lower-case letters, digits or '-'")
    })?;
    if let Some(origin) = origin.and_then(|o| o.to_str().ok()) {
        let entry = app.packs.manifest(&app.host, site).await?;
        if !entry.manifest.origins.iter().any(|o| o == "*" || o == origin) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "origin-not-allowed",
                format!("pages of {origin} may not use site {site:?}; add the origin to its manifest"),
            ));
        }
    }
    if *method != Method::OPTIONS {
        let kind = if *method == Method::POST && WRITING.contains(&uri.path()) { Kind::Writing } else { Kind::Asking };
        app.host.admit(kind, &limits::key(site, &client)).await.map_err(|seconds| Problem {
            retry_after: Some(seconds),
            ..Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", format!("too many requests, try again in {seconds} s"))
                .with_limit("requests per minute")
        })?;
    }
    Ok(())
}

pub(crate) fn json_response(status: StatusCode, value: &impl Serialize) -> Response {
    let mut response = match serde_json::to_vec(value) {
        Ok(body) => (status, body).into_response(),
        Err(error) => return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "unwritable", error.to_string()).into_response(),
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(crate) fn same_site(named: &str, request_site: Option<&str>) -> Result<(), Problem> {
    if Some(named) == request_site {
        Ok(())
    } else {
        Err(Problem::new(StatusCode::BAD_REQUEST, "site-mismatch", format!("body names site {named:?}, the address {request_site:?}")))
    }
}

/// Takes one turn of a conversation.
#[utoipa::path(post, path = "/v1/turn", params(("site" = String, Query)), request_body = Object, responses((status = 200, body = Object), (status = 400, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn turn<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let site = site_of(request.uri()).map(str::to_owned);
    let asked: TurnRequest = json(request).await?;
    check_version(asked.v)?;
    same_site(&asked.site, site.as_deref())?;
    check_consent(&asked.consent, Purpose::Edge)?;
    if let Input::Text { text } = &asked.input
        && text.chars().count() > MAX_MESSAGE_CHARS
    {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "message-too-long",
            format!("message above {MAX_MESSAGE_CHARS} characters"),
        )
        .with_limit(format!("{MAX_MESSAGE_CHARS} characters")));
    }
    let (manifest, assistant) = app.packs.assistant(&app.host, &asked.site).await?;
    let ctx = TurnContext {
        now_ms: app.host.now_ms() as i64,
        locale: asked.locale,
        site_languages: manifest.packs.iter().map(|p| p.language.clone()).collect(),
        edge_languages: vec![],
        rung: Rung::Edge,
    };
    let take = |assistant: &Assistant| assistant.step(&asked.state, &asked.input, &ctx);
    let mut step = take(&assistant);
    if let Step::Needs(Need::Pack { language }) = &step {
        step = take(&*app.packs.with_language(&app.host, &asked.site, language).await?);
    }
    match step {
        Step::Done(turn) => Ok(json_response(StatusCode::OK, &TurnAnswer { v: VERSION, turn: *turn })),
        Step::Needs(need) => Err(unavailable(&app.host, format!("the site's manifest names no pack for {need:?}"))),
    }
}

/// A turn on the wire.
#[derive(Serialize)]
struct TurnAnswer {
    v: u32,
    #[serde(flatten)]
    turn: Turn,
}

/// A part of the path, or why it is none.
type Part = Result<Path<String>, PathRejection>;

/// The packs of a site.
#[utoipa::path(get, path = "/v1/sites/{site}", params(("site" = String, Path)), responses((status = 200, body = nearside_protocol::Manifest), (status = 404, body = Problem)))]
async fn manifest<H: Host>(State(app): State<App<H>>, site: Part, headers: HeaderMap) -> Result<Response, Problem> {
    let site = path_part(site)?;
    let entry = app.packs.manifest(&app.host, &site).await?;
    let body = serde_json::to_vec(&*entry.manifest).map_err(|e| unavailable(&app.host, e))?;
    let tag = format!("\"{}\"", &nearside_assistant::content_hash(&body)[..32]);
    let mut response = if matches_tag(&headers, &tag) { StatusCode::NOT_MODIFIED.into_response() } else { body.into_response() };
    set(&mut response, header::CONTENT_TYPE, "application/json");
    set(&mut response, header::CACHE_CONTROL, "public, max-age=60");
    set(&mut response, header::ETAG, &tag);
    Ok(response)
}

/// A pack by its hash: never changes, brotli where the client takes it.
#[utoipa::path(get, path = "/v1/pack/{hash}", params(("hash" = String, Path)), responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 404, body = Problem)))]
async fn pack<H: Host>(State(app): State<App<H>>, hash: Part, headers: HeaderMap) -> Result<Response, Problem> {
    let hash = path_part(hash)?;
    let missing = || Problem::new(StatusCode::NOT_FOUND, "no-such-pack", "no pack of that hash; read the site's manifest again");
    immutable(&app.host, ("packs", "pack"), &hash, &headers).await?.ok_or_else(missing)
}

/// A language's token vectors by their hash: never change, brotli where the client takes it.
#[utoipa::path(get, path = "/v1/vectors/{hash}", params(("hash" = String, Path)), responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 404, body = Problem)))]
async fn vectors<H: Host>(State(app): State<App<H>>, hash: Part, headers: HeaderMap) -> Result<Response, Problem> {
    let hash = path_part(hash)?;
    let missing = || Problem::new(StatusCode::NOT_FOUND, "no-such-vectors", "no vectors of that hash; read the site's manifest again");
    immutable(&app.host, ("vectors", "bin"), &hash, &headers).await?.ok_or_else(missing)
}

/// The file `FOLDER/HASH.EXTENSION`, which never changes; `None` where there is none.
async fn immutable(
    host: &impl Host,
    (folder, extension): (&str, &str),
    hash: &str,
    headers: &HeaderMap,
) -> Result<Option<Response>, Problem> {
    if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let tag = format!("\"{hash}\"");
    if matches_tag(headers, &tag) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        set(&mut response, header::ETAG, &tag);
        return Ok(Some(response));
    }
    let takes_brotli = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(',').any(|e| e.trim().split(';').next() == Some("br")));
    let read = async |path: String| host.blob(&path).await.map_err(|e| unavailable(host, &e));
    let compressed = if takes_brotli { read(format!("{folder}/{hash}.{extension}.br")).await? } else { None };
    let is_brotli = compressed.is_some();
    let bytes = match compressed {
        Some(bytes) => bytes,
        None => match read(format!("{folder}/{hash}.{extension}")).await? {
            Some(bytes) => bytes,
            None => return Ok(None),
        },
    };
    let mut response = bytes.into_response();
    set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    set(&mut response, header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    set(&mut response, header::ETAG, &tag);
    set(&mut response, header::VARY, "accept-encoding");
    if is_brotli {
        set(&mut response, header::CONTENT_ENCODING, "br");
    }
    Ok(Some(response))
}

fn matches_tag(headers: &HeaderMap, tag: &str) -> bool {
    let weak = |t: &str| t.trim().trim_start_matches("W/") == tag;
    headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|v| v.split(',').any(weak))
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[allow(missing_docs, reason = "the derive makes public items of its own")]
mod api {
    use utoipa::OpenApi;

    #[derive(OpenApi)]
    #[openapi(
        info(
            title = "Nearside edge",
            description = "Answers, packs, handoffs, counted events and the rights of visitors, for one or more sites."
        ),
        paths(
            super::turn,
            super::manifest,
            super::pack,
            super::vectors,
            crate::ready::ready,
            crate::entries::put,
            crate::events::put,
            crate::visitors::forget,
            crate::sessions::session,
            crate::visitors::conversations,
            crate::agents::conversation,
            crate::agents::handoffs,
            crate::agents::questions,
            crate::operators::export,
            crate::operators::erase,
            crate::operators::hold,
            crate::operators::rotate,
            crate::operators::shred,
            crate::retention::daily,
            crate::operators::audit
        )
    )]
    pub(crate) struct Api;
}
pub(crate) use api::Api;
