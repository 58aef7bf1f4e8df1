//! The numbers that can change while calls read them.

use std::fmt;
use std::time::Duration;

use palisade_core::Micros;
use palisade_core::hot::Words;
use palisade_core::text::duration;

/// How many may be in, how many may wait, and for how long.
///
/// Who passes at once reads none of them: the limit is also in each gate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) max_concurrent: u32,
    pub(crate) max_queued: u32,
    /// [`Micros::MAX`] if it is no matter how long.
    pub(crate) max_wait: Micros,
}

/// How long a call waits at most unless somebody says otherwise.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(1);

impl Settings {
    pub(crate) fn new(max_concurrent: u32) -> Self {
        Self { max_concurrent, max_queued: 0, max_wait: MAX_WAIT.into() }
    }
}

/// `10 at once, 5 wait 1s at most`.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at once", self.max_concurrent)?;
        match self.max_queued {
            0 => Ok(()),
            queued => {
                let wait = duration::display(self.max_wait.to_duration());
                write!(f, ", {queued} wait {wait} at most")
            }
        }
    }
}

impl Words<2> for Settings {
    #[inline]
    fn pack(self) -> [u64; 2] {
        [u64::from(self.max_concurrent) << 32 | u64::from(self.max_queued), self.max_wait.0]
    }

    #[inline]
    fn unpack([counts, max_wait]: [u64; 2]) -> Self {
        Self {
            max_concurrent: (counts >> 32) as u32,
            max_queued: counts as u32,
            max_wait: Micros(max_wait),
        }
    }
}
