//! A server that copies another one.

use palisade_test_server::{Server, eventually};

#[test]
fn a_replica_has_what_its_primary_has_and_refuses_writes() {
    let primary = Server::start();
    primary.command(&["SET", "a", "before"]).unwrap();
    let replica = primary.replica();
    assert_eq!(replica.command(&["GET", "a"]).unwrap().text(), "before");
    primary.command(&["SET", "a", "after"]).unwrap();
    let follows = || replica.command(&["GET", "a"]).unwrap().text() == "after";
    eventually(follows, "the replica to follow");
    let error = replica.command(&["SET", "a", "own"]).unwrap_err();
    assert!(error.starts_with("READONLY"), "{error}");
}

#[test]
fn a_replica_knows_its_primarys_password() {
    let primary = Server::builder().password("secret").start();
    primary.command(&["SET", "a", "b"]).unwrap();
    let replica = primary.replica();
    assert_eq!(replica.command(&["GET", "a"]).unwrap().text(), "b");
}

#[test]
fn a_replica_is_in_sync_again_after_each_of_them_is_restarted() {
    let primary = Server::start();
    let replica = primary.replica();
    let both = |value: &str| {
        primary.command(&["SET", "a", value]).unwrap();
        let follows = || {
            replica
                .command(&["GET", "a"])
                .is_ok_and(|reply| !reply.is_nil() && reply.text() == value)
        };
        eventually(follows, "the replica to follow");
    };
    replica.restart();
    both("replica");
    primary.restart();
    assert!(primary.command(&["GET", "a"]).unwrap().is_nil());
    both("primary");
}
