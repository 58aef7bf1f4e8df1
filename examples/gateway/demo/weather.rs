//! What the flaky upstream does with its requests, and that it can be told to break down and recover.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use fastrand::Rng;
use parking_lot::Mutex;
use tokio::time::sleep;

use super::STEADY;
use super::echo::echo;

const SLOW: Duration = Duration::from_millis(250);
/// Longer than anybody waits.
const HANGING: Duration = Duration::from_secs(30);

/// How the flaky upstream is. Clones are of the same one.
#[derive(Clone, Debug)]
pub struct Weather(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    phase: Phase,
    moods: Rng,
    failed_last: bool,
    held: u32,
}

/// How it is for a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Now and then it is slow, broken, or hangs.
    #[default]
    Usual,
    /// Every other request fails.
    Failing,
    /// Every request fails.
    Outage,
    /// None does.
    Over,
}

/// What it does with a request.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Fine,
    Slow,
    Hanging,
    Broken,
}

impl Weather {
    /// As usual; the same `seed` draws the same moods in the same order.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let inner =
            Inner { phase: Phase::Usual, moods: Rng::with_seed(seed), failed_last: false, held: 0 };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// From the next request on.
    pub fn turn(&self, phase: Phase) {
        self.0.lock().phase = phase;
    }

    /// Asks whoever turns it to leave it as usual, until as many [releases](Self::release) have come.
    pub fn hold(&self) {
        self.0.lock().held += 1;
    }

    /// Takes a [hold](Self::hold) back.
    pub fn release(&self) {
        let Inner { held, .. } = &mut *self.0.lock();
        *held = held.saturating_sub(1);
    }

    /// Whether somebody needs it as usual.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.lock().held > 0
    }

    fn mood(&self, path: &str) -> Mood {
        let Inner { phase, moods, failed_last, .. } = &mut *self.0.lock();
        match phase {
            Phase::Usual => Mood::asked(path).unwrap_or_else(|| Mood::draw(moods)),
            Phase::Failing => {
                *failed_last = !*failed_last;
                if *failed_last { Mood::Broken } else { Mood::Fine }
            }
            Phase::Outage => Mood::Broken,
            Phase::Over => Mood::Fine,
        }
    }
}

impl Mood {
    /// A caller who wants to see one mood asks for it by path.
    fn asked(path: &str) -> Option<Self> {
        match path {
            "/fine" => Some(Self::Fine),
            "/slow" => Some(Self::Slow),
            "/hang" => Some(Self::Hanging),
            "/broken" => Some(Self::Broken),
            _ => None,
        }
    }

    fn draw(rng: &mut Rng) -> Self {
        match rng.u8(..100) {
            ..75 => Self::Fine,
            75..85 => Self::Slow,
            85..90 => Self::Hanging,
            _ => Self::Broken,
        }
    }
}

/// The flaky upstream.
pub(super) async fn flaky(State(weather): State<Weather>, request: Request) -> Response {
    match weather.mood(request.uri().path()) {
        Mood::Fine => sleep(STEADY).await,
        Mood::Slow => sleep(SLOW).await,
        Mood::Hanging => sleep(HANGING).await,
        Mood::Broken => {
            return (StatusCode::INTERNAL_SERVER_ERROR, "the flaky upstream broke\n")
                .into_response();
        }
    }
    echo(request)
}
