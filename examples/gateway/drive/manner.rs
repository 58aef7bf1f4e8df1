//! When each client asks.

use std::time::Duration;

use tokio::time::Instant;

use super::crowd::Crowd;
use super::insistence::Insistence;
use super::load::Sender;
use super::tally::Tally;
use super::trial::Trial;

/// When a client asks.
#[derive(Clone, Debug)]
pub enum Manner {
    /// When a request is due, whatever became of those before.
    WhenDue,
    /// In turn, through an outage.
    InTurn(Box<Trial>),
    /// Many times at once, again and again.
    AtOnce(Box<Crowd>),
    /// When a request is due, in the beginning only, through a retry.
    Insistently(Box<Insistence>),
}

impl Manner {
    /// Sends for so long; what was learnt is in the manner that comes back.
    pub async fn send(self, sender: Sender, begin: Instant, lasting: Duration) -> (Tally, Self) {
        match self {
            Self::WhenDue => (sender.send_when_due(begin, lasting).await, Self::WhenDue),
            Self::InTurn(trial) => {
                let (tally, trial) = trial.send(sender, begin, lasting).await;
                (tally, Self::InTurn(Box::new(trial)))
            }
            Self::AtOnce(crowd) => {
                let (tally, crowd) = crowd.send(sender, begin, lasting).await;
                (tally, Self::AtOnce(Box::new(crowd)))
            }
            Self::Insistently(insistence) => {
                let (tally, insistence) = insistence.send(sender, begin).await;
                (tally, Self::Insistently(Box::new(insistence)))
            }
        }
    }
}
