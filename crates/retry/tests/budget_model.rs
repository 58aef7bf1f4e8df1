//! A budget beside a list of all that was ever brought, microsecond by microsecond.

mod support;

use std::time::Duration;

use palisade_core::{Micros, Ratio};
use palisade_retry::Budget;
use proptest::collection::vec;
use proptest::prelude::*;
use support::seeded;

const TOKEN: u64 = 1_000_000;

/// What came at some time, and is not taken. Requests come before the time that is as old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    at: i128,
    of_time: bool,
    parts: u64,
}

#[derive(Debug)]
struct Model {
    share: u64,
    per_second: u64,
    width: i128,
    last: i128,
    pieces: Vec<Piece>,
}

impl Model {
    fn new(share: Ratio, per_second: u32, width: u64, now: u64) -> Self {
        let (width, last) = (i128::from(width), i128::from(now));
        let (share, per_second) = (share.ppm().into(), per_second.into());
        let mut model = Self { share, per_second, width, last, pieces: Vec::new() };
        model.bring_time(last - 10 * width, last);
        model
    }

    fn bring_time(&mut self, from: i128, until: i128) {
        let piece = |at| Piece { at, of_time: true, parts: self.per_second };
        self.pieces.extend((from..until).map(piece));
    }

    /// Brings it up to date. Each microsecond of requests brings what is left of all less what is left
    /// after it.
    fn see(&mut self, now: u64, requests: u64) {
        let now = i128::from(now).max(self.last);
        let (last, parts) = (self.last, i128::from(requests * self.share));
        let bucket = |at: i128| at.div_euclid(self.width) * self.width;
        let oldest_bucket = bucket(now) - 9 * self.width;
        let oldest = now - 10 * self.width;
        if now == last {
            let parts = parts as u64;
            self.pieces.push(Piece { at: bucket(now), of_time: false, parts });
        }
        for at in last.max(oldest_bucket)..now {
            let left = |at: i128| parts * (now - at) / (now - last);
            let parts = (left(at) - left(at + 1)) as u64;
            self.pieces.push(Piece { at: bucket(at), of_time: false, parts });
        }
        self.bring_time(last.max(oldest), now);
        self.pieces.retain(|piece| match piece.of_time {
            true => piece.at >= oldest,
            false => piece.at >= oldest_bucket,
        });
        self.last = now;
    }

    fn balance(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.parts).sum::<u64>() / TOKEN
    }

    fn take(&mut self) -> bool {
        if self.balance() == 0 {
            return false;
        }
        self.pieces.sort();
        let mut due = TOKEN;
        for piece in &mut self.pieces {
            let taken = due.min(piece.parts);
            piece.parts -= taken;
            due -= taken;
        }
        true
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Requests(u64),
    Withdraw(u32),
    Look,
    Wait(u64),
    Back(u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..40_u64).prop_map(Step::Requests),
        (1..20_u32).prop_map(Step::Withdraw),
        Just(Step::Look),
        prop_oneof![0..5_u64, 0..60_u64, 0..1_000_u64].prop_map(Step::Wait),
        (0..60_u64).prop_map(Step::Back),
    ]
}

fn any_share() -> impl Strategy<Value = Ratio> {
    prop_oneof![Just(0), Just(200_000), Just(1_000_000), 0..1_000_000_u32]
        .prop_map(Ratio::per_million)
}

proptest! {
    #![proptest_config(seeded(1_000))]

    #[test]
    fn a_budget_gives_what_a_list_of_all_tokens_gives(
        share in any_share(),
        per_second in prop_oneof![Just(0), Just(1_000_000), 0..100_000_u32, 0..2_000_000_u32],
        width in 1..20_u64,
        start in prop_oneof![0..300_u64, 1_000_000_000..1_000_000_300_u64],
        steps in vec(any_step(), 1..60),
    ) {
        let window = Duration::from_micros(10 * width);
        let budget = Budget::new(share).per_second(per_second).window(window);
        let mut model = Model::new(share, per_second, width, start);
        prop_assert_eq!(budget.balance(Micros(start)), model.balance());
        let (mut now, mut requests) = (start, 0);
        for step in steps {
            match step {
                Step::Requests(count) => {
                    (0..count).for_each(|_| budget.deposit());
                    requests += count;
                    continue;
                }
                Step::Wait(micros) => now += micros,
                Step::Back(micros) => now = now.saturating_sub(micros),
                Step::Look => {
                    model.see(now, std::mem::take(&mut requests));
                    prop_assert_eq!(budget.balance(Micros(now)), model.balance());
                }
                Step::Withdraw(times) => {
                    for _ in 0..times {
                        model.see(now, std::mem::take(&mut requests));
                        prop_assert_eq!(budget.withdraw(Micros(now)), model.take());
                    }
                }
            }
        }
    }

    #[test]
    fn no_setting_and_no_time_panics(
        share in any_share(),
        per_second in prop_oneof![Just(0), Just(u32::MAX), any::<u32>()],
        window in prop_oneof![Just(Duration::ZERO), Just(Duration::MAX), any::<u64>().prop_map(Duration::from_micros)],
        looks in vec((any_time(), 0..3_u32), 1..30),
    ) {
        let budget = Budget::new(share).per_second(per_second).window(window);
        for (now, requests) in looks {
            (0..requests).for_each(|_| budget.deposit());
            let before = budget.balance(now);
            let taken = budget.withdraw(now);
            prop_assert_eq!(taken, before > 0);
            if before < u64::MAX {
                prop_assert_eq!(budget.balance(now), before - u64::from(taken));
            }
        }
    }
}

fn any_time() -> impl Strategy<Value = Micros> {
    prop_oneof![
        any::<u64>(),
        0..100_u64,
        (0..100_u64).prop_map(|before| u64::MAX - before),
        1_700_000_000_000_000..1_700_000_100_000_000_u64,
    ]
    .prop_map(Micros)
}
