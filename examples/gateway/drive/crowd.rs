//! One client that asks many times at once.

use std::time::Duration;

use palisade::Ratio;
use palisade::bulkhead::config::BulkheadConfig;
use palisade::key::By;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::load::Sender;
use super::tally::Tally;
use crate::gateway::demo::Crowding;

/// More than this many at once are not needed to see what a bulkhead does.
const MOST: usize = 200;

/// The bulkhead before a narrow upstream, and what became of the requests of its only caller.
#[derive(Clone, Debug)]
pub struct Crowd {
    bulkhead: BulkheadConfig,
    crowding: Crowding,
    size: usize,
    bursts: Vec<Burst>,
}

/// Requests that were sent at once.
#[derive(Clone, Debug)]
pub struct Burst {
    /// From when the first one was sent to when the last one had its answer.
    pub span: Duration,
    /// What became of them.
    pub tally: Tally,
}

impl Crowd {
    /// Four times as many as the bulkhead has room for, but no more than `allowed` by other layers. None,
    /// if it is not known what the bulkhead must do: it acts in part only, or keys have places of their
    /// own.
    #[must_use]
    pub fn new(bulkhead: BulkheadConfig, crowding: Crowding, allowed: u64) -> Option<Self> {
        let acts = bulkhead.enabled && bulkhead.enforce == Ratio::ONE;
        let room = u64::from(bulkhead.max_concurrent) + u64::from(bulkhead.max_queued);
        let size = usize::try_from(room.saturating_mul(4).min(allowed)).unwrap_or(MOST).min(MOST);
        (acts && bulkhead.by == By::default() && size > 0).then(|| Self {
            bulkhead,
            crowding,
            size,
            bursts: Vec::new(),
        })
    }

    /// One that is over.
    #[cfg(test)]
    pub(super) fn of(bulkhead: BulkheadConfig, crowding: Crowding, bursts: Vec<Burst>) -> Self {
        Self { bulkhead, crowding, size: 10, bursts }
    }

    /// The bulkhead.
    #[must_use]
    pub fn bulkhead(&self) -> &BulkheadConfig {
        &self.bulkhead
    }

    /// How many the upstream has had at once at most.
    #[must_use]
    pub fn most_at_once(&self) -> u64 {
        self.crowding.most()
    }

    /// How many it sends at once.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// What was sent, in the order in which it was.
    #[must_use]
    pub fn bursts(&self) -> &[Burst] {
        &self.bursts
    }

    /// Sends from `begin` on until the drive is over, on average as often as a client that asks evenly.
    pub async fn send(
        mut self,
        sender: Sender,
        begin: Instant,
        lasting: Duration,
    ) -> (Tally, Self) {
        let apart = sender.every() * u32::try_from(self.size).unwrap_or(u32::MAX);
        let (mut all, mut due) = (Tally::default(), begin);
        while due < begin + lasting {
            sleep_until(due).await;
            let first = Instant::now();
            let asking: JoinSet<_> = (0..self.size).map(|_| sender.clone().ask(due)).collect();
            let mut tally = Tally::default();
            for asked in asking.join_all().await {
                all.add(&asked);
                tally.add(&asked);
            }
            self.bursts.push(Burst { span: first.elapsed(), tally });
            due = (due + apart).max(Instant::now());
        }
        (all, self)
    }
}
