//! Who asks what, how often.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use palisade::Quota;

use crate::gateway::plan::Plan;

/// A client with an address of its own, a route, and a rate that it keeps to.
#[derive(Clone, Debug)]
pub struct Caller {
    /// How the report calls it.
    pub name: &'static str,
    /// Where its connections come from: the gateway knows clients by it.
    pub address: IpAddr,
    /// The prefix of the route that it asks.
    pub prefix: String,
    /// How far its requests are apart.
    pub every: Duration,
}

impl Caller {
    /// Three on the first route, below the limit, at it and far above; one on the last route.
    #[must_use]
    pub fn all(plan: &Plan) -> Vec<Self> {
        let (Some(first), Some(last)) = (plan.routes.first(), plan.routes.last()) else {
            return Vec::new();
        };
        let every = pace(plan.limit.quota);
        [
            ("polite", first, every * 2),
            ("exact", first, every),
            ("greedy", first, every / 5),
            ("patient", last, every * 2),
        ]
        .into_iter()
        .zip(2..)
        .map(|((name, route, every), host)| Self {
            name,
            address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, host)),
            prefix: route.prefix.clone(),
            every,
        })
        .collect()
    }

    /// Whether it asks for more than `quota` gives.
    #[must_use]
    pub fn exceeds(&self, quota: Quota) -> bool {
        self.every < pace(quota)
    }

    /// How many requests it sends in a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.every.as_secs_f64().recip()
    }
}

/// How far requests are apart that use a quota up and no more; at least a millisecond, since this
/// is no benchmark.
fn pace(quota: Quota) -> Duration {
    (quota.period() / quota.limit().max(1)).max(Duration::from_millis(1))
}
