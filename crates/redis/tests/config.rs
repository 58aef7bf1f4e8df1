//! Where Redis is, as data.
#![expect(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::time::Duration;

use palisade_redis::RedisConfig;

fn at(url: &str) -> RedisConfig {
    RedisConfig { url: url.to_owned(), ..RedisConfig::default() }
}

/// What is said of a URL, after "must be".
fn expected(url: &str) -> String {
    let problems = at(url).validate().unwrap_err().to_string();
    problems.split_once(", must be ").unwrap().1.to_owned()
}

#[test]
fn the_default_is_one_shared_connection_to_this_machine() {
    let expected = RedisConfig {
        url: "redis://127.0.0.1:6379".to_owned(),
        pool_size: 0,
        connection_timeout: Duration::from_millis(100),
    };
    assert_eq!(RedisConfig::default(), expected);
    assert!(expected.validate().is_ok());
}

#[test]
fn every_kind_of_url_is_read() {
    for url in [
        "redis://localhost",
        "redis://[::1]:6380/3",
        "redis://:secret@10.0.0.1/",
        "redis://user:p%40ss@cache.internal:6379/15",
        "redis+unix:///run/redis.sock?db=1",
        "unix:///run/redis.sock?user=limits&pass=a%26b",
        "redis+cluster://one,two:6380,[::1]:6381",
        "redis+cluster://user:password@one/0",
        "redis+sentinel://one,two:26380/primary",
        "redis+sentinel://user:password@one/primary/2",
    ] {
        assert_eq!(at(url).validate(), Ok(()), "{url}");
    }
}

#[test]
fn what_is_wrong_with_a_url_is_said() {
    for (url, why) in [
        ("", "one such as redis://host:6379"),
        ("localhost:6379", "one such as redis://host:6379"),
        ("http://host", "one of redis, rediss, redis+unix, redis+cluster and redis+sentinel"),
        ("redis://", "one with a host, such as redis://host:6379"),
        ("redis://:6379", "one with a host, such as redis://host:6379"),
        ("redis://host:0", "one whose port is a number from 1 to 65535"),
        ("redis://host:65536", "one whose port is a number from 1 to 65535"),
        ("redis://::1", "one with IPv6 addresses in brackets, such as redis://[::1]:6379"),
        ("redis://[::1", "one whose brackets are closed"),
        ("redis://[::1]6379", "one with nothing but a port after the brackets"),
        ("redis://host/-1", "one whose database is a number from 0 to 4294967295"),
        ("redis://host?db=1", "one without ?: only unix sockets have parameters"),
        ("redis://host/#insecure", "one without #: certificates are always checked"),
        ("redis://user@host", "one with a password: user:password@ or :password@"),
        ("redis://u:%4@host", "one with two hexadecimal digits after each %"),
        ("redis://u:%ff@host", "one that is UTF-8 once it is decoded"),
        ("redis://one,two", "one host, or of the scheme redis+cluster or redis+sentinel"),
        ("redis+cluster://one,", "one with a host, such as redis://host:6379"),
        ("redis+cluster://one/1", "one without a database: a cluster has only the first"),
        ("redis+sentinel://one", "one that ends in the name of a service, such as /primary"),
        ("unix://s", "one with an absolute path, such as redis+unix:///run/redis.sock"),
        ("unix:///s?dbx=1", "one without parameters but db, user and pass"),
        ("unix:///s?user=me", "one with a password for its user"),
    ] {
        assert_eq!(expected(url), why, "{url}");
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn a_url_that_needs_a_feature_names_it() {
    for url in ["rediss://host", "rediss+cluster://host", "rediss+sentinel://host/primary"] {
        let why = "one without TLS, since the feature `tls` of palisade-redis is off";
        assert_eq!(expected(url), why, "{url}");
    }
}

#[cfg(feature = "tls")]
#[test]
fn tls_is_a_scheme() {
    for url in ["rediss://host", "rediss+cluster://host", "rediss+sentinel://host/primary"] {
        assert_eq!(at(url).validate(), Ok(()), "{url}");
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let config = RedisConfig {
        url: "redis://host:x".to_owned(),
        pool_size: 1025,
        connection_timeout: Duration::ZERO,
    };
    let problems = config.validate().unwrap_err().to_string();
    let expected = "url: \"redis://host:***\", must be one whose port is a number from 1 to 65535\n\
                    pool_size: 1025, must be 0 to 1024\n\
                    connection_timeout: 0s, must be more than nothing";
    assert_eq!(problems, expected);
}

#[test]
fn a_cluster_has_no_pool() {
    let config = RedisConfig { pool_size: 10, ..at("redis+cluster://one") };
    let expected =
        "pool_size: 10, must be 0 with a cluster, which has one connection for each node";
    assert_eq!(config.validate().unwrap_err().to_string(), expected);
}

#[test]
fn no_message_shows_a_password_however_it_is_written() {
    for url in [
        "redis://user:hunter2@host/x",
        "redis://:hun@hunter2@host/x",
        "redis://user:/hunter2@host/x",
        "redis://user:?hunter2@host/x",
        "redis://user:1?hunter2@host/x",
        "redis://user:#hunter2@host/x",
        "redis://user:hunter2",
        "redis://:hunter2,host",
        "user:hunter2@host",
        "redis:user:hunter2@host",
        "redis://host/?password=hunter2",
        "redis://host/x?password=a@hunter2",
        "redis+cluster://:hunter2@one,two:y",
        "redis+unix://:hunter2@/run/redis.sock",
        "unix:///run/redis.sock?pass=hunter2&x",
        "unix:///run/redis.sock?pass=a@hunter2&x",
    ] {
        let config = at(url);
        let problems = config.validate().unwrap_err();
        for shown in [problems.to_string(), format!("{problems:?}"), format!("{config:?}")] {
            assert!(!shown.contains("hunter2"), "{url}: {shown}");
        }
    }
}

#[test]
fn what_is_no_secret_is_shown() {
    let shown = |url: &str| format!("{:?}", at(url));
    assert!(shown("redis://u:p@host:6380/2").contains(r#""redis://***@host:6380/2""#));
    assert!(shown("redis+cluster://one,two:6380").contains(r#""redis+cluster://one,two:6380""#));
    assert!(shown("redis://[::1]:6380").contains(r#""redis://[::1]:6380""#));
    assert!(shown("unix:///run/redis.sock?db=1").contains(r#""unix:///run/redis.sock?***""#));
}
