//! The parts of the examples that tests drive.

pub mod gateway;
pub mod per_host;
pub mod priority;
