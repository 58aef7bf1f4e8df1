//! Circuit breakers.
mod breaker;
mod call;
mod circuit;
mod counters;
mod desk;
mod events;
mod evidence;
mod future;
mod handle;
mod layer;
mod machine;
#[doc(hidden)]
pub mod model;
mod plan;
mod recovery;
mod service;
mod setters;
mod settings;
mod shared;
mod state;
mod trip;

pub use palisade_core::classify::{BoxErrors, Verdict};
pub use palisade_core::key::Missing;
pub use palisade_core::{Cause, Global, Header, Host, Key, KeyBy, Method, Ratio, Rejection, Route};

pub use self::breaker::{Breaker, Permit};
pub use self::events::Events;
pub use self::future::ResponseFuture;
pub use self::handle::{BreakerHandle, KeySnapshot, Snapshot};
pub use self::layer::BreakerLayer;
pub use self::service::CircuitBreaker;
pub use self::settings::{Abandoned, Settings, Window};
pub use self::state::{Event, State};
pub use self::trip::{Raised, Throttle, Trip};
