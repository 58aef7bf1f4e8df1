//! The requests, the services and the drivers that the laws share.

use std::{convert::Infallible, fmt, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt, Full};
use palisade::{
    BoxError, CallContext,
    test::{Inner, InnerHandle, Probe, ProbeHandle},
};
use tower::{Layer, Service, ServiceExt, util::Oneshot};

pub(crate) type Req = Request<String>;
pub(crate) type Res = Response<Full<Bytes>>;

/// What an inner service fails with.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault(pub(crate) &'static str);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Fault {}

pub(crate) fn get() -> Req {
    Request::get("http://example.org/things?secret").body(String::new()).unwrap()
}

pub(crate) fn grpc() -> Req {
    Request::builder()
        .method(Method::POST)
        .uri("http://example.org/pkg.Things/List")
        .header(header::CONTENT_TYPE, "application/grpc+proto")
        .body(String::new())
        .unwrap()
}

pub(crate) fn ok() -> Res {
    Response::new(Full::from("ok"))
}

/// How long [`late`] takes.
pub(crate) const LATE: Duration = Duration::from_secs(60);

/// Answers with `value` after [`LATE`]; tokio's time must be paused.
pub(crate) fn late<Req, Res>(
    value: Res,
) -> impl Service<Req, Response = Res, Error = Fault, Future: Send> + Clone + Send + Sync + 'static
where
    Req: 'static,
    Res: Clone + Send + Sync + 'static,
{
    tower::service_fn(move |_: Req| {
        let value = value.clone();
        async {
            tokio::time::sleep(LATE).await;
            Ok(value)
        }
    })
}

/// How long a call of a layer that waits is made to wait.
pub(crate) const DELAY: Duration = Duration::from_millis(20);

/// What becomes of the call that a layer makes of the inner service before it waits to make another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Before {
    /// It makes none.
    Nothing,
    Fails,
    Hangs,
}

/// Answers, at the second poll, a call that a layer had to wait for; the one `before` it ends as that says.
pub(crate) fn rescued(
    before: Before,
) -> impl Service<Req, Response = Res, Error = Fault, Future: Send> + Clone + Send + Sync + 'static
{
    tower::service_fn(move |_: Req| async move {
        match (CallContext::current().attempt(), before) {
            (1, Before::Fails) => return Err(Fault("broken")),
            (1, Before::Hangs) => std::future::pending().await,
            _ => tokio::task::yield_now().await,
        }
        Ok(ok())
    })
}

/// An HTTP service led by hand.
pub(crate) type Led = Probe<Inner<Req, Res, Fault>>;

/// A [`Led`] service, and the handles to lead and to watch it.
pub(crate) fn led() -> (Led, InnerHandle<Req, Res, Fault>, ProbeHandle) {
    let (inner, handle) = palisade::test::inner();
    let inner = Probe::new(inner);
    let probe = inner.handle();
    (inner, handle, probe)
}

/// One call of a fresh service that `layer` makes around `inner`.
pub(crate) fn call<L, S, Req>(layer: &L, inner: S, request: Req) -> Oneshot<L::Service, Req>
where
    L: Layer<S>,
    L::Service: Service<Req>,
{
    layer.layer(inner).oneshot(request)
}

/// One call that is answered at once; it must pass.
pub(crate) async fn pass<L>(layer: &L)
where
    L: Layer<palisade::test::Canned<Req, Res>>,
    L::Service: Service<Req, Error = Infallible>,
{
    call(layer, palisade::test::ready(ok()), get()).await.unwrap();
}

/// All of a body.
pub(crate) async fn text<B>(response: Response<B>) -> String
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    let body = response.into_body().collect().await.map_err(Into::into).unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}
