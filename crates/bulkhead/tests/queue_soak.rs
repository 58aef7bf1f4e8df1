//! Many producers and consumers who come, wait, give up and go: nothing is lost, doubled or out of order.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use palisade_bulkhead::BackpressureQueue;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, timeout};

use support::Dice;

/// Who made it, and its number.
type Item = (u64, u64);

const SEEDS: [u64; 6] = [1, 2, 3, 5, 8, 13];
const PRODUCERS: u64 = 8;
const CONSUMERS: u64 = 4;
const ITEMS: u64 = 300;

/// Up to so many milliseconds, seldom more than a few.
fn while_of(dice: &mut Dice, most: u64) -> Duration {
    Duration::from_micros(dice.below(most * 1_000))
}

/// Pushes its items, gives up on some, and returns those that it was told are in.
async fn produce(queue: BackpressureQueue<Item>, me: u64, mut dice: Dice) -> Vec<Item> {
    let queue = queue.timeout(while_of(&mut dice, 20));
    let mut made = Vec::new();
    for number in 0..ITEMS {
        let item = (me, number);
        let pushed = match dice.below(4) {
            0 => queue.try_push(item),
            1 => match timeout(while_of(&mut dice, 10), queue.push(item)).await {
                Ok(pushed) => pushed,
                Err(_) => continue,
            },
            _ => queue.push(item).await,
        };
        match pushed {
            Ok(()) => made.push(item),
            Err(refused) => assert_eq!(refused.into_item(), item),
        }
        sleep(while_of(&mut dice, 4)).await;
    }
    made
}

/// Takes what it can, gives up now and then, until the queue is closed and empty.
async fn consume(queue: BackpressureQueue<Item>, mut dice: Dice) -> Vec<Item> {
    let mut taken = Vec::new();
    loop {
        let item = match dice.below(4) {
            0 => queue.try_pop(),
            1 => queue.pop_timeout(while_of(&mut dice, 3)).await,
            2 => timeout(while_of(&mut dice, 3), queue.pop()).await.unwrap_or_default(),
            _ => queue.pop().await,
        };
        match item {
            Some(item) => taken.push(item),
            None if queue.is_closed() && queue.is_empty() => return taken,
            None => {}
        }
        sleep(while_of(&mut dice, 3)).await;
    }
}

fn assert_in_order(items: &[Item], seed: u64) {
    for me in 0..PRODUCERS {
        let numbers = items.iter().filter(|item| item.0 == me).map(|item| item.1);
        assert!(numbers.is_sorted(), "what {me} made is out of order, seed {seed}");
    }
}

fn assert_all(made: &[Item], taken: &[Item], seed: u64) {
    let set: BTreeSet<_> = taken.iter().collect();
    assert_eq!(set.len(), taken.len(), "something was doubled, seed {seed}");
    assert_eq!(set, made.iter().collect(), "something was lost or made up, seed {seed}");
}

#[expect(clippy::panic, reason = "a failure prints its seed")]
async fn all(mut tasks: JoinSet<Vec<Item>>, seed: u64) -> Vec<Vec<Item>> {
    let mut results = Vec::new();
    while let Some(result) = tasks.join_next().await {
        results.push(result.unwrap_or_else(|error| panic!("{error}, seed {seed}")));
    }
    results
}

#[tokio::test(start_paused = true)]
async fn whatever_is_in_comes_out_once_and_in_order() {
    for seed in SEEDS {
        let mut dice = Dice(seed);
        let queue = BackpressureQueue::new(dice.below(20) as usize);
        let (mut producers, mut consumers) = (JoinSet::new(), JoinSet::new());
        for me in 0..PRODUCERS {
            producers.spawn(produce(queue.clone(), me, Dice(dice.next())));
        }
        for _ in 0..CONSUMERS {
            consumers.spawn(consume(queue.clone(), Dice(dice.next())));
        }
        let made = all(producers, seed).await.concat();
        queue.close();
        let taken = all(consumers, seed).await;
        for items in &taken {
            assert_in_order(items, seed);
        }
        assert_all(&made, &taken.concat(), seed);
        assert!(queue.dropped() > 0, "too easy, seed {seed}");

        // And no place was lost on the way.
        assert!(queue.is_empty(), "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_lose_nothing() {
    for seed in SEEDS {
        let mut dice = Dice(seed);
        let queue = BackpressureQueue::new(3).timeout(Duration::MAX);
        let (mut producers, mut consumers) = (JoinSet::new(), JoinSet::new());
        for me in 0..PRODUCERS {
            let (queue, mut dice) = (queue.clone(), Dice(dice.next()));
            producers.spawn(async move {
                let mut made = Vec::new();
                for number in 0..ITEMS {
                    tokio::select! {
                        biased;
                        pushed = queue.push((me, number)) => {
                            pushed.unwrap();
                            made.push((me, number));
                        }
                        () = turns(dice.below(8)) => {}
                    }
                }
                made
            });
        }
        for _ in 0..CONSUMERS {
            let (queue, mut dice) = (queue.clone(), Dice(dice.next()));
            consumers.spawn(async move {
                let mut taken = Vec::new();
                loop {
                    tokio::select! {
                        biased;
                        item = queue.pop() => match item {
                            Some(item) => taken.push(item),
                            None => return taken,
                        },
                        () = turns(dice.below(8)) => {}
                    }
                }
            });
        }
        let made = all(producers, seed).await.concat();
        assert!(made.len() > 100, "too hard, seed {seed}");
        for _ in 0..3 {
            queue.push((PRODUCERS, 0)).await.unwrap();
            assert!(queue.size() <= 3, "seed {seed}");
        }
        queue.close();
        let taken = all(consumers, seed).await;
        for items in &taken {
            assert_in_order(items, seed);
        }
        let mut taken = taken.concat();
        taken.retain(|item| item.0 < PRODUCERS);
        assert_all(&made, &taken, seed);
    }
}

async fn turns(count: u64) {
    for _ in 0..count {
        yield_now().await;
    }
}
