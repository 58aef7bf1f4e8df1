//! What strangers write is read by parsers; here each of them meets odd input, and has to keep its
//! promises.
//!
//! A [`Target`] is a parser's promises as assertions, some valid texts and the words of its
//! grammar. Its inputs are those texts after a few accidents: bytes flipped, pieces lost, repeated
//! or exchanged, words of the grammar and characters that are seldom thought of put between. Each
//! input is made from a number and nothing else, so the number of one that fails repeats it.
//!
//! `cargo test` tries a few thousand inputs each, always the same, `cargo xtask fuzz` a million,
//! others in each run.
//!
//! Why not libFuzzer, which would see which branches an input takes: its Rust side needs a C++
//! compiler on each machine that builds the workspace, and `unsafe` in each target. The targets
//! would serve it as they are.

mod allocations;
mod caught;
mod model;
mod mutate;
mod options;
mod random;
mod run;
mod shrink;
pub mod targets;

pub use self::{options::Options, run::Failure, targets::Target};
