//! What belongs to one connection stays there (RFC 9110, section 7.6.1).

use crate::support::{Wire, before_a_listener};

#[tokio::test]
async fn fields_of_one_connection_do_not_reach_the_upstream() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller
        .send(
            "GET /up/a HTTP/1.1\nHost: shop.test\nConnection: keep-alive, X-Hop\n\
             Connection: x-other\nKeep-Alive: timeout=5\nProxy-Connection: keep-alive\n\
             Proxy-Authorization: Basic Og==\nTE: gzip\nUpgrade: websocket\nX-Hop: 1\n\
             X-Other: 2\nX-Kept: 3\nAuthorization: Bearer t\n\n",
        )
        .await;
    let seen = Wire::accept(&upstream).await.head().await;
    assert_eq!(
        seen.fields(),
        [
            "authorization",
            "host",
            "via",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-kept"
        ]
    );
}

#[tokio::test]
async fn fields_of_one_connection_do_not_reach_the_caller() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller.send("GET /up/a HTTP/1.1\nHost: shop.test\n\n").await;
    let mut upstream = Wire::accept(&upstream).await;
    upstream.head().await;
    upstream
        .send(
            "HTTP/1.1 200 OK\nConnection: close, X-Hop\nKeep-Alive: timeout=5\n\
             Proxy-Authenticate: Basic\nUpgrade: h2c\nX-Hop: 1\nProxy-Status: up; hit\n\
             Content-Length: 0\n\n",
        )
        .await;
    let answer = caller.head().await;
    assert_eq!(answer.first_line(), "http/1.1 200 ok");
    assert_eq!(
        answer.fields(),
        ["content-length", "date", "proxy-status", "ratelimit", "ratelimit-policy", "via"]
    );
}

#[tokio::test]
async fn a_caller_cannot_have_the_gateways_own_fields_removed() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller
        .send(
            "GET /up/a HTTP/1.1\nHost: shop.test\nX-Forwarded-For: 203.0.113.9\n\
             Connection: x-forwarded-for, x-forwarded-host, via, host\n\n",
        )
        .await;
    let seen = Wire::accept(&upstream).await.head().await;
    assert_eq!(seen.field("x-forwarded-for"), "127.0.0.1");
    assert_eq!(seen.field("via"), "1.1 palisade");
    assert!(seen.field("host").starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn of_te_only_trailers_are_passed_on() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller
        .send("GET /up/a HTTP/1.1\nHost: shop.test\nTE: gzip, trailers\nConnection: TE\n\n")
        .await;
    let seen = Wire::accept(&upstream).await.head().await;
    assert_eq!(seen.field("te"), "trailers");
    assert_eq!(seen.field("connection"), "te");
}

#[tokio::test]
async fn a_length_beside_chunks_does_not_reach_the_upstream() {
    let (gateway, upstream) = before_a_listener().await;
    let mut caller = Wire::to(&gateway).await;
    caller
        .send(
            "POST /up/a HTTP/1.1\nHost: shop.test\nContent-Length: 3\n\
             Transfer-Encoding: chunked\n\n5\nhello\n0\n\n",
        )
        .await;
    let mut upstream = Wire::accept(&upstream).await;
    let seen = upstream.head().await;
    assert_eq!(seen.field("content-length"), "");
    assert_eq!(seen.field("transfer-encoding"), "chunked");
    assert_eq!(upstream.until("0\n\n").await, "5\nhello\n0\n\n");
}
