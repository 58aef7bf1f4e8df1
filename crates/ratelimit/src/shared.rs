//! What a limiter, its layers, services and handles share.

use std::sync::atomic::{AtomicBool, Ordering};

use palisade_core::algorithm::{Op, Outcome};
use palisade_core::base::{self, Base};
use palisade_core::hot::Hot;
use palisade_core::key::Fingerprinter;
use palisade_core::store::{AnyStore, Entry, Table};
use palisade_core::switch::{Share, Switch};
use palisade_core::telemetry::{self, Counter, Observe, Schema, Series};
use palisade_core::{Key, Micros, Quota, Reason, Rejection};

use crate::cell::Cell;
use crate::gcra::{Gcra, Tat};
use crate::options::{Headers, Missing, Outage};
use crate::settings::{Settings, Terms};

/// The kind of this layer, in rejections and metrics.
pub(crate) const LAYER: &str = "ratelimit";

/// How many keys a limiter keeps unless told otherwise: 20 to 44 MB when full.
const MOST_KEYS: usize = 1_000_000;

pub(crate) const PASSED: Counter = Counter::own(0);
pub(crate) const REJECTED: Counter = Counter::own(1);
pub(crate) const SHADOWED: Counter = Counter::own(2);
const RATE_LIMITED: Counter = Counter::own(3);
const KEY_MISSING: Counter = Counter::own(4);
const STORE_DOWN: Counter = Counter::own(5);
pub(crate) const STORE_ERRORS: Counter = Counter::own(6);

const SCHEMA: Schema = Schema {
    layer: LAYER,
    series: &[
        Series::outcome(PASSED, "passed"),
        Series::outcome(REJECTED, "rejected"),
        Series::outcome(SHADOWED, "shadowed"),
        Series::outcome(Counter::ABANDONED, "abandoned"),
        Series::rejection(RATE_LIMITED, "rate_limited"),
        Series::rejection(KEY_MISSING, "key_missing"),
        Series::rejection(STORE_DOWN, "store_down"),
        Series { counter: STORE_ERRORS, metric: "store_errors_total", label: ("op", "decide") },
    ],
};

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
    share: Share,
    warned_missing: AtomicBool,
    warned_full: AtomicBool,
}

/// Whose bucket it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bucket {
    Everybody,
    Keyed(u64),
}

/// What becomes of a call.
pub(crate) enum Verdict {
    /// It passes; the outcome is known unless the layer is switched off or has nothing to say.
    Pass(Option<Outcome>),
    Refuse(Rejection, Option<Outcome>),
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
        self.cell.adjust(&self.settings, |old| {
            // In here, since of two changes at once both must end with the same one's numbers.
            self.terms.update(|_| Terms(quota));
            Settings { gcra: Gcra::new(quota), ..old }
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

    /// Decides in memory, and counts.
    #[inline(always)]
    pub(crate) fn decide(&self, bucket: Bucket, by: &'static str) -> Verdict {
        match self.execute(bucket, Op::Decide, 1) {
            (_, None) => Verdict::Pass(None),
            (_, Some(outcome)) if outcome.allowed => {
                self.base.meter().add(PASSED);
                Verdict::Pass(Some(outcome))
            }
            (settings, Some(outcome)) => {
                let reason = Reason::rate_limited(self.quota(), by);
                self.refuse(settings.switch, reason, Some(outcome))
            }
        }
    }

    /// Refuses or, below full enforcement, lets pass what was to be refused; and counts it.
    #[cold]
    pub(crate) fn refuse(
        &self,
        switch: Switch,
        reason: Reason,
        outcome: Option<Outcome>,
    ) -> Verdict {
        let verdict = self.verdict(switch, reason, outcome);
        let shadowed = matches!(verdict, Verdict::Pass(_));
        self.base.meter().add(if shadowed { SHADOWED } else { REJECTED });
        verdict
    }

    /// A refusal, unless it is of the share that is not enforced; without the count of its outcome.
    #[cold]
    pub(crate) fn verdict(
        &self,
        switch: Switch,
        reason: Reason,
        outcome: Option<Outcome>,
    ) -> Verdict {
        self.warn_if_full();
        if !self.share.enforces(switch.enforce) {
            return Verdict::Pass(outcome);
        }
        self.base.meter().add(match reason {
            Reason::KeyMissing { .. } => KEY_MISSING,
            Reason::StoreDown => STORE_DOWN,
            _ => RATE_LIMITED,
        });
        let mut why = Rejection::new(LAYER, self.base.name(), reason);
        if let Some(wait) = outcome.and_then(|outcome| outcome.retry.wait()) {
            why = why.with_retry_after(wait.to_duration());
        }
        telemetry::rejected(&why);
        Verdict::Refuse(why, outcome)
    }

    /// Lets a call pass that no limit is asked about.
    pub(crate) fn pass_free(&self) -> Verdict {
        self.base.meter().add(PASSED);
        Verdict::Pass(None)
    }

    #[cold]
    pub(crate) fn warn_missing(&self, by: &'static str) {
        if !self.warned_missing.swap(true, Ordering::Relaxed) {
            let message = format!(
                "a request has no key ({by}); such requests follow `on_missing`. For client \
                 addresses under axum, enable the feature `axum` and serve with \
                 `into_make_service_with_connect_info::<SocketAddr>()`"
            );
            telemetry::warn(LAYER, self.base.name(), &message);
        }
    }

    fn warn_if_full(&self) {
        if self.table.overflowed() > 0 && !self.warned_full.swap(true, Ordering::Relaxed) {
            let message = "the key table is full; new keys share one bucket";
            telemetry::warn(LAYER, self.base.name(), message);
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
        put("limit", f64::from(self.quota().limit()));
        put("ratelimit_keys", self.table.len() as f64);
    }

    fn totals(&self, put: &mut dyn FnMut(&'static str, u64)) {
        put("ratelimit_evictions_total", self.table.evicted());
        put("ratelimit_overflow_total", self.table.overflowed());
    }
}

/// A span in the unit of headers: whole seconds, rounded up.
pub(crate) fn seconds(span: Micros) -> u64 {
    span.0.div_ceil(1_000_000)
}
