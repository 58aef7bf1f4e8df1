//! Stores of any kind behind one type.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use palisade_core::algorithm::{Algorithm, Change, Keeps, Op, Outcome, Retry, State, Twin};
use palisade_core::store::{
    Answer, AnyStore, Charge, MemoryStore, Outage, Policy, Store, StoreError,
};
use palisade_core::test::assert_send_sync_clone;
use palisade_core::{ManualClock, Micros, Name};
use tokio_test::{assert_pending, task};

/// So many, and then never again.
struct Only(u64);

#[derive(Clone, Default)]
struct Taken(u64);

impl State for Taken {
    fn inert_at(&self) -> Micros {
        if self.0 == 0 { Micros::ZERO } else { Micros::MAX }
    }
}

impl Algorithm for Only {
    type State = Taken;
    type Change = u64;

    fn plan(&self, taken: &Taken, _: Micros, _: Op, units: u64, _: u8) -> (Outcome, Change<u64>) {
        let after = taken.0 + units;
        match after <= self.0 {
            true => (Outcome::passed(units), Change::Commit(after)),
            false => (Outcome::refused(Retry::Never), Change::Keep),
        }
    }

    fn commit(&self, taken: &mut Taken, after: u64) {
        taken.0 = after;
    }
}

fn charge(key: &str, most: u64) -> Charge {
    let policy = Policy::new(Name::new("only"), Only(most));
    Charge { subject: key.into(), policy, units: 1, class: 0, together: false }
}

/// Never answers. Counts its calls and those that are under way.
#[derive(Clone, Default)]
struct Hanging(Arc<Calls>);

#[derive(Default)]
struct Calls {
    begun: AtomicUsize,
    running: AtomicUsize,
}

struct Running<'a>(&'a Calls);

impl Store for Hanging {
    async fn execute(&self, _: Op, _: Vec<Charge>) -> Result<Answer, StoreError> {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        self.0.running.fetch_add(1, Ordering::Relaxed);
        let _running = Running(&self.0);
        pending().await
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Hanging {
    fn under_way(&self) -> (usize, usize) {
        (self.0.begun.load(Ordering::Relaxed), self.0.running.load(Ordering::Relaxed))
    }
}

#[tokio::test]
async fn an_erased_store_is_the_store() {
    let manual = ManualClock::at(Micros(5));
    let store = AnyStore::new(MemoryStore::with(10, manual.clock()));
    let charges: Vec<Charge> = vec![charge("a", 1), charge("b", 2)];

    let first = store.execute(Op::Decide, charges.clone()).await.unwrap();
    assert_eq!((first.allowed(), first.outcomes.len(), first.now), (true, 2, Micros(5)));
    let second = store.clone().execute(Op::Decide, charges).await.unwrap();
    assert!(!second.allowed(), "clones share the store");
    let allowed: Vec<bool> = second.outcomes.iter().map(|outcome| outcome.allowed).collect();
    assert_eq!(allowed, [false, true], "in the order of the charges");
    let third = store.execute(Op::Decide, vec![charge("b", 2)]).await.unwrap();
    assert!(third.allowed(), "the refused call charged nothing");
}

#[test]
fn dropping_an_execution_drops_the_stores_own_future() {
    let hanging = Hanging::default();
    let store = AnyStore::new(hanging.clone());
    let mut execution = task::spawn(store.execute(Op::Decide, vec![]));
    assert_eq!(hanging.under_way(), (0, 0), "a future does nothing unless polled");
    assert_pending!(execution.poll());
    assert_eq!(hanging.under_way(), (1, 1));
    drop(execution);
    assert_eq!(hanging.under_way(), (1, 0));
}

#[test]
fn an_execution_keeps_its_store_alive() {
    let hanging = Hanging::default();
    let store = AnyStore::new(hanging.clone());
    let mut execution = task::spawn(store.execute(Op::Decide, vec![]));
    drop(store);
    assert_pending!(execution.poll());
    assert_eq!(Arc::strong_count(&hanging.0), 2);
    drop(execution);
    assert_eq!(Arc::strong_count(&hanging.0), 1);
}

#[test]
fn a_call_without_limits_passes() {
    let answer = MemoryStore::new().execute_at(Op::Decide, &[], Micros(1));
    assert!(answer.allowed() && answer.outcomes.is_empty());
}

#[test]
fn a_policy_knows_its_algorithm() {
    let policy = Policy::new(Name::new("only"), Only(3));
    assert_eq!(policy.downcast_ref::<Only>().unwrap().0, 3);
    assert!(policy.downcast_ref::<Policy>().is_none());
    assert_eq!(policy.name(), Name::new("only"));
}

#[test]
fn an_error_says_whether_anything_was_charged_and_why() {
    let errors = [
        (StoreError::NotSent("refused".into()), "the store was not reached; nothing was charged"),
        (
            StoreError::Unknown("reset".into()),
            "the store did not answer; the charge may have happened",
        ),
        (StoreError::Rejected("OOM".into()), "the store refused the command; nothing was charged"),
    ];
    for (error, text) in errors {
        assert_eq!(error.to_string(), text);
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[test]
fn stores_are_shared_between_threads() {
    assert_send_sync_clone::<AnyStore>();
    assert_send_sync_clone::<Policy>();
    assert_send_sync_clone::<Arc<MemoryStore>>();
}

/// As many, and told to other stores.
struct Told(u64);

impl Algorithm for Told {
    type State = Taken;
    type Change = u64;

    fn plan(
        &self,
        taken: &Taken,
        now: Micros,
        op: Op,
        units: u64,
        _: u8,
    ) -> (Outcome, Change<u64>) {
        Only(self.0).plan(taken, now, op, units, 0)
    }

    fn commit(&self, taken: &mut Taken, after: u64) {
        taken.0 = after;
    }

    fn twin(&self) -> Option<Twin> {
        Some(Twin {
            tag: "o1",
            lua: "",
            numbers: [self.0].into_iter().collect(),
            keeps: Keeps::Text,
        })
    }
}

#[test]
fn policies_of_one_name_and_the_same_numbers_are_the_same_limit() {
    let told = |name, most| Policy::new(Name::new(name), Told(most));
    assert!(told("api", 5).is_same(&told("api", 5)));
    assert!(told("api", 5).is_same(&told("api", 5).on_outage(Outage::Deny)));
    assert!(!told("api", 5).is_same(&told("api", 6)));
    assert!(!told("api", 5).is_same(&told("login", 5)));
}

#[test]
fn of_an_algorithm_without_a_twin_only_clones_are_the_same_limit() {
    let policy = Policy::new(Name::new("api"), Only(5));
    assert!(policy.is_same(&policy.clone()));
    assert!(!policy.is_same(&Policy::new(Name::new("api"), Only(5))));
    assert!(!policy.is_same(&Policy::new(Name::new("api"), Told(5))));
}
