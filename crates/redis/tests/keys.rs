//! What stands in Redis.
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::slice::from_ref;

use palisade_core::algorithm::Op;
use palisade_ratelimit::{
    Anchor, FixedWindow, Gcra, Shaper, SlidingLog, SlidingWindow, per_hour, per_minute, per_second,
};
use palisade_redis::{RedisConfig, RedisStore};
use palisade_test_server::Server;
use support::{charge, keys, left, number, passes, run, store, together};

/// The longest that a key may be, as the store's documentation says.
const LONGEST: usize = 237;

#[tokio::test]
async fn a_limit_by_itself_has_a_key_with_its_subject_in_braces() {
    let server = Server::start();
    let store = store(server.url());
    for limit in [
        charge("alice", "login", Gcra::new(per_minute(5))),
        charge("alice", "login", Shaper::new(per_minute(5))),
        charge("alice", "login", FixedWindow::new(per_minute(5))),
        charge("alice", "login", SlidingWindow::new(per_minute(5))),
        charge("alice", "login", SlidingLog::new(per_minute(5))),
    ] {
        assert!(passes(&store, &[limit]).await);
    }
    let expected =
        ["f1", "g1", "l1", "q1", "w1"].map(|tag| format!("palisade:{{alice}}:login:{tag}"));
    assert_eq!(keys(&server), expected);
}

#[tokio::test]
async fn limits_that_are_decided_together_are_one_hash_and_a_log_has_its_own_key() {
    let server = Server::start();
    let store = store(server.url()).prefix("shop").unwrap();
    let limits = [
        charge("alice", "burst", Gcra::new(per_second(5))),
        charge("alice", "hour", FixedWindow::new(per_hour(50))),
        charge("alice", "exact", SlidingLog::new(per_minute(5))),
    ]
    .map(together);
    assert!(passes(&store, &limits).await);
    assert_eq!(keys(&server), ["shop:{alice}", "shop:{alice}:exact:l1"]);
    let mut client = server.client().unwrap();
    let exists = |client: &mut _, field| number(client, &["HEXISTS", "shop:{alice}", field]);
    assert_eq!(["burst:g1", "hour:f1"].map(|field| exists(&mut client, field)), [1, 1]);

    // One of them alone is looked for in the same place.
    assert_eq!(left(&store, &limits[0]).await, 4);
}

#[tokio::test]
async fn a_hash_lives_as_long_as_the_longest_of_its_limits() {
    let server = Server::start();
    let store = store(server.url());
    let hour =
        together(charge("alice", "hour", FixedWindow::new(per_hour(50)).anchor(Anchor::FirstHit)));
    let second = together(charge("alice", "second", Gcra::new(per_second(1))));
    let mut client = server.client().unwrap();
    let mut ttl = || number(&mut client, &["PTTL", "palisade:{alice}"]);
    assert!(passes(&store, from_ref(&second)).await);
    assert!((1..=1_000).contains(&ttl()));
    assert!(passes(&store, &[hour]).await);
    assert!(ttl() > 3_000_000, "longer for the longer one");
    run(&store, Op::Charge, &[second]).await.unwrap();
    assert!(ttl() > 3_000_000, "and not shorter for the shorter one");
}

#[tokio::test]
async fn every_key_expires() {
    let server = Server::start();
    let store = store(server.url());
    let limits = [
        charge("alice", "a", Gcra::new(per_minute(5))),
        charge("alice", "b", Shaper::new(per_minute(5))),
        charge("alice", "c", FixedWindow::new(per_minute(5))),
        charge("alice", "d", SlidingWindow::new(per_minute(5))),
        charge("alice", "e", SlidingLog::new(per_minute(5))),
    ];
    for limit in &limits {
        assert!(passes(&store, from_ref(limit)).await);
    }
    assert!(passes(&store, &limits.map(together)).await);
    palisade_core::store::Store::heartbeat(&store, 7).await.unwrap();
    let keys = keys(&server);
    assert_eq!(keys.len(), 7);
    let mut client = server.client().unwrap();
    for key in keys {
        assert!((1..=120_000).contains(&number(&mut client, &["PTTL", &key])), "{key}");
    }
}

#[tokio::test]
async fn what_is_long_or_no_plain_text_becomes_a_digest() {
    let server = Server::start();
    let store = store(server.url());
    let plain = "s".repeat(128);
    for subject in [&plain, &"s".repeat(129), "sch\u{f6}n", "{alice}", ""] {
        assert!(passes(&store, &[charge(subject, "login", Gcra::new(per_minute(5)))]).await);
    }
    assert!(passes(&store, &[charge("bob", &"n".repeat(65), Gcra::new(per_minute(5)))]).await);
    let digest = |text: &str| format!("palisade:{{sha#{text}}}:login:g1");
    let mut expected = [
        format!("palisade:{{{plain}}}:login:g1"),
        // printf %s ... | sha256sum
        digest("e31d927ebc008be8d5cb8676e02f5b31"),
        digest("1a028e829b255703ecd9ade6ac712e04"),
        digest("66be5e3c4b40dc8ac29e388ac1f38521"),
        digest("e3b0c44298fc1c149afbf4c8996fb924"),
        "palisade:{bob}:sha#1e3fb6d54587d70a794c060a27868e0a:g1".to_owned(),
    ];
    expected.sort();
    assert_eq!(keys(&server), expected);
}

#[tokio::test]
async fn no_key_is_longer_than_documented() {
    let server = Server::start();
    let store = store(server.url()).prefix(&"p".repeat(32)).unwrap();
    for subject in [127, 128, 129, 10_000] {
        for name in [63, 64, 65, 128] {
            let (subject, name) = ("s".repeat(subject), "n".repeat(name));
            assert!(passes(&store, &[charge(&subject, &name, Gcra::new(per_minute(5)))]).await);
        }
    }
    let longest = keys(&server).iter().map(String::len).max();
    // A tag may have 8 bytes, and ours have 2.
    assert_eq!(longest, Some(LONGEST - 6));
}

#[tokio::test]
async fn a_state_of_another_format_counts_as_never_seen() {
    let server = Server::start();
    // What was refused is not to be remembered here.
    let store = store(server.url()).deny_cache(false);
    let bucket = charge("alice", "login", Gcra::new(per_minute(1)));
    assert!(passes(&store, from_ref(&bucket)).await);
    assert!(!passes(&store, from_ref(&bucket)).await);
    assert!(passes(&store, &[charge("alice", "login", FixedWindow::new(per_minute(1)))]).await);
    // And one that is no state at all.
    server.command(&["SET", "palisade:{alice}:login:g1", "nonsense", "PX", "60000"]).unwrap();
    assert!(passes(&store, &[bucket]).await);
}

#[tokio::test]
async fn a_reset_forgets_one_limit_and_no_other() {
    let server = Server::start();
    let store = store(server.url());
    let limits = [
        charge("alice", "a", Gcra::new(per_minute(1))),
        charge("alice", "b", SlidingLog::new(per_minute(1))),
        together(charge("bob", "a", Gcra::new(per_minute(1)))),
        together(charge("bob", "b", Gcra::new(per_minute(1)))),
    ];
    for limit in &limits {
        assert!(passes(&store, from_ref(limit)).await);
    }
    for (at, limit) in limits.iter().enumerate() {
        palisade_core::store::Store::reset(&store, vec![limit.clone()]).await.unwrap();
        let mut left_of = Vec::new();
        for limit in &limits {
            left_of.push(left(&store, limit).await);
        }
        let expected: Vec<u64> = (0..limits.len()).map(|other| u64::from(other <= at)).collect();
        assert_eq!(left_of, expected);
    }
}

#[tokio::test]
async fn a_bucket_takes_72_bytes_and_two_of_one_subject_104() {
    let server = Server::start();
    let store = store(server.url()).prefix("p").unwrap();
    let bucket = |name| charge("alice|1234", name, Gcra::new(per_minute(60)));
    assert!(passes(&store, &[bucket("abcd")]).await);
    let both = [bucket("ab"), bucket("cd")].map(together);
    assert!(passes(&store, &both).await);
    let keys = keys(&server);
    assert_eq!(keys, ["p:{alice|1234}", "p:{alice|1234}:abcd:g1"]);
    assert_eq!(keys[1].len(), 22);
    let mut client = server.client().unwrap();
    assert_eq!(number(&mut client, &["MEMORY", "USAGE", &keys[1]]), 72);
    assert_eq!(number(&mut client, &["MEMORY", "USAGE", &keys[0]]), 104);
}

#[tokio::test]
async fn a_prefix_that_is_none_is_refused_with_what_it_must_be() {
    let new = || RedisStore::new(RedisConfig::default()).unwrap();
    for prefix in ["", "{a}", "a\n", &"p".repeat(33), "sch\u{f6}n"] {
        let error = new().prefix(prefix).unwrap_err().to_string();
        assert!(error.starts_with("prefix: "), "{error}");
        assert!(
            error.ends_with("must be 1 to 32 printable ASCII characters without braces"),
            "{error}"
        );
    }
    new().prefix(&"p".repeat(32)).unwrap();
}
