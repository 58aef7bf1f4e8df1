//! What all instances together admit, whatever becomes of their store.

mod support;

use std::time::Duration;

use fastrand::Rng;
use palisade_core::store::{Outage, Policy};
use palisade_core::{Clock, Micros, per_second};
use palisade_ratelimit::{FixedWindow, Gcra, Shaper, SlidingLog, SlidingWindow};
use palisade_resilient_store::ResilientStore;
use support::{Fickle, Mode, ask, fleet, passing, policy};
use tokio::time::sleep;

const LIMIT: u64 = 20;

/// What a limit that admits twenty at once, and twenty a second, may admit within a time, outages left out.
type Ideal = fn(Micros) -> u64;

/// With how much each holds at once.
fn limits(outage: Outage) -> [(Policy, Ideal, u64); 5] {
    let quota = per_second(LIMIT as u32);
    let windows = |span: Micros| (span.0 / 1_000_000 + 2) * LIMIT;
    [
        (policy(Gcra::new(quota), outage).named("bucket".into()), flow, LIMIT),
        (
            policy(Shaper::new(quota).burst(LIMIT as u32), outage).named("queue".into()),
            // Those who wait, too.
            |span| flow(span) + LIMIT,
            2 * LIMIT,
        ),
        (policy(FixedWindow::new(quota), outage).named("fixed".into()), windows, LIMIT),
        // At most twice the limit less one in a period.
        (policy(SlidingWindow::new(quota), outage).named("sliding".into()), windows, LIMIT),
        (policy(SlidingLog::new(quota), outage).named("log".into()), windows, LIMIT),
    ]
}

fn flow(span: Micros) -> u64 {
    LIMIT + span.0 * LIMIT / 1_000_000
}

struct Run {
    fickle: Fickle,
    fleet: Vec<ResilientStore<Fickle>>,
    limit: Policy,
    rng: Rng,
    /// When units were admitted.
    admitted: Vec<Micros>,
    /// When the store went away.
    outages: Vec<Micros>,
}

impl Run {
    async fn begin(limit: &Policy, instances: u64, seed: u64) -> Self {
        let fickle = Fickle::new();
        let fleet = fleet(&fickle, instances).await;
        let (limit, rng) = (limit.clone(), Rng::with_seed(seed));
        Self { fickle, fleet, limit, rng, admitted: Vec::new(), outages: Vec::new() }
    }

    /// Three times as many calls as the limit admits, half of them at one instance.
    async fn calls(&mut self, span: Duration) {
        let end = Clock::tokio().now() + span.into();
        while Clock::tokio().now() < end {
            let at = match self.rng.bool() {
                true => 0,
                false => self.rng.usize(..self.fleet.len()),
            };
            if ask(&self.fleet[at], &self.limit, "key").await.0 {
                self.admitted.push(Clock::tokio().now());
            }
            sleep(Duration::from_millis(self.rng.u64(1..32))).await;
        }
    }

    async fn outage(&mut self, mode: Mode, loses: bool, span: Duration) {
        self.outages.push(Clock::tokio().now());
        self.fickle.set(mode);
        self.calls(span).await;
        if loses {
            self.fickle.lose();
        }
        self.fickle.set(Mode::Up);
    }

    /// A span in which more was admitted than the ideal and `room` twice for each outage.
    fn worst(&self, ideal: Ideal, room: u64) -> Option<String> {
        for (from, &start) in self.admitted.iter().enumerate() {
            for (to, &end) in self.admitted.iter().enumerate().skip(from) {
                let outages = self.outages.iter().filter(|&&at| at <= end && at + LATER >= start);
                let bound = ideal(end.since(start)) + 2 * room * outages.count() as u64;
                let admitted = (to - from + 1) as u64;
                if admitted > bound {
                    return Some(format!("{admitted} > {bound} in {}", end.since(start)));
                }
            }
        }
        None
    }
}

/// Until when an outage shows: its end, and a while until all is told.
const LATER: Micros = Micros(30_000_000);

#[tokio::test(start_paused = true)]
async fn each_outage_lets_two_limits_more_pass_at_most() {
    for seed in 0..10 {
        for (limit, ideal, room) in limits(Outage::Share) {
            let mut rng = Rng::with_seed(seed);
            let mut run = Run::begin(&limit, rng.u64(1..5), seed).await;
            run.calls(Duration::from_millis(1_500)).await;
            for _ in 0..3 {
                let modes = [Mode::Gone, Mode::Hung, Mode::Ghost, Mode::Cut, Mode::ReadOnly];
                let mode = modes[rng.usize(..modes.len())];
                let away = Duration::from_millis(rng.u64(20..6_000));
                run.outage(mode, rng.bool(), away).await;
                run.calls(Duration::from_millis(rng.u64(20..6_000))).await;
            }
            let worst = run.worst(ideal, room);
            assert_eq!(worst, None, "seed {seed}, {:?}, {:?}", limit.name(), run.outages);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_key_that_one_instance_has_for_itself_an_outage_lets_nothing_more_pass() {
    for seed in 0..8 {
        let quota = per_second(LIMIT as u32);
        let limit = policy(Gcra::new(quota), Outage::Share);
        let mut run = Run::begin(&limit, 3, seed).await;
        run.fleet.truncate(1);
        for round in 0..4 {
            run.calls(Duration::from_millis(2_000)).await;
            run.outage([Mode::Gone, Mode::ReadOnly][round % 2], round > 1, Duration::from_secs(3))
                .await;
        }
        run.calls(Duration::from_millis(2_000)).await;
        run.outages.clear();
        assert_eq!(run.worst(flow, 0), None, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_that_lasts_the_shares_together_are_the_limit() {
    for seed in 0..3 {
        for (limit, ideal, room) in limits(Outage::Share) {
            let mut run = Run::begin(&limit, 4, seed).await;
            run.fickle.set(Mode::Gone);
            run.calls(Duration::from_secs(10)).await;
            assert_eq!(run.worst(ideal, room), None, "seed {seed}, {:?}", limit.name());
        }
    }
}

/// What `docs/design.md` and the crate's documentation say of eight instances, one of which has half of
/// the load.
#[tokio::test(start_paused = true)]
async fn eight_instances_with_half_the_load_on_one() {
    let limit = policy(Gcra::new(per_second(800).burst(80)), Outage::Share);
    for (offered, least, most) in
        [(400_u64, 74, 76), (800, 61, 64), (1_600, 98, 100), (3_200, 99, 100)]
    {
        let fickle = Fickle::new();
        let fleet = fleet(&fickle, 8).await;
        fickle.set(Mode::Gone);
        // The breakers open, and the buckets are empty.
        for store in &fleet {
            passing(store, &limit, "key", 100).await;
        }
        let mut rng = Rng::with_seed(1);
        let (mut calls, mut passed) = (0_u64, 0_u64);
        let start = Clock::tokio().now();
        for _ in 0..1_000 {
            for _ in 0..offered / 200 {
                let at = if rng.bool() { 0 } else { rng.usize(1..8) };
                calls += 1;
                passed += u64::from(passing(&fleet[at], &limit, "key", 1).await);
            }
            sleep(Duration::from_millis(5)).await;
        }
        let span = Clock::tokio().now().since(start);
        let ideal = calls.min(span.0 * 800 / 1_000_000);
        let share = passed * 100 / ideal;
        assert!((least..=most).contains(&share), "offered {offered}: {share} %");
    }
}
