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
//! | [`CountWindow`] | loads a word; one compare-and-swap as long as a recent call has failed |
//! | [`TimeWindow`] | reads the clock, one locked addition |
//! | [`Broken`] | either of them as a layer: loads the state, twice |
//! | [`ByHost`] | hashes the host, finds its breaker |
//! | [`Again`] | clones the service and the request |
//! | [`Bulkhead`] | one compare-and-swap in, one locked subtraction out |

mod again;
mod breaker;
mod broken;
mod bucket;
mod bulkhead;
mod by_host;
mod clock;
mod count_window;
mod deadline;
mod gate;
mod held;
mod http;
mod slab;
mod table;
mod time_window;

pub use self::again::{Again, Attempts};
pub use self::breaker::{Breaker, Find, Sole, Window};
pub use self::broken::{Broken, Watched};
pub use self::bucket::{Bucket, Limit};
pub use self::bulkhead::{Bulkhead, Holding, Keep, Place, Places, UntilAnswer};
pub use self::by_host::ByHost;
pub use self::clock::{Std, Ticks, Tsc};
pub use self::count_window::CountWindow;
pub use self::deadline::Deadline;
pub use self::gate::{Check, Gate, Refused};
pub use self::held::{Held, UntilRead};
pub use self::http::{ByIp, WithHeaders};
pub use self::slab::SlabDeadline;
pub use self::table::Table;
pub use self::time_window::TimeWindow;
