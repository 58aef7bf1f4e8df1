//! A limit as data.

pub(crate) mod asks;
pub(crate) mod each;
pub(crate) mod limits;

use palisade_core::algorithm::Algorithm;
use palisade_core::key::{ByFn, by_fn};
use palisade_core::store::{Outage, Policy};
use palisade_core::{Global, Head, Key, Name, Quota};

use crate::algorithms::gcra::Gcra;
use crate::algorithms::{FixedWindow, Shaper, SlidingLog, SlidingWindow};
use crate::engine::kind::{Kind, On};
use crate::limit::asks::{CostBy, One};

/// A limit: an algorithm with its quota, and if need be a name, tiers, a key and a cost of its own.
///
/// A [`Quota`] alone is a token bucket; [`FixedWindow`], [`SlidingWindow`], [`SlidingLog`] and
/// [`Shaper`] are limits as they are, and [`Limit::from`] them begins one with more to say.
///
/// ```
/// use palisade_ratelimit::{ClientIp, Limit, RateLimitLayer, SlidingLog, per_hour, per_minute};
///
/// let logins = Limit::from(SlidingLog::new(per_minute(5))).name("login").by(ClientIp::peer());
/// let pages = Limit::new(per_hour(1_000)).name("pages").tier("premium", per_hour(50_000));
/// # let _: (RateLimitLayer<_, _, _>, _) = (RateLimitLayer::with(logins), pages);
/// ```
#[derive(Clone, Debug)]
pub struct Limit<K = Global, A = One> {
    pub(crate) rule: Rule,
    pub(crate) by: K,
    pub(crate) asks: A,
}

/// A limit without what is asked of requests.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) name: Option<Name>,
    pub(crate) quota: Quota,
    pub(crate) kind: Kind,
    pub(crate) tiers: Vec<(Box<str>, Quota)>,
    pub(crate) chargeable: bool,
    pub(crate) outage: Option<Outage>,
}

impl Limit {
    /// A token bucket.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        Self::of(quota, Kind::Bucket(On(Gcra::new(quota))))
    }

    /// A leaky bucket as a meter: a bucket of the quota's burst that leaks at its rate, and overflows
    /// where calls are refused. It decides as the token bucket does, which is the same bucket seen
    /// from above (see [`Gcra`]); to delay calls instead of refusing them there is [`Shaper`].
    #[must_use]
    pub fn leaky_bucket(quota: Quota) -> Self {
        Self::new(quota)
    }

    /// An algorithm of your own. The quota is what messages, headers and metrics say of it.
    ///
    /// Its `plan` sees the request's class (`class_by` of the layer): priority, or the service level
    /// that somebody pays for. It runs under the lock of its key's shard.
    #[must_use]
    pub fn custom(quota: Quota, algorithm: impl Algorithm) -> Self {
        Self::of(quota, Kind::Custom(On(Policy::new(Name::default(), algorithm))))
    }

    fn of(quota: Quota, kind: Kind) -> Self {
        Self { rule: Rule::new(quota, kind), by: Global, asks: One }
    }
}

impl<K, A> Limit<K, A> {
    /// Names the limit, in messages, headers and stores. Unless set it is the layer's name, followed
    /// by the period where the layer has several limits: `api-hour`. Of two limits that would be called
    /// the same the second is `api-hour-2`.
    #[must_use]
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.rule.name = Some(name.into());
        self
    }

    /// Another quota for requests of the tier `name`; see
    /// [`quota_by`](crate::RateLimitLayer::quota_by). What a key has taken counts on whichever tier
    /// it comes. There are 255 at most, further ones are not kept. An algorithm of your own is the same
    /// on all tiers: only what is said of it differs.
    #[must_use]
    pub fn tier(mut self, name: impl Into<Box<str>>, quota: Quota) -> Self {
        self.rule.set_tier(name.into(), quota);
        self
    }

    /// Whether calls may be charged more, or given back, once it is known what they cost: `false`
    /// unless set. What runs inside finds the call's [`Bill`](palisade_core::Bill).
    #[must_use]
    pub fn chargeable(mut self, chargeable: bool) -> Self {
        self.rule.chargeable = chargeable;
        self
    }

    /// What happens to this limit when the store does not decide within 50 ms, whatever
    /// [the layer](crate::RateLimitLayer::on_outage) says of the others, which is in force unless set.
    ///
    /// ```
    /// use palisade_ratelimit::{Limit, Limits, Outage, per_hour, per_second};
    ///
    /// // Without the store nobody can log in, and nobody is kept from reading.
    /// Limits::all((
    ///     Limit::new(per_hour(10)).name("login").on_outage(Outage::Deny),
    ///     Limit::new(per_second(100)).name("pages").on_outage(Outage::Allow),
    /// ));
    /// ```
    #[must_use]
    pub fn on_outage(mut self, outage: Outage) -> Self {
        self.rule.outage = Some(outage);
        self
    }

    /// Gives each of `by`'s keys a limit of its own, whatever the keys of the others are.
    #[must_use]
    pub fn by<K2>(self, by: K2) -> Limit<K2, A> {
        let Self { rule, asks, .. } = self;
        Limit { rule, by, asks }
    }

    /// Gives each key that `key` finds in a request's head a limit of its own.
    #[must_use]
    pub fn by_fn<F>(self, key: F) -> Limit<ByFn<F>, A>
    where
        F: for<'a> Fn(&Head<'a>) -> Option<Key<'a>>,
    {
        self.by(by_fn(key))
    }

    /// How many units a request takes of this limit; see
    /// [`cost_by`](crate::RateLimitLayer::cost_by).
    #[must_use]
    pub fn cost_by<F>(self, cost: F) -> Limit<K, CostBy<A, F>>
    where
        F: Fn(&Head<'_>) -> u64,
    {
        let Self { rule, by, asks: rest } = self;
        Limit { rule, by, asks: CostBy { rest, cost } }
    }
}

impl Rule {
    pub(crate) const fn new(quota: Quota, kind: Kind) -> Self {
        let tiers = Vec::new();
        Self { name: None, quota, kind, tiers, chargeable: false, outage: None }
    }

    pub(crate) fn set_tier(&mut self, name: Box<str>, quota: Quota) {
        let room = self.tiers.len() < usize::from(u8::MAX);
        match self.tiers.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = quota,
            None if room => self.tiers.push((name, quota)),
            None => {}
        }
    }
}

impl From<Quota> for Limit {
    fn from(quota: Quota) -> Self {
        Self::new(quota)
    }
}

macro_rules! from_algorithm {
    ($($algorithm:ident => $kind:ident),+) => {$(
        impl From<$algorithm> for Limit {
            fn from(algorithm: $algorithm) -> Self {
                Self::of(algorithm.quota(), Kind::$kind(On(algorithm)))
            }
        }
    )+};
}

from_algorithm!(FixedWindow => Fixed, SlidingWindow => Sliding, SlidingLog => Log, Shaper => Shaper);
