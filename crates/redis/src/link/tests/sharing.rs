//! One connection, made once for all who wait for it.

use palisade_test_server::{Proxy, Server};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::*;

#[tokio::test]
async fn callers_in_an_outage_make_one_attempt() {
    let server = Server::start();
    let proxy = Proxy::to(server.port());
    proxy.hang();
    let config =
        RedisConfig { connection_timeout: Duration::from_millis(300), ..config(proxy.url()) };
    let link = Arc::new(Link::open(&config, ANSWER).unwrap());
    for failure in all(&link, 64, &["PING"]).await {
        let (kind, why) = told(failure);
        assert_eq!(kind, "not sent");
        assert!(why.ends_with("within 300ms"), "{why}");
    }
    assert_eq!(proxy.accepted(), 1);
}

#[tokio::test]
async fn callers_at_the_start_share_one_connection() {
    let server = Server::start();
    let proxy = Proxy::to(server.port());
    let link = Arc::new(open(proxy.url()));
    for answer in all(&link, 64, &["PING"]).await {
        answer.unwrap();
    }
    assert_eq!(proxy.accepted(), 1);
}

#[tokio::test]
async fn after_a_failure_callers_are_told_the_same_without_another_attempt() {
    let server = Server::builder().password("hunter2").start();
    let proxy = Proxy::to(server.port());
    let link = open(proxy.url());
    let first = told(send(&link, &["PING"]).await);
    let begun = Instant::now();
    let mut attempts = 1;
    while begun.elapsed() < Duration::from_millis(200) {
        assert_eq!(told(send(&link, &["PING"]).await), first);
        attempts += 1;
        tokio::task::yield_now().await;
    }
    assert!(attempts > 100, "they are told at once: {attempts}");
    let accepted = proxy.accepted();
    assert!((2..=9).contains(&accepted), "one in 25 ms at most: {accepted}");
}

#[tokio::test]
async fn a_broken_connection_is_replaced_once() {
    let server = Server::start();
    let proxy = Proxy::to(server.port());
    let link = Arc::new(open(proxy.url()));
    until_it_answers(&link).await;
    proxy.cut();
    proxy.open();
    let answers = all(&link, 64, &["PING"]).await;
    let failures: Vec<_> = answers.into_iter().filter(Result::is_err).map(kind).collect();
    assert!(failures.iter().all(|kind| *kind == "unknown"), "{failures:?}");
    for answer in all(&link, 64, &["PING"]).await {
        answer.unwrap();
    }
    assert_eq!(proxy.accepted(), 2);
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_take_the_attempt_with_him() {
    let server = Server::start();
    for pool_size in [0, 1] {
        let proxy = Proxy::to(server.port());
        proxy.delay(Duration::from_millis(100));
        let config = RedisConfig { pool_size, ..config(proxy.url()) };
        let link = Link::open(&config, ANSWER).unwrap();
        let ping = words(&["PING"]);
        until("the attempt to begin", async || {
            let gone = timeout(Duration::from_millis(5), link.send(&ping)).await.is_err();
            (gone && proxy.accepted() > 0).then_some(())
        })
        .await;
        send(&link, &["PING"]).await.unwrap();
        assert_eq!(proxy.accepted(), 1, "with a pool of {pool_size}");
    }
}

#[tokio::test]
async fn dropping_the_link_closes_its_connection() {
    let server = Server::start();
    let proxy = Proxy::to(server.port());
    for pool_size in [0, 2] {
        let link = Link::open(&RedisConfig { pool_size, ..config(proxy.url()) }, ANSWER).unwrap();
        send(&link, &["PING"]).await.unwrap();
        assert_eq!(proxy.connections(), 1);
        drop(link);
        let gone = async || (proxy.connections() == 0).then_some(());
        until("the connection to be closed", gone).await;
    }
}

#[tokio::test]
async fn dropping_the_link_ends_its_attempt_to_connect() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let config = RedisConfig { connection_timeout: Duration::from_secs(3600), ..config(url) };
    let (link, ping) = (Link::open(&config, ANSWER).unwrap(), words(&["PING"]));
    let mut connection = tokio::select! {
        answer = link.send(&ping) => panic!("{answer:?}"),
        accepted = listener.accept() => accepted.unwrap().0,
    };
    drop(link);
    let mut greeting = Vec::new();
    let closed = timeout(Duration::from_secs(20), connection.read_to_end(&mut greeting)).await;
    closed.expect("the attempt ends").unwrap();
}

#[tokio::test]
async fn dropping_the_link_waits_for_no_answer() {
    let (port, mut ended) = scripted(&["%0\r\n", ""]).await;
    let link = open(format!("redis://127.0.0.1:{port}"));
    let ping = words(&["PING"]);
    assert!(timeout(Duration::from_millis(50), link.send(&ping)).await.is_err());
    drop(link);
    let closed = timeout(Duration::from_secs(20), ended.recv()).await;
    closed.expect("the connection is closed").unwrap();
}
