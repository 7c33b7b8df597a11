//! Who a visitor is, where the site says so: tokens of the site's server, changed for short sessions.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{Request, StatusCode};
use nearside_privacy::jwt::{self, Audience, Claims, KEY_MIN, TokenError};
use nearside_privacy::seal::to_hex;
use nearside_protocol::{Session, SessionRequest, VERSION};

use crate::entries::failed;
use crate::extract::{check_version, json, site_of};
use crate::handlers::{App, json_response, same_site};
use crate::keys::SiteKeys;
use crate::ports::{Host, Level, PortError, Secret};
use crate::problem::Problem;
use crate::records::{failure, number, statement};

/// How long a session lasts, milliseconds.
const SESSION_MS: f64 = 15.0 * 60_000.0;

fn refused(error: TokenError) -> Problem {
    let name = match error {
        TokenError::Expired => "token-expired",
        TokenError::Lifetime => "token-lifetime",
        _ => "bad-token",
    };
    Problem::new(StatusCode::UNAUTHORIZED, name, error.to_string())
}

/// Changes a token of the site's server for a session of a quarter of an hour.
#[utoipa::path(post, path = "/v1/session", params(("site" = String, Query)), request_body = SessionRequest, responses((status = 200, body = Session), (status = 401, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn session<H: Host>(State(app): State<App<H>>, request: Request<Body>) -> Result<Response, Problem> {
    let site = site_of(request.uri()).map(str::to_owned);
    let asked: SessionRequest = json(request).await?;
    check_version(asked.v)?;
    same_site(&asked.site, site.as_deref())?;
    let (host, site) = (&app.host, asked.site.as_str());
    let failed = failed(host);
    app.packs.manifest(host, site).await?;
    let all = host.secret(Secret::IdentityKeys).await.map_err(&failed)?;
    let key = identity_key(&all, site).map_err(&failed)?;
    let now = host.now_ms();
    let claims = jwt::verify(key.as_bytes(), &asked.identity, site, now / 1000.0).map_err(|error| {
        host.log(Level::Warning, &format!("site {site}: identity refused: {error}"));
        refused(error)
    })?;
    if let Some(id) = &claims.jti {
        take_once(&app, site, id, claims.exp * 1000.0).await?;
    }
    let expires_ms = now + SESSION_MS;
    let mut id = [0; 16];
    host.random(&mut id).map_err(&failed)?;
    let key = SiteKeys::of(host, site).await.map_err(&failed)?.session_key();
    let claims = Claims { aud: Audience::One(site.to_owned()), exp: expires_ms / 1000.0, nbf: None, jti: Some(to_hex(&id)), ..claims };
    Ok(json_response(StatusCode::OK, &Session { v: VERSION, session: jwt::sign(&key, &claims), expires_ms }))
}

/// The site's own of `SITE=SECRET,…`.
fn identity_key<'a>(all: &'a str, site: &str) -> Result<&'a str, PortError> {
    let own = all.split(',').find_map(|entry| entry.trim().split_once('=').filter(|(name, _)| *name == site));
    let (_, key) = own.ok_or_else(|| failure(format!("IDENTITY_KEYS names no key for site {site}; expected SITE=SECRET,…")))?;
    if key.len() < KEY_MIN {
        return Err(failure(format!("IDENTITY_KEYS: the key of site {site} is shorter than {KEY_MIN} bytes")));
    }
    Ok(key)
}

/// Takes a token's id, or refuses it where it was taken before.
async fn take_once<H: Host>(app: &App<H>, site: &str, id: &str, expires_ms: f64) -> Result<(), Problem> {
    let sql = "INSERT INTO used_tokens (site, id, expires_ms) VALUES (?1, ?2, ?3)";
    // Its digest: what a site puts into its tokens is not ours to keep, and has any length.
    let id = nearside_assistant::content_hash(id.as_bytes());
    match app.host.transaction(vec![statement(sql, [site.into(), id.into(), number(expires_ms)])]).await {
        Ok(_) => Ok(()),
        Err(PortError::Conflict(_)) => {
            app.host.log(Level::Warning, &format!("site {site}: identity refused: token used before"));
            Err(Problem::new(StatusCode::UNAUTHORIZED, "token-used", "token used before, ask the site's server for a new one"))
        }
        Err(error) => Err(failed(&app.host)(error)),
    }
}

/// Who a session shows the visitor to be.
pub(crate) async fn signed_in<H: Host>(app: &App<H>, site: &str, session: Option<&str>) -> Result<String, Problem> {
    let keys = SiteKeys::of(&app.host, site).await.map_err(failed(&app.host))?;
    let now_s = app.host.now_ms() / 1000.0;
    let session = session.ok_or_else(|| refused(TokenError::Malformed))?;
    let claims = jwt::verify(&keys.session_key(), session, site, now_s).map_err(|error| {
        app.host.log(Level::Warning, &format!("site {site}: session refused: {error}"));
        refused(error)
    })?;
    Ok(claims.sub)
}
