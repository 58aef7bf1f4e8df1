//! Time, taken in rounds that visit every contender.

use std::time::{Duration, Instant};

use crate::alloc::uncounted;
use crate::group::Run;
use crate::quiet::Scheduled;

/// The shortest sample of which a number of calls is worked out.
const TRIAL: Duration = Duration::from_micros(200);

/// A sample is disturbed if its threads waited for a core for more than one part in so many.
const QUIET: u32 = 50;

/// How often a disturbed sample is taken again. If all are, the least disturbed one counts.
const TRIES: usize = 8;

/// What one sample says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Nanoseconds a call.
    pub(crate) ns: f64,
    /// For how much of its time a thread of it waited for a core.
    pub(crate) waited: f64,
}

/// Takes `rounds` samples of each contender, in turn: by contender and round.
pub(crate) fn rounds(runs: &mut [Run], sample: Duration, rounds: usize) -> Vec<Vec<Sample>> {
    let calls: Vec<u64> = runs.iter_mut().map(|run| calls_in(run, sample)).collect();
    let mut samples = vec![Vec::with_capacity(rounds); runs.len()];
    for _ in 0..rounds {
        for ((run, &calls), samples) in runs.iter_mut().zip(&calls).zip(&mut samples) {
            samples.push(quiet(run, calls));
        }
    }
    samples
}

/// The first sample that is not disturbed.
fn quiet(run: &mut Run, calls: u64) -> Sample {
    let mut best = Sample { ns: f64::NAN, waited: f64::MAX };
    for _ in 0..TRIES {
        // Not timed: brings back what the neighbours have pushed out of the caches.
        uncounted(|| run(calls / 16));
        let before = Scheduled::ours();
        let took = time(run, calls);
        let waited = (Scheduled::ours() - before).waited.as_secs_f64() / took.as_secs_f64();
        if waited < best.waited {
            best = Sample { ns: took.as_secs_f64() * 1e9 / calls as f64, waited };
        }
        if waited * f64::from(QUIET) <= 1.0 {
            break;
        }
    }
    best
}

/// How many calls take about as long as `sample`.
fn calls_in(run: &mut Run, sample: Duration) -> u64 {
    let mut calls = 16;
    loop {
        let took = time(run, calls);
        if took >= TRIAL {
            let scale = sample.as_secs_f64() / took.as_secs_f64();
            return ((calls as f64 * scale) as u64).max(16);
        }
        calls *= 2;
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn time(run: &mut Run, calls: u64) -> Duration {
    let mut took = Duration::ZERO;
    uncounted(|| {
        let start = Instant::now();
        run(calls);
        took = start.elapsed();
    });
    took
}

#[cfg(test)]
mod tests {
    use super::rounds;
    use crate::group::Run;
    use std::hint::black_box;
    use std::time::Duration;

    fn spin(steps: u64) -> Run {
        Box::new(move |calls| (0..calls * steps).for_each(|i| _ = black_box(i)))
    }

    #[test]
    fn every_round_has_a_sample_of_every_contender() {
        let mut runs = [spin(1), spin(20)];
        let samples = rounds(&mut runs, Duration::from_micros(500), 3);
        assert!(samples.iter().all(|samples| samples.len() == 3));
        let fastest = |i: usize| samples[i].iter().map(|sample| sample.ns).fold(f64::MAX, f64::min);
        assert!(fastest(0) * 4.0 < fastest(1), "{samples:?}");
    }
}
