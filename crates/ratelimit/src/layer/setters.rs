//! The layer's setters for what a limit does to whom, and what responses say about it.

use std::sync::Arc;

use palisade_core::key::Missing;
use palisade_core::store::{AnyStore, Outage, Store};
use palisade_core::{Head, Quota};

use crate::layer::RateLimitLayer;
use crate::layer::manner::{Front, Manner};
use crate::limit::asks::{ClassBy, CostBy, QuotaBy};
use crate::options::{Headers, HeadersOn, Reset};

impl<K, R, A> RateLimitLayer<K, R, A> {
    /// How many keys are remembered at most; a million unless set, 0 counts as 1. Beyond that, new
    /// keys first take the place of keys whose bucket is full again, then share one bucket. Each
    /// limit of several has keys of its own.
    #[must_use]
    pub fn max_keys(self, most: usize) -> Self {
        self.edit(|shared| {
            shared.fixed.most_keys = most;
            shared.restart();
        })
    }

    /// Keeps the limit in `store` instead of this process's memory, so that a fleet shares it.
    ///
    /// The store knows a limit by its name: name it, since limits of one name in one store are one
    /// limit. To give several layers one store, give each a clone of its `Arc`.
    ///
    /// Who decided is told by the response's extensions, which have a [`Source`](crate::Source) then, of
    /// several layers that of the outermost; and by
    /// [`Rejection::decider`](palisade_core::Rejection::decider), around any service.
    #[must_use]
    pub fn store(self, store: impl Store) -> Self {
        let store = AnyStore::new(store);
        self.edit(|shared| shared.fixed.store = Some(store))
    }

    /// What happens when the store does not decide within 50 ms; [`Outage::Share`] unless set. A limit
    /// may say otherwise for itself: [`Limit::on_outage`](crate::Limit::on_outage).
    ///
    /// A store that knows how many instances there are, and what they have taken so far, does so by
    /// itself. When any other store fails, a call is refused if one of its limits says
    /// [`Outage::Deny`]; those that say [`Outage::Allow`] are left out; the others are kept in this
    /// process, in full, under [`Outage::Share`] as under [`Outage::Local`].
    ///
    /// A call that has a [deadline](palisade_core::CallContext) waits no longer than until then, and is
    /// refused as expired: that is no failure of the store.
    #[must_use]
    pub fn on_outage(self, outage: Outage) -> Self {
        self.edit(|shared| shared.fixed.outage = outage)
    }

    /// Another quota for requests of the tier `name`, of the first limit; see
    /// [`quota_by`](Self::quota_by). Of several limits each has its own:
    /// [`Limit::tier`](crate::Limit::tier).
    #[must_use]
    pub fn tier(self, name: impl Into<Box<str>>, quota: Quota) -> Self {
        let name = name.into();
        self.edit(|shared| {
            shared.rebuild(|rules| {
                if let Some(rule) = rules.first_mut() {
                    rule.set_tier(name, quota);
                }
            });
        })
    }

    /// Lets all limits be charged more, or less, once it is known what a call costs; `false` unless
    /// set. What runs inside finds the call's [`Bill`](palisade_core::Bill).
    #[must_use]
    pub fn chargeable(self, chargeable: bool) -> Self {
        self.edit(|shared| {
            shared.rebuild(|rules| rules.iter_mut().for_each(|rule| rule.chargeable = chargeable));
        })
    }

    /// Applies the quota of the tier that `tier` names: what the caller has paid for. Who is on no
    /// tier, or on one that the limit does not know, is on the limit's own quota.
    ///
    /// What a key has taken counts on whichever tier it comes. A bucket keeps it as time, as when the
    /// quota changes: who has spent half of one tier's bucket has half of another's left. A window
    /// keeps its count, so an upgrade gives at once what it adds.
    ///
    /// ```
    /// use palisade_ratelimit::{Header, RateLimitLayer, per_hour};
    ///
    /// #[derive(Clone)]
    /// struct Account { plan: String }
    ///
    /// // "free" is the limit's own; the layer outside of this one has looked the account up.
    /// RateLimitLayer::new(per_hour(100))
    ///     .tier("standard", per_hour(1_000))
    ///     .tier("premium", per_hour(10_000))
    ///     .tier("enterprise", per_hour(100_000))
    ///     .quota_by(|head| head.extension::<Account>().map(|account| &*account.plan))
    ///     .by(Header("x-api-key"));
    /// ```
    #[must_use]
    pub fn quota_by<F>(self, tier: F) -> RateLimitLayer<K, R, QuotaBy<A, F>>
    where
        F: for<'h> Fn(&Head<'h>) -> Option<&'h str>,
    {
        self.asking(|rest| QuotaBy { rest, tier })
    }

    /// How many units a request takes of each limit, in place of the costs that limits have of their
    /// own; one unless set. A cost of 0 passes and takes nothing; one
    /// beyond the whole quota is refused for good, without `Retry-After`.
    ///
    /// ```
    /// use palisade_ratelimit::{RateLimitLayer, per_minute};
    ///
    /// RateLimitLayer::new(per_minute(600)).cost_by(|head| match head.path() {
    ///     "/search" => 5,
    ///     _ => 1,
    /// });
    /// ```
    #[must_use]
    pub fn cost_by<F>(self, cost: F) -> RateLimitLayer<K, R, CostBy<A, F>>
    where
        F: Fn(&Head<'_>) -> u64,
    {
        self.asking(|rest| CostBy { rest, cost })
    }

    /// Tells an algorithm of your own how important a request is; 0 unless set. The built-in ones do
    /// not look at it.
    #[must_use]
    pub fn class_by<F>(self, class: F) -> RateLimitLayer<K, R, ClassBy<A, F>>
    where
        F: Fn(&Head<'_>) -> u8,
    {
        self.asking(|rest| ClassBy { rest, class })
    }

    /// What a request asks for, found by a type of your own: for requests without an HTTP head.
    #[must_use]
    pub fn asks<A2>(self, asks: A2) -> RateLimitLayer<K, R, A2> {
        self.asking(|_| asks)
    }

    /// Which headers tell clients about their quota; [`Headers::Ietf`] unless set.
    #[must_use]
    pub fn headers(self, headers: Headers) -> Self {
        self.treat(|manner| manner.style.headers = headers)
    }

    /// Which responses have them; [`HeadersOn::Always`] unless set.
    #[must_use]
    pub fn headers_on(self, on: HeadersOn) -> Self {
        self.treat(|manner| manner.style.on = on)
    }

    /// How `X-RateLimit-Reset` tells the time; [`Reset::Epoch`] unless set.
    #[must_use]
    pub fn reset(self, reset: Reset) -> Self {
        self.treat(|manner| manner.style.reset = reset)
    }

    /// What happens to a request that has no key; [`Missing::Shared`] unless set.
    #[must_use]
    pub fn on_missing(self, missing: Missing) -> Self {
        self.treat(|manner| manner.missing = missing)
    }

    /// Lets CORS preflights pass without taking anything (the default), or counts them like any
    /// request. A browser sends them unasked, and a refused one fails the request behind it. Who is
    /// no browser can send as many as it likes: count them where nothing inside answers them.
    #[must_use]
    pub fn skip_preflights(self, skip: bool) -> Self {
        self.treat(|manner| manner.skip_preflights = skip)
    }

    /// Lets requests for these paths pass without taking anything, such as health checks; none
    /// unless set. A path is compared as a whole, or up to a `*` at its end: `"/internal/*"`; as it was
    /// sent, `..` and all, and below a nested router without the prefix. In the modes for any service (`plain` and its siblings) no path is seen and none is skipped.
    ///
    /// ```
    /// use palisade_ratelimit::{RateLimitLayer, per_second};
    ///
    /// RateLimitLayer::new(per_second(100)).skip_paths(["/healthz", "/metrics"]);
    /// ```
    #[must_use]
    pub fn skip_paths<P: Into<Box<str>>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        let paths = paths.into_iter().map(Into::into).collect();
        self.treat(|manner| manner.skip_paths = paths)
    }

    fn asking<A2>(self, ask: impl FnOnce(A) -> A2) -> RateLimitLayer<K, R, A2> {
        let Self { front, by, respond, asks } = self;
        RateLimitLayer { front, by, respond, asks: ask(asks) }
    }

    /// Changes what does not touch the limit's state.
    fn treat(self, change: impl FnOnce(&mut Manner)) -> Self {
        let mut front: Front = Arc::unwrap_or_clone(self.front);
        change(&mut front.manner);
        Self { front: Arc::new(front), ..self }
    }
}
