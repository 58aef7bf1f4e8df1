//! A million steps of whatever may happen, and what must hold after them.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod support;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{Request, Response};
use palisade_breaker::{
    Abandoned, Breaker, BreakerHandle, BreakerLayer, Events, Header, Permit, Raised, Ratio, State,
    Throttle, Trip, Verdict, Window,
};
use palisade_core::test::{after, drop_at_every_await};
use palisade_core::{ManualClock, Name, Reason, Rejection};
use support::seconds;
use support::upstream::{Manner, Upstream};
use tower::{Layer, Service, ServiceExt};

type Flight = Pin<Box<dyn Future<Output = bool>>>;

/// Everything that goes on around a breaker.
struct World<S> {
    clock: ManualClock,
    /// For calls by hand, if there is one circuit for all.
    breaker: Option<Breaker>,
    handle: BreakerHandle,
    service: S,
    upstream: Upstream,
    permits: Vec<Permit>,
    flights: Vec<Flight>,
    random: fastrand::Rng,
    enabled: bool,
    enforced: bool,
    /// How many calls must have been counted.
    counted: u64,
    events: Events,
    /// Into which states it went, how often.
    states: HashMap<State, u64>,
}

const HOSTS: [&str; 6] = ["a", "b", "c", "d", "e", ""];

impl<S, B> World<S>
where
    S: Service<Request<()>, Response = Response<B>> + Clone,
    S::Future: 'static,
    B: 'static,
{
    fn step(&mut self) {
        match self.random.u8(0..100) {
            0..20 => self.clock.advance(Duration::from_millis(self.random.u64(0..500))),
            20 => self.clock.advance(seconds(self.random.u64(0..100))),
            21..45 => self.acquire(),
            45..60 => self.settle(),
            60..65 => self.record(),
            65..85 => self.call(),
            85..97 => self.poll(),
            97 => _ = (self.handle.snapshot(), self.handle.keys()),
            _ => self.meddle(),
        }
        while let Some(event) = self.events.try_next() {
            *self.states.entry(event.to).or_default() += 1;
        }
    }

    fn acquire(&mut self) {
        let Some(breaker) = &self.breaker else { return self.call() };
        self.counted += u64::from(self.enabled);
        self.permits.extend(breaker.try_acquire());
    }

    fn settle(&mut self) {
        if self.permits.is_empty() {
            return;
        }
        let permit = self.permits.swap_remove(self.random.usize(0..self.permits.len()));
        match self.random.u8(0..6) {
            0 => permit.success(),
            1 | 2 => permit.failure(),
            3 => permit.settle(Verdict::Neutral),
            4 => drop(permit),
            _ => {
                let panics = catch_unwind(AssertUnwindSafe(|| {
                    let _permit = permit;
                    std::panic::resume_unwind(Box::new(()));
                }));
                assert!(panics.is_err());
            }
        }
    }

    fn record(&mut self) {
        let Some(breaker) = &self.breaker else { return };
        if !self.enforced || !self.enabled {
            return;
        }
        if !breaker.allow_request() {
            self.counted += 1;
        }
        // Sometimes nobody says how it ended, and sometimes it is said twice.
        for _ in 0..self.random.u8(0..3) {
            self.counted += 1;
            if self.random.bool() { breaker.record_success() } else { breaker.record_failure() }
        }
    }

    fn call(&mut self) {
        let local = Rejection::new("bulkhead", Name::new("inner"), Reason::bulkhead_full(1));
        self.upstream.set(match self.random.u8(0..10) {
            0..4 => Manner::Status(200),
            4 => Manner::Status(500),
            5 => Manner::Error,
            6 => Manner::Refused(local),
            7 => Manner::Hang,
            8 => Manner::Endless,
            _ => Manner::PanicAtOnce,
        });
        let mut service = self.service.clone();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(service.poll_ready(&mut cx).is_ready());
        if self.random.u8(0..20) == 0 {
            return;
        }
        // Whoever waits between the two may find another state.
        if self.random.u8(0..20) == 0 {
            self.clock.advance(seconds(self.random.u64(0..10)));
        }
        self.counted += u64::from(self.enabled);
        let request = self.request();
        let Ok(call) = catch_unwind(AssertUnwindSafe(|| service.call(request))) else { return };
        // A response's body is kept for a while, or never read.
        let body = self.random.bool();
        self.flights.push(Box::pin(async move {
            let response = call.await;
            if body && response.is_ok() {
                std::future::pending::<()>().await;
            }
            response.is_ok()
        }));
    }

    fn request(&mut self) -> Request<()> {
        let host = HOSTS[self.random.usize(0..HOSTS.len())];
        request(host)
    }

    fn poll(&mut self) {
        if self.flights.is_empty() {
            return;
        }
        let at = self.random.usize(0..self.flights.len());
        let mut cx = Context::from_waker(Waker::noop());
        let done = self.random.u8(0..3) == 0
            || matches!(self.flights[at].as_mut().poll(&mut cx), Poll::Ready(_));
        if done {
            drop(self.flights.swap_remove(at));
        }
    }

    fn meddle(&mut self) {
        let key = HOSTS[self.random.usize(0..HOSTS.len() - 1)];
        match self.random.u8(0..12) {
            0 => self.handle.force_open(),
            1 => self.handle.force_close(),
            2 => self.handle.reset(),
            3 if self.breaker.is_none() => self.handle.force_open_key(key),
            4 if self.breaker.is_none() => self.handle.force_close_key(key),
            5 => self.enable(false),
            6 => self.enable(true),
            7 => self.enforce(Ratio::percent(50)),
            8 => self.enforce(Ratio::ONE),
            _ => self.update(),
        }
    }

    fn enable(&mut self, enabled: bool) {
        self.enabled = enabled;
        self.handle.set_enabled(enabled);
    }

    fn enforce(&mut self, share: Ratio) {
        self.enforced = share == Ratio::ONE;
        self.handle.set_enforce(share);
    }

    fn update(&mut self) {
        let random = &mut self.random;
        let span = Duration::from_millis(random.u64(0..20_000));
        let window =
            if random.bool() { Window::Time(span) } else { Window::Calls(random.u32(0..50)) };
        let trip = match random.u8(0..4) {
            0 => Trip::consecutive(random.u32(0..6)),
            1 => Trip::raised(Raised::new()).or(Trip::consecutive(4)),
            2 => Trip::slow_rate(Ratio::percent(random.u32(0..100)), span),
            _ => Trip::failure_rate(Ratio::percent(random.u32(0..100))),
        };
        let abandoned = if random.bool() { Abandoned::Neutral } else { Abandoned::default() };
        let throttle = (random.u8(0..5) == 0).then(Throttle::new);
        let (minimum, probes) = (random.u32(0..20), random.u32(0..5));
        let close_after = random.bool().then(|| random.u32(0..5));
        let (wait, ramp) = (seconds(random.u64(0..20)), seconds(random.u64(0..20)));
        self.handle.update(|settings| {
            (settings.trip, settings.window) = (trip, window);
            (settings.minimum_calls, settings.abandoned) = (minimum, abandoned);
            (settings.probes, settings.close_after) = (probes, close_after);
            (settings.open_for, settings.ramp) = (wait, ramp);
            settings.throttle = throttle;
        });
    }

    /// All calls end, the service is well again, and in time all circuits are closed.
    fn heal(&mut self, seed: u64) {
        self.permits.clear();
        self.flights.clear();
        self.enable(true);
        self.enforce(Ratio::ONE);
        let by_hand = |state| state == State::ForcedOpen;
        let keys = self.handle.keys();
        if by_hand(self.handle.snapshot().state) || keys.iter().any(|key| by_hand(key.state)) {
            self.handle.force_close();
        }
        self.handle.update(|settings| settings.throttle = None);
        self.upstream.set(Manner::Status(200));
        let mut service = self.service.clone();
        for _ in 0..1_000 {
            self.clock.advance(seconds(1));
            for host in HOSTS {
                let mut cx = Context::from_waker(Waker::noop());
                assert!(service.poll_ready(&mut cx).is_ready());
                self.counted += 1;
                let call = std::pin::pin!(service.call(request(host)));
                assert!(call.poll(&mut cx).is_ready());
            }
            let closed = |state| state == State::Closed;
            let keys = self.handle.keys();
            if closed(self.handle.snapshot().state) && keys.iter().all(|key| closed(key.state)) {
                return self.check(seed);
            }
        }
        panic!("seed {seed}: {:?} {:?}", self.handle.snapshot(), self.handle.keys());
    }

    fn check(&self, seed: u64) {
        let snapshot = self.handle.snapshot();
        let ended = snapshot.passed + snapshot.failed + snapshot.ignored + snapshot.abandoned;
        assert_eq!(snapshot.in_flight, 0, "seed {seed}");
        let counted = ended + snapshot.shadowed + snapshot.rejected;
        assert_eq!(counted, self.counted, "seed {seed}: {snapshot:?}");
        assert!(snapshot.calls >= snapshot.failures, "seed {seed}");
        assert!(snapshot.keys <= 4, "seed {seed}");
    }
}

fn request(host: &str) -> Request<()> {
    let request = Request::builder();
    let request = if host.is_empty() { request } else { request.header("x-host", host) };
    request.body(()).unwrap()
}

fn soak<K, S, B>(layer: &BreakerLayer<K>, breaker: Option<Breaker>, clock: ManualClock, seed: u64)
where
    BreakerLayer<K>: Layer<Upstream, Service = S>,
    S: Service<Request<()>, Response = Response<B>> + Clone,
    S::Future: 'static,
    B: 'static,
{
    let upstream = Upstream::new(Manner::Status(200));
    let mut world = World {
        clock,
        breaker,
        handle: layer.handle(),
        service: layer.layer(upstream.clone()),
        upstream,
        permits: Vec::new(),
        flights: Vec::new(),
        random: fastrand::Rng::with_seed(seed),
        enabled: true,
        enforced: true,
        counted: 0,
        events: layer.handle().subscribe(),
        states: HashMap::new(),
    };
    for _ in 0..50 {
        (0..2_500).for_each(|_| world.step());
        world.heal(seed);
    }
    let often = State::ALL.iter().all(|state| world.states.get(state).is_some_and(|n| *n > 100));
    assert!(often, "seed {seed}: {:?}", world.states);
}

/// Panics are part of it: they need not be told.
fn quietly<R>(run: impl FnOnce() -> R) -> R {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let told = info.payload().downcast_ref::<&str>().is_some_and(|text| *text == "as told");
        if !told {
            hook(info);
        }
    }));
    run()
}

#[test]
fn with_one_circuit_for_all_no_probe_is_lost_and_every_call_is_counted() {
    quietly(|| {
        for seed in 0..4 {
            let clock = ManualClock::new();
            let breaker = Breaker::new().clock(clock.clock()).seed(seed);
            soak(&breaker.layer(), Some(breaker.clone()), clock, seed);
        }
    });
}

#[test]
fn with_a_circuit_for_each_key_no_probe_is_lost_and_every_call_is_counted() {
    quietly(|| {
        for seed in 0..4 {
            let clock = ManualClock::new();
            let layer = BreakerLayer::new().clock(clock.clock()).seed(seed);
            let layer = layer.max_keys(4).idle(seconds(20)).by(Header("x-host"));
            soak(&layer, None, clock, seed);
        }
    });
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_at_any_await_leaves_nothing_behind() {
    let breaker = Breaker::new().trip(Trip::consecutive(1)).probes(1).abandoned(Abandoned::Neutral);
    let handle = breaker.handle();
    for half_open in [false, true] {
        if half_open {
            support::fail(&breaker, 1);
            tokio::time::advance(seconds(6)).await;
        }
        let service = breaker.layer().plain().layer(after(3, "done"));
        let polls = drop_at_every_await(
            || service.clone().oneshot(()),
            |_| assert_eq!(handle.snapshot().in_flight, 0),
        );
        assert!(polls.await > 3);
        assert_eq!(handle.snapshot().state, State::Closed, "half-open: {half_open}");
    }
    let polls = drop_at_every_await(
        || {
            breaker.call(async {
                (0..3).for_each(drop);
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
                Ok::<_, std::io::Error>(())
            })
        },
        |_| assert_eq!(handle.snapshot().in_flight, 0),
    );
    assert!(polls.await > 2);
    assert_eq!((handle.snapshot().state, handle.snapshot().failed), (State::Closed, 1));
}
