//! Admissions: each ends once, whatever happens to its guard.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use palisade_core::guard::{Account, Admission, End, Guard, Ref};

mod support;

use support::Ledger;

#[test]
fn a_verdict_is_the_end_and_the_drop_after_it_is_none() {
    let ledger = Arc::new(Ledger::default());
    ledger.admit().success();
    ledger.admit().failure();
    ledger.admit().settle(End::Abandoned);
    assert_eq!(ledger.ends(), [End::Success, End::Failure, End::Abandoned]);
}

#[test]
fn a_guard_that_is_dropped_is_abandoned() {
    let ledger = Arc::new(Ledger::default());
    let guard = ledger.admit();
    assert_eq!(ledger.ends(), []);
    drop(guard);
    assert_eq!(ledger.ends(), [End::Abandoned]);
}

#[test]
fn a_guard_that_a_panic_drops_is_a_failure() {
    let ledger = Arc::new(Ledger::default());
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _guard = ledger.admit();
        let _erased = ledger.admit().erase();
        panic!("the inner service panics");
    }));
    assert!(caught.is_err());
    assert_eq!(ledger.ends(), [End::Failure, End::Failure]);
}

#[test]
fn a_verdict_during_a_panic_stands() {
    struct Verdict(Option<Guard<Ledger>>);
    impl Drop for Verdict {
        fn drop(&mut self) {
            self.0.take().into_iter().for_each(Guard::success);
        }
    }
    let ledger = Arc::new(Ledger::default());
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _verdict = Verdict(Some(ledger.admit()));
        panic!("somebody else panics");
    }));
    assert!(caught.is_err());
    assert_eq!(ledger.ends(), [End::Success]);
}

#[test]
fn an_erased_guard_is_the_same_admission() {
    let ledger = Arc::new(Ledger::default());
    let erased = ledger.admit().erase();
    assert_eq!(ledger.ends(), [], "erasing is not an end");
    erased.success();
    assert_eq!(ledger.ends(), [End::Success]);
}

#[test]
fn a_settled_guard_lets_go_of_its_account() {
    let ledger = Arc::new(Ledger::default());
    let (kept, settled) = (ledger.admit(), ledger.admit());
    assert_eq!(Arc::strong_count(&ledger), 3);
    settled.success();
    assert_eq!(Arc::strong_count(&ledger), 2);
    drop(kept);
    assert_eq!(Arc::strong_count(&ledger), 1);
}

#[test]
fn a_guard_of_what_lives_for_ever_counts_no_references() {
    static LEDGER: std::sync::LazyLock<Arc<Ledger>> = std::sync::LazyLock::new(Arc::default);
    let ledger: &'static Ledger = &LEDGER;
    let admission =
        || Admission { generation: 7, at: palisade_core::Micros(1), ..Admission::default() };
    Guard::new(ledger, admission()).failure();
    drop(Guard::new(Ref::Static(ledger), admission()).erase());
    assert_eq!(ledger.ends(), [End::Failure, End::Abandoned]);
    assert_eq!(Arc::strong_count(&LEDGER), 1);
}

#[test]
fn guards_end_on_any_thread() {
    #[derive(Default)]
    struct Slots {
        taken: AtomicUsize,
        generations: AtomicUsize,
    }
    impl Account for Slots {
        fn settle(&self, admission: Admission, _: End) {
            self.taken.fetch_sub(1, Ordering::Relaxed);
            self.generations.fetch_add(admission.generation as usize, Ordering::Relaxed);
        }
    }
    let slots = Arc::new(Slots::default());
    let guards = (1..=400).map(|generation| {
        slots.taken.fetch_add(1, Ordering::Relaxed);
        let account: Arc<dyn Account> = Arc::clone(&slots) as _;
        Guard::new(account, Admission { generation, ..Admission::default() })
    });
    let mut guards: Vec<Guard> = guards.collect();
    assert_eq!(slots.taken.load(Ordering::Relaxed), 400);
    thread::scope(|scope| {
        for _ in 0..4 {
            let mut mine = guards.split_off(guards.len() - 100);
            scope.spawn(move || {
                mine.drain(..50).for_each(Guard::success);
                drop(mine);
            });
        }
    });
    assert_eq!(slots.taken.load(Ordering::Relaxed), 0);
    assert_eq!(slots.generations.load(Ordering::Relaxed), 400 * 401 / 2);
}
