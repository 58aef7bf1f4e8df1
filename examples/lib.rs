//! The parts of those examples that are larger than one file.

pub mod gateway;
