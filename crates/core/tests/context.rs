//! The call context: what is inside sees what everything outside decided, and nobody else does.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::thread;

use palisade_core::{CallContext, Micros};
use tokio_test::{assert_pending, assert_ready_eq, task};

fn deadline() -> Option<Micros> {
    CallContext::current().deadline()
}

fn until(micros: u64) -> CallContext {
    CallContext::current().with_deadline(Micros(micros))
}

/// A future that is polled twice, and answers the deadline that it saw each time.
fn twice() -> impl Future<Output = [Option<Micros>; 2]> {
    let mut first = None;
    poll_fn(move |_| match first.replace(deadline()) {
        Some(first) => Poll::Ready([first, deadline()]),
        None => Poll::Pending,
    })
}

#[test]
fn outside_of_all_layers_there_is_no_deadline() {
    assert_eq!(deadline(), None);
    assert_eq!(CallContext::current(), CallContext::default());
}

#[test]
fn scopes_nest_and_are_left_in_order() {
    until(9).enter(|| {
        assert_eq!(deadline(), Some(Micros(9)));
        until(5).enter(|| assert_eq!(deadline(), Some(Micros(5))));
        assert_eq!(deadline(), Some(Micros(9)));
    });
    assert_eq!(deadline(), None);
}

#[test]
fn a_deadline_only_shrinks() {
    until(5).enter(|| {
        until(9).enter(|| assert_eq!(deadline(), Some(Micros(5))));
        until(u64::MAX).enter(|| assert_eq!(deadline(), Some(Micros(5))));
    });
    assert_eq!(until(u64::MAX).deadline(), None, "the end of time is no deadline");
    assert_eq!(until(0).deadline(), Some(Micros::ZERO), "the epoch is one");
}

#[test]
fn a_panic_leaves_the_scope() {
    until(9).enter(|| {
        let caught = catch_unwind(AssertUnwindSafe(|| until(5).enter(|| panic!("inside"))));
        assert!(caught.is_err());
        assert_eq!(deadline(), Some(Micros(9)));
    });
}

#[test]
fn a_value_comes_out_of_a_scope() {
    assert_eq!(until(5).enter(|| "value"), "value");
}

#[test]
fn threads_have_scopes_of_their_own() {
    until(5).enter(|| {
        let spawned = thread::spawn(deadline).join().unwrap();
        assert_eq!(spawned, None);
        let carried = CallContext::current();
        let spawned = thread::spawn(move || carried.enter(deadline)).join().unwrap();
        assert_eq!(spawned, Some(Micros(5)));
    });
}

#[test]
fn a_scoped_future_sees_its_context_at_each_poll_and_nowhere_else() {
    let mut one = task::spawn(until(1).scope(twice()));
    let mut two = task::spawn(until(2).scope(twice()));
    assert_pending!(one.poll());
    assert_pending!(two.poll());
    assert_eq!(deadline(), None, "between polls the thread works on something else");
    let outer = until(7);
    outer.enter(|| {
        assert_ready_eq!(one.poll(), [Some(Micros(1)); 2]);
    });
    assert_ready_eq!(two.poll(), [Some(Micros(2)); 2]);
}

#[test]
fn a_panicking_future_leaves_its_scope() {
    let mut task = task::spawn(until(5).scope(async { panic!("inside") }));
    assert!(catch_unwind(AssertUnwindSafe(|| task.poll())).is_err());
    assert_eq!(deadline(), None);
}

#[tokio::test]
async fn a_spawned_task_inherits_only_what_it_is_given() {
    let (bare, carried) = until(5).enter(|| {
        let carried = CallContext::current().scope(async { deadline() });
        (tokio::spawn(async { deadline() }), tokio::spawn(carried))
    });
    assert_eq!(bare.await.unwrap(), None);
    assert_eq!(carried.await.unwrap(), Some(Micros(5)));
}

#[test]
fn an_end_of_the_whole_answer_is_one_of_its_head_as_well() {
    let outer = until(9);
    assert_eq!((outer.deadline(), outer.end()), (Some(Micros(9)), None));
    let both = outer.with_end(Micros(12));
    assert_eq!((both.deadline(), both.end()), (Some(Micros(9)), Some(Micros(12))));
    let sooner = both.with_end(Micros(5)).with_end(Micros(7));
    assert_eq!((sooner.deadline(), sooner.end()), (Some(Micros(5)), Some(Micros(5))));
}
