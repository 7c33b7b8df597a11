//! HTTP/1.1 in, instances of the component behind it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::FutureExt as _;
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::time::Sleep;
use wasmtime::component::{Component, GuestTaskId, Linker};
use wasmtime::error::Context as _;
use wasmtime::{Engine, Store, StoreContextMut};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, ProxyHandler, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{WasiBody, WasiHttpView};

use crate::Options;
use crate::key_value::Stores;
use crate::sqlite::Databases;
use crate::state::{Shared, State, link};

/// A request that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// An instance that nobody asks anything for so long ends.
const IDLE: Duration = Duration::from_secs(1);

struct Handler {
    pre: ProxyPre<State>,
    shared: Arc<Shared>,
    reuse: usize,
    concurrent: usize,
}

impl HandlerState for Handler {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiration, Worker>> {
        let mut store = Store::new(self.pre_engine(), State::new(self.shared.clone())?);
        let proxy = self.pre.instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            proxy,
            view: State::http,
            expiration: Expiration::default(),
            state: Worker { reuse: self.reuse, concurrent: self.concurrent },
        })
    }
}

impl Handler {
    fn pre_engine(&self) -> &Engine {
        let ProxyPre::P3(pre) = &self.pre;
        pre.engine()
    }
}

/// Ends an instance that is idle, or stuck.
#[derive(Default)]
struct Expiration(Option<Pin<Box<Sleep>>>);

impl WorkerExpiration for Expiration {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>, status: WorkerStatus, start: Instant) -> Poll<()> {
        let until = start + if status == WorkerStatus::Idle { IDLE } else { PATIENCE };
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until.into())));
        if sleep.deadline() != until.into() {
            sleep.as_mut().reset(until.into());
        }
        sleep.poll_unpin(cx)
    }
}

struct Worker {
    reuse: usize,
    concurrent: usize,
}

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, concurrent_count: usize, total_count: usize) -> ShouldAccept {
        if total_count >= self.reuse {
            ShouldAccept::Never
        } else if concurrent_count >= self.concurrent {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _store: StoreContextMut<'_, State>,
        _data: (),
        _task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        Box::pin(tokio::time::sleep(PATIENCE))
    }

    fn drop(&self, _store: Store<State>, result: Result<(), wasmtime::Error>) {
        if let Err(error) = result {
            eprintln!("an instance ended: {error:?}");
        }
    }
}

/// Listens and serves until the process is ended.
pub(crate) async fn serve(engine: &Engine, component: &Component, options: Options) -> wasmtime::Result<()> {
    std::fs::create_dir_all(&options.data).with_context(|| format!("{}", options.data.display()))?;
    let shared = Arc::new(Shared {
        databases: (!options.no_database).then(|| Databases::new(options.data.join("default.db"))),
        stores: Stores::open(&options.data.join("key_value.db"))?,
        variables: options.variables.into_iter().collect(),
        files: options.files,
    });
    let mut linker = Linker::new(engine);
    link(&mut linker)?;
    let pre = ProxyPre::P3(ServicePre::new(linker.instantiate_pre(component)?)?);
    let handler = ProxyHandler::new(Handler { pre, shared, reuse: options.reuse, concurrent: options.concurrent });
    let listener = TcpListener::bind(options.listen).await.with_context(|| format!("{}", options.listen))?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, peer) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let handler = handler.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let handler = handler.clone();
                async move { Ok::<_, Infallible>(answer(&handler, request, peer).await) }
            });
            // A client that goes away in the middle is no error of ours.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    handler: &ProxyHandler<Handler>,
    request: http::Request<hyper::body::Incoming>,
    peer: SocketAddr,
) -> http::Response<WasiBody> {
    let (mut parts, body) = request.into_parts();
    // The component sees whole addresses, and the client's as Spin writes it.
    let authority = parts.headers.get(http::header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("localhost").to_owned();
    let path = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
    if let Ok(uri) = http::Uri::builder().scheme("http").authority(authority).path_and_query(path).build() {
        parts.uri = uri;
    }
    parts.headers.remove("spin-client-addr");
    if let Ok(value) = http::HeaderValue::from_str(&peer.to_string()) {
        parts.headers.insert("spin-client-addr", value);
    }
    let body = body.map_err(wasmtime_wasi_http::Error::from).boxed_unsync();
    match handler.handle((), http::Request::from_parts(parts, body)).await {
        Ok(response) => response,
        Err(error) => {
            eprintln!("request failed: {error:?}");
            let body = Full::new(Bytes::from_static(b"the component failed")).map_err(|never| match never {}).boxed_unsync();
            let mut response = http::Response::new(body);
            *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}
