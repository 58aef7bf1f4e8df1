//! The laws of layers that may wait before they call; compiled once for each of them, whose row is
//! `super::row`.
//!
//! While they wait they hold nothing of the inner service, and after it they ready and call a clone.

use super::row;

mod given_up;
mod under_way;
