//! Every layer beside its peers, in one run.
//!
//! ```text
//! cargo bench -p palisade-benches                          everything
//! cargo bench -p palisade-benches -- timeout               what has "timeout" in its title
//! cargo bench -p palisade-benches -- --instructions        instructions too, counted by valgrind
//! ```
//!
//! A new layer is a file here and a line in [`benches`].

mod algorithms;
mod breaker;
mod bulkhead;
mod contended;
mod direct;
mod footprint;
mod header_styles;
mod http;
mod ingredients;
mod keyed;
mod limits;
mod one_bucket;
mod refused;
mod retry;
mod several;
mod stacked;
mod tiers;
mod timeout;

use std::process::ExitCode;

use palisade::Clock;
use palisade_benches::{Bench, run};

fn main() -> ExitCode {
    // As a test everything runs once, on whatever clock the tests have.
    let measured = std::env::args().any(|argument| argument == "--bench");
    assert!(
        !measured || Clock::default().is_fast(),
        "a dependency has switched the feature `test-util` on"
    );
    run(&benches())
}

/// All rows, in the order in which they are run.
fn benches() -> Vec<Bench> {
    [
        one_bucket::benches(),
        direct::benches(),
        keyed::benches(),
        algorithms::benches(),
        several::benches(),
        footprint::benches(),
        http::benches(),
        header_styles::benches(),
        timeout::benches(),
        breaker::benches(),
        bulkhead::benches(),
        retry::benches(),
        stacked::benches(),
        tiers::benches(),
        refused::benches(),
        contended::benches(),
        ingredients::benches(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
