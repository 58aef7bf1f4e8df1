//! A service that does as it is told.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};

use http::{HeaderMap, Request, Response};
use palisade_core::Rejection;
use palisade_core::test::{ScriptedBody, Step};
use parking_lot::Mutex;
use tower::{Service, ServiceExt};

/// What it does with a call.
#[derive(Clone, Debug)]
pub enum Manner {
    Status(u16),
    Headers(u16, HeaderMap),
    /// A gRPC stream of one message, with this status in its trailers.
    Stream(Option<&'static str>),
    /// A gRPC stream that breaks off.
    Broken,
    /// A gRPC stream that goes on for ever.
    Endless,
    /// A transport error.
    Error,
    /// A layer inside has refused the call, and answers with it.
    Answered(Rejection),
    /// The same as an error.
    Refused(Rejection),
    Hang,
    Panic,
    /// Panics before there is a future.
    PanicAtOnce,
}

/// A service that shares its manner with its clones.
#[derive(Clone, Debug)]
pub struct Upstream {
    manner: Arc<Mutex<Manner>>,
    calls: Arc<AtomicUsize>,
    polls: Arc<AtomicUsize>,
    ready: bool,
}

impl Upstream {
    pub fn new(manner: Manner) -> Self {
        let manner = Arc::new(Mutex::new(manner));
        Self { manner, calls: Arc::default(), polls: Arc::default(), ready: false }
    }

    pub fn set(&self, manner: Manner) {
        *self.manner.lock() = manner;
    }

    /// How many calls reached it.
    pub fn calls(&self) -> usize {
        self.calls.load(Relaxed)
    }

    /// How often it was asked whether it is ready.
    pub fn polls(&self) -> usize {
        self.polls.load(Relaxed)
    }
}

/// Errors of the transport, or of a layer inside.
pub type Failure = palisade_core::LayerError<io::Error>;

impl Service<Request<()>> for Upstream {
    type Response = Response<ScriptedBody>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ScriptedBody>, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.polls.fetch_add(1, Relaxed);
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been asked");
        self.calls.fetch_add(1, Relaxed);
        let manner = self.manner.lock().clone();
        assert!(!matches!(manner, Manner::PanicAtOnce), "as told");
        Box::pin(answer(manner))
    }
}

async fn answer(manner: Manner) -> Result<Response<ScriptedBody>, Failure> {
    let status = |status: u16, steps: Vec<Step>| {
        let body = ScriptedBody::new(steps).end_known();
        Response::builder().status(status).body(body).unwrap()
    };
    let stream = |steps: Vec<Step>| {
        let body = ScriptedBody::new(steps);
        Response::builder().header("content-type", "application/grpc").body(body).unwrap()
    };
    let message = || Step::data("message");
    match manner {
        Manner::Status(code) => Ok(status(code, Vec::new())),
        Manner::Headers(code, headers) => {
            let mut response = status(code, Vec::new());
            *response.headers_mut() = headers;
            Ok(response)
        }
        Manner::Stream(None) => Ok(stream(vec![message()])),
        Manner::Stream(Some(code)) => {
            let trailers = headers([("grpc-status", code)]);
            Ok(stream(vec![message(), Step::trailers(trailers)]))
        }
        Manner::Broken => Ok(stream(vec![message(), Step::error("reset")])),
        Manner::Endless => Ok(stream(vec![message(), Step::Silence])),
        Manner::Error => Err(Failure::Inner(io::Error::other("reset"))),
        Manner::Answered(why) => {
            let mut response = status(503, Vec::new());
            response.extensions_mut().insert(why);
            Ok(response)
        }
        Manner::Refused(why) => Err(Failure::Rejected(why)),
        Manner::Hang => pending().await,
        Manner::Panic => panic!("as told"),
        Manner::PanicAtOnce => unreachable!("it has panicked"),
    }
}

pub fn headers<const N: usize>(headers: [(&'static str, &str); N]) -> HeaderMap {
    let header =
        |(name, value): (&'static str, &str)| (name.parse().unwrap(), value.parse().unwrap());
    headers
        .into_iter()
        .map(|pair| -> (http::HeaderName, http::HeaderValue) { header(pair) })
        .collect()
}

/// A call, its body unread: `None` if the service refuses it or fails.
pub async fn send<S, B>(service: &mut S) -> Option<Response<B>>
where
    S: Service<Request<()>, Response = Response<B>>,
{
    service.ready().await.ok()?.call(Request::new(())).await.ok()
}

/// Whether a call is refused by the breaker.
pub async fn refuses<S, B>(service: &mut S) -> bool
where
    S: Service<Request<()>, Response = Response<B>>,
{
    let response = send(service).await;
    response.is_some_and(|response| response.extensions().get::<Rejection>().is_some())
}

/// Nothing ever goes wrong.
pub type Sure<T> = Result<T, Infallible>;
