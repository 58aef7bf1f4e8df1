//! What a configuration can say, and what is said of one that cannot be used.

use std::path::Path;

use palisade_examples::gateway::banner::Banner;
use palisade_examples::gateway::config;
use palisade_examples::gateway::plan::{Plan, Protocol, Redis};

/// What is wrong with a text, line by line.
pub(crate) fn wrong(text: &str) -> Vec<String> {
    let error = config::read("bad.toml", text).unwrap_err().to_string();
    let mut lines = error.lines().map(str::to_owned);
    assert_eq!(lines.next().unwrap(), "bad.toml cannot be used:");
    lines.map(|line| line.strip_prefix("  ").unwrap().to_owned()).collect()
}

#[test]
fn what_is_printed_reads_back_to_what_is_built_in() {
    let built_in = config::load(None).unwrap();
    assert_eq!(config::read("printed", config::DEFAULT).unwrap(), built_in);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("gateway/config/default.toml");
    assert_eq!(config::load(Some(&file)).unwrap(), built_in);
}

/// A line of the text that is built in, without the `# ` before a setting that has its default, or a
/// table of such.
fn setting(line: &str) -> &str {
    match line.strip_prefix("# ") {
        Some(rest) if rest.starts_with(char::is_lowercase) && rest.contains(" = ") => rest,
        Some(rest) if rest.starts_with('[') && rest.ends_with(']') => rest,
        _ => line,
    }
}

#[test]
fn what_is_built_in_shows_every_setting() {
    let known = "listen grace redis url pool_size account_header accounts limits routes name by on_missing \
                 skip_preflights skip_paths headers headers_on reset enabled enforce max_keys \
                 on_outage quota algorithm chargeable anchor max_wait max_queued tiers prefix \
                 upstream upstreams address protocol timeout breaker consecutive_failures \
                 failure_rate slow_rate slow_after raised_by window window_calls minimum_calls \
                 open_for open_at_most jitter retry_after_at_most probes close_after probe_timeout \
                 half_open_at_most ramp abandoned_after throttle_percent idle bulkhead \
                 max_concurrent max_queued until idle_timeout total_timeout retry max_attempts backoff \
                 initial_backoff max_backoff backoff_multiplier use_jitter max_elapsed \
                 max_retry_after max_replay statuses attempt_header budget";
    for name in known.split(' ') {
        let value = format!("{name} = ");
        let shows = |line: &str| {
            let line = setting(line);
            let is_table = line.starts_with('[');
            let mut tables = line.trim_matches(['[', ']']).split('.').filter(|_| is_table);
            line.starts_with(&value) || tables.any(|table| table == name)
        };
        assert!(config::DEFAULT.lines().any(shows), "{name}");
    }
}

#[test]
fn what_is_built_in_shows_settings_that_read() {
    // Those of another algorithm, and one that goes together with no other, are told, and no others.
    let text: Vec<_> = config::DEFAULT.lines().map(setting).collect();
    let limit = "limits[1].limits[0]";
    assert_eq!(
        wrong(&text.join("\n")),
        [
            format!(
                r#"{limit}.anchor: epoch, must be left out unless the algorithm is fixed_window"#
            ),
            format!("{limit}.max_wait: 1s, must be left out unless the algorithm is shaper"),
            format!("{limit}.max_queued: 5, must be left out unless the algorithm is shaper"),
            "upstreams.flaky.breaker.window_calls: 100, must be left out, since a throttle looks at a \
             time"
                .to_owned(),
        ]
    );
}

#[test]
fn a_redis_is_a_url_or_a_table_with_one() {
    let redis = |text: &str| toml::from_str::<Plan>(text).unwrap().redis.unwrap();
    let cache = "redis://cache:6379";
    assert_eq!(redis(&format!("redis = {cache:?}")), Redis::at(cache));
    let table = redis(&format!("[redis]\nurl = {cache:?}\npool_size = 3\nprefix = \"shop\""));
    assert_eq!((table.server.url.as_str(), table.server.pool_size), (cache, 3));
    assert_eq!(table.prefix, "shop");
    assert_eq!(redis("[redis]\npool_size = 0"), Redis::default());
}

#[test]
fn what_is_wrong_with_a_redis_is_told_without_its_password() {
    let routes = "upstreams.a.address = \"demo:steady\"\n\
                  routes = [{ name = \"a\", prefix = \"/a\", upstream = \"a\" }]\n";
    let wrong_with = |redis: &str| wrong(&format!("redis = {redis}\n{routes}"));
    assert_eq!(
        wrong_with("\"redis://me:secret@cache/first\""),
        [
            r#"redis.url: "redis://***@cache/first", must be one whose database is a number from 0 to 4294967295"#
        ]
    );
    assert_eq!(
        wrong_with(r#"{ url = "secret", pool_size = 2000, prefix = "{a}", user = "me" }"#),
        [
            "redis.user: unknown field `user`, expected one of `url`, `pool_size`, `prefix`",
            r#"redis.url: "***", must be one such as redis://host:6379"#,
            "redis.pool_size: 2000, must be 0 to 1024",
            r#"redis.prefix: "{a}", must be 1 to 32 printable ASCII characters without braces"#,
        ]
    );
    assert_eq!(
        wrong_with("6379"),
        [
            "redis: invalid type: integer `6379`, expected a URL such as \"redis://127.0.0.1:6379\", or a \
          table with one"
        ]
    );
}

#[test]
fn what_is_left_out_has_its_default() {
    let text = "upstreams.a.address = \"[::1]:80\"\n\
                [[routes]]\nname = \"a\"\nprefix = \"/a\"\nupstream = \"a\"";
    let plan = config::read("short", text).unwrap();
    let route = plan.routes[0].clone();
    let upstream = plan.upstreams["a"].clone();
    assert_eq!((upstream.protocol, route.timeout.as_millis()), (Protocol::Http1, 1_000));
    assert_eq!(upstream.breaker, None);
    let upstreams = [("a".to_owned(), upstream)].into();
    assert_eq!(plan, Plan { upstreams, routes: vec![route], ..Plan::default() });
}

#[test]
fn a_file_that_is_not_there_is_said_not_to_be() {
    let missing = Path::new("no-such-directory/gateway.toml");
    let error = config::load(Some(missing)).unwrap_err().to_string();
    assert!(error.starts_with("no-such-directory/gateway.toml cannot be read: "), "{error}");
}

#[test]
fn a_text_that_is_no_toml_is_told_by_line_and_column() {
    for (text, error) in [
        ("listen = \"1\"\n[[routes]\n", "line 2, column 10: unclosed array table, expected `]`"),
        (
            "grace = \"1s\"\n\u{fc} = 1\n",
            "line 2, column 1: invalid unquoted key, expected letters, numbers, `-`, `_`",
        ),
        ("grace = \"1s\"\ngrace = \"2s\"", "line 2, column 1: duplicate key"),
        ("grace = ", "line 1, column 9: string values must be quoted, expected literal string"),
    ] {
        let found = config::read("bad.toml", text).unwrap_err().to_string();
        assert_eq!(found, format!("bad.toml is no TOML: {error}"));
    }
}

#[test]
fn all_errors_of_a_file_are_told_at_once_and_none_that_follows_from_another() {
    let text = r#"
        listen = "8080"
        grace = "11m"
        accounts = { k1 = "premium", k2 = "gold" }

        [[limits]]
        name = "client"
        headers = "loud"
        skip_paths = [7, "healthz"]
        limits = [
            { algorithm = "fixed_window", max_wait = "1s" },
            5,
            { quota = "5/s burst 9", algorithm = "sliding_window", tiers = { premium = "fast" } },
        ]

        [[limits]]
        name = "client"
        limits = true

        [upstreams.a]
        address = 80
        breaker = { open_for = "soon", probes = 0, window_calls = 5 }

        [upstreams.b]
        protocol = "http3"
        breaker = { probes = "three" }

        [upstreams]
        c = 7

        [[routes]]
        name = "a"
        upstream = 80
        timeout = "2h"
        bulkhead = { max_queued = 5, max_wait = "0s" }

        [[routes]]
        prefix = "/a"
        upstream = "c"

        [[routes]]
        name = "a"
        prefix = "/a"
        upstream = "d"
    "#;
    assert_eq!(
        wrong(text),
        [
            "listen: \"8080\", must be an address and a port, such as 127.0.0.1:8080",
            "limits[0].headers: unknown variant `loud`, expected one of `ietf`, `legacy`, \
             `per_window`, `both`, `none`",
            "limits[0].skip_paths[0]: invalid type: integer `7`, expected a string",
            "limits[0].limits[0].quota: missing",
            "limits[0].limits[1]: invalid type: integer `5`, expected a quota such as \
             \"100/min burst 20\", or a table with one",
            "limits[0].limits[2].tiers.premium: quota \"fast\": expected e.g. \"100/min burst 20\"",
            "limits[1].limits: invalid type: boolean `true`, expected a sequence",
            "upstreams.a.address: invalid type: integer `80`, expected a string",
            "upstreams.a.breaker.open_for: duration \"soon\": expected e.g. \"250ms\", \"1.5s\" or \
             \"2m30s\"",
            "upstreams.b.protocol: unknown variant `http3`, expected `http1` or `http2`",
            "upstreams.b.breaker.probes: invalid type: string \"three\", expected u32",
            "upstreams.b.address: missing",
            "upstreams.c: invalid type: integer `7`, expected struct Upstream",
            "routes[0].upstream: invalid type: integer `80`, expected a string",
            "routes[0].prefix: missing",
            "routes[1].name: missing",
            "grace: 11m, must be 0s to 10m",
            "accounts.k2: \"gold\", must be a tier of a limit: premium",
            "limits[0].limits[0].max_wait: 1s, must be left out unless the algorithm is shaper",
            "limits[0].limits[2].quota: \"5/s burst 9\", must be without a burst, which a window \
             does not have",
            "limits[0].skip_paths[1]: \"healthz\", must be a path that begins with /",
            "limits[1].name: \"client\", must be another name than before",
            "upstreams.a.breaker.minimum_calls: 20, must be 1 to 5, which the window holds",
            "upstreams.a.breaker.probes: 0, must be 1 or more",
            "routes[0].timeout: 2h, must be 1ms to 1h",
            "routes[0].bulkhead.max_concurrent: 0, must be 1 or more",
            "routes[0].bulkhead.max_wait: 0s, must be more than nothing, since calls may queue",
            "routes[2].upstream: \"d\", must be the name of an upstream: a, b, c",
            "routes[2].name: \"a\", must be another name than before",
            "routes[2].prefix: \"/a\", must be another prefix than before",
        ]
    );
}

#[test]
fn the_banner_says_every_limit_and_how_to_try_them() {
    let plan = config::load(None).unwrap();
    let banner = Banner::new(&plan, plan.listen).to_string();
    for line in [
        "gateway on http://127.0.0.1:8080",
        "  /steady/*    to steady at demo:steady, which has 1s to answer",
        "  /flaky/*     to flaky at demo:flaky, which has 500ms to answer each attempt, and 3s in all",
        "  \"client\" allows 40 per second, burst 80, and 5000 per hour in a sliding window, by \
         client_ip",
        "  \"account\" allows 2 per second (standard 5 per second, premium 10 per second, enterprise 20 \
         per second), by header x-api-key",
        "  /flaky/*: \"flaky\" allows 300 per 10s in a sliding window, by client_ip",
        "  /flaky/*: \"flaky\" sends up to 3 times what fails, after 20ms to 200ms, adding 20% and 10 per \
         second",
        "  /narrow/*: \"narrow\" lets 4 in at once, and 8 wait, each 250ms at most",
        "  flaky: \"flaky\" opens after 10 failures in a row, or from 50% failures of 20 or more in 2s \
         on, for 200ms to 400ms",
        "curl -i -H 'x-api-key: k-enterprise' http://127.0.0.1:8080/steady/hello  # the same, on a tier \
         of the limits",
    ] {
        assert!(banner.lines().any(|known| known == line), "no {line} in:\n{banner}");
    }
}

#[test]
fn a_retry_that_is_switched_off_is_said_to_be() {
    let mut plan = config::load(None).unwrap();
    plan.retry_nothing();
    let banner = Banner::new(&plan, plan.listen).to_string();
    let line = "adding 20% and 10 per second, and is switched off\n";
    assert!(banner.contains(line), "{banner}");
    assert!(banner.contains("which has 500ms to answer, and 3s in all\n"), "{banner}");
}
