//! The laws of refusals, each a file; compiled once for each layer that refuses, whose row is `super::row`.

use super::row;

mod answers;
mod calls;
mod live;
mod modes;
mod rejections;
mod series;
mod sharing;
mod switches;
mod types;
