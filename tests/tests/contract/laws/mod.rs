//! The laws, each a file; compiled once for each layer, whose row is `super::row`.

use super::row;

mod answers;
mod cancellation;
mod live;
mod modes;
mod polling;
mod readiness;
mod rejections;
mod series;
mod sharing;
mod switches;
mod types;
