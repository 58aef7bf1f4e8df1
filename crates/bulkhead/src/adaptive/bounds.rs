//! Between what a limit stays.

/// The least and the most that a limit may be: `1 <= least <= most`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) least: u32,
    pub(super) most: u32,
}

impl Bounds {
    /// What a limit starts at where nobody says otherwise, as in Netflix' library.
    pub(super) const START: u32 = 20;

    /// A least of 0 counts as 1, a most below the least as the least.
    pub(super) const fn new(least: u32, most: u32) -> Self {
        let least = if least == 0 { 1 } else { least };
        Self { least, most: if most < least { least } else { most } }
    }

    /// The nearest to `limit` within the bounds.
    pub(super) const fn clamp(self, limit: u32) -> u32 {
        if limit < self.least {
            self.least
        } else if limit > self.most {
            self.most
        } else {
            limit
        }
    }
}
