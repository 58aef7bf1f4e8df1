//! One server, in good health and in bad.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use palisade_test_server::{Cluster, Proxy, Server};

use super::*;

#[tokio::test]
async fn an_answer_is_the_servers() {
    let server = Server::start();
    let link = open(server.url());
    assert!(!link.is_cluster());
    assert_eq!(send(&link, &["SET", "a", "1"]).await.unwrap(), Value::Okay);
    assert_eq!(send(&link, &["GET", "a"]).await.unwrap(), Value::BulkString(b"1".to_vec()));
    assert_eq!(send(&link, &["GET", "b"]).await.unwrap(), Value::Nil);
}

#[tokio::test]
async fn a_database_and_a_socket_are_where_the_url_says() {
    let server = Server::builder().unixsocket().start();
    let socket = server.unixsocket().display().to_string();
    for (url, expected) in [
        (format!("{}/3", server.url()), "db3"),
        (format!("redis+unix://{socket}?db=5"), "db5"),
        (format!("unix://{socket}"), "db0"),
    ] {
        send(&open(&url), &["SET", "key", "1"]).await.unwrap();
        assert!(server.info("keyspace", expected).is_some(), "{url}");
        server.command(&["FLUSHALL"]).unwrap();
    }
}

#[tokio::test]
async fn a_script_that_the_server_lacks_is_loaded() {
    let server = Server::start();
    let link = open(server.url());
    let digest = server.command(&["SCRIPT", "LOAD", "return 7"]).unwrap().text();
    let call = ["EVALSHA", &digest, "1", "key"];
    for _ in 0..2 {
        server.command(&["SCRIPT", "FLUSH"]).unwrap();
        let answer = send(&link, &call).await;
        assert!(matches!(answer, Err(Failed::NoScript)), "{answer:?}");
        link.load("return 7").await.unwrap();
        assert_eq!(number(&link, &call).await, 7);
    }
}

#[tokio::test]
async fn a_server_that_says_no_is_told_with_what_helps() {
    let server = Server::builder().arg("--maxmemory", "1").start();
    let link = open(server.url());
    let (kind, why) = told(send(&link, &["SET", "key", "1"]).await);
    assert_eq!(kind, "rejected");
    let at = format!("redis at 127.0.0.1:{} answered OOM", server.port());
    assert!(why.starts_with(&at) && why.contains("raise the server's `maxmemory`"), "{why}");

    server.command(&["CONFIG", "SET", "maxmemory", "0"]).unwrap();
    send(&link, &["SET", "key", "1"]).await.unwrap();
    let (kind, why) = told(send(&link, &["LPUSH", "key", "1"]).await);
    assert_eq!(kind, "rejected");
    assert!(why.contains("under a prefix of their own"), "{why}");
    let (kind, why) =
        told(send(&link, &["EVAL", "return {1, redis.error_reply('MINE x')}", "0"]).await);
    assert_eq!((kind, why.contains("answered MINE x")), ("rejected", true), "{why}");
}

#[tokio::test]
async fn a_replica_is_said_to_be_one_and_asked_again_on_the_same_connection() {
    let server = Server::start();
    let replica = server.replica();
    let link = open(replica.url());
    replica.command(&["CONFIG", "RESETSTAT"]).unwrap();
    for _ in 0..20 {
        let (kind, why) = told(send(&link, &["SET", "key", "1"]).await);
        assert_eq!(kind, "rejected");
        assert!(why.contains("let `url` name the primary"), "{why}");
    }
    let greeted = replica.info("commandstats", "cmdstat_hello").unwrap();
    assert!(greeted.starts_with("calls=1,"), "{greeted}");
}

#[tokio::test]
async fn a_server_that_became_a_replica_is_left_for_whoever_is_at_its_address_now() {
    let (server, other) = (Server::start(), Server::start());
    let proxy = Proxy::to(server.port());
    let link = open(proxy.url());
    send(&link, &["SET", "key", "1"]).await.unwrap();
    server.command(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]).unwrap();
    until("another connection", async || {
        assert_eq!(kind(send(&link, &["SET", "key", "1"]).await), "rejected");
        (proxy.accepted() > 1).then_some(())
    })
    .await;
    assert_eq!(proxy.accepted(), 2, "and not one for each command");
}

#[tokio::test]
async fn a_server_that_was_a_replica_takes_writes_on_the_same_link() {
    let server = Server::start();
    let replica = server.replica();
    let link = open(replica.url());
    assert_eq!(kind(send(&link, &["SET", "key", "1"]).await), "rejected");
    replica.command(&["REPLICAOF", "NO", "ONE"]).unwrap();
    send(&link, &["SET", "key", "1"]).await.unwrap();
}

#[tokio::test]
async fn a_node_of_a_cluster_says_which_url_it_wants() {
    let cluster = Cluster::start(3);
    let slot = Cluster::slot("key");
    let other = (cluster.owner(slot).unwrap() + 1) % 3;
    let link = open(cluster.node(other).url());
    let (kind, why) = told(send(&link, &["GET", "key"]).await);
    assert_eq!(kind, "rejected");
    assert!(why.contains("is to begin with redis+cluster://"), "{why}");
}

#[test]
fn nothing_panics_without_a_runtime_connected_or_not() {
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let command = words(&["PING"]);
    for pool_size in [0, 2] {
        let link = Link::open(&RedisConfig { pool_size, ..config(server.url()) }, ANSWER).unwrap();
        for _ in 0..2 {
            let mut context = Context::from_waker(Waker::noop());
            let sent = pin!(link.send(&command)).poll(&mut context);
            let Poll::Ready(answer) = sent else { panic!("there is nothing to wait for") };
            let (kind, why) = told(answer);
            assert_eq!(kind, "not sent");
            assert_eq!(why, "redis is reached from within a tokio runtime only");
            runtime.block_on(async { link.send(&command).await.unwrap() });
        }
    }
}

#[test]
fn a_link_outlives_the_runtime_that_connected_it() {
    let server = Server::start();
    let link = open(server.url());
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { send(&link, &["PING"]).await.unwrap() });
    }
}
