//! Instances in processes of their own, which know of each other by Redis alone.
//!
//! Such a process is this test's own program, which is told to run one test, and by a variable which server to use.

use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use palisade::prelude::*;
use palisade::test::{Canned, ready};
use palisade_test_server::{Client, Server, eventually};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tower::{Layer, ServiceExt};

use crate::fleet::redis;

/// The server's port, how many instances there are, and what a store has besides its deny cache.
const ORDER: &str = "PALISADE_TESTS_INSTANCE";

const ITSELF: &str = "processes::an_instance_by_itself_admits_exactly_the_limit";

/// What an instance says of itself.
const PASSED: &str = "passed ";
const MISSED: &str = "missed ";

const LIMIT: u32 = 1_000;
const TASKS: usize = 8;

/// What an instance has admitted, and of how many calls it does not know what became in Redis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    passed: u64,
    missed: u64,
}

#[test]
fn an_instance_by_itself_admits_exactly_the_limit() {
    let order = env::var(ORDER).ok();
    let mut words = order.as_deref().unwrap_or_default().split(' ');
    let mut word = || words.next().filter(|word| !word.is_empty());
    match (word(), word(), word()) {
        (Some(port), Some(instances), Some(before)) => {
            let port = port.parse().unwrap();
            meet(port, instances.parse().unwrap());
            let Sum { passed, missed } = spend(port, before);
            println!("\n{PASSED}{passed}\n{MISSED}{missed}");
        }
        _ => {
            let server = Server::start();
            exactly_the_limit(spend(server.port(), "deny_cache"));
        }
    }
}

#[test]
fn two_processes_admit_exactly_the_limit() {
    exactly_the_limit(apart(2, "deny_cache"));
}

#[test]
fn five_processes_admit_exactly_the_limit() {
    exactly_the_limit(apart(5, "deny_cache"));
}

#[test]
fn two_processes_with_leases_admit_no_more_than_the_limit() {
    no_more_than_the_limit(apart(2, "lease"));
}

#[test]
fn five_processes_with_leases_admit_no_more_than_the_limit() {
    no_more_than_the_limit(apart(5, "lease"));
}

/// But for what was charged in Redis and not heard of in time.
#[track_caller]
fn exactly_the_limit(all: Sum) {
    let limit = u64::from(LIMIT);
    assert!((limit.saturating_sub(all.missed)..=limit).contains(&all.passed), "{all:?}");
}

/// Units that are given back are admitted again, if they come back before everybody has given up.
#[track_caller]
fn no_more_than_the_limit(all: Sum) {
    let limit = u64::from(LIMIT);
    assert!((limit / 2..=limit).contains(&all.passed), "{all:?}");
}

/// What so many instances admit together.
fn apart(instances: u64, before: &str) -> Sum {
    let server = Server::start();
    let order = format!("{} {instances} {before}", server.port());
    let start = |_| {
        Command::new(env::current_exe().unwrap())
            .args([ITSELF, "--exact", "--nocapture"])
            .env(ORDER, &order)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let processes: Vec<_> = (0..instances).map(start).collect();
    let mut all = Sum::default();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let number = |name| text.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
        all.passed += number(PASSED).unwrap_or(0_u64);
        all.missed += number(MISSED).unwrap_or(0_u64);
    }
    all
}

/// Returns when so many are here.
fn meet(port: u16, instances: i64) {
    let mut client = Client::connect(port).unwrap();
    client.command(&["INCR", "here"]).unwrap();
    let mut here = || client.command(&["GET", "here"]).unwrap().integer();
    eventually(|| here() == instances, "the other instances");
}

/// Calls from several tasks until there is nothing left.
fn spend(port: u16, before: &str) -> Sum {
    let store = redis(&format!("redis://127.0.0.1:{port}"));
    // In which what others give back comes again.
    let (store, patience) = match before {
        "lease" => (store.lease(50, Duration::from_millis(100)), 40),
        _ => (store, 3),
    };
    // Who does not hear of a charge in time does not pass.
    let layer = RateLimitLayer::new(per_day(LIMIT)).store(store).on_outage(Outage::Deny);
    let inner: Canned<Request<()>, Response<Full<Bytes>>> = ready(Response::new(Full::from("ok")));
    let service = layer.name("processes").layer(inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..TASKS {
            let service = service.clone();
            tasks.spawn(async move {
                let (mut sum, mut refused) = (Sum::default(), 0);
                while refused < patience {
                    let call = service.clone().oneshot(Request::new(()));
                    match call.await.unwrap().status().as_u16() {
                        200 => (sum.passed, refused) = (sum.passed + 1, 0),
                        429 => {
                            refused += 1;
                            sleep(Duration::from_millis(10)).await;
                        }
                        _ => sum.missed += 1,
                    }
                }
                sum
            });
        }
        let sums = tasks.join_all().await;
        sums.into_iter().fold(Sum::default(), |all, one| Sum {
            passed: all.passed + one.passed,
            missed: all.missed + one.missed,
        })
    })
}
