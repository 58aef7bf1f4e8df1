//! Who pays for a million keys that expire?
//!
//! ```text
//! cargo bench -p palisade-benches --bench stalls
//! ```
//!
//! A limiter forgets keys that are as good as new, and somebody's call may have to wait for it. So every
//! single call of one caller is timed, of old keys and of new ones by turns: "quiet", when nothing has
//! expired, and "expiring", when all keys have just expired at once. What the clock itself takes, and how
//! often the machine takes the core away, is in all figures; the first row is nothing else.
//!
//! Two sizes, since what a table does with a new key depends on whether it has to grow for it: a million
//! keys, for which the tables here have doubled a while ago, and 900 000, where they are about to.
//!
//! | row | who drops what has expired |
//! |---|---|
//! | palisade, at its cap | each new key looks for a place among its neighbours' |
//! | palisade, below its cap | a shard that would have to grow drops its own |
//! | governor | somebody who calls `retain_recent()`, here once, on another thread |
//!
//! Then the memory: each generation is half a million keys that nobody has seen before, and expires before
//! the next. The tables are Markdown.

mod contenders;
mod generations;
mod timed;

use std::process::ExitCode;

use palisade_benches::{Bench, run};

use crate::contenders::{Contender, contenders};
use crate::timed::{Latencies, SHARES, time};

/// Keys in the table: with room, and about to grow. Tables double when 7/8 of a power of two is full.
const SIZES: [u64; 2] = [1_000_000, 900_000];

/// Calls that are timed, half of them of new keys: enough that each table that is about to grow does.
const CALLS: u64 = 200_000;

/// How often all of it is done. Whatever disturbs a run only adds to it, so of each figure the least
/// counts.
const RUNS: usize = 3;

fn main() -> ExitCode {
    run(&[
        Bench::Counts { title: "stalls", smoke: smoke_stalls, report: report_stalls },
        Bench::Counts {
            title: "generations",
            smoke: generations::smoke,
            report: generations::report,
        },
    ])
}

/// Every call passes, of few keys.
fn smoke_stalls() {
    for Contender { run, .. } in contenders() {
        for expired in [false, true] {
            run(100, 100, expired);
        }
    }
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn report_stalls() {
    for keys in SIZES {
        println!(
            "\nMicroseconds of a call, {keys} keys, {CALLS} calls (the least of {RUNS} runs):\n"
        );
        println!("| | |{}", SHARES.map(|(name, _)| format!(" {name} |")).concat());
        println!("|---|---|{}", "---:|".repeat(SHARES.len()));
        row("the clock alone", "", least(|| time(keys, CALLS, |_| true)).micros());
        for Contender { name, run } in contenders() {
            let [quiet, expiring] =
                [false, true].map(|expired| least(|| run(keys, CALLS, expired)));
            row(name, "quiet", quiet.micros());
            row("", "expiring", expiring.micros());
            row("", "÷ quiet", expiring.over(&quiet));
        }
    }
}

fn least(run: impl Fn() -> Latencies) -> Latencies {
    (1..RUNS).fold(run(), |least, _| least.least(run()))
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn row(name: &str, when: &str, figures: [f64; SHARES.len()]) {
    println!("| {name} | {when} |{}", figures.map(|figure| format!(" {figure:.2} |")).concat());
}
