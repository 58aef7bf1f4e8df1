//! As whom.

use palisade_test_server::Server;

use super::*;

const RULES: [&str; 3] = ["resetkeys", "~limits:*", "+evalsha"];

#[tokio::test]
async fn a_password_lets_in() {
    let server = Server::builder().password("hunter2").start();
    send(&open(server.url()), &["SET", "a", "1"]).await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_said_and_not_shown() {
    let server = Server::builder().password("hunter2").start();
    for pool_size in [0, 2] {
        let wrong = server.url_as("", "hunter3");
        let link = Link::open(&RedisConfig { pool_size, ..config(wrong) }, ANSWER).unwrap();
        let (kind, why) = told(send(&link, &["GET", "a"]).await);
        assert_eq!(kind, "not sent");
        assert!(why.contains("authentication failed: WRONGPASS"), "{why}");
        assert!(!why.contains("hunter"), "{why}");
    }
}

#[tokio::test]
async fn a_password_that_is_missing_is_asked_for_before_anything_is_sent() {
    let server = Server::builder().password("hunter2").start();
    let link = open(format!("redis://127.0.0.1:{}", server.port()));
    let (kind, why) = told(send(&link, &["GET", "a"]).await);
    assert_eq!(kind, "not sent");
    assert!(why.contains("NOAUTH") && why.contains("put it into `url`"), "{why}");
}

#[tokio::test]
async fn a_link_gets_in_once_its_password_is_right() {
    let server = Server::builder().password("hunter2").start();
    let link = open(server.url_as("", "hunter3"));
    assert_eq!(kind(send(&link, &["GET", "a"]).await), "not sent");
    server.command(&["CONFIG", "SET", "requirepass", "hunter3"]).unwrap();
    until_it_answers(&link).await;
}

#[tokio::test]
async fn a_user_may_do_what_its_rules_say() {
    let server = Server::builder().user("limiter", "p@ss:/word", RULES).start();
    let digest = server.command(&["SCRIPT", "LOAD", "return 7"]).unwrap().text();
    let link = open(server.url_as("limiter", "p%40ss%3a%2Fword"));
    assert_eq!(number(&link, &["EVALSHA", &digest, "1", "limits:a"]).await, 7);
    for denied in [&["EVALSHA", &digest, "1", "other"][..], &["GET", "limits:a"]] {
        let (kind, why) = told(send(&link, denied).await);
        assert_eq!(kind, "rejected");
        assert!(why.contains("answered NOPERM") && why.contains("EVALSHA, SCRIPT|LOAD"), "{why}");
    }
}
