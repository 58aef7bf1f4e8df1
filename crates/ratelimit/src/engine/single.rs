//! One token bucket per key, and one for everybody: the limiter that nearly everybody wants.

use palisade_core::algorithm::{Op, Outcome};
use palisade_core::hot::Hot;
use palisade_core::store::{Entry, Table};
use palisade_core::switch::Switch;
use palisade_core::{Clock, Quota};

use crate::algorithms::gcra::{Gcra, Tat};
use crate::engine::call::Bucket;
use crate::engine::cell::Cell;
use crate::engine::settings::{Settings, Terms};

/// A single token bucket with a single quota, whose numbers are read without a lock.
#[derive(Debug)]
pub(crate) struct Single {
    settings: Hot<Settings, 3>,
    terms: Hot<Terms, 2>,
    /// For requests without a key.
    cell: Cell,
    pub(crate) table: Table<Tat>,
}

impl Single {
    pub(crate) fn new(quota: Quota, switch: Switch, most_keys: usize, clock: &Clock) -> Self {
        Self {
            settings: Hot::new(Settings { gcra: Gcra::new(quota), switch }),
            terms: Hot::new(Terms(quota)),
            cell: Cell::new(clock.now()),
            table: Table::new(most_keys),
        }
    }

    #[inline]
    pub(crate) fn switch(&self) -> Switch {
        self.settings.get().switch
    }

    pub(crate) fn gcra(&self) -> Gcra {
        self.settings.get().gcra
    }

    pub(crate) fn quota(&self) -> Quota {
        self.terms.get().0
    }

    pub(crate) fn set_quota(&self, quota: Quota) {
        let gcra = Gcra::new(quota);
        self.cell.adjust(&self.settings, |old| {
            // In here, since of two changes at once both must end with the same one's numbers.
            self.terms.update(|_| Terms(quota));
            Settings { gcra, ..old }
        });
    }

    pub(crate) fn set_switch(&self, change: impl FnOnce(Switch) -> Switch) {
        self.cell.adjust(&self.settings, |old| Settings { switch: change(old.switch), ..old });
    }

    pub(crate) fn reset(&self, bucket: Bucket) {
        match bucket {
            Bucket::Everybody => self.cell.reset(),
            Bucket::Keyed(key) => {
                self.table.forget(key);
            }
        }
    }

    /// Executes `op` in memory; no outcome if the limit is switched off.
    #[inline(always)] // Callers drop what they do not need of an outcome before it is made.
    pub(crate) fn execute(
        &self,
        bucket: Bucket,
        clock: &Clock,
        op: Op,
        units: u64,
    ) -> (Settings, Option<Outcome>) {
        let now = || clock.now();
        match bucket {
            Bucket::Everybody => self.cell.execute(&self.settings, now, op, units),
            Bucket::Keyed(key) => {
                let settings = self.settings.get();
                if !settings.switch.enabled {
                    return (settings, None);
                }
                let algorithm = &settings.gcra;
                let entry = Entry { algorithm, key, limit: 0, units, class: 0 };
                (settings, Some(self.table.one_at(&entry, now, op)))
            }
        }
    }
}
