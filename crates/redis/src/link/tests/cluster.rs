//! A cluster: routes, moves, losses.

use palisade_test_server::Cluster;

use super::super::cluster::slot;
use super::*;

#[test]
fn slots_are_those_of_redis() {
    // From the cluster's specification, and the server's own tags.
    assert_eq!(slot::of_key(b"123456789"), 0x31c3);
    for key in [
        "",
        "a",
        "{a}b",
        "x{a}y{b}",
        "{}a",
        "{a",
        "a}{b}",
        "{{a}}",
        "ключ",
        "limits:{user:1}:login",
    ] {
        assert_eq!(slot::of_key(key.as_bytes()), Cluster::slot(key), "{key}");
    }
    let of = |command: &[&str]| slot::of(&words(command));
    assert_eq!(of(&["EVALSHA", "digest", "2", "{a}", "b", "c"]), Some(Cluster::slot("a")));
    assert_eq!(of(&["evalsha", "digest", "0", "a"]), None);
    assert_eq!(of(&["GET", "a"]), Some(Cluster::slot("a")));
    assert_eq!(of(&["SCRIPT", "LOAD", "a"]), None);
    assert_eq!(of(&["PING"]), None);
    assert_eq!(of(&[]), None);
}

#[tokio::test]
async fn each_command_goes_to_the_node_of_its_key() {
    let cluster = Cluster::start(3);
    // One node is enough to find the others.
    let link = open(format!("redis+cluster://127.0.0.1:{}", cluster.node(0).port()));
    assert!(link.is_cluster());
    for node in cluster.nodes() {
        node.command(&["CONFIG", "RESETSTAT"]).unwrap();
    }
    for n in 0..60 {
        send(&link, &["SET", &format!("key:{n}"), "1"]).await.unwrap();
    }
    let mut kept = 0;
    for node in cluster.nodes() {
        kept += node.command(&["DBSIZE"]).unwrap().integer();
        assert_eq!(node.info("errorstats", "errorstat_MOVED"), None, "nobody had to say where");
    }
    assert_eq!(kept, 60);
}

#[tokio::test]
async fn a_script_is_loaded_on_all_primaries() {
    let cluster = Cluster::start(3);
    let link = open(cluster.url());
    link.load("return 7").await.unwrap();
    let digest = cluster.node(0).command(&["SCRIPT", "LOAD", "return 7"]).unwrap().text();
    for n in 0..20 {
        assert_eq!(number(&link, &["EVALSHA", &digest, "1", &format!("key:{n}")]).await, 7);
    }
    let unknown = ["EVALSHA", "0000000000000000000000000000000000000000", "1", "key"];
    assert!(matches!(send(&link, &unknown).await, Err(Failed::NoScript)));
}

#[tokio::test]
async fn keys_of_several_slots_in_one_call_are_rejected() {
    let cluster = Cluster::start(3);
    let (kind, why) = told(send(&open(cluster.url()), &["MGET", "a", "b"]).await);
    assert_eq!(kind, "rejected");
    assert!(why.contains("must share a hash tag"), "{why}");
}

#[tokio::test]
async fn a_slot_may_move_at_any_time() {
    let cluster = Cluster::start(3);
    let link = open(cluster.url());
    let slot = Cluster::slot("key");
    let to = (cluster.owner(slot).unwrap() + 1) % 3;
    assert_eq!(number(&link, &["INCR", "key"]).await, 1);
    cluster.begin_move(slot, to);
    assert_eq!(number(&link, &["INCR", "key"]).await, 2);
    cluster.move_keys(slot, to);
    assert_eq!(number(&link, &["INCR", "key"]).await, 3);
    assert_eq!(number(&link, &["INCR", "{key}new"]).await, 1);
    cluster.finish_move(slot, to);
    assert_eq!(number(&link, &["INCR", "key"]).await, 4);

    // And from then on it is gone to at once.
    let direct = async || {
        for node in cluster.nodes() {
            node.command(&["CONFIG", "RESETSTAT"]).unwrap();
        }
        number(&link, &["INCR", "key"]).await;
        let said = |node: &palisade_test_server::Server| node.info("errorstats", "errorstat_MOVED");
        cluster.nodes().iter().all(|node| said(node).is_none()).then_some(())
    };
    until("the new map", direct).await;
}

#[tokio::test]
async fn a_dead_node_costs_its_own_keys_and_no_others() {
    let cluster = Cluster::start(3);
    for node in cluster.nodes() {
        node.command(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]).unwrap();
    }
    let link = open(cluster.url());
    let key_of = |node| {
        let mut keys = (0..).map(|n| format!("key:{n}"));
        keys.find(|key| cluster.owner(Cluster::slot(key)) == Some(node)).unwrap()
    };
    let keys = [key_of(0), key_of(1), key_of(2)];
    for key in &keys {
        send(&link, &["SET", key, "1"]).await.unwrap();
    }
    cluster.node(1).kill();
    let failed = async || {
        let answer = send(&link, &["GET", &keys[1]]).await;
        ["not sent", "rejected"].contains(&kind(answer)).then_some(())
    };
    until("the loss to be noticed", failed).await;
    for _ in 0..50 {
        for key in [&keys[0], &keys[2]] {
            send(&link, &["GET", key]).await.unwrap();
        }
        let _ = told(send(&link, &["GET", &keys[1]]).await);
    }
    link.load("return 7").await.unwrap();
    cluster.node(1).restart();
    until("all keys to be served", async || send(&link, &["GET", &keys[1]]).await.ok()).await;
}

#[tokio::test]
async fn what_timed_out_is_not_sent_again() {
    let cluster = Cluster::start(3);
    let link = Link::open(&config(cluster.url()), Duration::from_millis(50)).unwrap();
    until("an answer", async || send(&link, &["SET", "key", "0"]).await.ok()).await;
    let node = cluster.node(cluster.owner(Cluster::slot("key")).unwrap());
    node.stop();
    let (kind, why) = told(send(&link, &["INCR", "key"]).await);
    assert_eq!(kind, "unknown", "{why}");
    node.cont();
    until("the node to go on", async || send(&link, &["GET", "key"]).await.ok()).await;
    assert_eq!(node.command(&["GET", "key"]).unwrap().text(), "1");
}

#[tokio::test]
async fn a_replica_that_was_promoted_is_found() {
    let cluster = Cluster::with_replicas(3);
    let link = open(cluster.url());
    send(&link, &["SET", "key", "1"]).await.unwrap();
    cluster.node(cluster.owner(Cluster::slot("key")).unwrap()).kill();
    until("the promoted replica", async || send(&link, &["SET", "key", "2"]).await.ok()).await;
}

#[tokio::test]
async fn a_cluster_that_is_not_there_is_not_sent() {
    let cluster = Cluster::start(3);
    let link = open(cluster.url());
    for node in cluster.nodes() {
        node.kill();
    }
    let (kind, why) = told(send(&link, &["GET", "key"]).await);
    assert_eq!(kind, "not sent");
    assert!(why.starts_with("cannot connect to redis at 127.0.0.1:"), "{why}");
}
