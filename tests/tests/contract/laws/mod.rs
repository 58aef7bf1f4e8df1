//! The laws of all layers, each a file; compiled once for each layer, whose row is `super::row`.

use super::row;

mod answers;
mod cancellation;
mod live;
mod polling;
mod readiness;
mod series;
mod sharing;
mod switches;
mod types;
