//! What a limiter, its layers, services and handles share.

use std::sync::atomic::AtomicBool;

use palisade_core::algorithm::{Op, Outcome};
use palisade_core::base::{self, Base};
use palisade_core::hot::Hot;
use palisade_core::key::Fingerprinter;
use palisade_core::store::{AnyStore, Entry, Table};
use palisade_core::switch::{Share, Switch};
use palisade_core::telemetry::Observe;
use palisade_core::{Key, Quota};

use crate::cell::Cell;
use crate::counters::SCHEMA;
use crate::gcra::{Gcra, Tat};
use crate::options::{Headers, Missing, Outage};
use crate::settings::{Settings, Terms};

/// How many keys a limiter keeps unless told otherwise: 20 to 44 MB when full.
const MOST_KEYS: usize = 1_000_000;

/// What is set before the first call.
#[derive(Clone, Debug)]
pub(crate) struct Fixed {
    pub(crate) most_keys: usize,
    pub(crate) headers: Headers,
    pub(crate) missing: Missing,
    pub(crate) skip_preflights: bool,
    pub(crate) store: Option<AnyStore>,
    pub(crate) outage: Outage,
}

#[derive(Debug)]
pub(crate) struct Shared {
    base: Base,
    pub(crate) fixed: Fixed,
    settings: Hot<Settings, 3>,
    terms: Hot<Terms, 2>,
    /// For requests without a key.
    cell: Cell,
    table: Table<Tat>,
    fingerprinter: Fingerprinter,
    pub(crate) share: Share,
    pub(crate) warned_missing: AtomicBool,
    pub(crate) warned_full: AtomicBool,
}

/// Whose bucket it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bucket {
    Everybody,
    Keyed(u64),
}

impl Shared {
    pub(crate) fn new(quota: Quota) -> Self {
        let fixed = Fixed {
            most_keys: MOST_KEYS,
            headers: Headers::default(),
            missing: Missing::default(),
            skip_preflights: true,
            store: None,
            outage: Outage::default(),
        };
        Self::with(Base::new(&SCHEMA), fixed, quota, Switch::default())
    }

    fn with(base: Base, fixed: Fixed, quota: Quota, switch: Switch) -> Self {
        let settings = Settings { gcra: Gcra::new(quota), switch };
        Self {
            cell: Cell::new(base.clock().now()),
            table: Table::new(fixed.most_keys),
            base,
            fixed,
            settings: Hot::new(settings),
            terms: Hot::new(Terms(quota)),
            fingerprinter: Fingerprinter::random(),
            share: Share::default(),
            warned_missing: AtomicBool::new(false),
            warned_full: AtomicBool::new(false),
        }
    }

    /// Starts over, after something was set that the state depends on.
    pub(crate) fn restart(&mut self) {
        self.cell = Cell::new(self.base.clock().now());
        self.table = Table::new(self.fixed.most_keys);
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

    #[inline]
    pub(crate) fn fingerprint(&self, key: &Key<'_>) -> u64 {
        key.fingerprint(&self.fingerprinter)
    }

    pub(crate) const fn table(&self) -> &Table<Tat> {
        &self.table
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

    /// Executes `op` in memory; no outcome if the layer is switched off.
    #[inline(always)] // Callers drop what they do not need of an outcome before it is made.
    pub(crate) fn execute(
        &self,
        bucket: Bucket,
        op: Op,
        units: u64,
    ) -> (Settings, Option<Outcome>) {
        let now = || self.base.clock().now();
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

impl base::Shared for Shared {
    fn base(&self) -> &Base {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base {
        &mut self.base
    }

    fn fork(&self) -> Self {
        let base = self.base.fork(&SCHEMA);
        Self::with(base, self.fixed.clone(), self.quota(), self.switch())
    }
}

impl Observe for Shared {
    fn gauges(&self, put: &mut dyn FnMut(&'static str, f64)) {
        put("ratelimit_keys", self.table.len() as f64);
    }

    fn settings(&self, put: &mut dyn FnMut(&'static str, f64)) {
        put("limit", f64::from(self.quota().limit()));
    }

    fn totals(&self, put: &mut dyn FnMut(&'static str, u64)) {
        put("ratelimit_evictions_total", self.table.evicted());
        put("ratelimit_overflow_total", self.table.overflowed());
    }
}
