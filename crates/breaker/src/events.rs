//! Changes of state, for whoever subscribes.

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::broadcast::{self, Receiver};

use crate::state::Event;

/// The changes of a breaker's state, from the subscription on.
///
/// Up to 64 are kept for who lags behind; then the oldest are missed, and [counted](Self::missed).
#[derive(Debug)]
pub struct Events {
    receiver: Option<Receiver<Event>>,
    missed: u64,
}

impl Events {
    pub(crate) fn new(sender: Option<&broadcast::Sender<Event>>) -> Self {
        Self { receiver: sender.map(broadcast::Sender::subscribe), missed: 0 }
    }

    /// The next change; `None` when the breaker is gone. Dropping the future loses none.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.receiver.as_mut()?.recv().await {
                Ok(event) => return Some(event),
                Err(RecvError::Lagged(missed)) => self.missed += missed,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// The next change, if there has been one.
    pub fn try_next(&mut self) -> Option<Event> {
        loop {
            match self.receiver.as_mut()?.try_recv() {
                Ok(event) => return Some(event),
                Err(TryRecvError::Lagged(missed)) => self.missed += missed,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
    }

    /// How many changes were missed.
    #[must_use]
    pub const fn missed(&self) -> u64 {
        self.missed
    }
}
