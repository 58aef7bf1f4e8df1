//! The traffic that `--drive` sends, for as short as it can be.

use std::net::SocketAddr;
use std::time::Duration;

use palisade_examples::gateway::config;
use palisade_examples::gateway::demo::Demo;
use palisade_examples::gateway::drive::{self, report::Report};
use palisade_examples::gateway::plan::{Plan, authority};
use palisade_examples::gateway::server::Gateway;
use tokio::net::TcpSocket;

use crate::support::{LOOPBACK, metrics};

const LASTING: Duration = Duration::from_millis(200);

/// The demo, with a limit by address that bites within [`LASTING`], and more settings.
fn plan(name: &str, more: &str) -> Plan {
    let text = format!(
        r#"
        listen = "127.0.0.1:0"
        limits = [{{ name = "{name}", by = "client_ip", limits = ["50/s burst 5"] }}, {more}]
        upstreams.steady.address = "demo:steady"
        upstreams.flaky.address = "demo:flaky"
        routes = [
            {{ name = "{name}-steady", prefix = "/steady", upstream = "steady" }},
            {{ name = "{name}-flaky", prefix = "/flaky", upstream = "flaky" }},
        ]
        "#
    );
    config::read("the test's", &text).unwrap()
}

async fn run(mut plan: Plan) -> Report {
    let demo = Demo::serve(&mut plan, 7).await.unwrap();
    let gateway = Gateway::bind(plan, metrics()).await.unwrap();
    drive::run(gateway, demo.as_ref(), LASTING).await.unwrap()
}

/// Who sent how much.
fn sent(report: &Report) -> Vec<(&str, u64)> {
    report.rows().iter().map(|row| (row.caller.who(), row.tally.requests())).collect()
}

const ANONYMOUS: [(&str, u64); 4] = [("polite", 5), ("exact", 10), ("greedy", 50), ("patient", 5)];

#[tokio::test]
async fn each_client_is_sent_for_and_the_greedy_one_is_held_to_the_limit() {
    let report = run(plan("driven", "")).await;
    assert!(report.held(), "{report}");
    assert_eq!(sent(&report), ANONYMOUS);
    let passed: u64 = report.rows().iter().map(|row| row.tally.passed()).sum();
    let refused: u64 = report.rows().iter().map(|row| row.tally.limited).sum();
    assert_eq!(passed + refused, 70, "{report}");

    let printed = report.to_string();
    for (outcome, count) in [("passed", passed), ("rejected", refused)] {
        let labels = format!(r#"layer="ratelimit",name="driven",outcome="{outcome}""#);
        let line = format!("palisade_requests_total{{{labels}}} {count}");
        assert!(printed.contains(&line), "no {line} in:\n{printed}");
    }
}

#[tokio::test]
async fn a_client_of_each_tier_is_held_to_its_quota() {
    let account = r#"{
        name = "driven-account",
        by = "header x-api-key",
        on_missing = "pass",
        limits = [
            { quota = "10/s burst 2", tiers = { premium = "25/s burst 3", basic = "20/s burst 2" } }
        ],
    }"#;
    let mut plan = plan("driven-client", account);
    let accounts = [("k1", "premium"), ("k2", "basic"), ("k3", "premium")];
    plan.accounts = accounts.map(|(key, tier)| (key.to_owned(), tier.to_owned())).into();
    let report = run(plan).await;
    assert!(report.held(), "{report}");
    assert_eq!(
        sent(&report),
        [&ANONYMOUS[..], &[("free", 4), ("basic", 8), ("premium", 10)]].concat()
    );

    let printed = report.to_string();
    for (tier, requests, quota) in [
        ("free", 4, "10 per second, burst 2"),
        ("basic", 8, "20 per second, burst 2"),
        ("premium", 10, "25 per second, burst 3"),
    ] {
        let row = report.rows().iter().find(|row| row.caller.who() == tier).unwrap();
        let passed = row.tally.passed();
        assert_eq!(passed + row.tally.limited, requests, "{report}");
        let line = format!(
            "- the limit held: {tier} got {passed} of its {requests} requests, and {quota}, allows"
        );
        assert!(printed.contains(&line), "no {line} in:\n{printed}");
    }
    assert!(printed.contains("- the limit held: greedy got"), "{printed}");
}

#[tokio::test]
async fn a_drive_that_nobody_answers_says_so() {
    let away = TcpSocket::new_v4().unwrap();
    away.bind(LOOPBACK.into()).unwrap();
    let mut plan = plan("driven-away", "");
    for upstream in plan.upstreams.values_mut() {
        upstream.address = authority(away.local_addr().unwrap());
    }
    let driven = drive::run(Gateway::bind(plan, metrics()).await.unwrap(), None, LASTING).await;
    let error = driven.unwrap_err().to_string();
    assert_eq!(error, "of 70 requests not one was answered with 200");
}

#[tokio::test]
async fn the_demo_is_there_for_those_who_name_it_and_for_nobody_else() {
    let mut named = plan("demo", "");
    assert!(Demo::serve(&mut named, 7).await.unwrap().is_some());
    let addresses: Vec<_> = named.upstreams.values().map(|upstream| &upstream.address).collect();
    let [steady, flaky] = addresses[..] else { panic!("{named:?}") };
    assert_ne!(steady, flaky);
    for address in [steady, flaky] {
        assert!(address.as_str().parse::<SocketAddr>().is_ok(), "{address}");
    }
    let before = named.clone();
    assert!(Demo::serve(&mut named, 7).await.unwrap().is_none());
    assert_eq!(named, before);
}

/// The demo behind a breaker with these settings.
async fn through_an_outage(name: &str, breaker: &str) -> Report {
    let mut plan = plan(name, "");
    let text = format!("name = \"{name}\"\n{breaker}");
    plan.upstreams.get_mut("flaky").unwrap().breaker = Some(toml::from_str(&text).unwrap());
    run(plan).await
}

#[tokio::test]
async fn a_breaker_keeps_its_client_away_in_an_outage_and_lets_it_in_again() {
    let settings = r#"
        consecutive_failures = 3
        open_for = "30ms"
        open_at_most = "30ms"
    "#;
    let report = through_an_outage("driven-through", settings).await;
    assert!(report.held(), "{report}");
    let printed = report.to_string();
    assert!(printed.contains("- the breaker held: in an outage of "), "{printed}");
    assert!(printed.contains("the next one was served, and it has closed\n"), "{printed}");
    let patient = report.rows().iter().find(|row| row.caller.who() == "patient").unwrap();
    assert!(patient.tally.refused["circuit_open"] >= 1, "{report}");
    for change in [r#"from="closed",to="open"} 1"#, r#"from="half_open",to="closed"} 1"#] {
        let series = r#"palisade_breaker_transitions_total{layer="breaker",name="driven-through","#;
        let line = format!("{series}{change}");
        assert!(printed.contains(&line), "no {line} in:\n{printed}");
    }
}

#[tokio::test]
async fn a_breaker_of_which_it_is_not_known_what_it_must_do_is_not_judged() {
    let report = through_an_outage("driven-free", r#"enforce = "50%""#).await;
    assert!(!report.to_string().contains("the breaker"), "{report}");
}

#[tokio::test]
async fn a_bulkhead_lets_a_crowd_in_as_far_as_there_is_room() {
    let mut plan = plan("driven-crowd", "");
    let narrow = r#"
        name = "driven-narrow"
        prefix = "/narrow"
        upstream = "narrow"
        timeout = "30s"
        bulkhead = { max_concurrent = 1 }
    "#;
    plan.routes.insert(1, toml::from_str(narrow).unwrap());
    plan.upstreams.insert("narrow".to_owned(), toml::from_str("address = 'demo:narrow'").unwrap());
    let report = run(plan).await;
    assert!(report.held(), "{report}");
    let printed = report.to_string();
    assert!(
        printed.contains("- the bulkhead held: never more than 1 at once in driven-narrow; of ")
    );
    assert!(printed.contains(" requests, 4 at once, "), "{printed}");
    let crowd = report.rows().iter().find(|row| row.caller.who() == "crowd").unwrap();
    assert_eq!(crowd.tally.served + crowd.tally.unavailable(), crowd.tally.requests(), "{report}");
}

/// What insists on the demo's flaky upstream through a retry got.
async fn insisting(name: &str, retries: bool) -> (Report, String) {
    let mut plan = plan(name, "");
    let retry = format!("name = {name:?}\nbackoff = \"none\"\nstatuses = [500]\nmax_attempts = 9");
    let flaky = &mut plan.routes[1];
    flaky.retry = Some(toml::from_str(&retry).unwrap());
    flaky.timeout = Duration::from_millis(500);
    if !retries {
        plan.retry_nothing();
    }
    let report = run(plan).await;
    let printed = report.to_string();
    (report, printed)
}

#[tokio::test]
async fn a_retry_answers_what_a_flaky_upstream_does_not() {
    let (report, printed) = insisting("driven-again", true).await;
    assert!(report.held(), "{report}");
    let line =
        "- the retry held: with retries 100.0 % of 5 requests to driven-again were answered; of ";
    assert!(printed.contains(line), "{printed}");
    let insistent = report.rows().iter().find(|row| row.caller.who() == "insistent").unwrap();
    assert_eq!((insistent.tally.requests(), insistent.tally.served), (5, 5), "{report}");
}

#[tokio::test]
async fn without_retries_callers_get_what_the_upstream_says() {
    let (report, printed) = insisting("driven-once", false).await;
    assert!(report.held(), "{report}");
    let begin = "- the retry was switched off, and that held: without retries ";
    assert!(printed.contains(begin), "{printed}");
    let added = r#"palisade_retry_attempts_total{layer="retry",name="driven-once"}"#;
    assert!(!printed.contains(added), "what is 0 is not printed: {printed}");
}
