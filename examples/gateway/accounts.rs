//! Who has paid for more.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::HeaderName;
use palisade::{Head, Name};

use super::plan::Plan;

/// The tiers of API keys. Clones share them.
#[derive(Clone, Debug)]
pub struct Accounts {
    header: HeaderName,
    /// As names, which live as long as the process: a limit borrows its tier from the request or
    /// from nobody.
    tiers: Arc<HashMap<String, Name>>,
}

impl Accounts {
    /// Those of a plan.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let tiers = plan.accounts.iter().map(|(key, tier)| (key.clone(), Name::new(tier)));
        Self { header: plan.account_header.clone(), tiers: Arc::new(tiers.collect()) }
    }

    /// The tier of the account that a request names, if it is on one.
    #[must_use]
    pub fn tier(&self, head: &Head<'_>) -> Option<&'static str> {
        let key = head.header(&self.header)?.to_str().ok()?;
        self.tiers.get(key).map(|tier| tier.as_str())
    }
}
