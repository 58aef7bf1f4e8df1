//! Steady calls from many tasks, and what became of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use palisade::algorithm::Op;
use palisade::prelude::*;
use palisade::ratelimit::Gcra;
use palisade::store::{Charge, Policy, Store, StoreError};
use palisade_redis::RedisStore;
use parking_lot::Mutex;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tower::ServiceExt;

use crate::fleet::{KEY, Limited, request};

/// Calls until it is told to end.
pub(crate) struct Traffic {
    tally: Arc<Tally>,
    tasks: Vec<JoinHandle<()>>,
}

/// What became of calls.
#[derive(Default)]
pub(crate) struct Tally {
    ended: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// How many calls ended so: a status, or how a store failed.
    pub(crate) ends: BTreeMap<String, u64>,
    /// How long they took, the longest first, some of them.
    pub(crate) longest: Vec<Duration>,
}

impl Seen {
    pub(crate) fn count(&self, end: &str) -> u64 {
        self.ends.get(end).copied().unwrap_or(0)
    }

    pub(crate) fn total(&self) -> u64 {
        self.ends.values().sum()
    }
}

impl Tally {
    fn note(&self, end: String, took: Duration) {
        let mut seen = self.seen.lock();
        *seen.ends.entry(end).or_default() += 1;
        let place = seen.longest.partition_point(|&longer| longer > took);
        seen.longest.insert(place, took);
        seen.longest.truncate(10);
    }
}

impl Traffic {
    /// So many tasks that each ask for one unit every 10 to 30 ms.
    pub(crate) fn through(runtime: &Runtime, service: &Limited, tasks: u64) -> Self {
        let service = service.clone();
        Self::of(runtime, tasks, move || {
            let call = service.clone().oneshot(request(1));
            async {
                match call.await {
                    Ok(status) => status.to_string(),
                    Err(error) => format!("failed: {error}"),
                }
            }
        })
    }

    /// The same of a store with nothing around it.
    pub(crate) fn bare(runtime: &Runtime, store: &RedisStore, tasks: u64) -> Self {
        let policy = Policy::new("bare".into(), Gcra::new(per_day(1_000_000)));
        let charge = Charge { subject: KEY.into(), policy, units: 1, class: 0, together: false };
        let store = store.clone();
        Self::of(runtime, tasks, move || {
            let (store, charges) = (store.clone(), vec![charge.clone()]);
            async move {
                let end = match store.execute(Op::Decide, charges).await {
                    Ok(answer) if answer.allowed() => "passed",
                    Ok(_) => "refused",
                    Err(StoreError::NotSent(_)) => "not sent",
                    Err(StoreError::Unknown(_)) => "unknown",
                    Err(StoreError::Rejected(_)) => "rejected",
                    Err(_) => "failed otherwise",
                };
                end.to_owned()
            }
        })
    }

    fn of<F, Fut>(runtime: &Runtime, tasks: u64, call: F) -> Self
    where
        F: Fn() -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = String> + Send,
    {
        let tally = Arc::new(Tally::default());
        let spawn = |number| {
            let (tally, call) = (Arc::clone(&tally), call.clone());
            runtime.spawn(async move {
                let pause = Duration::from_millis(10 + 20 * number / tasks);
                while !tally.ended.load(Relaxed) {
                    let start = Instant::now();
                    let end = call().await;
                    tally.note(end, start.elapsed());
                    sleep(pause).await;
                }
            })
        };
        let tasks = (0..tasks).map(spawn).collect();
        Self { tally, tasks }
    }

    /// What has become of calls so far.
    pub(crate) fn seen(&self) -> Seen {
        self.tally.seen.lock().clone()
    }

    /// Ends it, when no call is under way any more. Panics if a task did.
    pub(crate) fn end(self, runtime: &Runtime) -> Seen {
        self.tally.ended.store(true, Relaxed);
        for task in self.tasks {
            runtime.block_on(task).unwrap();
        }
        self.tally.seen.lock().clone()
    }
}
