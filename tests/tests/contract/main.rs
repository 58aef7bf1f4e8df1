//! The contract suite: each law of `docs/design.md` over each layer.
//!
//! The laws are written once and compiled once for each layer. A layer joins with some lines in the table
//! below and one row, `NAME/row.rs`, which says how it is built and how it differs. In `laws/` is what
//! holds for every layer:
//!
//! | item | is |
//! |---|---|
//! | `Layer`, `Handle` | the layer in its default mode, and its handle |
//! | `KIND` | what it is called in metrics and rejections |
//! | `ATTEMPTS` | how often a call is made that fails each time |
//! | `HOLDS` | whether a call is the layer's until it ends, or only until it is let through |
//! | `generous()` | a layer that lets everything pass that the suite sends |
//! | `loosen(&handle)` | changes its settings; a layer that refuses lets everything pass from now on |
//! | `refused(&handle)` | how many calls it has refused |
//!
//! In `refusals/` is what holds for those that refuse:
//!
//! | item | is |
//! |---|---|
//! | `REASON`, `ORIGIN`, `STATUS`, `GRPC_CODE`, `SAYS_WHEN`, `is_reason(reason)` | what a rejection says |
//! | `called(layer)` | the name that a rejection of the layer of that name has |
//! | `strict()` | a layer that refuses a call of the service [`late`](support::late) once it is spent |
//! | `hasty()` | the same, with the shortest wait that there can be |
//! | `spend(&layer)` | brings a strict layer to where it refuses; counts as `SPENT` passes |
//! | `refused_by_key(secret)` | the answer to a refused request whose key is `secret` |
//! | `misconfigure(&handle)` | tries a setting that is not valid; `None` where the types rule that out |
//!
//! The service `late` answers, but only after a minute: a limiter refuses at once, a timeout after
//! its time, and in shadow mode both let the answer through.
//!
//! In `waits/` is what holds for those that may wait before they call:
//!
//! | item | is |
//! |---|---|
//! | `BEFORE` | what becomes of the call that it makes before the wait, if it makes one |
//! | `waiting()` | a layer whose calls wait for [`DELAY`](support::DELAY) |
//!
//! What holds only for layers that ask a store is in `stores`, for those that keep bills in `billing`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers are tests, too")]
#![allow(clippy::duplicate_mod, reason = "the laws are compiled once for each layer")]

mod billing;
mod published;
mod store_laws;
mod stores;
mod support;

mod backpressure {
    #[path = "../laws/mod.rs"]
    mod laws;
    mod row;
}

mod breaker {
    #[path = "../laws/mod.rs"]
    mod laws;
    #[path = "../refusals/mod.rs"]
    mod refusals;
    mod row;
}

mod bulkhead {
    #[path = "../laws/mod.rs"]
    mod laws;
    #[path = "../refusals/mod.rs"]
    mod refusals;
    mod row;
    #[path = "../waits/mod.rs"]
    mod waits;
}

mod hedge {
    #[path = "../laws/mod.rs"]
    mod laws;
    mod row;
    #[path = "../waits/mod.rs"]
    mod waits;
}

mod ratelimit {
    #[path = "../laws/mod.rs"]
    mod laws;
    #[path = "../refusals/mod.rs"]
    mod refusals;
    mod row;
    #[path = "../waits/mod.rs"]
    mod waits;
}

mod retry {
    #[path = "../laws/mod.rs"]
    mod laws;
    mod row;
    #[path = "../waits/mod.rs"]
    mod waits;
}

mod several {
    #[path = "../laws/mod.rs"]
    mod laws;
    #[path = "../refusals/mod.rs"]
    mod refusals;
    mod row;
}

mod timeout {
    #[path = "../laws/mod.rs"]
    mod laws;
    #[path = "../refusals/mod.rs"]
    mod refusals;
    mod row;
}
