//! Which rows belong to which layer.
//!
//! A dropped layer's row is used again only when all of its tickets are closed, so that a late
//! ticket never counts for somebody else. The layer's counts go on showing, before and after that: a
//! counter that falls looks like a restart to whoever scrapes it.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::{COUNTERS, Counter, Metric, Schema, cells};
use crate::Name;

/// What a layer knows besides its counters.
pub trait Observe: Send + Sync {
    /// Puts each gauge and its value. Those of layers of
    /// equal kind and name are summed.
    fn gauges(&self, put: &mut dyn FnMut(Metric, f64));

    /// Puts each setting and its value. Of layers of equal kind and name the largest shows: limits
    /// do not add up.
    fn settings(&self, put: &mut dyn FnMut(Metric, f64)) {
        let _ = put;
    }

    /// Puts each counter that the layer keeps elsewhere than in its [`Meter`](super::Meter). After
    /// the layer's end it shows what was last published.
    fn totals(&self, put: &mut dyn FnMut(Metric, u64)) {
        let _ = put;
    }
}

/// How many (layer, name) pairs keep the counts of layers that are gone.
const MOST_RETIRED: usize = 1024;

/// What an observer last put, by metric.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) gauges: BTreeMap<Metric, f64>,
    pub(super) totals: BTreeMap<Metric, u64>,
}

struct Entry {
    schema: &'static Schema,
    name: Name,
    /// What the cells held when the row was handed out.
    base: [u64; COUNTERS],
    observer: Option<Weak<dyn Observe>>,
    seen: Arc<Mutex<Seen>>,
    life: Life,
    /// How many layers have had the row.
    tenancy: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Live,
    /// The layer is gone; tickets may still be open.
    Leaving,
    Free,
}

/// The kind and the name of layers that are published as one.
type Label = (&'static str, &'static str);

/// What is left of the layers of one kind and name that are gone.
struct Retired {
    #[cfg_attr(
        not(feature = "metrics"),
        expect(dead_code, reason = "asked for by `publish` only")
    )]
    schema: &'static Schema,
    counters: [u64; COUNTERS],
    /// Its gauges are all 0.
    seen: Seen,
}

struct Registry {
    entries: Vec<Entry>,
    retired: BTreeMap<Label, Retired>,
}

static REGISTRY: Mutex<Registry> =
    Mutex::new(Registry { entries: Vec::new(), retired: BTreeMap::new() });

pub(super) fn enter(schema: &'static Schema, name: Name) -> u32 {
    let mut registry = REGISTRY.lock();
    registry.retire();
    let free = registry.entries.iter().position(|entry| entry.life == Life::Free);
    let row = free.unwrap_or(registry.entries.len());
    let base = std::array::from_fn(|index| cells::sum(row as u32, index));
    let (observer, seen) = (None, Arc::default());
    let tenancy = free.map_or(0, |row| registry.entries[row].tenancy + 1);
    let entry = Entry { schema, name, base, observer, seen, life: Life::Live, tenancy };
    match free {
        Some(row) => registry.entries[row] = entry,
        None => registry.entries.push(entry),
    }
    row as u32
}

pub(super) fn leave(row: u32) {
    let mut registry = REGISTRY.lock();
    registry.entries[row as usize].life = Life::Leaving;
    registry.entries[row as usize].observer = None;
    registry.retire();
}

/// Whether the calls of a layer that has ended have all ended, too.
#[derive(Clone, Copy, Debug)]
pub struct Departure {
    row: u32,
    tenancy: u64,
}

impl Departure {
    /// Whether all tickets of the layer are closed. If so, what their holders did before they closed
    /// them is seen.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let registry = REGISTRY.lock();
        let entry = &registry.entries[self.row as usize];
        // Another layer has the row only because the last one's tickets were closed.
        entry.tenancy != self.tenancy || entry.in_flight(self.row) == 0
    }
}

pub(super) fn departure(row: u32) -> Departure {
    let tenancy = REGISTRY.lock().entries[row as usize].tenancy;
    Departure { row, tenancy }
}

pub(super) fn rename(row: u32, name: Name) {
    REGISTRY.lock().entries[row as usize].name = name;
}

pub(super) fn observe(row: u32, observer: Weak<dyn Observe>) {
    REGISTRY.lock().entries[row as usize].observer = Some(observer);
}

pub(super) fn count(row: u32, counter: Counter) -> u64 {
    REGISTRY.lock().entries[row as usize].count(row, counter)
}

pub(super) fn in_flight(row: u32) -> u64 {
    REGISTRY.lock().entries[row as usize].in_flight(row)
}

impl Entry {
    fn count(&self, row: u32, counter: Counter) -> u64 {
        cells::sum(row, counter.index()).wrapping_sub(self.base[counter.index()])
    }

    fn add_to(&self, row: u32, sums: &mut [u64; COUNTERS]) {
        for (index, sum) in sums.iter_mut().enumerate() {
            *sum = sum.wrapping_add(self.count(row, Counter(index as u8)));
        }
    }

    /// Never too few: who is seen leaving, since that is read first, is seen entering.
    fn in_flight(&self, row: u32) -> u64 {
        let left = self.count(row, Counter::LEFT);
        self.count(row, Counter::ENTERED).saturating_sub(left)
    }

    fn label(&self) -> Label {
        (self.schema.layer, self.name.as_str())
    }
}

impl Registry {
    /// Frees the rows of layers that are gone and have no ticket open.
    fn retire(&mut self) {
        for (row, entry) in self.entries.iter_mut().enumerate() {
            let row = row as u32;
            if entry.life != Life::Leaving || entry.in_flight(row) > 0 {
                continue;
            }
            entry.life = Life::Free;
            let label = entry.label();
            if self.retired.len() < MOST_RETIRED || self.retired.contains_key(&label) {
                let retired =
                    self.retired.entry(label).or_insert_with(|| Retired::new(entry.schema));
                entry.add_to(row, &mut retired.counters);
                retired.seen.retire(&entry.seen.lock());
            }
        }
    }
}

impl Retired {
    fn new(schema: &'static Schema) -> Self {
        Self { schema, counters: [0; COUNTERS], seen: Seen::default() }
    }
}

impl Seen {
    /// Keeps what another observer, which is gone, last put.
    fn retire(&mut self, gone: &Self) {
        self.gauges.extend(gone.gauges.keys().map(|&metric| (metric, 0.0)));
        for (&metric, value) in &gone.totals {
            *self.totals.entry(metric).or_default() += value;
        }
    }
}

/// One (layer, name) as it is published.
#[cfg(feature = "metrics")]
pub(super) struct Sums {
    pub(super) schema: &'static Schema,
    pub(super) counters: [u64; COUNTERS],
    pub(super) in_flight: u64,
    /// What the observers of layers that are gone last put.
    gone: Seen,
    observers: Vec<Observer>,
}

#[cfg(feature = "metrics")]
struct Observer {
    layer: Arc<dyn Observe>,
    last: Arc<Mutex<Seen>>,
}

/// The sums over all layers of equal kind and name.
#[cfg(feature = "metrics")]
pub(super) fn sums() -> BTreeMap<Label, Sums> {
    let mut registry = REGISTRY.lock();
    registry.retire();
    let mut all = BTreeMap::new();
    for (&label, retired) in &registry.retired {
        let sums: &mut Sums = all.entry(label).or_insert_with(|| Sums::new(retired.schema));
        sums.counters = retired.counters;
        sums.gone.retire(&retired.seen);
    }
    for (row, entry) in registry.entries.iter().enumerate() {
        if entry.life == Life::Free {
            continue;
        }
        let row = row as u32;
        let sums = all.entry(entry.label()).or_insert_with(|| Sums::new(entry.schema));
        entry.add_to(row, &mut sums.counters);
        sums.in_flight += entry.in_flight(row);
        match entry.observer.as_ref().and_then(Weak::upgrade) {
            Some(layer) => {
                sums.observers.push(Observer { layer, last: Arc::clone(&entry.seen) });
            }
            None => sums.gone.retire(&entry.seen.lock()),
        }
    }
    all
}

#[cfg(feature = "metrics")]
impl Sums {
    fn new(schema: &'static Schema) -> Self {
        let (counters, in_flight, gone) = ([0; COUNTERS], 0, Seen::default());
        Self { schema, counters, in_flight, gone, observers: Vec::new() }
    }

    /// Asks the layers what they know besides. They are held until what they put is written down, so
    /// it is there when they end.
    pub(super) fn observe(self) -> Seen {
        let mut all = self.gone;
        for Observer { layer, last } in self.observers {
            let mut seen = Seen::default();
            layer.gauges(&mut |metric, value| *seen.gauges.entry(metric).or_default() += value);
            layer.totals(&mut |metric, value| *seen.totals.entry(metric).or_default() += value);
            for (&metric, value) in &seen.gauges {
                *all.gauges.entry(metric).or_default() += value;
            }
            for (&metric, value) in &seen.totals {
                *all.totals.entry(metric).or_default() += value;
            }
            layer.settings(&mut |metric, value| {
                seen.gauges.insert(metric, value);
                let largest = all.gauges.entry(metric).or_default();
                *largest = largest.max(value);
            });
            *last.lock() = seen;
        }
        all
    }
}
