//! What the upstream learns of the caller.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Version};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade_examples::gateway::plan::Protocol;

use crate::support::{Wire, before, before_a_listener};

#[tokio::test]
async fn the_upstream_learns_who_asked_for_which_host_and_how() {
    let (gateway, upstream) = before_a_listener().await;
    let name = upstream.local_addr().unwrap().to_string();
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a/b?c=%20d HTTP/1.1\nHost: shop.test:80\n\n").await;
    let seen = Wire::accept(&upstream).await.head().await;
    assert_eq!(seen.first_line(), "get /a/b?c=%20d http/1.1");
    assert_eq!(seen.field("host"), name);
    assert_eq!(seen.field("x-forwarded-for"), "127.0.0.1");
    assert_eq!(seen.field("x-forwarded-host"), "shop.test:80");
    assert_eq!(seen.field("x-forwarded-proto"), "http");
    assert_eq!(seen.field("via"), "1.1 palisade");
}

#[tokio::test]
async fn what_a_caller_claims_stays_left_of_its_address() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller
        .send(
            "GET http://shop.test/up HTTP/1.1\nHost: other.test\nVia: 1.0 fred\n\
             X-Forwarded-For: 203.0.113.9, 198.51.100.1\nX-Forwarded-For: 192.0.2.1\n\
             X-Forwarded-Host: bank.test\nX-Forwarded-Proto: https\n\n",
        )
        .await;
    let seen = Wire::accept(&upstream).await.head().await;
    assert_eq!(seen.first_line(), "get / http/1.1");
    assert_eq!(
        seen.field("x-forwarded-for"),
        "203.0.113.9, 198.51.100.1, 192.0.2.1, 127.0.0.1",
        "one line"
    );
    assert_eq!(seen.field("x-forwarded-host"), "shop.test", "the URI has the last word");
    assert_eq!(seen.field("x-forwarded-proto"), "http");
    assert_eq!(seen.field("via"), "1.0 fred|1.1 palisade");
}

#[tokio::test]
async fn cookies_that_came_in_several_lines_are_one_line_for_the_upstream() {
    let echo = async |headers: HeaderMap| format!("{:?} {:?}", headers["cookie"], headers["via"]);
    let gateway = before(Router::new().fallback(echo), Protocol::Http1).await;
    let request = Request::get(format!("http://{}/up", gateway.address))
        .version(Version::HTTP_2)
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .body(Body::empty())
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let answer = client.request(request).await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(answer.to_bytes(), r#""a=1; b=2" "2 palisade""#);
}
