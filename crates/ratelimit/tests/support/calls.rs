//! Calls through a layer, in the mode for HTTP: its answers tell headers and rejections alike.

use std::convert::Infallible;

use http::{Request, Response};
use palisade_core::Rejection;
use palisade_core::test::{Canned, ready};
use tower::{Service, ServiceExt};

/// A service that answers each request with an empty 200.
pub type Inner = Canned<Request<()>, Response<String>>;

pub fn ok() -> Inner {
    ready(Response::new(String::new()))
}

/// A request with these headers.
pub fn get<const N: usize>(headers: [(&str, &str); N]) -> Request<()> {
    let request = Request::get("http://example.org/");
    let with = |request: http::request::Builder, (name, value)| request.header(name, value);
    headers.into_iter().fold(request, with).body(()).unwrap()
}

pub async fn send<S, B>(service: &mut S, request: Request<()>) -> Response<B>
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
{
    service.ready().await.unwrap().call(request).await.unwrap()
}

/// Why the request is refused; `None` if it passes.
pub async fn refusal<S, B>(service: &mut S, request: Request<()>) -> Option<Rejection>
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
{
    let response = send(service, request).await;
    let why = response.extensions().get::<Rejection>().copied();
    assert_eq!(why.is_some(), response.status() != 200, "{why:?}");
    why
}

pub async fn passes<S, B>(service: &mut S, request: Request<()>) -> bool
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
{
    refusal(service, request).await.is_none()
}

/// How many of such requests pass in a row; 1000 at most.
pub async fn count<S, B>(service: &mut S, request: impl Fn() -> Request<()>) -> usize
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
{
    for passed in 0..1_000 {
        if !passes(service, request()).await {
            return passed;
        }
    }
    1_000
}

/// All values of a header, joined; empty if there is none.
pub fn said<B>(response: &Response<B>, name: &str) -> String {
    let values = response.headers().get_all(name).iter().map(|value| value.to_str().unwrap());
    values.collect::<Vec<_>>().join(", ")
}
