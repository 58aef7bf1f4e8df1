//! Redis goes away, in each of the ways in which it does, and comes back.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use palisade_test_server::{Proxy, Server};

use super::*;

#[tokio::test]
async fn a_link_starts_without_redis_and_connects_when_it_appears() {
    let server = Server::start();
    server.kill();
    let link = open(server.url());
    let begun = Instant::now();
    let (kind, why) = told(send(&link, &["PING"]).await);
    assert!(begun.elapsed() < Duration::from_millis(500), "at once: {:?}", begun.elapsed());
    assert_eq!(kind, "not sent");
    let at = format!("cannot connect to redis at 127.0.0.1:{}: ", server.port());
    assert!(why.starts_with(&at), "{why}");
    server.restart();
    let took = until_it_answers(&link).await;
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[tokio::test]
async fn a_killed_server_is_noticed_at_once_and_its_return_within_200_ms() {
    let server = Server::start();
    let link = open(server.url());
    send(&link, &["PING"]).await.unwrap();
    server.kill();
    let begun = Instant::now();
    let first = kind(send(&link, &["PING"]).await);
    assert!(["unknown", "not sent"].contains(&first), "{first}");
    for _ in 0..50 {
        assert_eq!(kind(send(&link, &["PING"]).await), "not sent");
    }
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    server.restart();
    let took = until_it_answers(&link).await;
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_that_nobody_saw_fails_no_command() {
    let server = Server::start();
    for pool_size in [0, 1] {
        let link = Link::open(&RedisConfig { pool_size, ..config(server.url()) }, ANSWER).unwrap();
        send(&link, &["PING"]).await.unwrap();
        server.kill();
        server.restart();
        send(&link, &["PING"]).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_hangs_costs_every_caller_the_response_timeout_and_no_more() {
    let server = Server::start();
    let answer = Duration::from_millis(50);
    let link = Arc::new(Link::open(&config(server.url()), answer).unwrap());
    until_it_answers(&link).await;
    server.stop();
    let begun = Instant::now();
    for failure in all(&link, 64, &["INCR", "n"]).await {
        let (kind, why) = told(failure);
        assert_eq!(kind, "unknown");
        assert!(why.ends_with("did not answer in time"), "{why}");
    }
    let took = begun.elapsed();
    assert!(took >= answer && took < answer * 10, "{took:?}");
    server.cont();
    until_it_answers(&link).await;
    let done = async || (number(&link, &["INCRBY", "n", "0"]).await == 64).then_some(());
    until("what was unknown to be done after all", done).await;
}

#[tokio::test]
async fn a_connection_on_which_nothing_is_answered_is_given_up_and_nothing_more_is_sent() {
    let server = Server::start();
    let config =
        RedisConfig { connection_timeout: Duration::from_millis(100), ..config(server.url()) };
    let link = Link::open(&config, Duration::from_millis(50)).unwrap();
    until_it_answers(&link).await;
    server.stop();
    let mut sent = 0;
    until("a command that is not sent", async || {
        let kind = kind(send(&link, &["INCR", "n"]).await);
        sent += i64::from(kind == "unknown");
        (kind == "not sent").then_some(())
    })
    .await;
    assert!(sent >= 2, "it was waited for");
    for _ in 0..5 {
        assert_eq!(kind(send(&link, &["INCR", "n"]).await), "not sent");
    }
    server.cont();
    until_it_answers(&link).await;
    let all = async || (number(&link, &["INCRBY", "n", "0"]).await == sent).then_some(());
    until("just what was sent to be done", all).await;
}

#[tokio::test]
async fn callers_who_give_up_early_notice_a_silent_link_as_well() {
    let server = Server::start();
    let proxy = Proxy::to(server.port());
    let link = open(proxy.url());
    send(&link, &["PING"]).await.unwrap();
    proxy.hang();
    let (seen, ping) = (proxy.accepted(), words(&["PING"]));
    until("another connection", async || {
        let _ = timeout(Duration::from_millis(20), link.send(&ping)).await;
        (proxy.accepted() > seen).then_some(())
    })
    .await;
    proxy.open();
    until_it_answers(&link).await;
}

/// Asks, and leaves before there can be an answer.
async fn leave(link: &Link, command: &Cmd) {
    let mut sent = pin!(link.send(command));
    let begun = poll_fn(|context| Poll::Ready(sent.as_mut().poll(context)));
    assert!(begun.await.is_pending());
}

#[tokio::test]
async fn late_answers_among_others_cost_no_connection() {
    let server = Server::start();
    let proxy = Proxy::to(server.port());
    let (link, ping) = (open(proxy.url()), words(&["PING"]));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1_200) {
        send(&link, &["PING"]).await.unwrap();
        for _ in 0..2 {
            leave(&link, &ping).await;
        }
    }
    send(&link, &["PING"]).await.unwrap();
    assert_eq!(proxy.accepted(), 1);
}

#[tokio::test]
async fn a_cut_link_is_unknown_once_and_then_not_sent() {
    let server = Server::start();
    let proxy = Proxy::to(server.port());
    let link = open(proxy.url());
    send(&link, &["PING"]).await.unwrap();
    proxy.delay(Duration::from_millis(100));
    let ping = words(&["PING"]);
    let (answer, ()) = tokio::join!(link.send(&ping), async { proxy.cut() });
    assert_eq!(kind(answer), "unknown");
    assert_eq!(kind(send(&link, &["PING"]).await), "not sent");
    proxy.delay(Duration::ZERO);
    proxy.open();
    until_it_answers(&link).await;
}

#[tokio::test]
async fn a_name_that_is_none_is_not_sent() {
    let (kind, why) = told(send(&open("redis://no-such-host.invalid"), &["PING"]).await);
    assert_eq!(kind, "not sent");
    assert!(why.contains("redis at no-such-host.invalid:6379"), "{why}");
}
