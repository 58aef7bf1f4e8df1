//! The numbers that a limiter reads on every call.

use palisade_core::Quota;
use palisade_core::hot::Words;
use palisade_core::switch::Switch;

use crate::algorithms::gcra::Gcra;

/// The arithmetic of the quota, and the switch, in three words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) gcra: Gcra,
    pub(crate) switch: Switch,
}

impl Words<3> for Settings {
    #[inline]
    fn pack(self) -> [u64; 3] {
        let Gcra { num, den, tau } = self.gcra;
        [num, tau, u64::from(den) | u64::from(self.switch.pack()) << 32]
    }

    #[inline]
    fn unpack([num, tau, rest]: [u64; 3]) -> Self {
        let gcra = Gcra { num, den: rest as u32, tau };
        Self { gcra, switch: Switch::unpack((rest >> 32) as u32) }
    }
}

/// The quota as it was given, for messages and headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms(pub(crate) Quota);

impl Words<2> for Terms {
    fn pack(self) -> [u64; 2] {
        let (limit, burst) = (u64::from(self.0.limit()), u64::from(self.0.burst_size()));
        [limit | burst << 32, self.0.period_micros()]
    }

    fn unpack([numbers, period]: [u64; 2]) -> Self {
        let period = std::time::Duration::from_micros(period);
        Self(Quota::new(numbers as u32, period).burst((numbers >> 32) as u32))
    }
}
