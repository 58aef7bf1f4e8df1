//! The layer's setters for the queue, the keys, and how calls are treated.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::Head;
use palisade_core::key::Missing;

use crate::adaptive::Adapt;
use crate::layer::BulkheadLayer;
use crate::layer::front::Front;
use crate::learning::Algorithm;
use crate::options::Until;
use crate::shared::settings::Settings;
use crate::weight::WeightBy;

impl<K, R, W> BulkheadLayer<K, R, W> {
    /// Lets so many calls wait for a place, of each key; none unless set, so that whoever finds the
    /// bulkhead full is refused at once. Calls come in in the order in which they came, whatever they
    /// weigh: nobody is overtaken.
    #[must_use]
    pub fn max_queued(self, most: u32) -> Self {
        self.edit(|shared| shared.set(|old| Settings { max_queued: most, ..old }))
    }

    /// Lets them wait this long at most; a second unless set. [`Duration::MAX`] is for ever, and
    /// needs no timer; with zero nobody waits whom a place is not given at once.
    ///
    /// A call with a [deadline](palisade_core::CallContext) waits no longer than until then in any
    /// case, for its place or for the inner service to be ready after that, and is told that it expired.
    #[must_use]
    pub fn max_wait(self, most: Duration) -> Self {
        self.edit(|shared| shared.set(|old| Settings { max_wait: most.into(), ..old }))
    }

    /// Lets the limit follow how calls fare, instead of a number: with [`Aimd`](crate::Aimd),
    /// [`Gradient2`](crate::Gradient2) or an [`Adapt`] of your own. Each key has an algorithm of its
    /// own, which starts as `algorithm` is.
    ///
    /// A call's time is from when it came in to when its place is free again; see
    /// [`until`](Self::until). An error of the inner service, a response of 500 and above, a gRPC
    /// status that says so and a body that broke off say that the limit is too high. A caller who goes
    /// away says nothing, nor does a [local](palisade_core::Origin::Local) refusal by one of our
    /// layers inside, if it can be told: from a response in every mode, from an error in the modes
    /// [`boxed`](Self::boxed) and [`plain_boxed`](Self::plain_boxed). The other modes ask nothing of
    /// the error's type and cannot look into it: there a refusal that comes as an error counts as one.
    ///
    /// ```
    /// use palisade_bulkhead::{BulkheadLayer, Gradient2};
    ///
    /// let layer = BulkheadLayer::new(0).adaptive(Gradient2::new(10, 200));
    /// assert_eq!(layer.handle().snapshot().limit, 20);
    /// ```
    #[must_use]
    pub fn adaptive<A: Adapt + Clone + Sync + 'static>(self, algorithm: A) -> Self {
        let algorithm = Algorithm::new(algorithm);
        self.edit(|shared| shared.plan(|plan| plan.algorithm = Some(algorithm)))
    }

    /// How many keys have places of their own at most; 100 000 unless set, 0 counts as 1. Beyond
    /// that, new keys first take the room of keys without a call, then share one bulkhead.
    #[must_use]
    pub fn max_keys(self, most: usize) -> Self {
        self.edit(|shared| shared.plan(|plan| plan.most_keys = most))
    }

    /// How many units a request takes, as a closure says of its head; one unless set.
    ///
    /// More than the limit counts as the limit, so that every request can pass some time. A weight
    /// of 0 takes no place, and is never refused for want of one.
    ///
    /// ```
    /// use palisade_bulkhead::BulkheadLayer;
    ///
    /// BulkheadLayer::new(100).weight_by(|head| match head.path() {
    ///     "/healthz" => 0,
    ///     "/export" => 25,
    ///     _ => 1,
    /// });
    /// ```
    #[must_use]
    pub fn weight_by<F>(self, weight: F) -> BulkheadLayer<K, R, WeightBy<F>>
    where
        F: Fn(&Head<'_>) -> u32,
    {
        self.weigh(WeightBy(weight))
    }

    /// How many units a request takes, for requests of any type: a closure, or a
    /// [`Weigh`](crate::Weigh) of your own. See [`weight_by`](Self::weight_by).
    ///
    /// ```
    /// use palisade_bulkhead::BulkheadLayer;
    ///
    /// BulkheadLayer::new(1_000).weigh(|job: &Vec<u8>| job.len() as u32).plain();
    /// ```
    #[must_use]
    pub fn weigh<W2>(self, weight: W2) -> BulkheadLayer<K, R, W2> {
        let Self { front, by, respond, .. } = self;
        BulkheadLayer { front, by, respond, weight }
    }

    /// What happens to a request that has no key; [`Missing::Shared`] unless set.
    #[must_use]
    pub fn on_missing(self, missing: Missing) -> Self {
        self.treat(|front| front.missing = missing)
    }

    /// How long a call has its place; [`Until::Body`] unless set.
    #[must_use]
    pub fn until(self, until: Until) -> Self {
        self.treat(|front| front.until = until)
    }

    /// Changes what does not touch the bulkhead's state.
    fn treat(self, change: impl FnOnce(&mut Front)) -> Self {
        let mut front = Arc::unwrap_or_clone(self.front);
        change(&mut front);
        Self { front: Arc::new(front), ..self }
    }
}
