//! Several limits of different kinds as one decision, against each on its own.

use palisade_core::algorithm::{Op, Outcome, Retry};
use palisade_core::store::{Charge, MemoryStore};
use palisade_core::{Clock, Micros, Name};
use palisade_ratelimit::{per_minute, per_second};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::draw::{any_op, few};
use crate::kept::{Kind, Limit};
use crate::support::{START, seeded};

/// What a call asks of each of its limits.
type Asked<'a> = [(&'a mut Box<dyn Limit>, u64)];

/// All or none: each is asked alone, and then all of them do the same.
fn parts(asked: &mut Asked<'_>, now: u64, op: Op) -> Vec<Outcome> {
    let alone: Vec<Outcome> =
        asked.iter().map(|(limit, units)| limit.copy().run(now, op, *units)).collect();
    let all_pass = alone.iter().all(|outcome| outcome.allowed);
    let least = alone.iter().map(|outcome| outcome.granted).min().unwrap_or(0);
    let outcomes = asked.iter_mut().zip(alone).map(|((limit, units), alone)| match op {
        Op::Take => limit.run(now, op, if alone.granted == least { *units } else { least }),
        // One that refuses may repair itself; one that does not stays as it is.
        _ if all_pass || !alone.allowed => limit.run(now, op, *units),
        _ => limit.peek(now),
    });
    let outcomes = outcomes.collect();
    for (limit, _) in asked {
        // What is as good as new is forgotten; a clock that steps back does not bring it back.
        if limit.inert_at() <= now {
            limit.forget();
        }
    }
    outcomes
}

fn charges(limits: &[(Box<dyn Limit>, Name)], asked: &[(usize, u64)]) -> Vec<Charge> {
    let charge = |&(at, units): &(usize, u64)| {
        let (limit, name) = &limits[at];
        Charge {
            subject: name.as_str().into(),
            policy: limit.policy(*name),
            units,
            class: 0,
            together: true,
        }
    };
    asked.iter().map(charge).collect()
}

fn names() -> [Name; 3] {
    ["first", "second", "third"].map(Name::new)
}

proptest! {
    #![proptest_config(seeded(1_000))]

    #[test]
    fn a_store_decides_all_or_none_as_the_limits_do_alone(
        // The periods of a call's limits differ, so a step may be far for one and short for
        // another.
        limits in vec((select(Kind::ALL.to_vec()), few()), 3),
        calls in vec(
            (
                prop_oneof![4 => 0..3_000_i64, 1 => -3_000..0_i64, 1 => 0..10_000_000_i64],
                any_op(),
                subsequence(vec![0, 1, 2], 1..=3),
                [0..9_u64, 0..9_u64, 0..9_u64],
            ),
            1..60,
        ),
    ) {
        let store = MemoryStore::with(100, Clock::fast());
        let limits = limits.into_iter().map(|(kind, quota)| kind.limit(quota));
        let mut limits: Vec<(Box<dyn Limit>, Name)> = limits.zip(names()).collect();
        let mut now = START;
        for (step, op, which, units) in calls {
            now = now.saturating_add_signed(step);
            let asked: Vec<(usize, u64)> = which.iter().map(|&at| (at, units[at])).collect();
            let answer = store.execute_at(op, &charges(&limits, &asked), Micros(now));

            let mut called: Vec<_> = limits
                .iter_mut()
                .enumerate()
                .filter(|(at, _)| which.contains(at))
                .map(|(at, (limit, _))| (limit, units[at]))
                .collect();
            prop_assert_eq!(answer.outcomes, parts(&mut called, now, op), "{:?} at {}", op, now);
        }
    }
}

#[test]
fn a_limit_that_passes_beside_one_that_refuses_reports_that_it_was_not_charged() {
    let store = MemoryStore::with(100, Clock::fast());
    let limits: Vec<(Box<dyn Limit>, Name)> = [Kind::Log, Kind::Counter, Kind::Fixed]
        .map(|kind| kind.limit(if kind == Kind::Log { per_second(1) } else { per_minute(10) }))
        .into_iter()
        .zip(names())
        .collect();
    let all = charges(&limits, &[(0, 1), (1, 1), (2, 1)]);
    let decide = || store.execute_at(Op::Decide, &all, Micros(START)).outcomes;
    let seen = |outcomes: Vec<Outcome>| {
        let seen = |outcome: &Outcome| (outcome.allowed, outcome.granted, outcome.remaining());
        outcomes.iter().map(seen).collect::<Vec<_>>()
    };
    assert_eq!(seen(decide()), [(true, 1, 0), (true, 1, 9), (true, 1, 9)]);
    assert_eq!(decide()[0].retry, Retry::After(Micros(1_000_000)));
    assert_eq!(seen(decide()), [(false, 0, 0), (true, 0, 9), (true, 0, 9)]);
}

#[test]
fn together_all_take_what_the_least_of_them_has() {
    let store = MemoryStore::with(100, Clock::fast());
    let limits: Vec<(Box<dyn Limit>, Name)> = [
        Kind::Bucket.limit(per_second(9)),
        Kind::Log.limit(per_second(4)),
        Kind::Shaper.limit(per_second(10)),
    ]
    .into_iter()
    .zip(names())
    .collect();
    let all = charges(&limits, &[(0, 8), (1, 8), (2, 8)]);
    let take = || {
        let outcomes = store.execute_at(Op::Take, &all, Micros(START)).outcomes;
        outcomes.iter().map(|outcome| (outcome.granted, outcome.remaining())).collect::<Vec<_>>()
    };
    // The shaper lets three go at once.
    assert_eq!(take(), [(3, 6), (3, 1), (3, 0)]);
    assert_eq!(take(), [(0, 6), (0, 1), (0, 0)]);
}

#[test]
fn who_only_ever_takes_is_not_blocked_by_a_clock_that_stepped_back() {
    let store = MemoryStore::with(100, Clock::fast());
    let limits = vec![(Kind::Bucket.limit(per_second(9)), names()[0])];
    let take = |now| store.execute_at(Op::Take, &charges(&limits, &[(0, 9)]), Micros(now)).outcomes;
    assert_eq!(take(START + 60_000_000)[0].granted, 9);
    assert_eq!(take(START)[0].granted, 0);
    assert_eq!(take(START + 1_000_000)[0].granted, 9, "a second later, and not a minute");
}

#[test]
fn a_repair_is_written_whatever_the_other_limits_say() {
    let store = MemoryStore::with(100, Clock::fast());
    let limits: Vec<(Box<dyn Limit>, Name)> =
        [Kind::Fixed.limit(per_second(5)), Kind::Log.limit(per_second(1))]
            .into_iter()
            .zip(names())
            .collect();
    let run = |op, asked: &[(usize, u64)], now| {
        store.execute_at(op, &charges(&limits, asked), Micros(now)).outcomes
    };
    let ahead = START + 60_000_000;
    run(Op::Charge, &[(0, 5), (1, 1)], ahead);
    // The first can never pass, the second would: the first forgets the time ahead all the same.
    let outcomes = run(Op::Decide, &[(0, 6), (1, 1)], START);
    assert_eq!((outcomes[0].retry, outcomes[1].allowed), (Retry::Never, true));
    let peeks = run(Op::Decide, &[(0, 0), (1, 0)], ahead);
    assert_eq!((peeks[0].remaining(), peeks[1].remaining()), (5, 0));
}
