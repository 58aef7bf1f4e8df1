//! A bulkhead in use, from outside.

pub(crate) mod snapshot;

use std::sync::Arc;
use std::time::Duration;

use palisade_core::common_handle;

use self::snapshot::{KeySnapshot, Snapshot};
use crate::shared::Shared;
use crate::shared::settings::Settings;

/// Reads and changes a bulkhead while it is in use. Clones see the same bulkhead.
///
/// A change holds for the next call. Those that wait already wait on, as long as they were to.
#[derive(Clone, Debug)]
pub struct BulkheadHandle {
    shared: Arc<Shared>,
}

common_handle! {
    BulkheadHandle, "bulkhead";
    /// Changes the share of refusals and waits that is acted on.
    enforce
}

impl BulkheadHandle {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The bulkhead as it is now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.shared)
    }

    /// The busy keys, that is those with units taken or calls waiting, the fullest first; at most
    /// `most`. A key without either is not listed, though its bulkhead is kept for a while and counted
    /// in [`Snapshot::keys`]. Those that share one bulkhead, since there are too many, are the key `""`.
    ///
    /// Looks at every key that has a bulkhead of its own.
    #[must_use]
    pub fn keys(&self, most: usize) -> Vec<KeySnapshot> {
        KeySnapshot::of(&self.shared, most)
    }

    /// Changes how many may be in at once, for every key. If there are more places now, those who
    /// wait get them; if there are fewer, whoever is in stays, and the next come in when so many have
    /// left. An [adaptive](crate::BulkheadLayer::adaptive) limit stays its algorithm's.
    ///
    /// ```
    /// use palisade_bulkhead::Bulkhead;
    ///
    /// let bulkhead = Bulkhead::new(2);
    /// let permits = [bulkhead.try_acquire()?, bulkhead.try_acquire()?];
    /// let handle = bulkhead.handle();
    /// handle.set_max_concurrent(1);
    /// assert_eq!(handle.snapshot().in_use, 2);
    /// assert!(bulkhead.try_acquire().is_err());
    /// handle.set_max_concurrent(3);
    /// assert!(bulkhead.try_acquire().is_ok());
    /// # Ok::<(), palisade_bulkhead::Rejection>(())
    /// ```
    pub fn set_max_concurrent(&self, most: u32) {
        self.shared.set_max_concurrent(most);
    }

    /// Changes how many may wait.
    pub fn set_max_queued(&self, most: u32) {
        self.shared.set(|old| Settings { max_queued: most, ..old });
    }

    /// Changes how long the next ones wait at most.
    pub fn set_max_wait(&self, most: Duration) {
        self.shared.set(|old| Settings { max_wait: most.into(), ..old });
    }
}
