//! The traffic that `--drive` sends, for as short as it can be.

use std::time::Duration;

use palisade::per_second;
use palisade_examples::gateway::demo::Demo;
use palisade_examples::gateway::drive;
use palisade_examples::gateway::plan::{Limit, Plan, authority};
use palisade_examples::gateway::server::Gateway;
use tokio::net::TcpSocket;

use crate::support::{LOOPBACK, metrics};

const LASTING: Duration = Duration::from_millis(200);

/// A limit that bites within [`LASTING`].
fn limited(name: &str, plan: Plan) -> Plan {
    let limit = Limit { name: name.to_owned(), quota: per_second(50).burst(5) };
    Plan { limit, ..plan }
}

#[tokio::test]
async fn each_client_is_sent_for_and_the_greedy_one_is_held_to_the_limit() {
    let demo = Demo::start(7).await.unwrap();
    let plan = limited("driven", Plan::demo(LOOPBACK.into(), &demo));
    let report = drive::run(Gateway::bind(plan, metrics()).await.unwrap(), LASTING).await.unwrap();
    assert!(report.held(), "{report}");

    let sent: Vec<_> =
        report.rows().iter().map(|row| (row.caller.name, row.tally.requests())).collect();
    assert_eq!(sent, [("polite", 5), ("exact", 10), ("greedy", 50), ("patient", 5)]);
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
async fn a_drive_that_nobody_answers_says_so() {
    let away = TcpSocket::new_v4().unwrap();
    away.bind(LOOPBACK.into()).unwrap();
    let demo = Demo::start(7).await.unwrap();
    let mut plan = limited("driven-away", Plan::demo(LOOPBACK.into(), &demo));
    for route in &mut plan.routes {
        route.upstream = authority(away.local_addr().unwrap());
    }
    let driven = drive::run(Gateway::bind(plan, metrics()).await.unwrap(), LASTING).await;
    let error = driven.unwrap_err().to_string();
    assert_eq!(error, "of 70 requests not one was answered with 200");
}
