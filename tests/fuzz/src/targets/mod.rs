//! What is fuzzed, one file each.

mod by;
mod cidr;
mod client;
mod deadline;
mod duration;
mod forwarded;
mod header;
mod host;
mod name;
mod quota;
mod ratio;
mod retry_after;
mod spelling;
mod text;
mod x_forwarded_for;

pub use self::{
    by::BY, cidr::CIDR, deadline::DEADLINE, duration::DURATION, forwarded::FORWARDED,
    header::HEADER, host::HOST, name::NAME, quota::QUOTA, ratio::RATIO, retry_after::RETRY_AFTER,
    spelling::SPELLING, x_forwarded_for::X_FORWARDED_FOR,
};

/// All of them.
pub const TARGETS: &[&Target] = &[
    &QUOTA,
    &RATIO,
    &DURATION,
    &CIDR,
    &BY,
    &X_FORWARDED_FOR,
    &FORWARDED,
    &HEADER,
    &HOST,
    &SPELLING,
    &RETRY_AFTER,
    &NAME,
    &DEADLINE,
];

/// A parser, its promises, and what its inputs are made from.
#[derive(Debug)]
pub struct Target {
    /// How it is asked for.
    pub name: &'static str,
    /// Inputs to begin with, most of them valid.
    pub(crate) texts: &'static [&'static [u8]],
    /// What valid inputs consist of.
    pub(crate) words: &'static [&'static [u8]],
    /// Panics on an input that breaks a promise.
    pub(crate) check: fn(&[u8]),
}
