//! The primary that sentinels name.

use palisade_test_server::{Sentinel, Server};

use super::*;

/// A write to whoever is the primary, before and after a fail-over.
async fn follows(pool_size: usize) {
    let service = Sentinel::start();
    let link = Link::open(&RedisConfig { pool_size, ..config(service.url()) }, ANSWER).unwrap();
    assert_eq!(number(&link, &["INCR", "before"]).await, 1);
    let old = service.primary();
    assert_eq!(old.command(&["GET", "before"]).unwrap().text(), "1");
    old.kill();
    until("the new primary", async || send(&link, &["INCR", "after"]).await.ok()).await;
    let agreed = async || (service.primary().port() != old.port()).then_some(());
    until("the sentinels to agree", agreed).await;
    assert_eq!(service.primary().command(&["GET", "after"]).unwrap().text(), "1");
}

#[tokio::test]
async fn the_primary_is_found_and_followed() {
    follows(0).await;
}

#[tokio::test]
async fn a_pool_follows_the_primary_as_well() {
    follows(2).await;
}

#[tokio::test]
async fn a_primary_that_was_demoted_is_left() {
    let service = Sentinel::start();
    let link = open(service.url());
    send(&link, &["SET", "key", "1"]).await.unwrap();
    let old = service.primary();
    old.stop();
    let promoted = async || (service.primary().port() != old.port()).then_some(());
    until("the other to be promoted", promoted).await;
    old.cont();
    // As the sentinels do, in their own time.
    let new = service.primary().port().to_string();
    old.command(&["REPLICAOF", "127.0.0.1", &new]).unwrap();
    until("a write", async || send(&link, &["SET", "key", "2"]).await.ok()).await;
    assert_eq!(service.primary().command(&["GET", "key"]).unwrap().text(), "2");
}

#[tokio::test]
async fn a_primary_that_hangs_is_left() {
    let service = Sentinel::start();
    let link = Link::open(&config(service.url()), Duration::from_millis(50)).unwrap();
    until_it_answers(&link).await;
    let old = service.primary();
    old.stop();
    until("the new primary", async || send(&link, &["SET", "key", "1"]).await.ok()).await;
    let agreed = async || (service.primary().port() != old.port()).then_some(());
    until("the sentinels to agree", agreed).await;
    old.cont();
}

#[tokio::test]
async fn sentinels_that_are_gone_or_hang_cost_nothing_while_one_answers() {
    let service = Sentinel::start();
    service.sentinels()[0].kill();
    service.sentinels()[1].stop();
    let begun = Instant::now();
    send(&open(service.url()), &["SET", "key", "1"]).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    service.sentinels()[1].cont();
}

#[tokio::test]
async fn a_service_that_nobody_knows_is_not_sent() {
    let service = Sentinel::start();
    let url = service.url().replace(service.name(), "nobody");
    let (kind, why) = told(send(&open(url), &["PING"]).await);
    assert_eq!(kind, "not sent");
    assert!(why.ends_with(r#"it knows no service "nobody""#), "{why}");
}

/// A sentinel that names this server, whatever it is, and knows no other.
async fn naming(server: &Server) -> String {
    let port = server.port().to_string();
    let named = format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}\r\n", port.len());
    format!("127.0.0.1:{}", scripted(&["%0\r\n", &named]).await.0)
}

#[tokio::test]
async fn a_sentinel_that_names_a_replica_is_not_believed() {
    let server = Server::start();
    let replica = server.replica();
    let (wrong, right) = (naming(&replica).await, naming(&server).await);
    let (kind, why) = told(send(&open(format!("redis+sentinel://{wrong}/any")), &["PING"]).await);
    assert_eq!(kind, "not sent");
    assert!(why.ends_with("is not the primary any more"), "{why}");
    for _ in 0..10 {
        let link = open(format!("redis+sentinel://{wrong},{right}/any"));
        send(&link, &["SET", "key", "1"]).await.unwrap();
    }
}
