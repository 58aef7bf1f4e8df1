//! Facts of breakers.

use crate::job::Call;
use crate::peers::{Breaker, NAMES, Trip, breakers};
use crate::{Row, yes};

/// Many calls.
const MANY: usize = 1_000;

/// All facts.
pub(crate) fn rows() -> [Row<{ NAMES.len() }>; 6] {
    [
        Row {
            fact: "Told to open at half of the last 10 calls, after 1000 successes: failures let through",
            expected: "5",
            found: of_each(Trip::HalfOfTen, |breaker| {
                (0..MANY).for_each(|_| breaker.begin().end(true));
                failures_let_through(breaker)
            }),
        },
        Row {
            fact: "Told to open at the first failure: failures let through",
            expected: "1",
            found: of_each(Trip::First, failures_let_through),
        },
        Row {
            fact: "Told to open at half of the last 10 s, of 20 calls at least, and nothing but failures: \
                   let through at once, of 2000",
            expected: "20",
            found: of_each(Trip::HalfOfTenSeconds, failures_let_through),
        },
        Row {
            fact: "Half-open, one call may try: let through at once, of 1000",
            expected: "1",
            found: of_each(Trip::FirstForNow, |breaker| {
                let probe = open_until_probed(breaker);
                let others: Vec<Call> = (1..MANY).map(|_| breaker.begin()).collect();
                let reached = others.iter().filter(|call| call.reached()).count();
                (usize::from(probe.reached()) + reached).to_string()
            }),
        },
        Row {
            fact: "Half-open, and calls from before it opened fail: opens again",
            expected: "no",
            found: of_each(Trip::FirstForNow, |breaker| {
                let late = [breaker.begin(), breaker.begin()];
                let _probe = open_until_probed(breaker);
                late.into_iter().for_each(|call| call.end(false));
                yes(breaker.is_open())
            }),
        },
        Row {
            fact: "1000 slow calls in a row, cut off by a timeout around it: opens",
            expected: "yes",
            found: of_each(Trip::Slow, |breaker| {
                (0..MANY).for_each(|_| drop(breaker.begin()));
                yes(breaker.is_open())
            }),
        },
    ]
}

fn of_each(trip: Trip, find: impl Fn(&mut dyn Breaker) -> String) -> [String; NAMES.len()] {
    breakers(trip).map(|breaker| match breaker {
        Some(mut breaker) => find(&mut *breaker),
        None => "–".to_owned(),
    })
}

/// How many calls get through if all of them fail.
fn failures_let_through(breaker: &mut dyn Breaker) -> String {
    let failures = (0..2 * MANY).take_while(|_| {
        let call = breaker.begin();
        let reached = call.reached();
        call.end(false);
        reached
    });
    failures.count().to_string()
}

/// Opens one that is soon half-open, and begins the first call that is let through then.
fn open_until_probed(breaker: &mut dyn Breaker) -> Call {
    // Some open at a failure only if they have seen a call before.
    breaker.begin().end(true);
    breaker.begin().end(false);
    loop {
        let call = breaker.begin();
        // Some want the clock to have gone on first.
        if call.reached() {
            return call;
        }
    }
}
