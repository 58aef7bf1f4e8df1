//! One client that asks a flaky upstream through a retry, while that is as flaky as it usually is.

use std::time::Duration;

use palisade::retry::config::RetryConfig;
use tokio::time::Instant;

use super::load::Sender;
use super::tally::Tally;
use crate::gateway::demo::Weather;

/// More than this many are not needed to see what a retry does.
const MOST: u64 = 200;

/// The retry before a flaky upstream, and what became of the requests of the only caller whose requests it
/// may send again.
#[derive(Clone, Debug)]
pub struct Insistence {
    retry: RetryConfig,
    weather: Weather,
    size: u32,
    tally: Tally,
    page: String,
}

impl Insistence {
    /// As many requests as are `allowed` at once by other layers; none, if that is none. Until they are
    /// answered the weather is held.
    #[must_use]
    pub fn new(retry: RetryConfig, weather: Weather, allowed: u64) -> Option<Self> {
        let size = u32::try_from(allowed.min(MOST)).ok().filter(|size| *size > 0)?;
        weather.hold();
        Some(Self { retry, weather, size, tally: Tally::default(), page: String::new() })
    }

    /// One that is over.
    #[cfg(test)]
    pub(super) fn of(retry: RetryConfig, tally: Tally, page: &str) -> Self {
        Self { retry, weather: Weather::new(0), size: 1, tally, page: page.to_owned() }
    }

    /// The retry.
    #[must_use]
    pub fn retry(&self) -> &RetryConfig {
        &self.retry
    }

    /// How far its requests are apart: all are sent in the first quarter of the drive.
    #[must_use]
    pub fn every(&self, lasting: Duration) -> Duration {
        lasting / 4 / self.size
    }

    /// What became of them.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What the gateway had counted when the last of them was answered.
    #[must_use]
    pub fn page(&self) -> &str {
        &self.page
    }

    /// Sends from `begin` on, each when it is due, whatever became of those before.
    pub async fn send(mut self, sender: Sender, begin: Instant) -> (Tally, Self) {
        self.tally = sender.clone().send_when_due(begin, sender.every() * self.size).await;
        self.page = sender.get("/metrics").await.unwrap_or_default();
        self.weather.release();
        (self.tally.clone(), self)
    }
}
