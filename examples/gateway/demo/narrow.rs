//! An upstream that should not have much to do at once.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use parking_lot::Mutex;
use tokio::time::sleep;

use super::echo::echo;

/// How long it takes for each request, at least.
pub const NARROW: Duration = Duration::from_millis(50);

/// How many requests it has. Clones are of the same one.
#[derive(Clone, Debug, Default)]
pub struct Crowding(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    now: u64,
    most: u64,
}

/// A request that it has until this is dropped.
struct Inside(Crowding);

impl Crowding {
    /// How many it has had at once at most.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.0.lock().most
    }

    fn enter(&self) -> Inside {
        let Inner { now, most } = &mut *self.0.lock();
        *now += 1;
        *most = (*most).max(*now);
        Inside(self.clone())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.0.lock().now -= 1;
    }
}

/// The narrow upstream.
pub(super) async fn narrow(State(crowding): State<Crowding>, request: Request) -> Response {
    let _inside = crowding.enter();
    sleep(NARROW).await;
    echo(request)
}
