//! Refusals that are remembered.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::algorithm::{Op, Retry};
use palisade_core::store::{Charge, Source, Store};
use palisade_core::{Clock, per_hour, per_minute, per_second};
use palisade_ratelimit::{FixedWindow, Gcra};
use palisade_redis::Refusals;
use tokio::time::{advance, timeout};

use crate::support::{Distant, WAY, charge, decide};

fn store() -> (Arc<Distant>, Refusals<Arc<Distant>>) {
    let distant = Distant::new();
    (Arc::clone(&distant), Refusals::new(distant))
}

/// One every hundred milliseconds.
fn tenth(units: u64) -> Charge {
    charge("api", Gcra::new(per_second(10).burst(1)), units)
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_repeated_without_a_call_until_it_would_pass() {
    let (distant, store) = store();
    assert!(decide(&store, tenth(1)).await.0.allowed);
    let asked = Clock::tokio().now();
    let (heard, answer) = decide(&store, tenth(1)).await;
    assert_eq!((heard.allowed, answer.source), (false, Source::Store));
    let Retry::After(wait) = heard.retry else { panic!("it has a wait: {heard:?}") };

    advance(Duration::from_millis(50)).await;
    let (told, later) = decide(&store, tenth(1)).await;
    assert_eq!((told.allowed, later.source, distant.calls()), (false, Source::Cache, 2));
    // From before the way there, so that it ends no later here than there.
    let since = Clock::tokio().now().since(asked);
    assert_eq!(told.retry, Retry::After(wait.since(since)));
    assert_eq!(told.reset(), heard.reset().since(since));
    assert_eq!(later.now, answer.now + since);

    advance(wait.since(since).to_duration()).await;
    let (passed, answer) = decide(&store, tenth(1)).await;
    assert_eq!((passed.allowed, answer.source, distant.calls()), (true, Source::Store, 3));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_remembered_for_a_second_at_most() {
    let (distant, store) = store();
    let hourly = || charge("api", FixedWindow::new(per_hour(1)), 1);
    decide(&store, hourly()).await;
    decide(&store, hourly()).await;
    advance(Duration::from_millis(985)).await;
    assert_eq!(decide(&store, hourly()).await.1.source, Source::Cache);
    advance(Duration::from_millis(10)).await;
    assert_eq!(decide(&store, hourly()).await.1.source, Source::Store);
    assert_eq!(distant.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_never_passes_is_never_told_a_wait() {
    let (distant, store) = store();
    assert_eq!(decide(&store, tenth(2)).await.0.retry, Retry::Never);
    let (told, answer) = decide(&store, tenth(3)).await;
    assert_eq!((told.retry, answer.source, distant.calls()), (Retry::Never, Source::Cache, 1));
}

#[tokio::test(start_paused = true)]
async fn fewer_units_than_were_refused_are_asked_for() {
    let (_, store) = store();
    let three = |units| charge("api", FixedWindow::new(per_minute(3)), units);
    assert!(decide(&store, three(2)).await.0.allowed);
    assert!(!decide(&store, three(2)).await.0.allowed);
    assert_eq!(decide(&store, three(3)).await.1.source, Source::Cache);
    let (one, answer) = decide(&store, three(1)).await;
    assert_eq!((one.allowed, answer.source), (true, Source::Store));
}

#[tokio::test(start_paused = true)]
async fn other_subjects_names_classes_and_numbers_are_asked_for() {
    let (_, store) = store();
    decide(&store, tenth(1)).await;
    assert!(!decide(&store, tenth(1)).await.0.allowed);

    let bob = Charge { subject: "bob".into(), ..tenth(1) };
    let named = charge("login", Gcra::new(per_second(10).burst(1)), 1);
    let urgent = Charge { class: 1, ..tenth(1) };
    let raised = charge("api", Gcra::new(per_second(10).burst(2)), 1);
    for other in [bob, named, urgent, raised] {
        assert_eq!(decide(&store, other.clone()).await.1.source, Source::Store, "{other:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_decisions_are_answered_and_no_peeks() {
    let (distant, store) = store();
    decide(&store, tenth(1)).await;
    decide(&store, tenth(1)).await;
    assert!(decide(&store, tenth(0)).await.0.allowed);
    for op in [Op::Charge, Op::Take] {
        let answer = store.execute(op, vec![tenth(1)]).await.unwrap();
        assert_eq!(answer.source, Source::Store, "{op:?}");
    }
    assert_eq!(distant.calls(), 5);
    assert_eq!(decide(&store, tenth(1)).await.1.source, Source::Cache, "it still stands");
}

#[tokio::test(start_paused = true)]
async fn what_is_given_back_here_is_seen_at_once() {
    let (_, store) = store();
    decide(&store, tenth(1)).await;
    decide(&store, tenth(1)).await;
    store.execute(Op::Refund, vec![tenth(1)]).await.unwrap();
    assert!(decide(&store, tenth(1)).await.0.allowed);

    decide(&store, tenth(1)).await;
    store.reset(vec![tenth(1)]).await.unwrap();
    assert!(decide(&store, tenth(1)).await.0.allowed);

    decide(&store, tenth(1)).await;
    store.execute(Op::Raise, vec![tenth(1)]).await.unwrap();
    assert_eq!(decide(&store, tenth(1)).await.1.source, Source::Store);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_was_on_its_way_while_units_came_back_is_not_remembered() {
    let (_, store) = store();
    decide(&store, tenth(1)).await;
    let mut decision = pin!(decide(&store, tenth(1)));
    timeout(WAY * 3 / 2, &mut decision).await.unwrap_err();
    store.execute(Op::Refund, vec![tenth(1)]).await.unwrap();
    assert!(!decision.await.0.allowed, "it was refused before");
    assert!(decide(&store, tenth(1)).await.0.allowed);
}

#[tokio::test(start_paused = true)]
async fn a_refund_that_nobody_waits_for_is_believed() {
    let (_, store) = store();
    decide(&store, tenth(1)).await;
    decide(&store, tenth(1)).await;
    let refund = store.execute(Op::Refund, vec![tenth(1)]);
    timeout(WAY * 3 / 2, refund).await.unwrap_err();
    assert!(decide(&store, tenth(1)).await.0.allowed);
}

#[tokio::test(start_paused = true)]
async fn of_several_limits_the_whole_answer_is_remembered() {
    let (distant, store) = store();
    let wide = |units| charge("wide", Gcra::new(per_minute(100)), units);
    let both = |first, second| store.execute(Op::Decide, vec![wide(first), tenth(second)]);
    both(1, 1).await.unwrap();
    let heard = both(1, 1).await.unwrap();
    let told = both(1, 1).await.unwrap();
    assert_eq!((told.source, told.allowed(), distant.calls()), (Source::Cache, false, 2));
    assert_eq!(told.outcomes[0].remaining(), heard.outcomes[0].remaining());
    assert!(told.outcomes[0].allowed && !told.outcomes[1].allowed);

    assert_eq!(both(1, 2).await.unwrap().source, Source::Cache, "more of what refuses");
    assert_eq!(both(2, 1).await.unwrap().source, Source::Store, "more of what does not");
    assert_eq!(decide(&store, wide(1)).await.1.source, Source::Store, "one of them alone");
    let turned = store.execute(Op::Decide, vec![tenth(1), wide(1)]).await.unwrap();
    assert_eq!(turned.source, Source::Store, "another order");
}

#[tokio::test(start_paused = true)]
async fn a_refund_of_one_of_several_limits_is_seen() {
    let (_, store) = store();
    let wide = || charge("wide", Gcra::new(per_minute(100)), 1);
    let both = || store.execute(Op::Decide, vec![wide(), tenth(1)]);
    both().await.unwrap();
    both().await.unwrap();
    store.execute(Op::Refund, vec![tenth(1)]).await.unwrap();
    assert!(both().await.unwrap().allowed());
}

#[tokio::test(start_paused = true)]
async fn of_two_that_refuse_the_first_to_let_go_ends_the_answer() {
    let (_, store) = store();
    let hourly = || charge("hourly", FixedWindow::new(per_hour(1)), 1);
    let both = || store.execute(Op::Decide, vec![tenth(1), hourly()]);
    both().await.unwrap();
    both().await.unwrap();
    assert_eq!(both().await.unwrap().source, Source::Cache);
    advance(Duration::from_millis(100)).await;
    let asked = both().await.unwrap();
    assert_eq!((asked.source, asked.outcomes[0].allowed), (Source::Store, true));
    assert_eq!(both().await.unwrap().source, Source::Cache, "the other one still refuses");
}

#[tokio::test(start_paused = true)]
async fn beyond_the_bound_it_forgets_and_never_refuses() {
    let distant = Distant::by(Duration::ZERO, Duration::ZERO);
    let store = Refusals::new(Arc::clone(&distant)).most(8);
    let hourly = |subject: usize| {
        let hourly = charge("api", FixedWindow::new(per_hour(1)), 1);
        Charge { subject: subject.to_string().into(), ..hourly }
    };
    for subject in 0..100 {
        assert!(decide(&store, hourly(subject)).await.0.allowed);
        assert!(!decide(&store, hourly(subject)).await.0.allowed);
    }
    let mut cached = 0;
    for subject in 0..100 {
        let (outcome, answer) = decide(&store, hourly(subject)).await;
        assert!(!outcome.allowed);
        cached += usize::from(answer.source == Source::Cache);
    }
    assert!(cached <= 8, "{cached} were remembered");
    assert!(decide(&store, hourly(100)).await.0.allowed);
}

#[tokio::test(start_paused = true)]
async fn it_can_be_told_to_remember_nothing() {
    let distant = Distant::new();
    let store = Refusals::new(Arc::clone(&distant)).most(0).clock(Clock::tokio());
    for _ in 0..3 {
        assert_eq!(decide(&store, tenth(1)).await.1.source, Source::Store);
    }
    assert_eq!(distant.calls(), 3);
}
