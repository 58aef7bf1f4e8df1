//! The shared core of [Palisade](https://docs.rs/palisade): what every layer is built on.
//!
//! Depend on it to write a layer, a store, an algorithm or a key of your own; to use the layers,
//! depend on `palisade`, which re-exports what you need.
//!
//! | part | what it is for |
//! |---|---|
//! | [`Rejection`], [`respond`], [`ResBody`] | what a layer's "no" is, and what it becomes |
//! | [`key`], [`Head`] | telling callers apart |
//! | [`Quota`], [`Ratio`], [`text`] | settings, and their texts |
//! | [`Clock`], [`Micros`], [`Deadline`], [`CallContext`], [`Bill`] | the time, and what a call carries along |
//! | [`algorithm`], [`store`] | limits, and where they are kept |
//! | [`guard`], [`classify`] | how admitted calls end, and what that says |
//! | [`replay`] | requests that can be sent again |
//! | [`base`], [`hot`], [`switch`], [`telemetry`] | what a layer's shared state is made of |
//! | [`Alarm`], [`Name`] | a timer that is armed late, and a name that is free to copy |
//! | `test` (feature `test-util`) | probes, scripted services and bodies |

mod alarm;
mod answer;
mod clock;
mod context;
mod head;
mod micros;
mod name;
mod rejection;

pub mod algorithm;
pub mod base;
pub mod bill;
pub mod body;
pub mod classify;
pub mod deadline;
pub mod guard;
pub mod hot;
pub mod key;
pub mod keyed;
pub mod pool;
pub mod replay;
pub mod respond;
pub mod store;
pub mod switch;
#[doc(hidden)]
pub mod sync;
pub mod telemetry;
#[cfg(feature = "test-util")]
pub mod test;
pub mod text;

pub use self::alarm::Alarm;
pub use self::bill::Bill;
pub use self::body::ResBody;
pub use self::clock::{Clock, ManualClock};
pub use self::context::CallContext;
pub use self::deadline::Deadline;
pub use self::head::{HasHead, Head};
pub use self::key::{ClientIp, Global, Header, Host, Key, KeyBy, Method, PeerAddr, Route};
pub use self::micros::Micros;
pub use self::name::Name;
pub use self::rejection::{
    BoxError, Cause, GrpcCode, Late, LayerError, Origin, Reason, Rejection, rejection,
};
pub use self::respond::{Http, Meta, Respond};
pub use self::text::{ParseError, Quota, Ratio, per_day, per_hour, per_minute, per_second};
