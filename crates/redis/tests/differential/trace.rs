//! One trace, in both stores.

use std::mem;
use std::sync::Arc;

use fastrand::Rng;
use palisade_core::algorithm::Op;
use palisade_core::store::{Answer, Charge, MemoryStore, Source, Store};
use palisade_core::{Clock, ManualClock, Micros, Name};
use palisade_ratelimit::Quota;
use palisade_redis::RedisStore;

use crate::draw::{self, Kind};
use crate::model::Model;

/// 2026-01-01T12:00Z, an odd moment later.
const START: u64 = 1_767_268_800_123_456;

/// 1982 and 2096: beyond, a time that a long bucket needs is no exact number in Lua.
const PAST: u64 = 400_000_000_000_000;
const FUTURE: u64 = 4_000_000_000_000_000;

const NAMES: [&str; 3] = [
    "login",
    "per minute",
    "none of them is longer than this one, which becomes a digest in Redis",
];

struct Limit {
    kind: Kind,
    name: Name,
    quota: Quota,
    subject: Arc<str>,
}

enum Memory {
    Store(MemoryStore),
    Model(Model),
}

struct Trace {
    rng: Rng,
    limits: Vec<Limit>,
    together: bool,
    /// How memory decides; the store, while nothing shows that it forgets.
    memory: Memory,
    redis: RedisStore,
    clock: ManualClock,
    now: u64,
    /// What has happened, for a trace that differs.
    told: Vec<String>,
}

/// A trace whose clock only goes forward, under limits that stay.
pub(crate) async fn forward(redis: RedisStore, seed: u64) {
    run(Trace::new(redis, seed, Memory::Store(MemoryStore::with(100, Clock::fast()))), seed).await;
}

pub(crate) async fn any(redis: RedisStore, seed: u64) {
    run(Trace::new(redis, seed, Memory::Model(Model::default())), seed).await;
}

async fn run(mut trace: Trace, seed: u64) {
    for _ in 0..trace.rng.usize(10..60) {
        trace.step(seed).await;
    }
}

impl Trace {
    fn new(redis: RedisStore, seed: u64, memory: Memory) -> Self {
        let mut rng = Rng::with_seed(seed);
        let clock = ManualClock::at(Micros(START));
        let is_one = rng.bool();
        let limits = NAMES.iter().take(rng.usize(1..=3)).enumerate().map(|(at, name)| {
            let subject = if is_one { format!("{seed}") } else { format!("{seed}|{at}") };
            let (kind, quota) = (Kind::any(&mut rng), draw::quota(&mut rng));
            Limit { kind, name: Name::new(name), quota, subject: subject.into() }
        });
        let limits = limits.collect();
        let redis = redis.at(clock.clock());
        let together = rng.bool();
        Self { rng, limits, together, memory, redis, clock, now: START, told: Vec::new() }
    }

    async fn step(&mut self, seed: u64) {
        let period = self.rng.choice(&self.limits).unwrap().quota.period_micros();
        let is_forward = matches!(self.memory, Memory::Store(_));
        let jump = draw::jump(&mut self.rng, period);
        let jump = if is_forward { jump.max(0) } else { jump };
        self.now = self.now.saturating_add_signed(jump).clamp(PAST, FUTURE);
        self.clock.set(Micros(self.now));
        if self.rng.u8(0..12) == 0 && !is_forward {
            let at = self.rng.usize(0..self.limits.len());
            self.limits[at].quota = draw::quota(&mut self.rng);
            self.told.push(format!("limit {at} becomes {}", self.limits[at].quota));
        }
        let charges = self.charges();
        if self.rng.u8(0..25) == 0 {
            self.told.push(format!("reset {:?}", names(&charges)));
            match &mut self.memory {
                Memory::Store(store) => store.reset(charges.clone()).await.unwrap(),
                Memory::Model(model) => model.reset(&charges),
            }
            self.redis.reset(charges).await.unwrap();
            return;
        }
        let op = draw::op(&mut self.rng);
        let now = Micros(self.now);
        let memory = match &mut self.memory {
            Memory::Store(store) => store.execute_at(op, &charges, now),
            Memory::Model(model) => {
                let outcomes = model.execute(op, &charges, now);
                Answer { outcomes, now, source: Source::Store }
            }
        };
        let redis = self.redis.execute(op, charges.clone()).await.unwrap();
        self.compare(seed, op, &charges, &memory, &redis);
    }

    /// Some of the limits, at least one.
    fn charges(&mut self) -> Vec<Charge> {
        let all = self.rng.u8(1..1 << self.limits.len());
        let (rng, together) = (&mut self.rng, self.together);
        let limits = self.limits.iter().enumerate().filter(|(at, _)| all >> at & 1 == 1);
        let charge = |(_, limit): (usize, &Limit)| Charge {
            subject: Arc::clone(&limit.subject),
            policy: limit.kind.policy(limit.name, limit.quota),
            units: draw::units(rng),
            class: 0,
            together,
        };
        limits.map(charge).collect()
    }

    fn compare(&mut self, seed: u64, op: Op, charges: &[Charge], memory: &Answer, redis: &Answer) {
        let units: Vec<_> = charges.iter().map(|charge| charge.units).collect();
        let since = self.now as i64 - START as i64;
        self.told.push(format!(
            "{since}: {op:?} {units:?} of {:?}: {:?}",
            names(charges),
            memory.outcomes
        ));
        if memory == redis {
            return;
        }
        let limits = self.limits.iter().map(|limit| {
            let Limit { kind, name, quota, subject } = limit;
            format!("{} is a {kind:?} of {quota:?}, of {subject}", name.as_str())
        });
        let story: Vec<String> = limits.chain(mem::take(&mut self.told)).collect();
        let (together, story) = (self.together, story.join("\n"));
        assert_eq!(memory, redis, "SEED={seed} together={together}\n{story}");
    }
}

fn names(charges: &[Charge]) -> Vec<&str> {
    charges.iter().map(|charge| charge.policy.name().as_str()).collect()
}
