//! The loops that call a service.
//!
//! | loop | the calls |
//! |---|---|
//! | [`drive`] | pass |
//! | [`read`] | pass, and the bodies of their responses are read |
//! | [`flaky`] | pass, but for a few that fail |
//! | [`turned_away`] | are refused |
//! | [`patiently`] | pass, and may wait for another thread |
//! | [`check`] | pass, and are no futures |

mod answer;
mod loops;
mod patiently;

pub use self::answer::Answer;
pub use self::loops::{check, drive, flaky, read, turned_away};
pub use self::patiently::patiently;
