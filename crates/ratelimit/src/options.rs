//! The choices that a limit leaves to its user.

/// Which headers tell clients about their quota.
///
/// Times are in seconds, rounded up. `Limit` is the quota per period, so with a burst above it
/// there may be more left than that. The headers of stacked layers go together: the lists of
/// [`Ietf`](Self::Ietf) have an item for each limit, and of the other styles' lines those with the
/// smaller remaining number stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Headers {
    /// `RateLimit-Policy` and `RateLimit` of the IETF draft
    /// (draft-ietf-httpapi-ratelimit-headers): all limits, in two lists. The default.
    #[default]
    Ietf,
    /// `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` of the tightest limit,
    /// as many public APIs have them.
    Legacy,
    /// `X-RateLimit-Limit-Second` and `X-RateLimit-Remaining-Second` for each limit, as the Kong
    /// gateway has them; and of the tightest `RateLimit-Limit`, `RateLimit-Remaining`,
    /// `RateLimit-Reset` and `X-RateLimit-Reset`.
    ///
    /// The suffix is `Second`, `Minute`, `Hour`, `Day`, `Month` (30 days) or `Year` (365 days), and
    /// for any other period its text, such as `90s`. Of two limits with one suffix the tighter is
    /// told.
    PerWindow,
    /// Those of [`Ietf`](Self::Ietf) and of [`Legacy`](Self::Legacy), for clients that know only
    /// one of them.
    Both,
    /// None. A refusal still has `Retry-After`.
    None,
}

/// What `X-RateLimit-Reset` counts. The other headers always have the seconds that are left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Reset {
    /// Seconds since the UNIX epoch, as GitHub does it. The default.
    #[default]
    Epoch,
    /// Seconds from now, as Envoy does it: a client's clock need not be right.
    Delta,
}

/// Which responses have the headers of a quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum HeadersOn {
    /// Passes as well as refusals. The default.
    #[default]
    Always,
    /// Refusals only: a pass is a few headers shorter, and does not tell how much is left.
    OnlyDenied,
}
