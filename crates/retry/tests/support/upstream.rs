//! An upstream whose answers are written beforehand, and what it has seen.

use std::collections::VecDeque;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use palisade_core::CallContext;
use palisade_retry::{Backoff, Budget, Jitter, RetryLayer};
use parking_lot::Mutex;
use tokio::time::{Instant, Sleep, sleep};
use tower::{Layer, Service, ServiceExt};

pub type Req = Request<String>;
pub type Res = Response<String>;

/// What an upstream fails with.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault(pub &'static str);

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Fault {}

/// Answers with what is written, in turn, and then with the last of it for ever.
pub struct Upstream<Req, Res, Err>(Arc<Mutex<Inner<Req, Res, Err>>>);

struct Inner<Req, Res, Err> {
    answers: VecDeque<Result<Res, Err>>,
    seen: Vec<Seen<Req>>,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Seen<Req> {
    pub request: Req,
    pub at: Instant,
    pub attempt: u32,
}

impl<Req: Clone, Res, Err> Upstream<Req, Res, Err> {
    pub fn new(answers: impl IntoIterator<Item = Result<Res, Err>>) -> Self {
        let answers = answers.into_iter().collect();
        Self(Arc::new(Mutex::new(Inner { answers, seen: Vec::new() })))
    }

    /// How many requests arrived.
    pub fn calls(&self) -> usize {
        self.0.lock().seen.len()
    }

    pub fn seen(&self) -> Vec<Seen<Req>> {
        self.0.lock().seen.clone()
    }

    /// How long after the first each request came.
    pub fn times(&self) -> Vec<Duration> {
        let seen = self.seen();
        seen.iter().map(|one| one.at - seen[0].at).collect()
    }
}

impl<Req, Res, Err> Clone for Upstream<Req, Res, Err> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Req: Clone, Res: Clone, Err: Clone> Service<Req> for Upstream<Req, Res, Err> {
    type Response = Res;
    type Error = Err;
    type Future = Ready<Result<Res, Err>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Err>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let mut inner = self.0.lock();
        let attempt = CallContext::current().attempt();
        inner.seen.push(Seen { request, at: Instant::now(), attempt });
        let more = inner.answers.len() > 1;
        let answer = if more { inner.answers.pop_front() } else { inner.answers.front().cloned() };
        ready(answer.expect("an answer is written"))
    }
}

/// Gets ready in 10 ms and answers in 20 ms, always with a 503.
#[derive(Default)]
pub struct Slow {
    ready: Option<Pin<Box<Sleep>>>,
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Req> for Slow {
    type Response = Res;
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Res, Fault>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let ready = self.ready.get_or_insert_with(|| Box::pin(sleep(ms(10))));
        ready.as_mut().poll(cx).map(Ok)
    }

    fn call(&mut self, _: Req) -> Self::Future {
        self.ready = None;
        Box::pin(async {
            sleep(ms(20)).await;
            Ok(status(503))
        })
    }
}

pub fn get() -> Req {
    Request::get("http://example.org/things").body(String::new()).unwrap()
}

pub fn post() -> Req {
    Request::post("http://example.org/things").body("a thing".to_owned()).unwrap()
}

pub fn grpc() -> Req {
    Request::post("http://example.org/pkg.Things/List")
        .header("content-type", "application/grpc")
        .body("message".to_owned())
        .unwrap()
}

pub fn status(status: u16) -> Res {
    Response::builder().status(status).body(format!("status {status}")).unwrap()
}

pub fn with(status: u16, headers: &[(&str, &str)]) -> Res {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(String::new()).unwrap()
}

/// Without jitter: 100 ms, 200 ms, 400 ms.
pub fn steady() -> RetryLayer {
    let waits = Backoff::exponential(ms(100)).jitter(Jitter::None);
    RetryLayer::standard().backoff(waits)
}

/// Tries at once, so often, and has as many attempts as it wants.
pub fn eager(attempts: u32) -> RetryLayer {
    RetryLayer::new(attempts).backoff(Backoff::none()).budget(Budget::unlimited())
}

pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// One call of `layer` around an upstream with these answers: what came of it, and the upstream.
pub async fn send<L>(
    layer: &L,
    request: Req,
    answers: impl IntoIterator<Item = Result<Res, Fault>>,
) -> (Result<Res, Fault>, Upstream<Req, Res, Fault>)
where
    L: Layer<Upstream<Req, Res, Fault>>,
    L::Service: Service<Req, Response = Res, Error = Fault>,
{
    let upstream = Upstream::new(answers);
    let outcome = layer.layer(upstream.clone()).oneshot(request).await;
    (outcome, upstream)
}
