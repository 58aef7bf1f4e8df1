//! Settings as people write them: `"100/min burst 20"`, `"50%"`, `"250ms"`.
//!
//! Each type here prints the text that it reads, exactly: no float lies between a configuration
//! file and the integer that a limiter compares. A text that cannot be read gives one
//! [`ParseError`], which names the value and the permitted range.

mod decimal;
pub(crate) mod digits;
pub mod duration;
mod error;
mod problem;
mod quota;
mod ratio;
#[cfg(feature = "serde")]
mod strings;

pub use self::{
    error::ParseError,
    problem::{Problem, Problems},
    quota::{Quota, per_day, per_hour, per_minute, per_second},
    ratio::Ratio,
};
