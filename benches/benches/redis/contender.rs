//! Somebody who is measured.

use palisade_benches::Role;

use crate::ceiling::Ceiling;
use crate::command::Asked;
use crate::drive::{self, Caller, Load};
use crate::sample::Sample;
use crate::site::Site;

/// Somebody who is measured.
pub(crate) struct Contender {
    pub(crate) role: Role,
    pub(crate) name: String,
    measured: Box<dyn Measured>,
}

trait Measured {
    fn sample(&self, site: &Site, load: Load) -> Sample;

    /// `None` if it happens in another process.
    fn allocations(&self, site: &Site, load: Load) -> Option<f64>;
}

/// How often a disturbed sample is taken again. If all are, the least disturbed one counts.
const TRIES: usize = 3;

/// A sample is disturbed if one side waited for a core for more than this share of it.
const DISTURBED: f64 = 0.05;

impl Contender {
    pub(crate) fn ours(name: &str, caller: impl Caller) -> Self {
        Self::new(Role::Ours, name, caller)
    }

    pub(crate) fn floor(name: &str, caller: impl Caller) -> Self {
        Self::new(Role::Floor, name, caller)
    }

    pub(crate) fn peer(name: &str, caller: impl Caller) -> Self {
        Self::new(Role::Peer, name, caller)
    }

    /// `redis-benchmark`, where there is one.
    pub(crate) fn ceiling(asked: &Asked, connections: u64, pipeline: u64) -> Option<Self> {
        let ceiling = Ceiling::new(asked, connections, pipeline)?;
        let name = format!("`redis-benchmark -c {connections} -P {pipeline}`");
        Some(Self { role: Role::Bare, name, measured: Box::new(ceiling) })
    }

    fn new(role: Role, name: &str, caller: impl Caller) -> Self {
        Self { role, name: name.to_owned(), measured: Box::new(caller) }
    }

    /// The first sample that is not disturbed.
    pub(crate) fn sample(&self, site: &Site, load: Load) -> Sample {
        let mut best = self.measured.sample(site, load);
        for _ in 1..TRIES {
            if best.waited <= DISTURBED {
                break;
            }
            let next = self.measured.sample(site, load);
            if next.waited < best.waited {
                best = next;
            }
        }
        best
    }

    pub(crate) fn allocations(&self, site: &Site, load: Load) -> Option<f64> {
        self.measured.allocations(site, load)
    }
}

impl<C: Caller> Measured for C {
    fn sample(&self, site: &Site, load: Load) -> Sample {
        drive::sample(site, self, load)
    }

    fn allocations(&self, site: &Site, load: Load) -> Option<f64> {
        Some(drive::allocations(site, self, load))
    }
}

impl Measured for Ceiling {
    fn sample(&self, site: &Site, load: Load) -> Sample {
        self.sample(site, load)
    }

    fn allocations(&self, _: &Site, _: Load) -> Option<f64> {
        None
    }
}
