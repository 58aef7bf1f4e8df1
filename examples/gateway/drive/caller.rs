//! Who asks what, how often.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method};

use super::bound::Bound;
use super::crowd::Crowd;
use super::insistence::Insistence;
use super::manner::Manner;
use super::seen::Seen;
use super::trial::Trial;
use crate::gateway::demo::{Demo, Weather};
use crate::gateway::plan::{Plan, Route};

/// What is asked for, below the prefix of a route.
pub(super) const PATH: &str = "/driven";

/// How far requests are apart where no limit says how far they should be.
const UNLIMITED: Duration = Duration::from_millis(20);

/// At least so far, since this is no benchmark.
const FASTEST: Duration = Duration::from_millis(1);

/// A client with an address of its own, a route, and a rate that it keeps to.
#[derive(Clone, Debug)]
pub struct Caller {
    /// How the report calls it.
    pub name: String,
    /// The tier of its API key, if it has one; `"free"` of a key that is on none.
    pub tier: Option<String>,
    /// The header with that key.
    pub api_key: Option<(HeaderName, HeaderValue)>,
    /// Where its connections come from: the gateway knows clients by it.
    pub address: IpAddr,
    /// How it asks.
    pub method: Method,
    /// The prefix of the route that it asks.
    pub prefix: String,
    /// How far its requests are apart.
    pub every: Duration,
    /// When it asks.
    pub manner: Manner,
    /// The limits that it meets.
    pub bounds: Vec<Bound>,
    /// The one of them that it meets first.
    pub tightest: Option<Bound>,
}

impl Caller {
    /// Without a key three on the first route, below their limit, at it and far above, and one on
    /// the last route, through an outage if its upstream is the `demo`'s flaky one and has a breaker;
    /// on the same route one that insists, if its upstream is flaky and it has a retry; a crowd on each route between whose upstream is the `demo`'s narrow one and which has a bulkhead;
    /// then one with a key for each tier, on the first route and above its limit.
    #[must_use]
    pub fn all(plan: &Plan, demo: Option<&Demo>, lasting: Duration) -> Vec<Self> {
        let (Some(first), Some(last)) = (plan.routes.first(), plan.routes.last()) else {
            return Vec::new();
        };
        let anonymous = [
            ("polite", first, 2, 1),
            ("exact", first, 1, 1),
            ("greedy", first, 1, 5),
            ("patient", last, 2, 1),
        ];
        let anonymous = anonymous.into_iter().map(|(name, route, times, parts)| {
            let caller = Self::new(plan, route, name, None, lasting);
            let caller = match name {
                // Sent once only: each answer says what the breaker did, and others can be told apart.
                "patient" if flaky(plan, demo, route).is_some() => {
                    Self { method: Method::POST, ..caller }
                }
                _ => caller,
            };
            let trial = (name == "patient").then(|| trial(plan, demo, route)).flatten();
            if let Some(trial) = trial {
                return Self { manner: Manner::InTurn(Box::new(trial)), ..caller };
            }
            Self { every: caller.every * times / parts, ..caller }
        });
        let insistent = insistent(plan, demo, last, lasting);
        let between = plan.routes.get(1..plan.routes.len() - 1).unwrap_or_default();
        let crowds = between.iter().filter_map(|route| {
            let caller = Self::new(plan, route, "crowd", None, lasting);
            let crowd = crowd(plan, demo, route, &caller.bounds)?;
            Some(Self { manner: Manner::AtOnce(Box::new(crowd)), ..caller })
        });
        let keyed = keys(plan, first).into_iter().map(|(tier, key)| {
            let caller = Self::new(plan, first, "keyed", Some(&key), lasting);
            Self { tier: Some(tier.to_owned()), every: caller.every / 2, ..caller }
        });
        let mut keyed: Vec<_> = keyed.collect();
        keyed.sort_by_key(|caller| Reverse(caller.every));
        let [second, third] = network(plan);
        let addresses = (2..=254).map(|host| Ipv4Addr::new(127, second, third, host));
        let callers = anonymous.chain(insistent).chain(crowds).chain(keyed).zip(addresses);
        callers.map(|(caller, address)| Self { address: address.into(), ..caller }).collect()
    }

    /// One that asks for as much as it may.
    fn new(plan: &Plan, route: &Route, name: &str, key: Option<&str>, lasting: Duration) -> Self {
        let bounds = bounds(plan, route, key);
        let tightest = bounds.iter().copied().min_by_key(|bound| bound.most(lasting));
        let key = key.and_then(|key| HeaderValue::from_str(key).ok());
        Self {
            name: name.to_owned(),
            tier: None,
            api_key: key.map(|key| (plan.account_header.clone(), key)),
            address: Ipv4Addr::LOCALHOST.into(),
            method: Method::GET,
            prefix: route.prefix.clone(),
            every: tightest.map_or(UNLIMITED, pace),
            manner: Manner::WhenDue,
            bounds,
            tightest,
        }
    }

    /// What it is known by: its tier, or else its name.
    #[must_use]
    pub fn who(&self) -> &str {
        self.tier.as_ref().unwrap_or(&self.name)
    }

    /// Whether it asks for more than its limits give.
    #[must_use]
    pub fn exceeds(&self) -> bool {
        self.tightest.is_some_and(|bound| self.every < pace(bound))
    }

    /// How many requests it sends in a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.every.as_secs_f64().recip()
    }
}

/// Where the callers come from. A store remembers those of earlier drives, and each drive judges limits
/// that nobody has used: so their addresses are drawn.
fn network(plan: &Plan) -> [u8; 2] {
    match plan.redis {
        Some(_) => [fastrand::u8(1..), fastrand::u8(..)],
        None => [0, 0],
    }
}

/// A trial of the breaker of a route that is the only one to its upstream.
fn trial(plan: &Plan, demo: Option<&Demo>, route: &Route) -> Option<Trial> {
    let upstream = plan.upstreams.get(&route.upstream)?;
    let weather = flaky(plan, demo, route)?;
    Trial::new(upstream.breaker(&route.upstream)?, weather.clone())
}

/// One whose requests the retry of a route sends again that is the only one to its upstream.
fn insistent(plan: &Plan, demo: Option<&Demo>, route: &Route, lasting: Duration) -> Option<Caller> {
    let weather = flaky(plan, demo, route)?;
    let caller = Caller::new(plan, route, "insistent", None, lasting);
    let insistence = Insistence::new(route.retry()?, weather.clone(), at_once(&caller.bounds))?;
    let every = insistence.every(lasting);
    Some(Caller { every, manner: Manner::Insistently(Box::new(insistence)), ..caller })
}

/// How the upstream is behind a route which is the only one to it, and on which nobody else asks.
fn flaky<'d>(plan: &Plan, demo: Option<&'d Demo>, route: &Route) -> Option<&'d Weather> {
    let has_others = plan.routes.first() == Some(route);
    let weather = demo?.weather(&plan.upstreams.get(&route.upstream)?.address)?;
    (is_only_one(plan, route) && !has_others).then_some(weather)
}

/// A crowd for the bulkhead of a route that is the only one to its upstream.
fn crowd(plan: &Plan, demo: Option<&Demo>, route: &Route, bounds: &[Bound]) -> Option<Crowd> {
    let upstream = plan.upstreams.get(&route.upstream)?;
    let crowding = demo?.crowding(&upstream.address)?;
    let bulkhead = route.bulkhead().filter(|_| is_only_one(plan, route))?;
    Crowd::new(bulkhead, crowding.clone(), at_once(bounds))
}

/// How many requests pass for certain that are sent at once.
fn at_once(bounds: &[Bound]) -> u64 {
    let allowed = bounds.iter().map(|bound| bound.least(Duration::ZERO)).min();
    allowed.unwrap_or(u64::MAX)
}

fn is_only_one(plan: &Plan, route: &Route) -> bool {
    plan.routes.iter().filter(|other| other.upstream == route.upstream).count() == 1
}

/// A key for each tier, and one that is on none, unless no limit asks for keys.
fn keys<'p>(plan: &'p Plan, route: &Route) -> BTreeMap<&'p str, String> {
    let mut keys = BTreeMap::new();
    for (key, tier) in &plan.accounts {
        keys.entry(tier.as_str()).or_insert_with(|| key.clone());
    }
    let is_unlisted = |key: &String| !plan.accounts.contains_key(key);
    if let Some(key) = (0..).map(|n| format!("unlisted-{n}")).find(is_unlisted)
        && bounds(plan, route, Some(&key)) != bounds(plan, route, None)
    {
        keys.entry("free").or_insert(key);
    }
    keys
}

/// The limits that a caller of `route` meets.
fn bounds(plan: &Plan, route: &Route, key: Option<&str>) -> Vec<Bound> {
    let path = [&route.prefix, PATH].concat();
    let tier = key.and_then(|key| plan.accounts.get(key)).map(String::as_str);
    let (header, has_key) = (&plan.account_header, key.is_some());
    let seen = Seen { path: &path, header, has_key, has_others: plan.redis.is_some(), tier };
    plan.limits.iter().chain(&route.limits).flat_map(|layer| Bound::of(layer, seen)).collect()
}

fn pace(bound: Bound) -> Duration {
    bound.pace().max(FASTEST)
}
