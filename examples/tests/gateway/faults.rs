//! Each setting that cannot be is told with its path, its value and what would be right.

use crate::config::wrong;

/// The one thing that is wrong with a text.
fn only(text: &str) -> String {
    let mut lines = wrong(text);
    assert_eq!(lines.len(), 1, "{text}: {lines:?}");
    lines.remove(0)
}

/// A text with a route that is not wrong.
fn beside_a_route(text: &str) -> String {
    let route = "[[routes]]\nname = \"up\"\nprefix = \"/up\"\nupstream = \"up\"";
    format!("upstreams.up.address = \"demo:steady\"\n{text}\n{route}")
}

#[test]
fn of_the_gateway() {
    for (text, error) in [
        (r#"listen = "80""#, r#""80", must be an address and a port, such as 127.0.0.1:8080"#),
        ("listen = 80", "invalid type: integer `80`, expected a string"),
        (r#"grace = "601s""#, "10m1s, must be 0s to 10m"),
        (r#"grace = "9""#, r#"duration "9": expected e.g. "250ms", "1.5s" or "2m30s""#),
        (
            r#"account_header = "api key""#,
            r#""api key", must be the name of a header, such as x-api-key"#,
        ),
        (
            r#"colour = "red""#,
            "unknown field `colour`, expected one of `listen`, `grace`, `redis`, `account_header`, \
             `accounts`, `limits`, `upstreams`, `routes`",
        ),
    ] {
        let path = text.split(' ').next().unwrap();
        assert_eq!(only(&beside_a_route(text)), format!("{path}: {error}"));
    }
    assert_eq!(only(""), "routes: 0 routes, must be 1 or more");
}

#[test]
fn of_accounts() {
    let limit = r#"limits = [{ limits = [{ quota = "1/s", tiers = { b = "2/s", a = "1/s" } }] }]"#;
    for (accounts, limit, error) in [
        (r#"{ k = "a", l = "c" }"#, limit, r#"l: "c", must be a tier of a limit: a, b"#),
        (r#"{ k = "a" }"#, "", r#"k: "a", must be a tier of a limit: there are none"#),
        (r#"{ k = 7 }"#, "", "k: invalid type: integer `7`, expected a string"),
        (
            r#"{ "k 1" = "a" }"#,
            limit,
            r#"k 1: API key "k 1", must be visible ASCII characters, as a header's value has them"#,
        ),
    ] {
        let text = beside_a_route(&format!("accounts = {accounts}\n{limit}"));
        assert_eq!(only(&text), format!("accounts.{error}"));
    }
}

#[test]
fn of_a_layer_of_limits() {
    for (setting, error) in [
        (
            r#"by = "route and client_ip""#,
            r#"by: "route and client_ip", must be another key: each route has limits of its own"#,
        ),
        (
            r#"by = "client_ip behind 65""#,
            r#"by: key "client_ip behind 65": behind 65, must be 0 to 64 proxies"#,
        ),
        (r#"enforce = "150%""#, r#"enforce: ratio "150%": expected 0% to 100%, or 0 to 1"#),
        ("max_keys = 0", "max_keys: 0, must be 1 or more"),
        (r#"name = """#, r#"name: "" of 0 bytes, must be 1 to 128 bytes"#),
        (
            r#"skip_paths = ["/a", 5]"#,
            "skip_paths[1]: invalid type: integer `5`, expected a string",
        ),
        (
            r#"on_missing = "ask""#,
            "on_missing: unknown variant `ask`, expected one of `shared`, `pass`, `reject`",
        ),
    ] {
        let text = format!(r#"limits = [{{ limits = ["1/s"], {setting} }}]"#);
        assert_eq!(only(&beside_a_route(&text)), format!("limits[0].{error}"));
    }
    for (limits, error) in [
        ("[{ limits = [] }]", ".limits: 0 limits, must be 1 to 255 limits"),
        ("[7]", ": invalid type: integer `7`, expected struct RateLimitConfig"),
    ] {
        let text = beside_a_route(&format!("limits = {limits}"));
        assert_eq!(only(&text), format!("limits[0]{error}"));
    }
}

#[test]
fn of_a_limit() {
    const QUOTA: &str = r#"a quota such as "100/min burst 20", or a table with one"#;
    for (limit, error) in [
        (r#""1 per""#, r#": quota "1 per": expected e.g. "100/min burst 20""#),
        ("7", &format!(": invalid type: integer `7`, expected {QUOTA}")),
        (r#"{ name = "n" }"#, ".quota: missing"),
        (
            r#"{ quota = "1/s", max_queued = 5 }"#,
            ".max_queued: 5, must be left out unless the algorithm is shaper",
        ),
        (
            r#"{ quota = "1/s", tiers = { a = "fast" } }"#,
            r#".tiers.a: quota "fast": expected e.g. "100/min burst 20""#,
        ),
        (
            r#"{ quota = "1/s", by = "route" }"#,
            r#".by: "route", must be another key: each route has limits of its own"#,
        ),
    ] {
        let text = format!(r#"limits = [{{ limits = ["9/s", {limit}] }}]"#);
        assert_eq!(only(&beside_a_route(&text)), format!("limits[0].limits[1]{error}"));
    }
}

#[test]
fn of_a_route() {
    const PREFIX: &str = "must be / and a path of letters, digits and -._~ without a / at its end";
    for (setting, error) in [
        (r#"name = """#, r#""" of 0 bytes, must be 1 to 128 bytes"#),
        (r#"prefix = "a""#, &format!(r#""a", {PREFIX}"#)),
        (r#"prefix = "/""#, &format!(r#""/", {PREFIX}"#)),
        (r#"prefix = "/a/""#, &format!(r#""/a/", {PREFIX}"#)),
        (r#"prefix = "/{a}""#, &format!(r#""/{{a}}", {PREFIX}"#)),
        (
            r#"prefix = "/metrics""#,
            r#""/metrics", must be another one: that path is the gateway's own"#,
        ),
        (r#"upstream = "a:1""#, r#""a:1", must be the name of an upstream: a, b"#),
        (r#"timeout = "0s""#, "0s, must be 1ms to 1h"),
        (r#"timeout = "61min""#, "1h1m, must be 1ms to 1h"),
    ] {
        let name = setting.split(' ').next().unwrap();
        let mut lines = vec![r#"name = "a""#, r#"prefix = "/a""#, r#"upstream = "a""#];
        lines.retain(|line| !line.starts_with(name));
        let upstreams = r#"upstreams = { a = { address = "a:1" }, b = { address = "b:1" } }"#;
        let text = format!("{upstreams}\n[[routes]]\n{}\n{setting}", lines.join("\n"));
        assert_eq!(only(&text), format!("routes[0].{name}: {error}"));
    }
    let limit = beside_a_route("") + "\nlimits = [{ limits = [\"1/s\"], max_keys = 0 }]";
    assert_eq!(only(&limit), "routes[0].limits[0].max_keys: 0, must be 1 or more");
}

#[test]
fn of_an_upstream() {
    const ADDRESS: &str =
        "must be a host and a port, such as 10.0.0.7:8080, or demo:steady, demo:narrow, demo:flaky";
    for (settings, path, error) in [
        (r#"address = "localhost""#, ".address", &format!(r#""localhost", {ADDRESS}"#)),
        (r#"address = "http://a:1""#, ".address", &format!(r#""http://a:1", {ADDRESS}"#)),
        (r#"address = "a:65536""#, ".address", &format!(r#""a:65536", {ADDRESS}"#)),
        (r#"address = "me@a:1""#, ".address", &format!(r#""me@a:1", {ADDRESS}"#)),
        (r#"address = "demo:fast""#, ".address", &format!(r#""demo:fast", {ADDRESS}"#)),
        ("", ".address", &"missing".to_owned()),
        (
            r#"address = "a:1", protocol = "h3""#,
            ".protocol",
            &"unknown variant `h3`, expected `http1` or `http2`".to_owned(),
        ),
    ] {
        let text = beside_a_route(&format!("upstreams.a = {{ {settings} }}"));
        assert_eq!(only(&text), format!("upstreams.a{path}: {error}"));
    }
    assert_eq!(
        only(&beside_a_route(r#"upstreams."" = { address = "a:1" }"#)),
        r#"upstreams.: "" of 0 bytes, must be 1 to 128 bytes"#
    );
}

#[test]
fn of_a_breaker() {
    for (setting, error) in [
        ("probes = 0", "probes: 0, must be 1 or more"),
        (
            r#"open_for = "soon""#,
            r#"open_for: duration "soon": expected e.g. "250ms", "1.5s" or "2m30s""#,
        ),
        (r#"open_for = "90s""#, "open_at_most: 60s, must be 90s or more, which is open_for"),
        (
            r#"failure_rate = "101%""#,
            r#"failure_rate: ratio "101%": expected 0% to 100%, or 0 to 1"#,
        ),
        ("throttle_percent = 99", "throttle_percent: 99, must be 100 or more"),
        ("window_calls = 9", "minimum_calls: 20, must be 1 to 9, which the window holds"),
        (r#"name = """#, r#"name: "" of 0 bytes, must be 1 to 128 bytes"#),
    ] {
        let text = beside_a_route(&format!("upstreams.up.breaker = {{ {setting} }}"));
        assert_eq!(only(&text), format!("upstreams.up.breaker.{error}"));
    }
    let text = beside_a_route(
        r#"
        upstreams.a = { address = "a:1", breaker = {} }
        upstreams.b = { address = "b:1", breaker = { name = "a" } }
        "#,
    );
    assert_eq!(only(&text), r#"upstreams.b.breaker.name: "a", must be another name than before"#);
}

#[test]
fn of_a_bulkhead() {
    for (settings, error) in [
        ("", "max_concurrent: 0, must be 1 or more"),
        ("max_concurrent = -1", "max_concurrent: invalid value: integer `-1`, expected u32"),
        ("max_concurrent = 1, max_keys = 0", "max_keys: 0, must be 1 or more"),
        (
            r#"max_concurrent = 1, until = "end""#,
            "until: unknown variant `end`, expected `body` or `head`",
        ),
    ] {
        let text = beside_a_route("") + &format!("\nbulkhead = {{ {settings} }}");
        assert_eq!(only(&text), format!("routes[0].bulkhead.{error}"));
    }
    let route = r#"bulkhead = { max_concurrent = 1 }
        [[routes]]
        name = "other"
        prefix = "/other"
        upstream = "up"
        bulkhead = { name = "up", max_concurrent = 1 }"#;
    let text = beside_a_route("") + "\n" + route;
    assert_eq!(only(&text), r#"routes[1].bulkhead.name: "up", must be another name than before"#);
}

#[test]
fn of_a_retry() {
    for (settings, error) in [
        ("max_attempts = 0", "max_attempts: 0, must be 1 to 1073741823"),
        ("max_atempts = 2", "max_atempts: unknown field `max_atempts`, expected one of"),
        (
            "backoff_multiplier = -1.5",
            r#"backoff_multiplier: factor "-1.5": expected 0 to 42949672.95"#,
        ),
        (
            r#"jitter = "none", use_jitter = true"#,
            "use_jitter: true, must be false or left out, since jitter is none",
        ),
        ("statuses = [503, 200]", "statuses[1]: 200, must be 400 to 599"),
        (r#"budget = { window = "1us" }"#, "budget.window: 1us, must be 10us or more"),
        (
            r#"budget = "none""#,
            r#"budget: invalid value: string "none", expected "unlimited", or a table"#,
        ),
    ] {
        let text = beside_a_route("") + &format!("\nretry = {{ {settings} }}");
        let told = only(&text);
        assert!(told.starts_with(&format!("routes[0].retry.{error}")), "{told}");
    }
    let route = r#"retry = {}
        [[routes]]
        name = "other"
        prefix = "/other"
        upstream = "up"
        retry = { name = "up" }"#;
    let text = beside_a_route("") + "\n" + route;
    assert_eq!(only(&text), r#"routes[1].retry.name: "up", must be another name than before"#);
}

#[test]
fn of_the_times_of_a_route() {
    for (settings, error) in [
        (r#"idle_timeout = "0s""#, "idle_timeout: 0s, must be 1ms to 1h"),
        (r#"idle_timeout = "61m""#, "idle_timeout: 1h1m, must be 1ms to 1h"),
        (r#"total_timeout = "999ms""#, "total_timeout: 999ms, must be 1s to 1h"),
        (
            "total_timeout = 5",
            "total_timeout: invalid type: integer `5`, expected a duration such as",
        ),
    ] {
        let told = only(&(beside_a_route("") + "\n" + settings));
        assert!(told.starts_with(&format!("routes[0].{error}")), "{told}");
    }
    // Its own timeout is the one around its retry.
    let route = r#"retry = {}
        [[routes]]
        name = "up-total"
        prefix = "/other"
        upstream = "up""#;
    let text = beside_a_route("") + "\n" + route;
    assert_eq!(only(&text), r#"routes[1].name: "up-total", must be another name than before"#);
}
