//! What an instance answers by itself: refusals that it remembers, and units that it has taken ahead.

mod refusals;
mod support;
