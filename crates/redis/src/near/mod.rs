//! What an instance can answer by itself, without asking the store that all instances ask.
//!
//! ```text
//! call ─▶ Leases ── units taken ahead ──▶ answer
//!           │ none left: Take(n)
//!           ▼
//!         Refusals ── has just been refused ──▶ answer
//!           │
//!           ▼
//!         the store
//! ```
//!
//! Neither lets more pass than the store does: a refusal that is remembered is one that the store would
//! repeat, and units are charged there before they are spent here.

mod deny;
mod later;
mod lease;
mod print;

pub use self::deny::Refusals;
pub use self::lease::Leases;
