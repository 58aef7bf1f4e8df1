//! What goes into a queue, what comes out, and what is refused.

use std::time::Duration;

use palisade_bulkhead::BackpressureQueue;
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready, task};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn what_goes_in_first_comes_out_first() {
    let queue = BackpressureQueue::new(3);
    for item in 0..3 {
        queue.push(item).await.unwrap();
    }
    for item in 0..3 {
        assert_eq!(queue.pop().await, Some(item));
    }
    assert!(queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_push_that_finds_no_room_in_time_gives_the_item_back() {
    let queue = BackpressureQueue::new(1).timeout(3 * SECOND);
    queue.push("in").await.unwrap();
    let start = Instant::now();
    let refused = queue.push("out").await.unwrap_err();
    assert_eq!(start.elapsed(), 3 * SECOND);
    assert!(refused.is_full() && !refused.is_closed());
    assert_eq!(refused.to_string(), "queue full: no room among 1 within 3s");
    assert_eq!(refused.into_item(), "out");
    assert_eq!((queue.dropped(), queue.size()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn five_seconds_is_how_long_a_push_waits_unless_told_otherwise() {
    let queue = BackpressureQueue::new(1);
    queue.push(1).await.unwrap();
    let start = Instant::now();
    queue.push(2).await.unwrap_err();
    assert_eq!(start.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_push_goes_in_as_soon_as_there_is_room() {
    let queue = BackpressureQueue::new(1);
    queue.push(1).await.unwrap();
    let start = Instant::now();
    let (pushed, popped) = tokio::join!(queue.push(2), async {
        sleep(SECOND).await;
        queue.pop().await
    });
    assert!(pushed.is_ok());
    assert_eq!(popped, Some(1));
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!((queue.try_pop(), queue.dropped()), (Some(2), 0));
}

#[tokio::test(start_paused = true)]
async fn room_at_the_last_moment_is_taken() {
    let queue = BackpressureQueue::new(1).timeout(SECOND);
    queue.push(1).await.unwrap();
    let mut push = task::spawn(queue.push(2));
    assert_pending!(push.poll());
    tokio::time::advance(2 * SECOND).await;
    assert_eq!(queue.try_pop(), Some(1));
    assert!(assert_ready!(push.poll()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn each_clone_may_wait_for_another_time() {
    let queue = BackpressureQueue::new(1).timeout(SECOND);
    let hasty = queue.clone().timeout(Duration::ZERO);
    hasty.push(1).await.unwrap();
    let start = Instant::now();
    hasty.push(2).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
    queue.push(2).await.unwrap_err();
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!(queue.dropped(), 2, "clones count together");
}

#[tokio::test(start_paused = true)]
async fn a_pop_waits_for_an_item() {
    let queue = BackpressureQueue::new(1);
    let (item, pushed) = tokio::join!(queue.pop(), async {
        sleep(100 * SECOND).await;
        queue.push(7).await
    });
    assert!(pushed.is_ok());
    assert_eq!(item, Some(7));
}

#[tokio::test(start_paused = true)]
async fn a_pop_with_a_timeout_comes_back_without() {
    let queue = BackpressureQueue::<u8>::new(1);
    let start = Instant::now();
    assert_eq!(queue.pop_timeout(SECOND).await, None);
    assert_eq!(start.elapsed(), SECOND);
    queue.try_push(1).unwrap();
    assert_eq!(queue.pop_timeout(Duration::ZERO).await, Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_closed_queue_drains_and_takes_no_more() {
    let queue = BackpressureQueue::new(5);
    queue.push(1).await.unwrap();
    queue.push(2).await.unwrap();
    queue.close();
    assert!(queue.is_closed());
    let refused = queue.push(3).await.unwrap_err();
    assert!(refused.is_closed());
    assert_eq!((refused.to_string(), refused.into_item()), ("queue closed".into(), 3));
    assert!(queue.try_push(3).unwrap_err().is_closed());
    assert_eq!(queue.dropped(), 0, "there was room");

    assert_eq!(queue.pop().await, Some(1));
    assert_eq!(queue.try_pop(), Some(2));
    assert_eq!(queue.pop().await, None);
    assert_eq!(queue.pop_timeout(SECOND).await, None);
    assert_eq!(queue.try_pop(), None);
}

#[tokio::test(start_paused = true)]
async fn closing_ends_every_wait() {
    let full = BackpressureQueue::new(1);
    full.push(1).await.unwrap();
    let empty = BackpressureQueue::<u8>::new(1);
    let start = Instant::now();
    let (pushed, popped, pressed, relieved, ()) =
        tokio::join!(full.push(2), empty.pop(), empty.pressed(), full.relieved(), async {
            sleep(SECOND).await;
            full.close();
            empty.close();
        });
    assert!(pushed.unwrap_err().is_closed());
    assert_eq!(popped, None);
    assert!(!pressed && !relieved, "it never came to that");
    assert_eq!(start.elapsed(), SECOND);
}

#[test]
fn a_queue_that_is_tried_needs_no_runtime() {
    let queue = BackpressureQueue::new(1);
    queue.try_push(1).unwrap();
    let refused = queue.try_push(2).unwrap_err();
    assert_eq!(refused.to_string(), "queue full: no room among 1");
    assert_eq!(assert_ready!(task::spawn(queue.pop()).poll()), Some(1));
    assert!(assert_ready!(task::spawn(queue.push(2)).poll()).is_ok());
    assert_eq!(assert_ready!(task::spawn(queue.pop_timeout(SECOND)).poll()), Some(2));
}

#[tokio::test(start_paused = true)]
async fn no_setting_is_refused() {
    let least = BackpressureQueue::new(0).timeout(Duration::MAX);
    assert_eq!(least.max_size(), 1);
    least.push(1).await.unwrap();
    assert_pending!(task::spawn(least.push(2)).poll());
    assert!(task::spawn(least.pop_timeout(Duration::MAX)).poll().is_ready());
    assert_pending!(task::spawn(least.pop_timeout(Duration::MAX)).poll());

    let most = BackpressureQueue::new(usize::MAX);
    most.push(1).await.unwrap();
    assert!(!most.is_pressed());
}

#[test]
fn items_need_not_be_anything() {
    fn is_shared<T: Clone + Send + Sync + std::fmt::Debug>(_: &T) {}
    fn is_send<T: Send>(future: T) -> T {
        future
    }

    struct Plain(#[expect(dead_code, reason = "it only travels")] std::cell::Cell<u8>);
    let queue = BackpressureQueue::new(1);
    is_shared(&queue);
    drop(is_send(queue.push(Plain(0.into()))));
    drop(is_send(queue.pop()));
    drop(is_send(queue.pop_timeout(SECOND)));
    drop(is_send(queue.relieved()));

    let local = BackpressureQueue::new(1);
    local.try_push(std::rc::Rc::new(1)).unwrap();
    assert_eq!(local.try_pop().as_deref(), Some(&1));
}
