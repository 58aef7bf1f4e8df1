//! What requests brought, in tenths of the window.

/// Into how many buckets a window is divided.
pub(super) const BUCKETS: u64 = 10;

const SIZE: usize = BUCKETS as usize;

/// The last ten buckets, each known by its number since the beginning of time.
#[derive(Debug)]
pub(super) struct Ring {
    parts: [u64; SIZE],
    newest: u128,
}

impl Ring {
    /// Empty; `newest` is at least 9.
    pub(super) const fn new(newest: u128) -> Self {
        Self { parts: [0; SIZE], newest }
    }

    /// The number of the oldest bucket.
    pub(super) const fn oldest(&self) -> u128 {
        self.newest.saturating_sub(SIZE as u128 - 1)
    }

    /// Makes `newest` the newest bucket, and forgets those that this makes too old.
    pub(super) fn advance(&mut self, newest: u128) {
        let steps = newest.saturating_sub(self.newest).min(SIZE as u128);
        for step in 0..steps {
            *self.at(newest - step) = 0;
        }
        self.newest = self.newest.max(newest);
    }

    /// Adds to a bucket that is among the last ten; what does not fit is lost.
    pub(super) fn add(&mut self, bucket: u128, parts: u64) {
        let place = self.at(bucket);
        *place = place.saturating_add(parts);
    }

    pub(super) fn sum(&self) -> u128 {
        self.parts.iter().copied().map(u128::from).sum()
    }

    /// Each bucket with its number.
    pub(super) fn oldest_first(&mut self) -> impl Iterator<Item = (u128, &mut u64)> {
        let oldest = self.oldest();
        let (before, from) = self.parts.split_at_mut((oldest % SIZE as u128) as usize);
        (oldest..).zip(from.iter_mut().chain(before))
    }

    fn at(&mut self, bucket: u128) -> &mut u64 {
        // Within the array, since it is a remainder of its size.
        &mut self.parts[(bucket % SIZE as u128) as usize]
    }
}
