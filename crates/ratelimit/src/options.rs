//! The choices that a limit leaves to its user.

/// Which headers tell clients about their quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Headers {
    /// `RateLimit-Policy` and `RateLimit` of the IETF draft
    /// (draft-ietf-httpapi-ratelimit-headers), on passes as well as refusals. The default.
    #[default]
    Ietf,
    /// None. A refusal still has `Retry-After`.
    None,
}

/// What happens to a request that has no key: no such header, no known peer address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// All such requests share one bucket. The default, with one warning (feature
    /// `tracing`).
    #[default]
    Shared,
    /// It passes, without a limit.
    Pass,
    /// It is refused, as if its quota were used up.
    Reject,
}

/// What happens when a remote store does not decide in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outage {
    /// The limit is kept in this process, in full. The default.
    #[default]
    Local,
    /// The call passes.
    Allow,
    /// The call is refused: 503, or UNAVAILABLE.
    Deny,
}
