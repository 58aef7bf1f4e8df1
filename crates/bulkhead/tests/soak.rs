//! A million steps of calls that end in every way there is; then nothing is held, and nobody waits.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::future::Future;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use palisade_bulkhead::{BulkheadHandle, BulkheadLayer, BulkheadService, Key, KeyBy, Ratio, Weigh};
use palisade_core::{Http, ResBody};
use tokio_test::task::{self, Spawn};
use tower::{Layer, Service};

/// What a call does, after some polls.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Error,
    Panic,
    PanicInCall,
    Empty,
    Body(u32),
    BrokenBody(u32),
}

#[derive(Clone)]
struct Fickle;

struct Answer(Fate, u32);

struct Frames(u32, bool);

impl Service<Request<(Fate, u32)>> for Fickle {
    type Response = Response<Frames>;
    type Error = &'static str;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<(Fate, u32)>) -> Answer {
        let (fate, polls) = *request.body();
        assert!(!matches!(fate, Fate::PanicInCall), "as it should");
        Answer(fate, polls)
    }
}

impl Future for Answer {
    type Output = Result<Response<Frames>, &'static str>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        if self.1 > 0 {
            self.1 -= 1;
            return Poll::Pending;
        }
        Poll::Ready(match self.0 {
            Fate::Error => Err("broken"),
            Fate::Panic | Fate::PanicInCall => panic!("as it should"),
            Fate::Empty => Ok(Response::new(Frames(0, false))),
            Fate::Body(frames) => Ok(Response::new(Frames(frames, false))),
            Fate::BrokenBody(frames) => Ok(Response::new(Frames(frames, true))),
        })
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        match (self.0, self.1) {
            (0, false) => Poll::Ready(None),
            (0, true) => Poll::Ready(Some(Err("broken"))),
            _ => {
                self.0 -= 1;
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"data")))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0 == 0 && !self.1
    }
}

/// Xorshift (G. Marsaglia, "Xorshift RNGs", 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32 % bound
    }

    fn fate(&mut self) -> Fate {
        match self.below(100) {
            0 => Fate::Panic,
            1 => Fate::PanicInCall,
            2..15 => Fate::Error,
            15..50 => Fate::Empty,
            50..85 => Fate::Body(self.below(4)),
            _ => Fate::BrokenBody(self.below(4)),
        }
    }

    /// One of them, taken out.
    fn pick<T>(&mut self, of: &mut Vec<T>) -> Option<T> {
        let len = u32::try_from(of.len()).ok().filter(|&len| len > 0)?;
        Some(of.swap_remove(self.below(len) as usize))
    }
}

type Limited<K, W> = BulkheadService<Fickle, K, Http, W>;
type Call<K, W> = Spawn<<Limited<K, W> as Service<Request<(Fate, u32)>>>::Future>;

/// The most that a call weighs.
const HEAVIEST: u32 = 3;

async fn soak<K, W>(layer: BulkheadLayer<K, Http, W>, keyed: bool, seed: u64, steps: u32)
where
    K: KeyBy<Request<(Fate, u32)>> + Clone,
    W: Weigh<Request<(Fate, u32)>> + Clone,
{
    let (mut dice, handle) = (Dice(seed), layer.handle());
    let service = layer.layer(Fickle);
    let mut calls: Vec<Call<K, W>> = vec![];
    let mut bodies: Vec<ResBody<Frames>> = vec![];
    let mut made = 0;
    for step in 0..steps {
        match dice.below(100) {
            0..30 => {
                let path = format!("/{}/{}", dice.below(5), dice.below(HEAVIEST + 1));
                let request = Request::get(path).body((dice.fate(), dice.below(4))).unwrap();
                let mut service = service.clone();
                made += 1;
                let call = catch_unwind(AssertUnwindSafe(|| service.call(request)));
                calls.extend(call.map(task::spawn));
            }
            30..75 => {
                let Some(mut call) = dice.pick(&mut calls) else { continue };
                match catch_unwind(AssertUnwindSafe(|| call.poll())) {
                    Ok(Poll::Pending) => calls.push(call),
                    Ok(Poll::Ready(Ok(response))) => bodies.push(response.into_body()),
                    Ok(Poll::Ready(Err(_))) | Err(_) => {}
                }
            }
            75..88 => {
                let Some(mut body) = dice.pick(&mut bodies) else { continue };
                let mut cx = Context::from_waker(std::task::Waker::noop());
                if let Poll::Ready(Some(Ok(_))) = pin!(&mut body).poll_frame(&mut cx) {
                    bodies.push(body);
                }
            }
            88..92 => drop(dice.pick(&mut calls)),
            92..96 => drop(dice.pick(&mut bodies)),
            96 => handle.set_max_concurrent(dice.below(9)),
            97 => handle.set_max_queued(dice.below(9)),
            98 => handle.set_enforce(Ratio::percent(50 + dice.below(51))),
            _ => tokio::time::advance(Duration::from_millis(dice.below(4).into())).await,
        }
        if !keyed {
            nobody_waits_in_vain(&handle, seed, step);
        }
    }
    drop((calls, bodies));
    let now = handle.snapshot();
    assert_eq!((now.in_use, now.waiting, now.in_flight), (0, 0, 0), "seed {seed}: {now:?}");
    let ends = [now.passed, now.failed, now.rejected, now.shadowed, now.abandoned];
    assert!(ends.iter().all(|&count| count > 100), "seed {seed}: {now:?}");
    assert!(now.waited > 100, "seed {seed}: {now:?}");
    assert_eq!(ends.iter().sum::<u64>(), made, "seed {seed}: {now:?}");
}

/// Whoever waits does so because there is no room for the heaviest.
fn nobody_waits_in_vain(handle: &BulkheadHandle, seed: u64, step: u32) {
    let now = handle.snapshot();
    let room = u64::from(now.max_concurrent).saturating_sub(now.in_use);
    assert!(
        now.waiting == 0 || room < u64::from(HEAVIEST),
        "seed {seed}, step {step}: room for {room}, and {} wait",
        now.waiting
    );
}

/// The last part of the path.
fn weight(request: &Request<(Fate, u32)>) -> u32 {
    request.uri().path().rsplit('/').next().and_then(|weight| weight.parse().ok()).unwrap_or(1)
}

fn layer() -> BulkheadLayer {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        // Those of the service are as they should be, and there are thousands.
        let payload = info.payload();
        if payload.downcast_ref::<&str>() != Some(&"as it should") {
            print(info);
        }
    }));
    BulkheadLayer::new(4).max_queued(4).max_wait(Duration::from_millis(3))
}

#[tokio::test(start_paused = true)]
async fn after_a_million_steps_no_permit_is_missing_and_nobody_waits() {
    soak(layer().weigh(weight), false, 0x5eed, 600_000).await;
}

#[tokio::test(start_paused = true)]
async fn nor_with_a_bulkhead_for_each_key() {
    let layer = layer().max_keys(3).weigh(weight);
    let layer = layer.by_fn(|head| head.path().split('/').nth(1).map(Key::from));
    soak(layer, true, 0x5eed5, 400_000).await;
}
