//! Bodies flow in both directions, with their ends.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Version};
use axum::response::Response;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade_examples::gateway::plan::Protocol;

use crate::support::{Wire, before, before_a_listener};

#[tokio::test]
async fn a_chunk_reaches_the_upstream_before_the_upload_ends() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("POST /up/a HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nfirst\n").await;
    let mut upstream = Wire::accept(&upstream).await;
    upstream.head().await;
    assert_eq!(upstream.until("first\n").await, "5\nfirst\n");

    // And the answer begins while the upload goes on.
    upstream.send("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nyes\n").await;
    caller.head().await;
    assert_eq!(caller.until("yes\n").await, "3\nyes\n");
    caller.send("6\nsecond\n0\n\n").await;
    assert_eq!(upstream.until("0\n\n").await, "6\nsecond\n0\n\n");
}

#[tokio::test]
async fn a_chunk_reaches_the_caller_before_the_upstream_ends() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    let mut upstream = Wire::accept(&upstream).await;
    upstream.head().await;
    upstream.send("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nfirst\n").await;
    caller.head().await;
    assert_eq!(caller.until("first\n").await, "5\nfirst\n");
    upstream.send("6\nsecond\n0\n\n").await;
    assert_eq!(caller.until("0\n\n").await, "6\nsecond\n0\n\n");
}

#[tokio::test]
async fn a_body_that_the_upstream_cuts_is_cut_for_the_caller() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    let mut upstream = Wire::accept(&upstream).await;
    upstream.head().await;
    upstream.send("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nfirst\n").await;
    caller.until("first\n").await;
    drop(upstream);
    assert_eq!(caller.rest().await, "", "no last chunk, so that it is not taken for complete");
}

#[tokio::test]
async fn trailers_pass_both_ways_over_http1() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller
        .send(
            "POST /up/a HTTP/1.1\nHost: a\nTE: trailers\nConnection: te, x-hop\n\
             Trailer: x-sum, x-hop\nTransfer-Encoding: chunked\n\n\
             2\nhi\n0\nx-sum: 1\nx-hop: 2\n\n",
        )
        .await;
    let mut upstream = Wire::accept(&upstream).await;
    assert_eq!(upstream.head().await.field("trailer"), "x-sum, x-hop");
    assert_eq!(upstream.until("\n\n").await, "2\nhi\n0\nx-sum: 1\n\n");
    upstream
        .send(
            "HTTP/1.1 200 OK\nConnection: x-hop\nTrailer: x-sum, x-hop\n\
             Transfer-Encoding: chunked\n\n2\nho\n0\nx-sum: 3\nx-hop: 4\n\n",
        )
        .await;
    assert_eq!(caller.head().await.field("trailer"), "x-sum, x-hop");
    assert_eq!(caller.until("\n\n").await, "2\nho\n0\nx-sum: 3\n\n");
}

#[tokio::test]
async fn trailers_pass_both_ways_over_http2() {
    let gateway = before(Router::new().fallback(echo_trailers), Protocol::Http2).await;
    let sent = HeaderMap::from_iter([("x-sum".parse().unwrap(), HeaderValue::from_static("1"))]);
    let body = Full::from("hi").with_trailers(std::future::ready(Some(Ok(sent.clone()))));
    let mut request =
        hyper::Request::post(format!("http://{}/up", gateway.address)).body(Body::new(body));
    *request.as_mut().unwrap().version_mut() = Version::HTTP_2;

    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let answer = client.request(request.unwrap()).await.unwrap().into_body().collect().await;
    assert_eq!(answer.unwrap().trailers(), Some(&sent));
}

async fn echo_trailers(request: Request) -> Response {
    let trailers = request.into_body().collect().await.unwrap().trailers().cloned();
    let body = Full::<Bytes>::from("ho").with_trailers(std::future::ready(trailers.map(Ok)));
    Response::new(Body::new(body))
}

#[tokio::test]
async fn a_declared_length_is_kept() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("PUT /up/a HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello").await;
    let mut upstream = Wire::accept(&upstream).await;
    let seen = upstream.head().await;
    assert_eq!(
        (seen.field("content-length"), seen.field("transfer-encoding")),
        ("5".into(), "".into())
    );
    upstream.until("hello").await;
    upstream.send("HTTP/1.1 200 OK\nContent-Length: 3\n\nyes").await;
    let answer = caller.head().await;
    assert_eq!(
        (answer.field("content-length"), answer.field("transfer-encoding")),
        ("3".into(), "".into())
    );
    caller.until("yes").await;
}

#[tokio::test]
async fn an_answer_without_a_body_gets_no_length_of_the_gateways() {
    for (method, answer) in [
        ("HEAD", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"),
        ("GET", "HTTP/1.1 304 Not Modified\nETag: x\n\n"),
        ("GET", "HTTP/1.1 204 No Content\n\n"),
    ] {
        let (gateway, upstream) = before_a_listener().await;
        let mut caller = Wire::to(&gateway).await;
        caller.send(&format!("{method} /up/a HTTP/1.1\nHost: a\n\n")).await;
        let mut upstream = Wire::accept(&upstream).await;
        upstream.head().await;
        upstream.send(answer).await;
        assert_eq!(caller.head().await.field("content-length"), "", "{method} {answer}");
    }
}

#[tokio::test]
async fn the_length_in_an_answer_to_head_is_kept() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("HEAD /up/a HTTP/1.1\nHost: a\n\n").await;
    let mut upstream = Wire::accept(&upstream).await;
    upstream.head().await;
    upstream.send("HTTP/1.1 200 OK\nContent-Length: 1234\n\n").await;
    assert_eq!(caller.head().await.field("content-length"), "1234");
}

#[tokio::test]
async fn a_caller_who_goes_away_ends_the_request_to_the_upstream() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: a\n\n").await;
    let mut upstream = Wire::accept(&upstream).await;
    upstream.head().await;
    drop(caller);
    assert_eq!(upstream.rest().await, "");
}
