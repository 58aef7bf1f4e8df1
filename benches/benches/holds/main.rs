//! Does the limit hold, and does the breaker open, however the app is served?
//!
//! ```text
//! cargo bench -p palisade-benches --bench holds
//! ```
//!
//! axum applies a layer once for each route and, depending on what `axum::serve` is given, anew for
//! each connection. A layer that makes its state in `Layer::layer` then has a limit for each
//! connection, and none for all of them. So each contender is served in the four ways, and what it
//! lets through is counted; no time is measured. The tables are Markdown.
//!
//! | table | requests | the handler |
//! |---|---|---|
//! | does the limit hold? | at once | keeps what reaches it |
//! | does the breaker open? | one after the other | fails each |

mod breakers;
mod count;
mod rows;
mod serve;

use std::process::ExitCode;

use palisade_benches::{Bench, run};

use crate::breakers::breakers;
use crate::rows::{Row, rows};
use crate::serve::Way;

/// What every contender is told to allow: calls, or failures.
const LIMIT: usize = 5;

/// How many connections are opened at once, with a request on each.
const CONNECTIONS: usize = 20;

fn main() -> ExitCode {
    run(&[
        Bench::Counts {
            title: "does the limit hold?",
            // Ours alone, which is a matter of milliseconds.
            smoke: || smoke(rows().first()),
            report: || report("Let through", "the limit is", &rows()),
        },
        Bench::Counts {
            title: "does the breaker open?",
            smoke: || smoke(breakers().first()),
            report: || report("Let fail", "the breaker opens after", &breakers()),
        },
    ])
}

fn smoke(row: Option<&Row>) {
    for (row, way) in row.iter().flat_map(|row| Way::ALL.map(|way| (row, way))) {
        assert_eq!((row.let_through)(way), LIMIT, "{}, {}", row.name, way.code());
    }
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn report(what: &str, limit: &str, rows: &[Row]) {
    println!("\n{what}, of {CONNECTIONS}, where {limit} {LIMIT}:\n");
    println!("| |{}", Way::ALL.map(|way| format!(" `{}` |", way.code())).concat());
    println!("|---|{}", "---:|".repeat(Way::ALL.len()));
    for row in rows {
        println!("| {} |{}", row.name, Way::ALL.map(|way| cell(row, way)).concat());
    }
}

fn cell(row: &Row, way: Way) -> String {
    format!(" {} |", (row.let_through)(way))
}
