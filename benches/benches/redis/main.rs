//! Limits in Redis: what a decision takes, beside what the server can do at most.
//!
//! ```text
//! cargo bench -p palisade-benches --bench redis                    everything
//! cargo bench -p palisade-benches --bench redis -- "callers: 16"   what has that in its title
//! ```
//!
//! A table has a server of its own, on 127.0.0.1, and a client with one thread. The ceiling is what
//! `redis-benchmark` gets out of that server with the very command that our store sends for a bucket, which is
//! overheard. It is taken in every round, since what slows one slows the others; a ratio is the middle one of the
//! rounds' ratios. Above 1 is possible: many callers on one connection are sent in longer pieces than its 16.
//!
//! | column | |
//! |---|---|
//! | client, server | processor time of the process for each decision, system calls included |
//! | asked | how often a client waited for the server, for each decision |
//! | allocations | of the client's, for each decision, all that the connection does included |
//! | waited | the share of the time in which client or server waited for a core |
//!
//! What waited much was not alone on its machine: such a sample is taken again, and if it is no better, not to be
//! quoted. The tables are Markdown.

mod ceiling;
mod command;
mod contender;
mod drive;
mod footprint;
mod ours;
mod peers;
mod rounds;
mod sample;
mod site;
mod subject;
mod tables;

use std::process::ExitCode;

use palisade_benches::{Bench, run};

fn main() -> ExitCode {
    let mut benches = tables::benches();
    benches.push(Bench::Counts {
        title: "redis, bytes",
        smoke: footprint::smoke,
        report: footprint::report,
    });
    run(&benches)
}
