//! Counters: nothing is lost, nothing is counted for somebody else.

use std::cell::RefCell;
use std::sync::{Arc, Barrier};
use std::thread;

use palisade_core::Name;
use palisade_core::telemetry::{COUNTERS, Counter, Meter, Schema, Ticket};

const PASSED: Counter = Counter::own(0);
const LAST: Counter = Counter::own(12);

static SCHEMA: Schema = Schema { layer: "test", series: &[] };

fn meter() -> Meter {
    Meter::new(&SCHEMA, Name::default())
}

#[test]
fn each_counter_counts_for_itself() {
    let (one, other) = (meter(), meter());
    one.add(PASSED);
    one.add(PASSED);
    one.add(LAST);
    assert_eq!((one.count(PASSED), one.count(LAST), one.count(Counter::own(1))), (2, 1, 0));
    assert_eq!((other.count(PASSED), other.count(LAST)), (0, 0));
}

#[test]
fn a_layer_has_thirteen_counters_of_its_own() {
    let own: std::collections::HashSet<Counter> = (0..13).map(Counter::own).collect();
    assert_eq!(own.len(), COUNTERS - 3);
    assert!([Counter::ENTERED, Counter::LEFT, Counter::ABANDONED].iter().all(|c| !own.contains(c)));
    assert_eq!(Counter::own(255), LAST, "a larger index is the last");
}

#[test]
fn counts_of_many_threads_add_up_also_when_the_threads_are_gone() {
    let meter = meter();
    // Three generations of threads: the later ones take over the pages of the earlier.
    for generation in 1..=3 {
        let together = Barrier::new(8);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    (0..10_000).for_each(|_| meter.add(PASSED));
                });
            }
        });
        assert_eq!(meter.count(PASSED), generation * 80_000);
    }
}

#[test]
fn a_reader_sees_counts_while_they_grow() {
    let meter = meter();
    thread::scope(|scope| {
        scope.spawn(|| (0..50_000).for_each(|_| meter.add(PASSED)));
        let mut last = 0;
        while last < 50_000 {
            let now = meter.count(PASSED);
            assert!(now >= last);
            last = now;
        }
    });
}

#[test]
fn a_ticket_is_in_flight_until_it_is_closed() {
    let meter = meter();
    let (passed, dropped) = (meter.enter(), meter.enter());
    assert_eq!((meter.in_flight(), meter.count(Counter::ENTERED)), (2, 2));
    passed.add(LAST);
    passed.close(PASSED);
    assert_eq!((meter.in_flight(), meter.count(PASSED), meter.count(LAST)), (1, 1, 1));
    assert_eq!(meter.count(Counter::ABANDONED), 0);
    drop(dropped);
    assert_eq!((meter.in_flight(), meter.count(Counter::ABANDONED)), (0, 1));
    assert_eq!((meter.count(Counter::LEFT), meter.count(PASSED)), (2, 1));
}

#[test]
fn a_ticket_may_be_closed_on_another_thread() {
    let meter = meter();
    let ticket = meter.enter();
    thread::spawn(move || ticket.close(PASSED)).join().unwrap();
    assert_eq!((meter.in_flight(), meter.count(PASSED)), (0, 1));
}

#[test]
fn in_flight_is_never_too_small_while_tickets_travel() {
    let meter = meter();
    let kept = meter.enter();
    let (send, receive) = std::sync::mpsc::channel::<Ticket>();
    thread::scope(|scope| {
        let meter = &meter;
        scope.spawn(move || (0..20_000).try_for_each(|_| send.send(meter.enter())));
        let closing = scope.spawn(move || receive.iter().for_each(|ticket| ticket.close(PASSED)));
        while !closing.is_finished() {
            assert!(meter.in_flight() >= 1, "the kept one is in flight all the time");
        }
    });
    assert_eq!((meter.in_flight(), meter.count(PASSED)), (1, 20_000));
    drop(kept);
}

#[test]
fn a_late_ticket_never_counts_for_another_layer() {
    let gone = meter();
    gone.add(PASSED);
    let late: Vec<Ticket> = (0..3).map(|_| gone.enter()).collect();
    drop(gone);

    let newer: Vec<Meter> = (0..100).map(|_| meter()).collect();
    late.into_iter().for_each(|ticket| ticket.close(PASSED));
    for meter in &newer {
        let counts = (meter.count(PASSED), meter.count(Counter::LEFT), meter.in_flight());
        assert_eq!(counts, (0, 0, 0), "a row was handed out while a ticket was open");
    }
}

#[test]
fn a_new_layer_starts_from_zero_whoever_had_its_row() {
    for _ in 0..1_000 {
        let meter = meter();
        assert_eq!(
            (meter.count(PASSED), meter.count(Counter::ENTERED), meter.in_flight()),
            (0, 0, 0)
        );
        meter.add(PASSED);
        meter.enter().close(PASSED);
        assert_eq!(meter.count(PASSED), 2);
    }
    let row = format!("{:?}", meter());
    let row: u32 = row.split("row: ").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    assert!(row < 1_000, "the rows of layers that are gone were used again, but {row} is new");
}

#[test]
fn more_layers_than_a_page_has_rows_count_on_further_pages() {
    let meters: Vec<Meter> = (0..300).map(|_| meter()).collect();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for (times, meter) in meters.iter().enumerate() {
                    (0..times).for_each(|_| meter.add(PASSED));
                }
            });
        }
    });
    let counts: Vec<u64> = meters.iter().map(|meter| meter.count(PASSED)).collect();
    assert_eq!(counts, (0..300).map(|times| 2 * times).collect::<Vec<u64>>());
}

/// Counts when the thread's other thread-locals are destroyed, before or after the counters' own.
struct Late(Arc<Meter>);

impl Drop for Late {
    fn drop(&mut self) {
        self.0.add(PASSED);
        self.0.enter().close(LAST);
    }
}

thread_local! {
    static FIRST: RefCell<Option<Late>> = const { RefCell::new(None) };
    static SECOND: RefCell<Option<Late>> = const { RefCell::new(None) };
}

#[test]
fn counts_in_a_threads_last_moments_are_not_lost() {
    let meter = Arc::new(meter());
    for _ in 0..10 {
        let (first, second) = (Arc::clone(&meter), Arc::clone(&meter));
        thread::spawn(move || {
            // Destroyed in one order or the other: the first count comes between the two.
            FIRST.set(Some(Late(Arc::clone(&first))));
            first.add(PASSED);
            SECOND.set(Some(Late(second)));
        })
        .join()
        .unwrap();
    }
    assert_eq!((meter.count(PASSED), meter.count(LAST), meter.in_flight()), (30, 20, 0));
}

/// Counts on after the thread's page went to another thread.
struct Lingering {
    meter: Arc<Meter>,
    together: Arc<Barrier>,
}

impl Drop for Lingering {
    fn drop(&mut self) {
        self.together.wait();
        self.together.wait();
        (0..50_000).for_each(|_| self.meter.add(PASSED));
    }
}

thread_local! {
    static LINGERING: RefCell<Option<Lingering>> = const { RefCell::new(None) };
}

#[test]
fn a_thread_that_lingers_does_not_count_on_a_page_that_is_not_its_own_any_more() {
    let meter = Arc::new(meter());
    // Several times, since threads of other tests may get hold of the page.
    for round in 1..=8 {
        let together = Arc::new(Barrier::new(2));
        let lingering = Lingering { meter: Arc::clone(&meter), together: Arc::clone(&together) };
        let thread = thread::spawn(move || {
            let meter = Arc::clone(&lingering.meter);
            LINGERING.set(Some(lingering));
            meter.add(PASSED);
        });
        together.wait();
        thread::scope(|scope| {
            scope.spawn(|| {
                meter.add(PASSED);
                together.wait();
                (0..50_000).for_each(|_| meter.add(PASSED));
            });
        });
        thread.join().unwrap();
        assert_eq!(meter.count(PASSED), round * 100_002);
    }
}
