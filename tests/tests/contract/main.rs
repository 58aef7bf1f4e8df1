//! The contract suite: each law of `docs/design.md` over each layer.
//!
//! The laws, in `laws/`, are written once and compiled once for each layer. A layer joins with one
//! line in the table below and one row, `NAME/row.rs`, which says how it is built and what its
//! refusal looks like:
//!
//! | item | is |
//! |---|---|
//! | `Layer`, `Handle` | the layer in its default mode, and its handle |
//! | `KIND`, `REASON`, `ORIGIN`, `STATUS`, `GRPC_CODE`, `SAYS_WHEN` | what a rejection says |
//! | `called(layer)` | the name that a rejection of the layer of that name has |
//! | `generous()` | a layer that lets everything pass that the suite sends |
//! | `strict()` | a layer that refuses a call of the service [`late`](support::late) once it is spent |
//! | `hasty()` | the same, with the shortest wait that there can be |
//! | `spend(&layer)` | brings a strict layer to where it refuses; counts as `SPENT` passes |
//! | `HOLDS` | whether a call is the layer's until it ends, or only until it is let through |
//! | `refused_by_key(secret)` | the answer to a refused request whose key is `secret` |
//! | `loosen(&handle)` | lets everything pass from now on, by its settings |
//! | `misconfigure(&handle)` | tries a setting that is not valid; `None` where the types rule that out |
//!
//! The service `late` answers, but only after a minute: a limiter refuses at once, a timeout after
//! its time, and in shadow mode both let the answer through.
//!
//! What holds only for layers that may wait before they call is in `waiting`, for those that keep
//! bills in `billing`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers are tests, too")]
#![allow(clippy::duplicate_mod, reason = "the laws are compiled once for each layer")]

mod billing;
mod support;
mod waiting;

mod breaker {
    #[path = "../laws/mod.rs"]
    mod laws;
    mod row;
}

mod bulkhead {
    #[path = "../laws/mod.rs"]
    mod laws;
    mod row;
}

mod ratelimit {
    #[path = "../laws/mod.rs"]
    mod laws;
    mod row;
}

mod several {
    #[path = "../laws/mod.rs"]
    mod laws;
    mod row;
}

mod timeout {
    #[path = "../laws/mod.rs"]
    mod laws;
    mod row;
}
