//! When a queue tells its producers to slow down.

use std::time::Duration;

use palisade_bulkhead::BackpressureQueue;
use palisade_core::Ratio;
use tokio_test::{assert_pending, assert_ready, task};

fn fill(queue: &BackpressureQueue<usize>, size: usize) {
    while queue.size() < size {
        queue.try_push(0).expect("there is room");
    }
    while queue.size() > size {
        queue.try_pop().expect("it is not empty");
    }
}

#[test]
fn it_is_pressed_at_the_high_mark_and_relieved_at_the_low_one() {
    let queue = BackpressureQueue::new(10);
    for (size, pressed) in [(7, false), (8, true), (10, true), (6, true), (5, false), (7, false)] {
        fill(&queue, size);
        assert_eq!(queue.is_pressed(), pressed, "{size}");
    }
}

#[test]
fn marks_hold_for_all_clones_at_once() {
    let queue = BackpressureQueue::new(10);
    fill(&queue, 3);
    let clone = queue.clone().high_water(Ratio::percent(31));
    assert!(!queue.is_pressed());
    fill(&queue, 4);
    assert!(queue.is_pressed() && clone.is_pressed(), "four are what 31 % rounds up to");
    drop(clone.high_water(Ratio::ONE).low_water(Ratio::percent(40)));
    assert!(!queue.is_pressed());
}

#[test]
fn no_mark_keeps_it_pressed_for_ever() {
    for high in [0, 10, 50, 100] {
        for low in [0, 10, 50, 100] {
            for max_size in [1, 2, 10] {
                let queue = BackpressureQueue::new(max_size)
                    .high_water(Ratio::percent(high))
                    .low_water(Ratio::percent(low));
                assert!(!queue.is_pressed(), "{high} {low} {max_size}");
                fill(&queue, max_size);
                assert!(queue.is_pressed(), "{high} {low} {max_size}");
                fill(&queue, 0);
                assert!(!queue.is_pressed(), "{high} {low} {max_size}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_relief_is_told_of_it() {
    let queue = BackpressureQueue::new(10);
    assert!(queue.relieved().await, "at once");
    let mut pressed = task::spawn(queue.pressed());
    assert_pending!(pressed.poll());
    fill(&queue, 8);
    assert!(pressed.is_woken());
    assert!(assert_ready!(pressed.poll()));

    let mut relieved = task::spawn(queue.relieved());
    assert_pending!(relieved.poll());
    fill(&queue, 6);
    assert!(!relieved.is_woken());
    fill(&queue, 5);
    assert!(relieved.is_woken());
    assert!(assert_ready!(relieved.poll()));
}

#[tokio::test(start_paused = true)]
async fn what_is_over_before_one_looks_is_waited_for_again() {
    let queue = BackpressureQueue::new(10);
    let mut pressed = task::spawn(queue.pressed());
    assert_pending!(pressed.poll());
    fill(&queue, 8);
    fill(&queue, 0);
    assert_pending!(pressed.poll());
    fill(&queue, 8);
    assert!(assert_ready!(pressed.poll()));
}

#[tokio::test(start_paused = true)]
async fn a_producer_that_heeds_it_drops_nothing() {
    let queue = BackpressureQueue::new(10).timeout(Duration::ZERO);
    let consumer = tokio::spawn({
        let queue = queue.clone();
        async move {
            let mut taken = 0;
            while queue.pop().await.is_some() {
                tokio::time::sleep(Duration::from_millis(10)).await;
                taken += 1;
            }
            taken
        }
    });
    for item in 0..200 {
        assert!(queue.relieved().await);
        queue.push(item).await.unwrap();
    }
    queue.close();
    assert_eq!(consumer.await.unwrap(), 200);
    assert_eq!(queue.dropped(), 0);
}
