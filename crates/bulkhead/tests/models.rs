//! The algorithms beside the formulas as they are published, in floating point; and with any input.

mod support;

use std::time::Duration;

use palisade_bulkhead::adaptive::{Adapt, Aimd, Gradient2, Outcome, Sample};
use palisade_core::{Micros, Ratio};
use proptest::collection::vec;
use proptest::prelude::*;

use support::{dropped, served};

/// `Gradient2`, a window at a time.
#[derive(Default)]
struct Naive {
    limit: f64,
    long: f64,
    windows: f64,
    since: Option<u64>,
    calls: Vec<(Sample, bool)>,
}

impl Naive {
    const TOLERANCE: f64 = 1.5;
    const SMOOTHING: f64 = 0.2;
    const QUEUE: f64 = 4.0;
    const LONG_WINDOW: f64 = 600.0;

    fn adapt(&mut self, sample: Sample, in_use: bool) {
        let ended = sample.ended().0;
        let since = *self.since.get_or_insert(ended);
        self.calls.push((sample, in_use));
        if self.calls.len() >= 10 && ended - since >= 100_000 {
            self.since = Some(ended);
            self.window();
        }
    }

    fn window(&mut self) {
        let calls = std::mem::take(&mut self.calls);
        let is_served = |sample: &Sample| sample.outcome == Outcome::Served;
        let any_dropped = calls.iter().any(|(sample, in_use)| *in_use && !is_served(sample));
        let rtts = calls.iter().filter(|(sample, _)| is_served(sample));
        let rtts: Vec<f64> = rtts.map(|(sample, _)| sample.rtt.0 as f64).collect();

        let mut gradient = 0.5;
        if !rtts.is_empty() {
            let short = (rtts.iter().sum::<f64>() / rtts.len() as f64).max(1.0);
            self.windows += 1.0;
            let weight = if self.windows <= 10.0 {
                1.0 / self.windows
            } else {
                2.0 / (Self::LONG_WINDOW + 1.0)
            };
            self.long = self.long * (1.0 - weight) + short * weight;
            if !any_dropped {
                gradient = (Self::TOLERANCE * self.long / short).clamp(0.5, 1.0);
            }
            if self.long / short > 2.0 {
                self.long *= 0.9;
            }
        }
        if calls.iter().any(|(_, in_use)| *in_use) {
            let target = gradient * self.limit + Self::QUEUE;
            let limit = self.limit * (1.0 - Self::SMOOTHING) + target * Self::SMOOTHING;
            self.limit = limit.clamp(2.0, 500.0);
        }
    }
}

/// Calls that end one after the other: how long after the last, latency, calls in flight, and
/// whether it was dropped (one in twenty).
fn calls() -> impl Strategy<Value = Vec<Sample>> {
    let call = (0_u64..30_000, 1_000_u64..100_000, 0_u32..300, 0_u8..20);
    vec(call, 0..800).prop_map(|calls| {
        let mut now = 1_000_000;
        let ends = calls.into_iter().map(|(gap, rtt, in_flight, dice)| {
            now += gap;
            let end = if dice == 0 { dropped } else { served };
            end(now - rtt, rtt, in_flight)
        });
        ends.collect()
    })
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let number = || prop_oneof![any::<u64>(), 0_u64..1_000_000, Just(0), Just(u64::MAX)];
    let in_flight = prop_oneof![any::<u32>(), 0_u32..100, Just(u32::MAX)];
    (number(), number(), in_flight, any::<bool>()).prop_map(|(began, rtt, in_flight, is_served)| {
        let outcome = if is_served { Outcome::Served } else { Outcome::Dropped };
        Sample { began: Micros(began), rtt: Micros(rtt), in_flight, outcome }
    })
}

fn any_size() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), 0_u32..100, Just(0), Just(1), Just(u32::MAX)]
}

fn any_ratio() -> impl Strategy<Value = Ratio> {
    (0_u32..=1_000_000).prop_map(Ratio::per_million)
}

fn any_span() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        Just(Duration::MAX),
        any::<u32>().prop_map(|n| Duration::from_micros(n.into()))
    ]
}

/// Whatever it is told, a limit stays between its bounds.
fn stays(
    mut algorithm: impl Adapt,
    min: u32,
    max: u32,
    samples: &[Sample],
) -> Result<(), TestCaseError> {
    let least = min.max(1);
    let bounds = least..=max.max(least);
    for sample in samples {
        prop_assert!(bounds.contains(&algorithm.limit()));
        algorithm.adapt(sample);
    }
    prop_assert!(bounds.contains(&algorithm.limit()));
    Ok(())
}

proptest! {
    #[test]
    fn gradient_is_as_published(calls in calls()) {
        let mut naive = Naive { limit: 50.0, ..Naive::default() };
        let mut gradient = Gradient2::new(2, 500).start(50).long_window(600);
        for call in calls {
            naive.adapt(call, call.uses(gradient.limit()));
            gradient.adapt(&call);
            let difference = naive.limit - f64::from(gradient.limit());
            prop_assert!((-0.01..1.01).contains(&difference), "{} beside {}", naive.limit, gradient.limit());
        }
    }

    #[test]
    fn aimd_is_as_published(calls in calls()) {
        let mut aimd = Aimd::new(2, 500).start(50).threshold(Duration::from_millis(90));
        let (mut limit, mut round, mut fell_at) = (50_u32, 0, 0);
        for call in calls {
            let counts = f64::from(call.in_flight) >= f64::from(limit) / 2.0 && call.began.0 >= fell_at;
            let is_fine = call.outcome == Outcome::Served && call.rtt.0 <= 90_000;
            if counts && is_fine {
                round += 1;
                if round == limit {
                    (limit, round) = ((limit + 1).min(500), 0);
                }
            } else if counts {
                // Nothing is a tenth off by less than a thousandth but what is on it.
                limit = ((f64::from(limit) * 0.9 + 0.001).floor() as u32).max(2);
                (round, fell_at) = (0, call.ended().0);
            }
            aimd.adapt(&call);
            prop_assert_eq!(aimd.limit(), limit);
        }
    }

    #[test]
    fn aimd_takes_anything(
        (min, max, start, increase) in (any_size(), any_size(), any_size(), any_size()),
        (backoff, slow) in (any_ratio(), any_span()),
        samples in vec(any_sample(), 0..200),
    ) {
        let aimd = Aimd::new(min, max).start(start).increase(increase);
        stays(aimd.backoff(backoff).threshold(slow), min, max, &samples)?;
    }

    #[test]
    fn gradient_takes_anything(
        (min, max, start) in (any_size(), any_size(), any_size()),
        (tolerance, smoothing, queue) in (any_ratio(), any_ratio(), prop::option::of(any_size())),
        (window, long) in (any_span(), any_size()),
        samples in vec(any_sample(), 0..200),
    ) {
        let gradient = Gradient2::new(min, max).start(start).window(window).long_window(long);
        let gradient = gradient.tolerance(tolerance).smoothing(smoothing);
        let gradient = match queue {
            Some(calls) => gradient.queue(calls),
            None => gradient.queue_sqrt(),
        };
        stays(gradient, min, max, &samples)?;
    }
}
