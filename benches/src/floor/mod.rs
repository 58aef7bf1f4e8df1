//! Hand-written floors: the least that a correct implementation costs, without names, settings,
//! counters, handles or anything else that makes a library.
//!
//! | floor | what it does per call |
//! |---|---|
//! | [`Bucket`] | reads the clock, one compare-and-swap |
//! | [`Table`] | hashes the key, locks a shard, finds the entry, reads the clock |
//! | [`Gate`] | either of them as a layer |
//! | [`Deadline`] | polls the inner future; a tokio timer once it is pending |
//! | [`SlabDeadline`] | the same, with one timer for many deadlines |

mod bucket;
mod clock;
mod deadline;
mod gate;
mod http;
mod slab;
mod table;

pub use self::bucket::{Bucket, Limit};
pub use self::clock::{Std, Ticks, Tsc};
pub use self::deadline::Deadline;
pub use self::gate::{Check, Gate, Refused};
pub use self::http::{ByIp, WithHeaders};
pub use self::slab::SlabDeadline;
pub use self::table::Table;
