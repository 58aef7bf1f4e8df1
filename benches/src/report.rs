//! Measures a group, and prints its table.

use crate::alloc::per_call;
use crate::callgrind;
use crate::group::{Contender, Group, Role, Run};
use crate::measure::{self, Sample};
use crate::options::How;
use crate::stats::Stats;
use crate::table::{Cell, Table};

/// Calls whose allocations are counted.
const COUNTED: u64 = 1_000;

/// How often everything is built anew: where in memory a contender happens to lie can make it half as
/// fast for as long as it lives, and so can the seed of its hasher.
const BUILDS: usize = 6;

/// Samples of each contender, unless it is said how many.
const ROUNDS: usize = 48;

/// Nanoseconds below which a floor is no measure: the compiler has made it part of the bare service.
const LEAST: f64 = 0.5;

/// What was measured of one contender.
#[derive(Debug)]
struct Taken {
    times: Vec<f64>,
    waited: f64,
    allocations: f64,
    instructions: Option<f64>,
}

/// What is said of it.
#[derive(Debug)]
struct Figures {
    time: Stats,
    allocations: f64,
    instructions: Option<f64>,
}

/// Measures all contenders of a group, and prints the table.
pub(crate) fn report(group: &Group, how: &How) {
    let taken = take(group, how);
    let bare = group.contenders.iter().position(|contender| contender.role == Role::Bare);
    let bare = bare.filter(|_| !group.threads);
    let figures: Vec<Figures> = (0..taken.len())
        .map(|i| match bare {
            Some(bare) if bare != i => Figures::added(&taken[i], &taken[bare]),
            _ => Figures::of(&taken[i]),
        })
        .collect();
    print(group, how, &taken, &figures);
}

fn print(group: &Group, how: &How, taken: &[Taken], figures: &[Figures]) {
    let of_role = |role| {
        let all = group.contenders.iter().zip(figures);
        all.filter(move |(contender, _)| contender.role == role)
            .map(|(_, figures)| of_ratios(group, figures.time))
    };
    let floor = of_role(Role::Floor).next();
    let peer = of_role(Role::Peer).reduce(f64::min);

    let mut table = Table::new(heading(group, how), columns(group));
    for ((contender, figures), taken) in group.contenders.iter().zip(figures).zip(taken) {
        let Stats { min, median, quartiles } = figures.time;
        let ratio = |base: Option<f64>| match base {
            // Nothing is a multiple of nothing.
            Some(base) if contender.role != Role::Bare && base >= LEAST => {
                Cell::Times(of_ratios(group, figures.time) / base)
            }
            _ => Cell::None,
        };
        let mut cells = vec![Cell::Tenths(min), Cell::Tenths(median), Cell::Range(quartiles)];
        cells.extend([ratio(floor), ratio(peer)]);
        if group.threads {
            cells.extend([Cell::Tenths(1e3 / median), Cell::Percent(taken.waited)]);
        } else {
            cells.push(Cell::Tenths(figures.allocations));
            cells.push(figures.instructions.map_or(Cell::None, Cell::Whole));
        }
        table.row(contender.role, contender.name, cells);
    }
    table.print();
}

/// The figure that ratios are made of. Interference only ever adds time, so it is the fastest sample;
/// except that threads which are not always both running are the faster for it: there it is the
/// middle one.
fn of_ratios(group: &Group, time: Stats) -> f64 {
    if group.threads { time.median } else { time.min }
}

fn heading(group: &Group, how: &How) -> String {
    let what = if group.threads {
        "ns a call, of 8 tasks on 2 threads together; not to be quoted if they waited for a core"
    } else {
        "ns added to the bare service, whose own time is given"
    };
    let (rounds, sample) = (how.rounds(), group.sample.as_millis());
    format!("{}: {what} ({rounds} rounds of {sample} ms)", group.title)
}

fn columns(group: &Group) -> &'static [&'static str] {
    if group.threads {
        &["min", "median", "quartiles", "/ floor", "/ best peer", "M calls/s", "waited"]
    } else {
        &["min", "median", "quartiles", "/ floor", "/ best peer", "allocs", "instr"]
    }
}

/// Measures all contenders, by turns.
fn take(group: &Group, how: &How) -> Vec<Taken> {
    let mut samples = vec![Vec::new(); group.contenders.len()];
    let mut allocations = Vec::new();
    let builds = if group.large { 2 } else { BUILDS };
    for _ in 0..builds.min(how.rounds()) {
        let mut runs: Vec<Run> =
            group.contenders.iter().map(|contender| (contender.build)()).collect();
        runs.iter_mut().for_each(|run| run(COUNTED));
        allocations = runs.iter_mut().map(|run| per_call(run, COUNTED)).collect();
        let rounds = measure::rounds(&mut runs, group.sample, how.rounds().div_ceil(builds));
        samples.iter_mut().zip(rounds).for_each(|(all, these)| all.extend(these));
    }
    let each = group.contenders.iter().zip(samples).zip(allocations);
    each.map(|((contender, samples), allocations)| Taken {
        times: samples.iter().map(|sample| sample.ns).collect(),
        waited: middle(samples.iter().map(|Sample { waited, .. }| *waited).collect()),
        allocations,
        instructions: instructions(group, contender, how),
    })
    .collect()
}

fn middle(figures: Vec<f64>) -> f64 {
    Stats::of(&figures).median
}

#[expect(
    clippy::print_stderr,
    reason = "what valgrind could not run is said, and the rest goes on"
)]
fn instructions(group: &Group, contender: &Contender, how: &How) -> Option<f64> {
    if !how.instructions || group.large || group.threads {
        return None;
    }
    callgrind::instructions(&group.title, contender.name).unwrap_or_else(|error| {
        eprintln!("{error}");
        None
    })
}

// ===== impl How =====

impl How {
    fn rounds(&self) -> usize {
        self.rounds.unwrap_or(ROUNDS)
    }
}

// ===== impl Figures =====

impl Figures {
    /// A contender's own.
    fn of(taken: &Taken) -> Self {
        Self {
            time: Stats::of(&taken.times),
            allocations: taken.allocations,
            instructions: taken.instructions,
        }
    }

    /// What it adds to the bare one.
    fn added(taken: &Taken, bare: &Taken) -> Self {
        Self {
            time: Stats::added(&taken.times, &bare.times),
            allocations: taken.allocations - bare.allocations,
            instructions: taken.instructions.zip(bare.instructions).map(|(own, bare)| own - bare),
        }
    }
}
