//! Limits as a configuration has them.

use std::fmt::Write as _;

use crate::support::{Head, Running, Wire, configured};

const OK: &str = "http/1.1 200 ok";
const TOO_MANY: &str = "http/1.1 429 too many requests";

/// The answer to a `GET` with these fields, one a line, on a connection of its own; and its body.
async fn ask(gateway: &Running, path: &str, fields: &[&str]) -> (Head, String) {
    let mut request = format!("GET {path} HTTP/1.1\nHost: a\nConnection: close\n");
    for field in fields {
        writeln!(request, "{field}").unwrap();
    }
    let mut caller = Wire::to(gateway).await;
    caller.send(&format!("{request}\n")).await;
    (caller.head().await, caller.rest().await)
}

/// Asks several times, and says what came of it.
async fn statuses(gateway: &Running, times: usize, path: &str, fields: &[&str]) -> Vec<String> {
    let mut statuses = Vec::new();
    for _ in 0..times {
        statuses.push(ask(gateway, path, fields).await.0.first_line().to_owned());
    }
    statuses
}

#[tokio::test]
async fn a_routes_own_limit_is_none_of_the_others() {
    let gateway = configured(
        r#"limits = [{ name = "policies-all", by = "client_ip", limits = ["3/h"] }]"#,
        r#"limits = [{ name = "policies-route", by = "client_ip", limits = ["1/h"] }]"#,
    )
    .await;
    assert_eq!(statuses(&gateway, 2, "/up/a", &[]).await, [OK, TOO_MANY]);
    // What the route refused had passed the limit of all, and counts there.
    assert_eq!(statuses(&gateway, 2, "/down/a", &[]).await, [OK, TOO_MANY]);
    let (_, body) = ask(&gateway, "/up/a", &[]).await;
    assert!(body.contains(r#""policy":"policies-all""#), "the limit of all is asked first: {body}");
}

#[tokio::test]
async fn what_the_first_limit_refuses_takes_nothing_from_the_second() {
    let gateway = configured(
        r#"limits = [
            { name = "policies-first", limits = ["1/h"], skip_paths = ["/down/*"] },
            { name = "policies-second", limits = ["3/h"] },
        ]"#,
        "",
    )
    .await;
    assert_eq!(statuses(&gateway, 9, "/up/a", &[]).await, [&[OK][..], &[TOO_MANY; 8]].concat());
    assert_eq!(statuses(&gateway, 3, "/down/a", &[]).await, [OK, OK, TOO_MANY]);
}

#[tokio::test]
async fn each_account_has_the_quota_of_its_tier() {
    let gateway = configured(
        r#"
        account_header = "X-Account"
        accounts = { k-premium = "premium", k-other = "premium", k-basic = "basic" }
        [[limits]]
        name = "policies-account"
        by = "header x-account"
        on_missing = "pass"
        limits = [{ quota = "1/h", tiers = { basic = "2/h", premium = "3/h" } }]
        "#,
        "",
    )
    .await;
    for (key, quota) in [("k-premium", 3), ("k-other", 3), ("k-basic", 2), ("K-BASIC", 1), ("", 1)]
    {
        let field = format!("X-Account: {key}");
        let expected = [vec![OK; quota], vec![TOO_MANY]].concat();
        assert_eq!(statuses(&gateway, quota + 1, "/up/a", &[&field]).await, expected, "{key}");
    }
    let (_, body) = ask(&gateway, "/down/a", &["x-account: k-premium"]).await;
    assert!(body.contains("allows 3 per hour"), "{body}");
    assert_eq!(statuses(&gateway, 5, "/up/a", &[]).await, [OK; 5], "no key, no such limit");
}

#[tokio::test]
async fn a_request_that_one_window_refuses_takes_nothing_from_the_others() {
    let gateway = configured(
        r#"limits = [{ name = "policies-windows", by = "client_ip", limits = ["5/h", "2/day"] }]"#,
        "",
    )
    .await;
    assert_eq!(statuses(&gateway, 2, "/up/a", &[]).await, [OK; 2]);
    for _ in 0..5 {
        let (head, body) = ask(&gateway, "/up/a", &[]).await;
        assert_eq!(head.first_line(), TOO_MANY);
        assert!(body.contains(r#""policy":"policies-windows-day""#), "{body}");
        let left = head.field("ratelimit");
        assert!(left.contains(r#""policies-windows-hour";r=3;"#), "{left}");
        assert!(left.contains(r#""policies-windows-day";r=0;"#), "{left}");
    }
}

#[tokio::test]
async fn a_sliding_window_lets_its_limit_pass() {
    let limit = r#"limits = [{ name = "policies-sliding", by = "client_ip", limits = [
        { quota = "2/day", algorithm = "sliding_window" },
    ] }]"#;
    let gateway = configured("", limit).await;
    assert_eq!(statuses(&gateway, 3, "/up/a", &[]).await, [OK, OK, TOO_MANY]);
    assert_eq!(statuses(&gateway, 1, "/down/a", &[]).await, [OK]);
}

#[tokio::test]
async fn headers_are_in_the_style_that_is_asked_for() {
    for (style, names) in [
        ("ietf", &["ratelimit", "ratelimit-policy"][..]),
        ("legacy", &["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]),
        (
            "both",
            &[
                "ratelimit",
                "ratelimit-policy",
                "x-ratelimit-limit",
                "x-ratelimit-remaining",
                "x-ratelimit-reset",
            ],
        ),
        (
            "per_window",
            &[
                "ratelimit-limit",
                "ratelimit-remaining",
                "ratelimit-reset",
                "x-ratelimit-limit-day",
                "x-ratelimit-limit-hour",
                "x-ratelimit-remaining-day",
                "x-ratelimit-remaining-hour",
                "x-ratelimit-reset",
            ],
        ),
        ("none", &[]),
    ] {
        let limit = format!(
            r#"limits = [
                {{ name = "policies-{style}", limits = ["5/h", "9/day"], headers = "{style}" }},
            ]"#
        );
        let gateway = configured(&limit, "").await;
        let (head, _) = ask(&gateway, "/up/a", &[]).await;
        let written = head.fields().into_iter().filter(|name| name.contains("ratelimit"));
        assert_eq!(written.collect::<Vec<_>>(), names, "{style}");
    }
}

#[tokio::test]
async fn passes_are_told_nothing_where_only_refusals_are() {
    let limit =
        r#"limits = [{ name = "policies-denied", limits = ["1/h"], headers_on = "only_denied" }]"#;
    let gateway = configured(limit, "").await;
    let (pass, _) = ask(&gateway, "/up/a", &[]).await;
    assert_eq!((pass.first_line(), pass.field("ratelimit")), (OK, String::new()));
    let (refusal, _) = ask(&gateway, "/up/a", &[]).await;
    assert_eq!(refusal.first_line(), TOO_MANY);
    assert!(refusal.field("ratelimit").starts_with(r#""policies-denied";r=0;"#), "{refusal:?}");
}

#[tokio::test]
async fn skipped_paths_are_those_that_clients_write() {
    let gateway = configured(
        r#"
        [[limits]]
        name = "policies-skip"
        limits = ["0/h"]
        skip_paths = ["/up/healthz", "/down/*"]
        "#,
        "",
    )
    .await;
    for (path, expected) in [
        ("/up/healthz", OK),
        ("/up/healthz/more", TOO_MANY),
        ("/healthz", OK),
        ("/up/a", TOO_MANY),
        ("/down/a/b", OK),
    ] {
        assert_eq!(statuses(&gateway, 2, path, &[]).await, [expected; 2], "{path}");
    }

    let own =
        r#"limits = [{ name = "policies-skip-own", limits = ["0/h"], skip_paths = ["/up/a"] }]"#;
    let gateway = configured("", own).await;
    assert_eq!(statuses(&gateway, 1, "/up/a", &[]).await, [OK], "also for a route's own limits");
    assert_eq!(statuses(&gateway, 1, "/up/b", &[]).await, [TOO_MANY]);
}

#[tokio::test]
async fn preflights_count_where_they_are_not_skipped() {
    let preflight = "OPTIONS /up/a HTTP/1.1\nHost: a\nAccess-Control-Request-Method: PUT\n\n";
    for (skip, expected) in [("true", OK), ("false", TOO_MANY)] {
        let limit = format!(
            r#"limits = [{{ name = "policies-{skip}", limits = ["0/h"], skip_preflights = {skip} }}]"#
        );
        let gateway = configured(&limit, "").await;
        let mut caller = Wire::to(&gateway).await;
        caller.send(preflight).await;
        assert_eq!(caller.head().await.first_line(), expected, "{skip}");
    }
}

#[tokio::test]
async fn behind_a_proxy_a_client_is_who_the_proxy_saw() {
    let limit =
        r#"limits = [{ name = "policies-hops", by = "client_ip behind 1", limits = ["1/h"] }]"#;
    let gateway = configured(limit, "").await;
    for (forwarded, expected) in [
        ("192.0.2.1", OK),
        ("192.0.2.2", OK),
        ("203.0.113.9, 192.0.2.1", TOO_MANY),
        ("192.0.2.3, 192.0.2.2", TOO_MANY),
        ("192.0.2.2, 192.0.2.3", OK),
    ] {
        let field = format!("X-Forwarded-For: {forwarded}");
        assert_eq!(statuses(&gateway, 1, "/up/a", &[&field]).await, [expected], "{forwarded}");
    }
}

#[tokio::test]
async fn metrics_has_every_limit_from_the_start() {
    let gateway = configured(
        r#"limits = [
            { name = "policies-page-1", limits = ["7/h"] },
            { name = "policies-page-2", limits = ["8/h"] },
        ]"#,
        r#"limits = [{ name = "policies-page-3", limits = ["9/h"] }]"#,
    )
    .await;
    let (_, page) = ask(&gateway, "/metrics", &[]).await;
    for (name, limit) in [("policies-page-1", 7), ("policies-page-2", 8), ("policies-page-3", 9)] {
        let line = format!(r#"palisade_limit{{layer="ratelimit",name="{name}"}} {limit}"#);
        assert!(page.lines().any(|known| known == line), "no {line} in:\n{page}");
    }
}
