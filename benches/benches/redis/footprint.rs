//! What a key takes in Redis.

use std::time::Duration;

use palisade::{Name, Quota};
use palisade_core::algorithm::Algorithm;
use palisade_core::store::Policy;
use palisade_ratelimit::{FixedWindow, Gcra, Shaper, SlidingLog, SlidingWindow};
use palisade_redis::RedisStore;
use tokio::task::JoinSet;

use crate::drive::{Caller, Verdict};
use crate::ours::{Limited, decide, store};
use crate::peers::{Counted, Trypema};
use crate::site::Site;

/// Subjects, of whom each calls once.
const MANY: u64 = 20_000;

/// Calls of all subjects together: who call more often are fewer.
const CALLS: u64 = 200_000;

/// Some eleven days.
const PERIOD: Duration = Duration::from_secs(1_000_000);

/// Those who write them.
const WRITERS: u64 = 16;

/// What is kept, and how many calls of each subject.
#[derive(Clone)]
struct Row {
    name: &'static str,
    limited: Limited<RedisStore>,
    calls: u64,
}

impl Caller for Row {
    async fn decide(&mut self, key: u64) -> Verdict {
        let mut verdict = Verdict::Failed;
        for _ in 0..self.calls {
            verdict = decide(&self.limited, &subject(key)).await;
        }
        verdict
    }
}

/// A subject, so long that the key of a bucket is 22 bytes under the prefix `p`.
fn subject(number: u64) -> String {
    format!("user:{number:06}")
}

/// So slow that nothing expires, and so wide that nothing is refused.
fn quota() -> Quota {
    Quota::new(1_000, PERIOD)
}

fn policy(name: &'static str, algorithm: impl Algorithm) -> Policy {
    Policy::new(Name::new(name), algorithm)
}

fn rows(site: &Site) -> Vec<Row> {
    let store = store(site.server.url()).prefix("p").expect("the prefix is short");
    let row =
        |name, calls, policies| Row { name, limited: Limited::new(store.clone(), policies), calls };
    // Each unit has a part of a microsecond.
    let uneven = Quota::new(7_000, PERIOD);
    let log = || policy("api", SlidingLog::new(quota()));
    vec![
        row("bucket", 1, vec![policy("api", Gcra::new(quota()))]),
        row("bucket, uneven rate", 1, vec![policy("api", Gcra::new(uneven))]),
        row("shaper", 1, vec![policy("api", Shaper::new(quota()))]),
        row("fixed window", 1, vec![policy("api", FixedWindow::new(quota()))]),
        row("sliding window", 1, vec![policy("api", SlidingWindow::new(quota()))]),
        row("log, 1 grant", 1, vec![log()]),
        row("log, 10 grants", 10, vec![log()]),
        row("log, 100 grants", 100, vec![log()]),
        row("log, 200 grants", 200, vec![log()]),
        row(
            "two buckets in one hash",
            1,
            vec![policy("api", Gcra::new(quota())), policy("day", Gcra::new(uneven))],
        ),
        row(
            "two windows in one hash",
            1,
            vec![
                policy("api", FixedWindow::new(quota())),
                policy("day", SlidingWindow::new(quota())),
            ],
        ),
    ]
}

/// Of few keys.
pub(crate) fn smoke() {
    let site = Site::start();
    for row in rows(&site) {
        let taken = Taken::by(&site, &row, 100);
        assert!(taken.keys == 1.0 && taken.one > 0, "{}: {taken:?}", row.name);
    }
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
pub(crate) fn report() {
    println!("\n### redis, bytes of a subject\n");
    println!(
        "| | keys | a key's own length | `MEMORY USAGE` of a key | `used_memory` ÷ subjects |"
    );
    println!("|---|{}", "---:|".repeat(4));
    let site = Site::start();
    let print = |name: &str, Taken { keys, length, one, all }: Taken| {
        println!("| {name} | {keys:.0} | {length} | {one} | {all:.0} |");
    };
    for row in rows(&site) {
        print(
            &format!("**palisade, {}**", row.name),
            Taken::by(&site, &row, MANY.min(CALLS / row.calls)),
        );
    }
    let day = Duration::from_secs(86_400);
    print("`INCR` and `PEXPIRE` by hand", Taken::by(&site, &Counted::new(&site, day), MANY));
    print("trypema", Taken::by(&site, &Trypema::new(&site, day), MANY));
}

/// What a subject takes.
#[derive(Debug)]
struct Taken {
    keys: f64,
    /// How long a key is by itself.
    length: usize,
    /// Bytes, by the server's own account of a key.
    one: i64,
    /// Bytes of all memory that has been taken, for each subject: the server's tables too.
    all: f64,
}

impl Taken {
    /// After `caller` has decided once about each subject.
    fn by(site: &Site, caller: &impl Caller, subjects: u64) -> Self {
        site.forget();
        // Connects, and has the server read its script.
        site.block_on(caller.clone().decide(subjects));
        site.forget();
        let before = site.memory();
        site.block_on(write(caller, subjects));
        let all = site.memory().saturating_sub(before) as f64 / subjects as f64;
        let ask = |words: &[&str]| site.server.command(words).expect("the server runs");
        let key = ask(&["RANDOMKEY"]).text();
        Self {
            keys: ask(&["DBSIZE"]).integer() as f64 / subjects as f64,
            length: key.len(),
            one: ask(&["MEMORY", "USAGE", &key, "SAMPLES", "0"]).integer(),
            all,
        }
    }
}

async fn write(caller: &impl Caller, subjects: u64) {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let mut caller = caller.clone();
        writers.spawn(async move {
            for number in (writer..subjects).step_by(WRITERS as usize) {
                assert_eq!(caller.decide(number).await, Verdict::Passed, "subject {number}");
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.expect("all is written");
    }
}
