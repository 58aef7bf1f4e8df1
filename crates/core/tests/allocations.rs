//! What must not allocate, and how much a key may take. A program of its own, since it counts what
//! the allocator does.

#![cfg(not(loom))]
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::thread;

use allocation_counter::measure;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use http_body_util::combinators::BoxBody;
use http_body_util::{Empty, Full};
use palisade_core::algorithm::{Algorithm, Change, Op, Outcome, Retry, State};
use palisade_core::guard::Guard;
use palisade_core::replay::{Repeat, Replay};
use palisade_core::store::{Entry, Table};
use palisade_core::telemetry::{Counter, Meter, Schema};
use palisade_core::test::{ScriptedBody, Step};
use palisade_core::{BoxError, CallContext, Clock, Meta, Micros, Name, ResBody};

mod support;

use support::Ledger;
use support::window::mixed;

static SCHEMA: Schema = Schema { layer: "test", series: &[] };

/// One call per key and hour, in a state of 12 bytes.
struct Hourly;

#[derive(Clone, Default)]
struct Next {
    at: [u32; 2],
    _further: u32,
}

impl State for Next {
    fn inert_at(&self) -> Micros {
        Micros(u64::from(self.at[0]) | u64::from(self.at[1]) << 32)
    }
}

impl Algorithm for Hourly {
    type State = Next;
    type Change = Micros;

    fn plan(&self, next: &Next, now: Micros, _: Op, _: u64, _: u8) -> (Outcome, Change<Micros>) {
        let at = next.inert_at();
        match now >= at {
            true => (Outcome::passed(1), Change::Commit(now + Micros(3_600_000_000))),
            false => (Outcome::refused(Retry::After(at.since(now))), Change::Keep),
        }
    }

    fn commit(&self, next: &mut Next, at: Micros) {
        next.at = [at.0 as u32, (at.0 >> 32) as u32];
    }
}

fn decide(table: &Table<Next>, number: u64, now: Micros) -> bool {
    let entry = Entry { algorithm: &Hourly, key: mixed(number), limit: 0, units: 1, class: 0 };
    table.one(&entry, now, Op::Decide).allowed
}

#[test]
fn a_million_keys_take_at_most_48_bytes_each() {
    const KEYS: u64 = 1_000_000;
    assert_eq!(size_of::<Next>(), 12);
    let mut table = None;
    let info = measure(|| {
        let made = table.insert(Table::new(KEYS as usize));
        assert!((0..KEYS).all(|number| decide(made, number, Micros(1))));
    });
    let table = table.unwrap();
    assert_eq!(table.len(), KEYS as usize);
    let each = info.bytes_current as f64 / KEYS as f64;
    assert!(each <= 48.0, "{each} bytes per key");

    // Others that find no place take no room either.
    let others = KEYS..KEYS + 10_000;
    let info = measure(|| assert_eq!(others.filter(|&n| decide(&table, n, Micros(2))).count(), 1));
    assert_eq!((table.len(), table.evicted()), (KEYS as usize, 0));
    assert_eq!(info.bytes_current, 0);
}

#[test]
fn a_known_key_is_decided_without_allocation() {
    let table = Table::new(100);
    decide(&table, 1, Micros(1));
    let info = measure(|| {
        for now in 2..1_000 {
            decide(&table, 1, Micros(now));
        }
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn a_thread_allocates_for_its_first_count_and_for_none_after_it() {
    let meter = Meter::new(&SCHEMA, Name::default());
    meter.enter().close(Counter::own(0));
    let info = measure(|| {
        for _ in 0..1_000 {
            meter.add(Counter::own(1));
            meter.enter().close(Counter::own(0));
            drop(meter.enter());
        }
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn a_new_thread_counts_on_the_page_of_one_that_ended() {
    let meter = Arc::new(Meter::new(&SCHEMA, Name::default()));
    let first_count = || {
        let meter = Arc::clone(&meter);
        thread::spawn(move || measure(|| meter.add(Counter::own(0))).bytes_total).join().unwrap()
    };
    // A page is 8 KiB. The threads of other tests may take some of those that are free.
    let reused = (0..40).map(|_| first_count()).filter(|&bytes| bytes < 4_096).count();
    assert!(reused >= 20, "{reused} of 40");
    assert_eq!(meter.count(Counter::own(0)), 40);
}

#[test]
fn a_body_that_holds_a_guard_allocates_for_the_first_and_for_none_after_it() {
    let ledger = Arc::new(Ledger::default());
    let hold = |guard: Guard| {
        let body = ScriptedBody::new([Step::data("a")]);
        drop(ResBody::holding(body, &HeaderMap::new(), guard));
    };
    let first = measure(|| hold(ledger.admit().erase()));
    let unheld = measure(|| drop(ResBody::new(ScriptedBody::new([Step::data("a")]))));
    let next = measure(|| hold(ledger.admit().erase()));
    assert!(next.count_total < first.count_total);
    assert_eq!(next.count_total, unheld.count_total, "what the script itself takes");
    assert_eq!(ledger.ends().len(), 2);
}

#[test]
fn passing_a_call_on_allocates_nothing() {
    let clock = Clock::fast();
    let request = Request::post("/").body(()).unwrap();
    assert!(clock.is_fast());
    let info = measure(|| {
        let meta = Meta::of(&request);
        let context = CallContext::current().with_deadline(clock.now());
        let deadline = context.enter(|| CallContext::current().deadline());
        let body = ResBody::new(Empty::<Bytes>::new());
        assert!(deadline.is_some() && !meta.is_grpc());
        drop((Response::new(body), ResBody::<()>::default()));
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn keeping_a_request_that_has_little_allocates_nothing() {
    fn kept<B: Replay>(body: B) -> u64 {
        let request = Request::get("http://example.com/a").body(body).unwrap();
        measure(|| assert!(request.keep(100).1.is_some())).count_total
    }
    assert_eq!(kept(()), 0);
    assert_eq!(kept(String::new()), 0);
    assert_eq!(kept(Empty::<Bytes>::new()), 0);
    assert_eq!(kept(Full::new(Bytes::from_static(b"bytes"))), 0);
    assert_eq!(kept(BoxBody::<Bytes, BoxError>::default()), 0);
    assert_eq!(kept(BoxBody::<_, BoxError>::new(ScriptedBody::new([]).end_known())), 0);
}

#[test]
fn a_recorded_body_allocates_four_times_and_not_for_each_frame() {
    let steps = (0..100).map(|_| Step::Data(Bytes::from_static(b"bytes")));
    let mut body = BoxBody::<_, BoxError>::new(ScriptedBody::new(steps));
    let mut kept = None;
    let poll = |body: &mut BoxBody<_, _>| {
        let cx = &mut Context::from_waker(Waker::noop());
        measure(|| assert!(Pin::new(body).poll_frame(cx).is_ready())).count_total
    };
    let info = measure(|| {
        let (first, recording) = mem::take(&mut body).keep(1_000);
        (body, kept) = (first, recording);
    });
    assert_eq!((info.count_total, poll(&mut body)), (3, 1));
    assert!((0..3).all(|_| poll(&mut body) == 0));
    drop(kept);
    assert!((0..96).all(|_| poll(&mut body) == 0));
}
