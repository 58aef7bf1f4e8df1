//! Who waits for a queue: in which order, and what becomes of those who give up.

use std::time::Duration;

use palisade_bulkhead::BackpressureQueue;
use tokio_test::{assert_pending, assert_ready, task};

/// A full queue of one, in which 0 is.
fn full() -> BackpressureQueue<u32> {
    let queue = BackpressureQueue::new(1);
    queue.try_push(0).expect("there is room for one");
    queue
}

#[tokio::test(start_paused = true)]
async fn producers_are_let_in_in_the_order_in_which_they_came() {
    let queue = full();
    let mut first = task::spawn(queue.push(1));
    let mut second = task::spawn(queue.push(2));
    assert_pending!(first.poll());
    assert_pending!(second.poll());

    assert_eq!(queue.try_pop(), Some(0));
    assert!(first.is_woken() && !second.is_woken());
    assert_pending!(second.poll());
    assert!(assert_ready!(first.poll()).is_ok());
    assert_eq!(queue.try_pop(), Some(1));
    assert!(assert_ready!(second.poll()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn nobody_overtakes_a_producer_that_waits() {
    let queue = full();
    let mut waiting = task::spawn(queue.push(1));
    assert_pending!(waiting.poll());
    assert_eq!(queue.try_pop(), Some(0));
    assert_eq!(queue.try_push(2).unwrap_err().into_item(), 2);
    let mut late = task::spawn(queue.push(3));
    assert_pending!(late.poll());
    assert!(assert_ready!(waiting.poll()).is_ok());
    assert_eq!(queue.try_pop(), Some(1));
}

#[tokio::test(start_paused = true)]
async fn nobody_overtakes_a_consumer_that_waits() {
    let queue = BackpressureQueue::new(5);
    let mut first = task::spawn(queue.pop());
    let mut second = task::spawn(queue.pop());
    assert_pending!(first.poll());
    assert_pending!(second.poll());
    queue.try_push(1).unwrap();
    assert_eq!(queue.try_pop(), None);
    assert_pending!(second.poll());
    assert_eq!(assert_ready!(first.poll()), Some(1));
    queue.try_push(2).unwrap();
    assert_eq!(assert_ready!(second.poll()), Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_push_that_is_dropped_was_not_made() {
    // Before it began, while it waited, and when room was there for it.
    for moment in 0..3 {
        let queue = full();
        let mut push = task::spawn(queue.push(1));
        if moment >= 1 {
            assert_pending!(push.poll());
        }
        let mut next = task::spawn(queue.push(2));
        assert_pending!(next.poll());
        if moment >= 2 {
            assert_eq!(queue.try_pop(), Some(0));
            assert!(push.is_woken());
        }
        drop(push);
        if moment < 2 {
            assert_eq!(queue.try_pop(), Some(0));
        }
        assert!(next.is_woken(), "its room goes to the next in line, at {moment}");
        assert!(assert_ready!(next.poll()).is_ok());
        assert_eq!((queue.try_pop(), queue.try_pop()), (Some(2), None), "at {moment}");
        assert_eq!(queue.dropped(), 0);
        // And no place was lost.
        queue.try_push(3).unwrap();
        queue.try_push(4).unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn a_pop_that_is_dropped_took_nothing() {
    for moment in 0..3 {
        let queue = BackpressureQueue::new(1);
        let mut pop = task::spawn(queue.pop());
        if moment >= 1 {
            assert_pending!(pop.poll());
        }
        let mut next = task::spawn(queue.pop_timeout(Duration::from_secs(1)));
        assert_pending!(next.poll());
        if moment >= 2 {
            queue.try_push(1).unwrap();
            assert!(pop.is_woken());
        }
        drop(pop);
        if moment < 2 {
            queue.try_push(1).unwrap();
        }
        assert!(next.is_woken(), "its item goes to the next in line, at {moment}");
        assert_eq!(assert_ready!(next.poll()), Some(1), "at {moment}");
        assert!(queue.is_empty());
        queue.try_push(2).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_push_that_ran_out_of_time_leaves_the_line() {
    let queue = full().timeout(Duration::from_secs(1));
    queue.push(1).await.unwrap_err();
    let mut next = task::spawn(queue.push(2));
    assert_pending!(next.poll());
    assert_eq!(queue.try_pop(), Some(0));
    assert!(assert_ready!(next.poll()).is_ok());
    assert_eq!(queue.try_pop(), Some(2));
}

#[tokio::test(start_paused = true)]
async fn an_item_that_was_promised_is_taken_after_the_close() {
    let queue = BackpressureQueue::new(5);
    let mut pop = task::spawn(queue.pop());
    assert_pending!(pop.poll());
    queue.try_push(1).unwrap();
    queue.close();
    assert_eq!(assert_ready!(pop.poll()), Some(1));
    assert_eq!(queue.pop().await, None);
}

#[tokio::test(start_paused = true)]
async fn room_that_was_promised_is_gone_after_the_close() {
    let queue = full();
    let mut push = task::spawn(queue.push(1));
    assert_pending!(push.poll());
    assert_eq!(queue.try_pop(), Some(0));
    queue.close();
    assert!(assert_ready!(push.poll()).unwrap_err().is_closed());
    assert_eq!(queue.pop().await, None);
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_polled_only_when_woken() {
    let queue = full();
    let (pushing, popping) = (queue.clone(), queue.clone());
    let mut push = task::spawn(pushing.push(1));
    assert_pending!(push.poll());
    tokio::time::advance(Duration::from_secs(4)).await;
    assert!(!push.is_woken());
    assert_eq!(queue.try_pop(), Some(0));
    let mut pop = task::spawn(popping.pop());
    assert_pending!(pop.poll());
    tokio::time::advance(Duration::from_secs(1_000)).await;
    assert!(!pop.is_woken());
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_never_waits_lets_others_run() {
    let queue = BackpressureQueue::new(1_000);
    let other = tokio::spawn(async {});
    for item in 0..1_000 {
        queue.push(item).await.unwrap();
    }
    assert!(other.is_finished(), "beside pushes");
    let other = tokio::spawn(async {});
    for _ in 0..500 {
        queue.pop().await.unwrap();
    }
    assert!(other.is_finished(), "beside pops");
    let other = tokio::spawn(async {});
    for _ in 0..500 {
        queue.pop_timeout(Duration::ZERO).await.unwrap();
    }
    assert!(other.is_finished(), "beside pops with a timeout");
}

#[tokio::test(start_paused = true)]
async fn a_task_without_budget_is_not_refused_what_is_there() {
    let queue = BackpressureQueue::new(1).timeout(Duration::ZERO);
    tokio::spawn(async move {
        for item in 0..1_000 {
            queue.push(item).await.unwrap();
            assert_eq!(queue.pop_timeout(Duration::ZERO).await, Some(item));
        }
    })
    .await
    .unwrap();
}
