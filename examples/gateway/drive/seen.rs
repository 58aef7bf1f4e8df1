//! What the gateway's limits see of a caller.

use axum::http::HeaderName;
use palisade::key::By;
use palisade::ratelimit::config::RateLimitConfig;

/// What of a caller's requests decides which limits it meets.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'c> {
    /// The path, as the caller writes it.
    pub path: &'c str,
    /// The header with API keys.
    pub header: &'c HeaderName,
    /// Whether it has one. Each caller has its own, and an address of its own.
    pub has_key: bool,
    /// Whether others may have the same key: in a store limits are shared with those who ask other
    /// gateways.
    pub has_others: bool,
    /// The tier that it is on.
    pub tier: Option<&'c str>,
}

/// Whose quota a request counts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The caller's own.
    Own,
    /// Of several callers.
    Shared,
    /// It has no key.
    Nobodys,
}

impl Seen<'_> {
    /// Whether its requests pass without taking anything.
    pub(super) fn is_skipped_by(&self, layer: &RateLimitConfig) -> bool {
        layer.skip_paths.iter().any(|skipped| match skipped.strip_suffix('*') {
            Some(prefix) => self.path.starts_with(prefix),
            None => skipped == self.path,
        })
    }

    /// Two keys together tell callers apart if one of them does, and are none if one is none.
    pub(super) fn whose(&self, by: &By) -> Whose {
        let text = by.to_string();
        text.split(" and ").map(|key| self.one(key.trim())).fold(Whose::Shared, |all, key| {
            match (all, key) {
                (Whose::Nobodys, _) | (_, Whose::Nobodys) => Whose::Nobodys,
                (Whose::Own, _) | (_, Whose::Own) => Whose::Own,
                (Whose::Shared, Whose::Shared) => Whose::Shared,
            }
        })
    }

    fn one(&self, key: &str) -> Whose {
        let (kind, rest) = key.split_once(' ').unwrap_or((key, ""));
        let is_account = rest.trim().eq_ignore_ascii_case(self.header.as_str());
        match kind {
            "client_ip" => Whose::Own,
            "header" if self.has_key && is_account && self.has_others => Whose::Shared,
            "header" if self.has_key && is_account => Whose::Own,
            "header" => Whose::Nobodys,
            _ => Whose::Shared,
        }
    }
}
