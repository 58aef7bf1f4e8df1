//! Limits that gateways share in Redis, and what becomes of them while it is away.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use palisade::store::Source;
use palisade::{Quota, per_day};
use palisade_examples::gateway::config;
use palisade_examples::gateway::demo::Demo;
use palisade_examples::gateway::drive;
use palisade_examples::gateway::plan::{Plan, Redis};
use palisade_examples::gateway::server::Gateway;
use palisade_test_server::{Server, eventually};
use tokio::task::block_in_place;

use crate::support::{Running, Wire, metrics, per_client, plan, upstream};

/// A gateway before an upstream that answers at once, with one limit in Redis.
async fn gateway(url: &str, limit: &str, quota: Quota) -> Running {
    let upstream = upstream(Router::new().fallback(async || "ok")).await;
    let (redis, limits) = (Some(Redis::at(url)), vec![per_client(limit, quota)]);
    Running::start(Plan { redis, limits, ..plan(upstream) }).await
}

/// What became of a request.
struct Answer {
    status: String,
    decided_by: String,
}

impl Answer {
    async fn from(gateway: &Running) -> Self {
        Self::from_address(gateway.address).await
    }

    async fn from_address(gateway: SocketAddr) -> Self {
        let mut caller = Wire::to_address(gateway).await;
        caller.send("GET /up/a HTTP/1.1\nHost: a\nConnection: close\n\n").await;
        let head = caller.head().await;
        let (status, decided_by) = (head.first_line().to_owned(), head.field("x-decided-by"));
        caller.rest().await;
        Self { status, decided_by }
    }

    /// Whether the limit let it pass; that it did anything else than refusing it is a failure.
    fn has_passed(&self) -> bool {
        assert!(self.status.ends_with("200 ok") || self.status.contains("429"), "{}", self.status);
        self.status.ends_with("200 ok")
    }

    fn is_decided_by(&self, source: Source) -> bool {
        self.decided_by.ends_with(&format!("={}", source.label()))
    }
}

/// How many of so many requests passed.
async fn passed(gateway: &Running, requests: usize, count: &mut usize, sources: &mut Vec<String>) {
    for _ in 0..requests {
        let answer = Answer::from(gateway).await;
        *count += usize::from(answer.has_passed());
        sources.push(answer.decided_by);
    }
}

#[tokio::test]
async fn two_gateways_share_a_limit_to_the_unit() {
    let server = Server::start();
    // A machine that is so busy that Redis is late has a gateway decide by itself: then once more.
    for attempt in 0..20 {
        let name = format!("shared-{attempt}");
        let one = gateway(&server.url(), &name, per_day(20)).await;
        let other = gateway(&server.url(), &name, per_day(20)).await;
        let (mut count, mut sources) = (0, Vec::new());
        for _ in 0..15 {
            passed(&one, 1, &mut count, &mut sources).await;
            passed(&other, 1, &mut count, &mut sources).await;
        }
        let known = [format!("{name}=store"), format!("{name}=cache")];
        if sources.iter().all(|source| known.contains(source)) {
            assert_eq!(count, 20, "{sources:?}");
            return;
        }
    }
    panic!("Redis never answered in time");
}

#[tokio::test]
async fn it_starts_without_redis_and_goes_there_when_it_appears() {
    let server = Server::start();
    server.kill();
    let gateway = gateway(&server.url(), "late", per_day(1_000_000)).await;
    let line = format!(
        "  limits are kept in {} under \"palisade\", and shared by all gateways that name both; it does not \
         answer, so they are kept here until it does\n",
        server.url()
    );
    assert!(gateway.banner.contains(&line), "{}", gateway.banner);
    let answer = Answer::from(&gateway).await;
    assert!(answer.has_passed());
    assert_eq!(answer.decided_by, "late=local", "whose part of the limit is all of it");

    server.restart();
    while !Answer::from(&gateway).await.is_decided_by(Source::Store) {}
}

#[tokio::test]
async fn a_gateway_says_where_it_keeps_its_limits() {
    let server = Server::builder().password("secret").start();
    let gateway = gateway(&server.url(), "said", per_day(1)).await;
    let line = "  limits are kept in redis://***@127.0.0.1:";
    assert!(gateway.banner.contains(line), "{}", gateway.banner);
    assert!(!gateway.banner.contains("secret"), "{}", gateway.banner);
}

/// When the gateways that share the limits were last heard of.
fn heard(server: &Server) -> Vec<String> {
    let reply = server.command(&["ZRANGE", "palisade:instances", "0", "-1", "WITHSCORES"]).unwrap();
    reply.array().iter().map(|text| text.text()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_hangs_two_gateways_keep_half_of_a_limit_each() {
    let server = Server::start();
    let one = gateway(&server.url(), "halved", per_day(20)).await;
    let other = gateway(&server.url(), "halved", per_day(20)).await;
    block_in_place(|| {
        eventually(|| heard(&server).len() == 4, "two gateways to be counted");
        let before = heard(&server);
        let again = || heard(&server).iter().zip(&before).all(|(now, then)| now != then);
        eventually(again, "both to hear of each other");
    });

    server.stop();
    let (mut total, mut sources) = (0, Vec::new());
    for gateway in [&one, &other] {
        let mut count = 0;
        passed(gateway, 15, &mut count, &mut sources).await;
        // Of those that were sent when Redis had stopped it is not known whether they are charged, and
        // so they are not all held against the part.
        assert!((10..20).contains(&count), "{count}: {sources:?}");
        total += count;
    }
    assert!(sources.iter().all(|source| source == "halved=share"), "{sources:?}");

    server.cont();
    for gateway in [&one, &other] {
        loop {
            let answer = Answer::from(gateway).await;
            total += usize::from(answer.has_passed());
            if answer.is_decided_by(Source::Store) {
                break;
            }
        }
    }
    // An outage may let two limits more pass.
    assert!(total <= 20 + 2 * 20, "{total}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_is_served_notices_that_redis_hangs_for_a_while() {
    let server = Server::start();
    let text = format!(
        r#"
        listen = "127.0.0.1:0"
        redis = "{}"
        limits = [{{ name = "hung", by = "client_ip", limits = ["5/s burst 5", "2000/h"] }}]
        upstreams.steady.address = "demo:steady"
        routes = [{{ name = "hung-steady", prefix = "/up", upstream = "steady", timeout = "30s" }}]
        "#,
        server.url()
    );
    let mut plan = config::read("the test's", &text).unwrap();
    let demo = Demo::serve(&mut plan, 7).await.unwrap();
    let gateway = Gateway::bind(plan, metrics()).await.unwrap();
    let address = gateway.address();
    let driving = tokio::spawn(async move {
        drive::run(gateway, demo.as_ref(), Duration::from_secs(10)).await.unwrap()
    });

    // Ours are requests like the others, of one client more.
    decided_by(&[Source::Store, Source::Cache], address, 3).await;
    server.stop();
    decided_by(&[Source::Share], address, 3).await;
    server.cont();
    decided_by(&[Source::Store, Source::Cache], address, 3).await;

    let report = driving.await.unwrap();
    assert!(report.held(), "{report}");
    let total = report.total();
    assert_eq!(total.served + total.limited, total.requests(), "{report}");
    let [store, share] = [Source::Store, Source::Share].map(|source| total.deciders.of(source));
    assert!(store.unwrap().last > share.unwrap().last, "it decides again: {report}");
    let line = format!("- the store held: of {} requests none failed", total.requests());
    assert!(report.to_string().contains(&line), "{report}");
}

/// Asks until so many answers, one after another, were decided by one of `sources`.
async fn decided_by(sources: &[Source], gateway: SocketAddr, times: usize) {
    let mut row = 0;
    while row < times {
        let answer = Answer::from_address(gateway).await;
        answer.has_passed();
        row = match sources.iter().any(|source| answer.is_decided_by(*source)) {
            true => row + 1,
            false => 0,
        };
    }
}

#[tokio::test]
async fn an_upstream_does_not_speak_for_the_gateway() {
    let server = Server::start();
    let app = Router::new().fallback(async || [("x-decided-by", "me=store")]);
    let upstream = upstream(app).await;
    let mut limit = per_client("spoken", per_day(20));
    limit.skip_paths = vec!["/up/a".to_owned()];
    let (redis, limits) = (Some(Redis::at(server.url())), vec![limit]);
    let gateway = Running::start(Plan { redis, limits, ..plan(upstream) }).await;
    assert_eq!(Answer::from(&gateway).await.decided_by, "", "no limit was asked");
}
