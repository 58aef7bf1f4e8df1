//! Several limits as one decision, in a table and in a memory store.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use palisade_core::algorithm::{Algorithm, Change, Op, Outcome, Retry, State};
use palisade_core::store::{Charge, Entry, MemoryStore, Policy, Table};
use palisade_core::{Clock, Micros, Name};
use proptest::prelude::*;

mod support;

use support::seeded;
use support::window::{Used, WINDOW, Window, mixed};

const START: Micros = Micros(1_000);
const ONE: Window = Window { most: 1 };
const TEN: Window = Window { most: 10 };

/// What is remembered of each key, forever and without bound.
#[derive(Default)]
struct Model(BTreeMap<u64, Used>);

impl Model {
    /// What is left in the current window, and the window's end.
    fn left(&self, limit: &Entry<'_, Window>, now: Micros) -> (u64, Micros) {
        match self.0.get(&limit.key) {
            Some(used) if used.until > now => {
                (limit.algorithm.most.saturating_sub(used.units), used.until.min(now + WINDOW))
            }
            _ => (limit.algorithm.most, now + WINDOW),
        }
    }

    /// (allowed, granted, remaining) of each limit.
    fn all(&mut self, limits: &[Entry<'_, Window>], now: Micros, op: Op) -> Vec<(bool, u64, u64)> {
        let left: Vec<_> = limits.iter().map(|limit| self.left(limit, now)).collect();
        let fits = |at: usize| op != Op::Decide || limits[at].units <= left[at].0;
        let all_fit = (0..limits.len()).all(fits);
        let fewest =
            (0..limits.len()).map(|at| limits[at].units.min(left[at].0)).min().unwrap_or(0);
        let outcomes = limits.iter().zip(&left).enumerate().map(|(at, (limit, &(left, until)))| {
            let most = limit.algorithm.most;
            let (granted, after) = match op {
                Op::Decide if all_fit => (limit.units, left - limit.units),
                Op::Decide => (0, left),
                Op::Charge => (limit.units, left.saturating_sub(limit.units)),
                Op::Refund => (limit.units, most.min(left + limit.units)),
                Op::Take => (fewest, left - fewest),
                Op::Raise => (limit.units, left.min(most.saturating_sub(limit.units))),
            };
            // A refusal cuts what could only come from a clock that stepped back.
            if after != left || !fits(at) {
                self.0.insert(limit.key, Used { units: most - after, until });
            }
            // What is over is forgotten, also if the clock steps back to before its end.
            self.0.retain(|&key, used| key != limit.key || used.until > now && used.units > 0);
            (fits(at), granted, after)
        });
        outcomes.collect()
    }
}

fn seen(outcomes: &[Outcome]) -> Vec<(bool, u64, u64)> {
    let seen = |outcome: &Outcome| (outcome.allowed, outcome.granted, outcome.remaining());
    outcomes.iter().map(seen).collect()
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![3 => Just(Op::Decide), 1 => Just(Op::Charge), 1 => Just(Op::Refund), 1 => Just(Op::Take), 1 => Just(Op::Raise)]
}

/// A call some time after the one before it, or before that.
#[derive(Clone, Debug)]
struct Call {
    step: i64,
    op: Op,
    /// Distinct keys, with their limits and units.
    limits: Vec<(u64, Window, u64)>,
}

impl Call {
    fn entries(&self) -> Vec<Entry<'_, Window>> {
        self.limits.iter().map(|(key, window, units)| window.units(*key, *units)).collect()
    }

    fn charges(&self) -> Vec<Charge> {
        let charge = |&(key, window, units): &(u64, Window, u64)| Charge {
            subject: key.to_string().into(),
            policy: Policy::new(Name::default(), window),
            units,
            class: 0,
            together: true,
        };
        self.limits.iter().map(charge).collect()
    }
}

fn any_calls() -> impl Strategy<Value = Vec<Call>> {
    let window = (1..12_u64).prop_map(|most| Window { most });
    let limit = move |key| (Just(key), window.clone(), 0..6_u64);
    let limits = proptest::sample::subsequence((0..5_u64).collect::<Vec<_>>(), 1..=4)
        .prop_flat_map(move |keys| keys.into_iter().map(&limit).collect::<Vec<_>>())
        .prop_shuffle();
    let step = prop_oneof![8 => 0..30_i64, 2 => 30..300_i64, 1 => -400..0_i64];
    let call = (step, any_op(), limits).prop_map(|(step, op, limits)| Call { step, op, limits });
    proptest::collection::vec(call, 1..60)
}

proptest! {
    #![proptest_config(seeded(256))]

    #[test]
    fn all_or_none_as_a_naive_model_has_it(calls in any_calls()) {
        // All keys are in one shard, and none has to make room.
        let (table, store) = (Table::new(40), MemoryStore::with(40, Clock::fast()));
        let (mut model, mut now) = (Model::default(), Micros(10_000));
        for call in calls {
            now = Micros(now.0.saturating_add_signed(call.step).max(1_000));
            let entries = call.entries();
            let expected = model.all(&entries, now, call.op);

            prop_assert_eq!(&seen(&table.all(&entries, now, call.op)), &expected);
            let answer = store.execute_at(call.op, &call.charges(), now);
            prop_assert_eq!(&seen(&answer.outcomes), &expected);
            prop_assert_eq!((answer.allowed(), answer.now), (expected.iter().all(|seen| seen.0), now));
            prop_assert_eq!(table.len(), store.len());
        }
    }

    #[test]
    fn one_limit_decides_like_several_that_are_one(calls in any_calls()) {
        // Forwards only: an inert state that was kept is not inert before its time.
        let (one, all) = (Table::new(40), Table::new(40));
        let mut now = Micros(10_000);
        for call in calls {
            now = now + Micros(call.step.unsigned_abs());
            let entries = &call.entries()[..1];
            prop_assert_eq!(&[one.one(&entries[0], now, call.op)], &all.all(entries, now, call.op)[..]);
        }
    }
}

#[test]
fn a_limit_that_would_have_passed_reports_that_it_was_not_charged() {
    let table = Table::new(10);
    assert!(table.one(&ONE.of(2), START, Op::Decide).allowed);
    let outcomes = table.all(&[TEN.units(1, 4), ONE.of(2)], START, Op::Decide);
    assert_eq!(seen(&outcomes), [(true, 0, 10), (false, 0, 0)]);
    assert_eq!(table.len(), 1, "and it takes no place");
}

#[test]
fn a_repair_is_made_although_another_limit_refuses() {
    let table = Table::new(10);
    let future = Micros(1_000_000);
    assert!(table.one(&ONE.of(1), future, Op::Decide).allowed);
    assert!(table.one(&ONE.of(2), START, Op::Decide).allowed);
    // The clock stepped back: the first key would be blocked for a second instead of a window.
    let both = [ONE.of(1), ONE.of(2)];
    assert_eq!(seen(&table.all(&both, START, Op::Decide)), [(false, 0, 0), (false, 0, 0)]);
    assert_eq!(seen(&table.all(&both, START + WINDOW, Op::Decide)), [(true, 1, 0), (true, 1, 0)]);
}

#[test]
fn a_key_of_a_call_does_not_make_room_for_another_of_the_same_call() {
    // Tables that are full, and tables whose shard has to grow.
    for (most, known) in [(1, 1), (2, 2), (3, 3), (5, 5), (40, 3), (40, 7), (40, 14)] {
        let table = Table::new(most);
        for key in 0..known {
            assert!(table.one(&ONE.of(key), START, Op::Decide).allowed);
        }
        // All of them are as good as new, and one comes back together with new ones.
        let later = START + Micros(60_000_000);
        let entries: Vec<_> = [0, 100, 101]
            .iter()
            .zip(0..)
            .map(|(&key, limit)| Entry { limit, ..ONE.of(key) })
            .collect();
        assert_eq!(seen(&table.all(&entries, later, Op::Decide)), [(true, 1, 0); 3]);
        assert_eq!(seen(&table.all(&entries, later, Op::Decide)), [(false, 0, 0); 3]);
        let own = |key: &u64| table.forget(*key);
        assert_eq!([0, 100, 101].iter().copied().filter(own).count(), most.min(3));
    }
}

#[test]
fn what_is_allowed_together_is_charged_together_from_any_number_of_threads() {
    let (table, passed) = (Table::new(1_000), AtomicUsize::new(0));
    let (few, many) = (Window { most: 300 }, Window { most: 1_000 });
    thread::scope(|scope| {
        for thread in 0..4 {
            let (table, passed) = (&table, &passed);
            scope.spawn(move || {
                let mut entries = [few.of(mixed(1)), many.of(mixed(2))];
                entries.rotate_left(thread % 2);
                let pass = || {
                    let outcomes = table.all(&entries, START, Op::Decide);
                    outcomes.iter().all(|outcome| outcome.allowed)
                };
                passed.fetch_add((0..200).filter(|_| pass()).count(), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(passed.into_inner(), 300);
    let peek = |limit: Window, key| table.one(&limit.units(key, 0), START, Op::Decide).remaining();
    assert_eq!((peek(few, mixed(1)), peek(many, mixed(2))), (0, 700));
}

#[test]
fn calls_with_their_keys_in_opposite_order_never_wait_for_each_other() {
    // Eight shards, and full: the keys that find no place wait for the overflow as well.
    let table: &'static Table<Used> = Box::leak(Box::new(Table::new(512)));
    let spent = |key: &u64| table.one(&ONE.of(mixed(*key)), START, Op::Decide).allowed;
    assert_eq!((0..512).filter(spent).count(), 512);
    let (done, ended) = mpsc::channel();
    for turned in [false, true] {
        let done = done.clone();
        thread::spawn(move || {
            for round in 0..20_000 {
                let mut keys = [0, 1, 2, 3].map(|key| TEN.of(mixed(round % 7 * 500 + key)));
                if turned {
                    keys.reverse();
                }
                table.all(&keys, START, Op::Charge);
            }
            done.send(turned)
        });
    }
    for _ in 0..2 {
        ended.recv_timeout(Duration::from_secs(60)).expect("two calls wait for each other");
    }
}

#[test]
fn a_key_whose_algorithm_changed_counts_as_never_seen() {
    /// Passes, and remembers that in another type than a window does.
    struct Once;
    #[derive(Clone, Default)]
    struct Seen(bool);
    impl State for Seen {
        fn inert_at(&self) -> Micros {
            if self.0 { Micros::MAX } else { Micros::ZERO }
        }
    }
    impl Algorithm for Once {
        type State = Seen;
        type Change = ();

        fn plan(&self, seen: &Seen, _: Micros, _: Op, _: u64, _: u8) -> (Outcome, Change<()>) {
            match seen.0 {
                false => (Outcome::passed(1), Change::Commit(())),
                true => (Outcome::refused(Retry::Never), Change::Keep),
            }
        }

        fn commit(&self, seen: &mut Seen, (): ()) {
            seen.0 = true;
        }
    }
    let store = MemoryStore::with(10, Clock::fast());
    let decide = |policy: &Policy| {
        let (subject, policy) = ("k".into(), policy.clone());
        let charge = Charge { subject, policy, units: 1, class: 0, together: false };
        store.execute_at(Op::Decide, &[charge], START).allowed()
    };
    let (window, once) = (Policy::new(Name::default(), ONE), Policy::new(Name::default(), Once));
    assert!(decide(&window) && !decide(&window));
    assert!(decide(&once) && !decide(&once));
    assert!(decide(&window) && !decide(&window));
    assert_eq!(store.len(), 1);
}
