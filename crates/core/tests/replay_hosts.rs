//! What requests of each host are remade from.

#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::convert::Infallible;

use bytes::Bytes;
use http::{Method, Request, Version, header};
use http_body::Body;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use palisade_core::BoxError;
use palisade_core::replay::{Repeat, Replay};
use palisade_core::test::{ScriptedBody, Step};

/// Keeps a body, remakes it twice, and reads all three.
async fn thrice<B>(body: B, most: usize) -> Option<[Bytes; 3]>
where
    B: Replay + Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let (first, kept) = body.keep(most);
    let kept = kept?;
    let bytes = async |body: B| body.collect().await.unwrap().to_bytes();
    let second = bytes(B::remake(&kept)?).await;
    let first = bytes(first).await;
    Some([first, second, bytes(B::remake(&kept)?).await])
}

fn stream() -> ScriptedBody {
    ScriptedBody::new([Step::data("he"), Step::Pending, Step::data("llo")])
}

#[tokio::test]
async fn bytes_that_are_all_there_are_cloned_up_to_the_limit() {
    assert_eq!(thrice(String::from("hello"), 5).await.unwrap(), ["hello"; 3]);
    assert_eq!(thrice(Full::<Bytes>::from("hello"), 5).await.unwrap(), ["hello"; 3]);
    assert_eq!(thrice(Empty::new(), 0).await.unwrap(), [""; 3]);

    let (body, kept) = String::from("hello").keep(4);
    assert_eq!((body.as_str(), kept), ("hello", None));
    assert!(Full::<Bytes>::from("hello").keep(4).1.is_none());
    assert!(().keep(0).1.is_some());
}

#[tokio::test]
async fn boxes_are_recorded() {
    assert_eq!(thrice(BoxBody::<_, BoxError>::new(stream()), 5).await.unwrap(), ["hello"; 3]);
    assert_eq!(thrice(stream().boxed_unsync(), 5).await.unwrap(), ["hello"; 3]);
}

#[tokio::test]
async fn a_request_is_remade_with_its_whole_head() {
    let mut request = Request::put("http://example.com/greeting?of=me")
        .version(Version::HTTP_2)
        .header("x-api-key", "k1")
        .body(Full::<Bytes>::from("hello"))
        .unwrap();
    request.extensions_mut().insert("extension");

    let (first, kept) = request.keep(5);
    let again = Request::<Full<Bytes>>::remake(&kept.unwrap()).unwrap();
    for request in [first, again] {
        assert_eq!(request.method(), Method::PUT);
        assert_eq!(request.uri(), "http://example.com/greeting?of=me");
        assert_eq!(request.version(), Version::HTTP_2);
        assert_eq!(request.headers()["x-api-key"], "k1");
        assert_eq!(request.extensions().get(), Some(&"extension"));
        assert_eq!(request.collect().await.unwrap().to_bytes(), "hello");
    }
}

#[test]
fn a_request_that_changes_the_protocol_is_not_kept() {
    let body = || BoxBody::<_, BoxError>::new(stream());
    let upgrade = Request::get("/chat").header(header::UPGRADE, "websocket").body(body());
    let (upgrade, kept) = upgrade.unwrap().keep(100);
    assert!(kept.is_none());
    assert_eq!(upgrade.headers()[header::UPGRADE], "websocket");
    let connect = Request::connect("example.com:443").body(body()).unwrap();
    assert!(connect.keep(100).1.is_none());
    assert!(Request::get("/").body(body()).unwrap().keep(100).1.is_some());
}

#[test]
fn a_request_whose_body_was_too_large_is_not_remade() {
    let request = Request::new(BoxBody::<_, BoxError>::new(stream()));
    let (first, kept) = request.keep(4);
    let kept = kept.unwrap();
    assert!(Request::<BoxBody<_, _>>::remake(&kept).is_some());
    let whole = tokio_test::block_on(first.collect()).unwrap().to_bytes();
    assert_eq!(whole, "hello");
    assert!(Request::<BoxBody<_, _>>::remake(&kept).is_none());
}

#[cfg(feature = "tonic")]
#[tokio::test]
async fn tonics_body_is_recorded_and_keeps_trailers_and_statuses() {
    use palisade_core::replay::Lost;
    use tonic::{Code, Status, body::Body};

    assert_eq!(thrice(Body::new(stream()), 5).await.unwrap(), ["hello"; 3]);
    assert_eq!(thrice(Body::empty(), 0).await.unwrap(), [""; 3]);

    let trailers = || http::HeaderMap::from_iter([(header::ETAG, "a".parse().unwrap())]);
    let body = Body::new(ScriptedBody::new([Step::data("a"), Step::trailers(trailers())]));
    let (first, kept) = body.keep(100);
    let again = Body::remake(&kept.unwrap()).unwrap();
    for body in [again, first] {
        assert_eq!(body.collect().await.unwrap().trailers(), Some(&trailers()));
    }

    let broken = ScriptedBody::new([Step::error(Status::aborted("by the client"))]);
    let (first, kept) = Body::new(broken).keep(100);
    let again = Body::remake(&kept.unwrap()).unwrap();
    let status = first.collect().await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Aborted, "by the client"));
    let status = again.collect().await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown);
    let source = std::error::Error::source(&status).unwrap();
    assert_eq!(source.downcast_ref(), Some(&Lost::BrokeOff));
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn axums_body_is_recorded_and_keeps_its_size() {
    use axum::body::Body;

    assert_eq!(thrice(Body::new(stream()), 5).await.unwrap(), ["hello"; 3]);
    assert_eq!(thrice(Body::empty(), 0).await.unwrap(), [""; 3]);
    let (first, kept) = Body::from("hello").keep(5);
    let again = Body::remake(&kept.unwrap()).unwrap();
    for body in [first, again] {
        assert_eq!(body.size_hint().exact(), Some(5));
    }
    assert!(Body::from("hello").keep(4).1.is_none());
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn a_reqwest_request_is_remade_whatever_its_body_is() {
    use std::time::Duration;

    use reqwest::{Body, Request};

    async fn sent(request: &mut Request) -> Bytes {
        let body = request.body_mut().take();
        let read = async |body: Body| body.collect().await.unwrap().to_bytes();
        if let Some(body) = body { read(body).await } else { Bytes::new() }
    }

    let with = |body: Option<Body>| {
        let mut request = Request::new(Method::PUT, "http://example.com/a?b".parse().unwrap());
        request.headers_mut().insert("x-api-key", "k1".parse().unwrap());
        *request.version_mut() = Version::HTTP_2;
        *request.timeout_mut() = Some(Duration::from_secs(3));
        *request.body_mut() = body;
        request
    };
    let sized = || Body::wrap(stream().exact_size());
    let bodies = [(None, ""), (Some("hello".into()), "hello"), (Some(sized()), "hello")];
    for (body, bytes) in bodies {
        let size = body.as_ref().map(|body| body.size_hint().exact().unwrap());
        let (first, kept) = with(body).keep(5);
        let kept = kept.unwrap();
        let remade = || Request::remake(&kept).unwrap();
        for mut request in [remade(), first, remade()] {
            assert_eq!(request.body().map(|body| body.size_hint().exact().unwrap()), size);
            assert_eq!((request.method(), request.url().path()), (&Method::PUT, "/a"));
            assert_eq!(request.headers()["x-api-key"], "k1");
            assert_eq!(request.version(), Version::HTTP_2);
            assert_eq!(request.timeout(), Some(&Duration::from_secs(3)));
            assert_eq!(sent(&mut request).await, bytes);
        }
    }
    for body in ["hello".into(), sized()] {
        let (mut request, kept) = with(Some(body)).keep(4);
        assert!(kept.is_none());
        assert_eq!(sent(&mut request).await, "hello");
    }

    let mut upgrade = with(None);
    upgrade.headers_mut().insert(header::UPGRADE, "websocket".parse().unwrap());
    assert!(upgrade.keep(5).1.is_none());
}

#[tokio::test]
async fn a_body_without_errors_fits_into_a_box_that_has_some() {
    let body = Full::<Bytes>::from("hello").map_err(|never: Infallible| match never {});
    assert_eq!(thrice(BoxBody::<_, BoxError>::new(body), 5).await.unwrap(), ["hello"; 3]);
}
