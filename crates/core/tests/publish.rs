//! The counters as series of the `metrics` facade.

#![cfg(feature = "metrics")]
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use palisade_core::Name;
use palisade_core::base::{self, Base, Shared};
use palisade_core::switch::Switch;
use palisade_core::telemetry::{Counter, Meter, Metric, Observe, Schema, Series, publish};
use parking_lot::Mutex;

const PASSED: Counter = Counter::own(0);
const REJECTED: Counter = Counter::own(1);

const SERIES: &[Series] = &[
    Series::outcome(PASSED, "passed"),
    Series::outcome(Counter::ABANDONED, "abandoned"),
    Series::rejection(REJECTED, "rate_limited"),
];

static SCHEMA: Schema = Schema { layer: "kind", series: SERIES };
static OTHER: Schema = Schema { layer: "other", series: SERIES };
static SILENT: Schema = Schema { layer: "silent", series: &[] };

/// A `publish` holds every layer for as long as it takes, so that a layer that another test drops
/// meanwhile is not gone yet: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// What a recorder that is installed now is given, for the layers of this name.
fn published(name: &str) -> BTreeMap<String, f64> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, publish);
    let series = recorder.snapshotter().snapshot().into_vec().into_iter();
    let series = series.map(|(key, _, _, value)| {
        let key = key.key();
        let labels: Vec<_> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(_) => f64::NAN,
        };
        (format!("{}{{{}}}", key.name(), labels.join(",")), value)
    });
    let named = format!("name={name}");
    series.filter(|(key, _)| key.split([',', '}']).any(|label| label == named)).collect()
}

fn value(series: &BTreeMap<String, f64>, part: &str) -> f64 {
    let found: Vec<_> = series.iter().filter(|(key, _)| key.contains(part)).collect();
    assert_eq!(found.len(), 1, "{part} in {series:?}");
    *found[0].1
}

/// A layer that holds so many keys, and has dropped so many.
#[derive(Debug)]
struct Layer {
    base: Base,
    keys: AtomicU64,
    evictions: AtomicU64,
}

impl Layer {
    fn named(name: &str, keys: u64, evictions: u64) -> Arc<Self> {
        let (keys, evictions) = (AtomicU64::new(keys), AtomicU64::new(evictions));
        let mut base = Base::new(&SCHEMA);
        base.set_name(Name::new(name));
        base::share(Self { base, keys, evictions })
    }
}

impl Shared for Layer {
    fn base(&self) -> &Base {
        &self.base
    }

    fn base_mut(&mut self) -> &mut Base {
        &mut self.base
    }

    fn fork(&self) -> Self {
        let base = self.base.fork(&SCHEMA);
        Self { base, keys: AtomicU64::new(0), evictions: AtomicU64::new(0) }
    }

    fn set_switch(&self, _: impl FnOnce(Switch) -> Switch) {}
}

impl Observe for Layer {
    fn settings(&self, put: &mut dyn FnMut(Metric, f64)) {
        put("most".into(), self.keys.load(Ordering::Relaxed) as f64);
    }

    fn gauges(&self, put: &mut dyn FnMut(Metric, f64)) {
        put("keys".into(), self.keys.load(Ordering::Relaxed) as f64);
    }

    fn totals(&self, put: &mut dyn FnMut(Metric, u64)) {
        put("evictions_total".into(), self.evictions.load(Ordering::Relaxed));
    }
}

#[test]
fn every_series_is_there_at_zero_from_the_start() {
    let _alone = ALONE.lock();
    let _meter = Meter::new(&SCHEMA, Name::new("fresh"));
    let expected = [
        "palisade_in_flight{layer=kind,name=fresh}",
        "palisade_rejections_total{layer=kind,name=fresh,reason=rate_limited}",
        "palisade_requests_total{layer=kind,name=fresh,outcome=abandoned}",
        "palisade_requests_total{layer=kind,name=fresh,outcome=passed}",
    ];
    assert_eq!(published("fresh"), expected.map(|key| (key.to_owned(), 0.0)).into());
}

#[test]
fn what_has_no_series_shows_nowhere_and_counts_all_the_same() {
    let _alone = ALONE.lock();
    let meter = Meter::new(&SILENT, Name::new("silent"));
    meter.add(PASSED);
    assert_eq!(published("silent"), BTreeMap::new());
    assert_eq!(meter.count(PASSED), 1);
    drop(meter);
    assert_eq!(published("silent"), BTreeMap::new(), "after its end neither");
}

#[test]
fn each_cell_shows_under_its_own_label() {
    let _alone = ALONE.lock();
    let meter = Meter::new(&SCHEMA, Name::new("labels"));
    meter.add(PASSED);
    meter.add(PASSED);
    meter.add(REJECTED);
    let (_open, dropped) = (meter.enter(), meter.enter());
    drop(dropped);
    let series = published("labels");
    assert_eq!(value(&series, "outcome=passed"), 2.0);
    assert_eq!(value(&series, "outcome=abandoned"), 1.0);
    assert_eq!(value(&series, "reason=rate_limited"), 1.0);
    assert_eq!(value(&series, "in_flight"), 1.0);
}

#[test]
fn layers_of_equal_kind_and_name_are_summed_and_others_are_not() {
    let _alone = ALONE.lock();
    let name = Name::new("summed");
    let meters = [&SCHEMA, &SCHEMA, &OTHER].map(|schema| Meter::new(schema, name));
    let _open = meters.iter().map(Meter::enter).collect::<Vec<_>>();
    meters.iter().for_each(|meter| meter.add(PASSED));
    let series = published("summed");
    assert_eq!(value(&series, "requests_total{layer=kind,name=summed,outcome=passed"), 2.0);
    assert_eq!(value(&series, "requests_total{layer=other,name=summed,outcome=passed"), 1.0);
    assert_eq!(value(&series, "in_flight{layer=kind"), 2.0);
    assert_eq!(value(&series, "in_flight{layer=other"), 1.0);
}

#[test]
fn it_does_not_matter_when_the_recorder_was_installed_or_how_often_this_runs() {
    let _alone = ALONE.lock();
    let meter = Meter::new(&SCHEMA, Name::new("absolute"));
    meter.add(PASSED);
    assert_eq!(value(&published("absolute"), "passed"), 1.0);
    meter.add(PASSED);
    // A recorder of its own each time: what it is given is absolute.
    assert_eq!(value(&published("absolute"), "passed"), 2.0);
    assert_eq!(value(&published("absolute"), "passed"), 2.0);

    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || (publish(), publish()));
    let passed = snapshotter.snapshot().into_vec().into_iter().find(|(key, ..)| {
        let labels: Vec<_> = key.key().labels().map(metrics::Label::value).collect();
        labels == ["kind", "absolute", "passed"]
    });
    assert!(matches!(passed.unwrap().3, DebugValue::Counter(2)));
}

#[test]
fn a_renamed_layer_takes_its_counts_along() {
    let _alone = ALONE.lock();
    let mut meter = Meter::new(&SCHEMA, Name::new("before"));
    meter.add(PASSED);
    meter.rename(Name::new("after"));
    assert_eq!(value(&published("after"), "passed"), 1.0);
    assert_eq!(published("before"), BTreeMap::new());
}

#[test]
fn settings_of_equal_layers_do_not_add_up() {
    let _alone = ALONE.lock();
    let _layers = [Layer::named("settings", 3, 0), Layer::named("settings", 4, 0)];
    assert_eq!(value(&published("settings"), "most"), 4.0);
}

#[test]
fn gauges_and_totals_are_asked_for_and_summed() {
    let _alone = ALONE.lock();
    let layers = [Layer::named("observed", 3, 10), Layer::named("observed", 4, 20)];
    let series = published("observed");
    assert_eq!(value(&series, "palisade_keys{layer=kind,name=observed}"), 7.0);
    assert_eq!(value(&series, "palisade_evictions_total{layer=kind,name=observed}"), 30.0);
    layers[0].keys.store(1, Ordering::Relaxed);
    assert_eq!(value(&published("observed"), "keys"), 5.0);
}

#[test]
fn a_counter_never_falls_when_a_layer_is_dropped() {
    let _alone = ALONE.lock();
    let (gone, stays) = (Layer::named("monotonic", 3, 10), Layer::named("monotonic", 4, 20));
    gone.base().meter().add(PASSED);
    stays.base().meter().add(PASSED);
    let late = gone.base().meter().enter();
    published("monotonic");

    // With a ticket still open, and then without.
    drop(gone);
    let series = published("monotonic");
    assert_eq!((value(&series, "passed"), value(&series, "in_flight")), (2.0, 1.0));
    assert_eq!((value(&series, "evictions_total"), value(&series, "keys")), (30.0, 4.0));
    late.close(PASSED);
    let series = published("monotonic");
    assert_eq!((value(&series, "passed"), value(&series, "in_flight")), (3.0, 0.0));
    assert_eq!((value(&series, "evictions_total"), value(&series, "keys")), (30.0, 4.0));

    // What another layer of that name counts is added to it.
    stays.evictions.fetch_add(1, Ordering::Relaxed);
    let again = Layer::named("monotonic", 1, 1);
    again.base().meter().add(PASSED);
    let series = published("monotonic");
    assert_eq!((value(&series, "passed"), value(&series, "evictions_total")), (4.0, 32.0));
}

#[test]
fn when_the_last_layer_is_dropped_its_counters_stay_and_its_gauges_are_zero() {
    let _alone = ALONE.lock();
    let layer = Layer::named("last", 3, 10);
    layer.base().meter().add(PASSED);
    published("last");
    drop(layer);
    for _ in 0..2 {
        let series = published("last");
        assert_eq!((value(&series, "passed"), value(&series, "evictions_total")), (1.0, 10.0));
        assert_eq!((value(&series, "keys"), value(&series, "in_flight")), (0.0, 0.0));
    }
}

#[test]
fn configuring_a_layer_in_place_keeps_it_observed() {
    let _alone = ALONE.lock();
    let layer = Layer::named("unfinished", 3, 0);
    let layer = base::edit(layer, |layer| layer.base_mut().set_name(Name::new("finished")));
    assert_eq!(value(&published("finished"), "keys"), 3.0);
    assert_eq!(published("unfinished"), BTreeMap::new());

    // Shared, so what is configured is a fork, and both are observed.
    let fork = base::edit(Arc::clone(&layer), |layer| layer.keys = AtomicU64::new(40));
    assert_eq!(value(&published("finished"), "keys"), 43.0);
    assert_eq!((layer.keys.load(Ordering::Relaxed), fork.keys.load(Ordering::Relaxed)), (3, 40));
}
