//! The seven modes: which types they make of a service's, and which outcome of a rejection.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::io;
use std::sync::Arc;
use std::task::{Context, Waker};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use palisade_core::guard::End;
use palisade_core::respond::{
    Boxed, Http, Plain, PlainBoxed, RejectWith, Respond, RespondWith, Typed,
};
use palisade_core::test::{ScriptedBody, Step};
use palisade_core::{
    BoxError, LayerError, Meta, Reason, Rejection, ResBody, per_second, rejection,
};

mod support;

use support::Ledger;

type Req = Request<()>;
type Res = Response<Full<Bytes>>;
type Wrapped = Response<ResBody<Full<Bytes>>>;

fn why() -> Rejection {
    Rejection::new("ratelimit", "api", Reason::rate_limited(per_second(1), ""))
}

fn get() -> Req {
    Request::get("/").body(()).unwrap()
}

/// What a mode makes of a refusal. The type parameters are what is tested: they have to be exact.
fn refuse<M, R, S, E, Res, Err>(mode: &M, request: &R) -> Result<Res, Err>
where
    M: Respond<R, S, E, Response = Res, Error = Err>,
{
    let meta = M::meta(request);
    mode.reject(why(), meta)
}

/// What a mode makes of the inner service's error.
fn fail<M, R, S, E, Err>(_: &M, error: E) -> Err
where
    M: Respond<R, S, E, Error = Err>,
{
    M::fail(error)
}

#[test]
fn http_answers_with_a_response_and_leaves_the_error_alone() {
    let refused: Result<Wrapped, io::Error> = refuse::<_, Req, Res, io::Error, _, _>(&Http, &get());
    assert_eq!(refused.unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
    let error: io::Error = fail::<_, Req, Res, _, _>(&Http, io::Error::other("disk"));
    assert_eq!(error.to_string(), "disk");
}

#[test]
fn typed_answers_with_a_typed_error() {
    let refused: Result<Wrapped, LayerError<io::Error>> =
        refuse::<_, Req, Res, io::Error, _, _>(&Typed, &get());
    let error = refused.unwrap_err();
    assert_eq!(error.rejection(), Some(&why()));
    assert!(error.into_inner().is_none());
    let error: LayerError<_> = fail::<_, Req, Res, _, _>(&Typed, io::Error::other("disk"));
    assert_eq!(error.rejection(), None);
    assert_eq!(error.into_inner().unwrap().to_string(), "disk");
}

#[test]
fn boxed_answers_with_a_box_that_never_nests() {
    let refused: Result<Wrapped, BoxError> = refuse::<_, Req, Res, io::Error, _, _>(&Boxed, &get());
    assert_eq!(refused.unwrap_err().downcast_ref(), Some(&why()));
    let inner: BoxError = why().into();
    let error: BoxError = fail::<_, Req, Res, BoxError, _>(&Boxed, inner);
    assert_eq!(error.downcast_ref(), Some(&why()));
}

#[tokio::test]
async fn respond_with_answers_with_the_closures_response() {
    let mode = RespondWith(|why: &Rejection, meta: &Meta| {
        let text = format!("{} {:?}", why.name(), meta.method());
        Response::builder().status(418).body(Bytes::from(text)).unwrap()
    });
    let refused: Result<Wrapped, io::Error> = refuse::<_, Req, Res, io::Error, _, _>(&mode, &get());
    let response = refused.unwrap();
    assert_eq!(response.status(), 418);
    assert_eq!(response.extensions().get::<Rejection>(), Some(&why()), "for outer layers");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "api Some(GET)");
    let error: io::Error = fail::<_, Req, Res, _, _>(&mode, io::Error::other("disk"));
    assert_eq!(error.to_string(), "disk");
}

#[test]
fn the_plain_modes_leave_any_response_as_it_is() {
    let refused: Result<u8, LayerError<io::Error>> = refuse::<_, char, u8, _, _, _>(&Plain, &'r');
    assert_eq!(refused.unwrap_err().rejection(), Some(&why()));
    let refused: Result<u8, BoxError> = refuse::<_, char, u8, io::Error, _, _>(&PlainBoxed, &'r');
    assert_eq!(rejection(&*refused.unwrap_err()), Some(&why()));
    let mode = RejectWith(|why: Rejection| match why.name() {
        "api" => Ok(7),
        _ => Err("another layer"),
    });
    let refused: Result<u8, &str> = refuse::<_, char, _, _, _, _>(&mode, &'r');
    assert_eq!(refused, Ok(7));

    assert_eq!(<Plain as Respond<char, u8, io::Error>>::pass(3), 3);
    assert!(matches!(fail::<_, char, u8, _, _>(&Plain, "disk"), LayerError::Inner("disk")));
    let error: BoxError = fail::<_, char, u8, BoxError, _>(&PlainBoxed, why().into());
    assert_eq!(error.downcast_ref(), Some(&why()));
    assert_eq!(fail::<_, char, u8, _, _>(&mode, "disk"), "disk");
}

#[test]
fn only_http_responses_have_headers_to_write() {
    let mut wrapped = <Http as Respond<Req, Res, io::Error>>::pass(Res::default());
    let headers = <Http as Respond<Req, Res, io::Error>>::headers(&mut wrapped).unwrap();
    headers.insert("x", "1".parse().unwrap());
    assert_eq!(wrapped.headers()["x"], "1");
    assert!(<Plain as Respond<Req, Res, io::Error>>::headers(&mut Res::default()).is_none());
}

#[test]
fn an_http_mode_holds_a_guard_to_the_end_of_the_body() {
    let ledger = Arc::new(Ledger::default());
    let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), "14".parse().unwrap())]);
    let body = ScriptedBody::new([Step::data("m"), Step::trailers(trailers)]);
    let response =
        Response::builder().header("content-type", "application/grpc").body(body).unwrap();
    let guard = ledger.admit().erase();
    let held = <Typed as Respond<Req, Response<ScriptedBody>, io::Error>>::hold(response, guard);
    let mut body = std::pin::pin!(held.into_body());
    let mut context = Context::from_waker(Waker::noop());
    assert!(body.as_mut().poll_frame(&mut context).is_ready());
    assert_eq!(ledger.ends(), []);
    assert!(body.as_mut().poll_frame(&mut context).is_ready());
    assert_eq!(ledger.ends(), [End::Failure], "by the trailers, so the headers were looked at");
}

#[test]
fn a_plain_mode_ends_a_guard_with_the_response() {
    let ledger = Arc::new(Ledger::default());
    let guard = ledger.admit().erase();
    assert_eq!(<PlainBoxed as Respond<char, u8, io::Error>>::hold(3, guard), 3);
    assert_eq!(ledger.ends(), [End::Success]);
}

#[test]
fn only_a_post_can_be_grpc() {
    let is_grpc = |method: Method, content_type: &str| {
        let request = Request::builder().method(method).header("content-type", content_type);
        Meta::of(&request.body(()).unwrap()).is_grpc()
    };
    for kind in
        ["application/grpc", "application/grpc+proto", "Application/gRPC", "application/grpc-web"]
    {
        assert!(is_grpc(Method::POST, kind), "{kind}");
    }
    for kind in ["application/json", "application/grp", "text/application/grpc"] {
        assert!(!is_grpc(Method::POST, kind), "{kind}");
    }
    assert!(!is_grpc(Method::GET, "application/grpc"));
    assert!(!is_grpc(Method::OPTIONS, "application/grpc"));
    assert!(!Meta::of(&Request::post("/").body(()).unwrap()).is_grpc());
}

#[test]
fn meta_remembers_method_and_version() {
    let versions =
        [Version::HTTP_09, Version::HTTP_10, Version::HTTP_11, Version::HTTP_2, Version::HTTP_3];
    for version in versions {
        let request = Request::get("/").version(version).body(()).unwrap();
        assert_eq!(Meta::of(&request).version(), version);
    }
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] {
        let request = Request::builder().method(method).body(()).unwrap();
        assert_eq!(Meta::of(&request).method().unwrap(), method);
    }
}

#[test]
fn an_unusual_method_is_none_and_its_request_is_answered_all_the_same() {
    let request = Request::builder().method("PROPFIND").body(()).unwrap();
    assert_eq!(Meta::of(&request).method(), None);
    let refused: Result<Wrapped, io::Error> =
        refuse::<_, Req, Res, io::Error, _, _>(&Http, &request);
    assert_eq!(refused.unwrap().status(), 429);
    assert!(size_of::<Meta>() <= 3);
}
