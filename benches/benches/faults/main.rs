//! What breakers, bulkheads, retries and hedges do that their users would not expect.
//!
//! ```text
//! cargo bench -p palisade-benches --bench faults
//! ```
//!
//! Each row is a fact that anybody can reproduce: counted, not timed, and the same in every run. Calls are
//! futures that end when they are told to, polled by hand, so nothing depends on how fast anything is.
//! The tables are Markdown; what a reader would expect stands in the first column of figures.

mod breakers;
mod bulkheads;
mod job;
mod peers;
mod retries;

use std::process::ExitCode;

use palisade_benches::{Bench, run};

fn main() -> ExitCode {
    run(&[
        Bench::Counts { title: "breakers", smoke: || _ = breakers::rows(), report: breakers },
        Bench::Counts { title: "bulkheads", smoke: || _ = bulkheads::rows(), report: bulkheads },
        Bench::Counts { title: "retries", smoke: || _ = retries::rows(), report: retries },
    ])
}

/// A fact: what is asked, what one would expect, and what each contender does.
struct Row<const N: usize> {
    fact: &'static str,
    expected: &'static str,
    found: [String; N],
}

/// An answer.
fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

fn breakers() {
    print(peers::NAMES, &breakers::rows());
}

fn bulkheads() {
    print(bulkheads::NAMES, &bulkheads::rows());
}

fn retries() {
    print(retries::NAMES, &retries::rows());
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn print<const N: usize>(names: [&str; N], rows: &[Row<N>]) {
    println!("\n| | expected |{}", names.map(|name| format!(" {name} |")).concat());
    println!("|---|---:|{}", "---:|".repeat(N));
    for Row { fact, expected, found } in rows {
        let found: String = found.iter().map(|found| format!(" {found} |")).collect();
        println!("| {fact} | {expected} |{found}");
    }
}
