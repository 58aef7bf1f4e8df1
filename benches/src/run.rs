//! Runs what the command line asks for.

use std::fmt::Debug;
use std::process::ExitCode;

use crate::callgrind;
use crate::context::Timers;
use crate::footprint::Footprint;
use crate::group::Group;
use crate::options::{Mode, Options};
use crate::report::report;

/// Something to measure and print.
#[derive(Debug)]
pub enum Bench {
    /// Time, allocations and instructions per call.
    Calls(Group),
    /// Memory per key.
    Memory(Footprint),
    /// Something else that is taken in rounds.
    Rounds(Box<dyn Rounds>),
    /// Something else, which the bench counts and prints by itself.
    Counts {
        /// What is counted.
        title: &'static str,
        /// Counts the least that shows that it works.
        smoke: fn(),
        /// Counts and prints.
        report: fn(),
    },
}

/// Something that is taken in rounds, and prints what came of it by itself.
pub trait Rounds: Debug {
    /// What is measured.
    fn title(&self) -> &str;

    /// Does the least that shows that it works.
    fn smoke(&self);

    /// Measures and prints, in so many rounds if that was said.
    fn report(&self, rounds: Option<usize>);
}

impl Bench {
    fn title(&self) -> &str {
        match self {
            Self::Calls(group) => &group.title,
            Self::Memory(footprint) => &footprint.title,
            Self::Rounds(table) => table.title(),
            Self::Counts { title, .. } => title,
        }
    }
}

/// Runs those of `benches` that the command line asks for.
#[must_use]
#[expect(clippy::print_stderr, reason = "this is where a program says what is wrong")]
pub fn run(benches: &[Bench]) -> ExitCode {
    match Options::from_env() {
        Ok(options) => {
            run_as(&options, benches);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
fn run_as(Options { filter, mode }: &Options, benches: &[Bench]) {
    let timers = Timers::start();
    let _entered = timers.enter();
    for bench in benches.iter().filter(|bench| bench.title().contains(filter.as_str())) {
        timers.turn();
        match (mode, bench) {
            (Mode::List, bench) => println!("{}", bench.title()),
            (Mode::Smoke, Bench::Calls(group)) => smoke(group),
            (Mode::Smoke, Bench::Memory(footprint)) => footprint.smoke(),
            (Mode::Smoke, Bench::Rounds(table)) => table.smoke(),
            (Mode::Smoke, Bench::Counts { smoke, .. }) => smoke(),
            (Mode::Measure(how), Bench::Calls(group)) => report(group, how),
            (Mode::Measure(_), Bench::Memory(footprint)) => footprint.report(),
            (Mode::Measure(how), Bench::Rounds(table)) => table.report(how.rounds),
            (Mode::Measure(_), Bench::Counts { report, .. }) => report(),
            (Mode::One { contender, calls }, Bench::Calls(group)) if group.title == *filter => {
                one(group, contender, *calls);
            }
            (Mode::One { .. }, _) => {}
        }
    }
}

/// Runs each contender a few times: it works, and everything passes.
fn smoke(group: &Group) {
    if !group.large {
        group.contenders.iter().for_each(|contender| (contender.build)()(16));
    }
}

/// Runs one contender for valgrind.
fn one(group: &Group, name: &str, calls: u64) {
    if let Some(contender) = group.contenders.iter().find(|contender| contender.name == name) {
        callgrind::count(&mut (contender.build)(), calls);
    }
}
