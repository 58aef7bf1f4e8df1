//! A pool of connections.

use palisade_test_server::{Proxy, Server};

use super::*;

fn pooled(url: impl Into<String>, pool_size: usize, answer: Duration) -> Arc<Link> {
    let config = RedisConfig { pool_size, ..config(url) };
    Arc::new(Link::open(&config, answer).unwrap())
}

#[tokio::test]
async fn a_pool_uses_as_many_connections_as_it_has_and_asks_nothing_besides() {
    let server = Server::start();
    let proxy = Proxy::to(server.port());
    let link = pooled(proxy.url(), 4, ANSWER);
    server.command(&["CONFIG", "RESETSTAT"]).unwrap();
    for _ in 0..10 {
        for answer in all(&link, 20, &["INCR", "n"]).await {
            answer.unwrap();
        }
    }
    assert_eq!(proxy.accepted(), 4);
    let calls = |name: &str| {
        let stats = server.info("commandstats", &format!("cmdstat_{name}"))?;
        stats.strip_prefix("calls=")?.split_once(',').map(|(calls, _)| calls.to_owned())
    };
    assert_eq!(calls("incr").as_deref(), Some("200"));
    assert_eq!(calls("hello").as_deref(), Some("4"));
    assert_eq!((calls("ping"), calls("unwatch")), (None, None));
}

#[tokio::test]
async fn a_pool_that_is_used_up_says_so_and_nothing_is_sent() {
    let server = Server::start();
    let config = RedisConfig {
        pool_size: 1,
        connection_timeout: Duration::from_millis(200),
        ..config(server.url())
    };
    let link = Link::open(&config, Duration::from_secs(20)).unwrap();
    send(&link, &["PING"]).await.unwrap();
    server.stop();
    let (held, ping) = (words(&["INCR", "n"]), words(&["PING"]));
    let mut held = std::pin::pin!(link.send(&held));
    let (kind, why) = tokio::select! {
        biased;
        answer = &mut held => panic!("{answer:?}"),
        answer = link.send(&ping) => told(answer),
    };
    assert_eq!(kind, "not sent");
    assert!(why.starts_with("none of the 1 connections to redis was free within 200ms"), "{why}");
    server.cont();
    assert_eq!(held.await.unwrap(), Value::Int(1));
    send(&link, &["PING"]).await.unwrap();
}

#[tokio::test]
async fn broken_connections_are_not_lent_again() {
    let server = Server::start();
    let link = pooled(server.url(), 4, ANSWER);
    for answer in all(&link, 20, &["PING"]).await {
        answer.unwrap();
    }
    server.kill();
    let failures: Vec<_> = all(&link, 20, &["PING"]).await.into_iter().map(kind).collect();
    let unknown = failures.iter().filter(|kind| **kind == "unknown").count();
    assert!(unknown <= 4, "one for each connection at most: {failures:?}");
    for failure in all(&link, 20, &["PING"]).await {
        assert_eq!(kind(failure), "not sent");
    }
    server.restart();
    let took = until_it_answers(&link).await;
    assert!(took < Duration::from_millis(200), "{took:?}");
    for answer in all(&link, 20, &["PING"]).await {
        answer.unwrap();
    }
}

#[tokio::test]
async fn a_pool_in_an_outage_does_not_try_for_every_caller() {
    let server = Server::builder().password("hunter2").start();
    let proxy = Proxy::to(server.port());
    let link = pooled(proxy.url(), 2, ANSWER);
    for failure in all(&link, 64, &["PING"]).await {
        assert_eq!(kind(failure), "not sent");
    }
    let accepted = proxy.accepted();
    assert!(accepted <= 8, "{accepted}");
}
