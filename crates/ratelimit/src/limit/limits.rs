//! Several limits that are one decision.

use std::sync::Arc;

use palisade_core::{Global, Quota};

use crate::algorithms::{FixedWindow, Shaper, SlidingLog, SlidingWindow};
use crate::limit::asks::One;
use crate::limit::each::Each;
use crate::limit::{Limit, Rule};

/// Limits that a request must all pass: unless it does, none of them takes anything.
///
/// Of two [shapers](crate::Shaper) the longer delay is waited for, so that only the calls of that one
/// are spaced: have one, or stack two layers.
///
/// ```
/// use palisade_ratelimit::{ClientIp, Header, Limit, Limits, RateLimitLayer, per_hour, per_second};
///
/// // Two windows of one key.
/// let both = Limits::all([per_second(10), per_hour(1_000)]);
/// let layer = RateLimitLayer::with(both).by(ClientIp::peer());
///
/// // Each with a key of its own.
/// let each = Limits::all((
///     Limit::new(per_second(10)).by(ClientIp::peer()),
///     Limit::new(per_hour(1_000)).by(Header("x-api-key")).name("account"),
/// ));
/// let layer = RateLimitLayer::with(each).name("api");
/// ```
#[derive(Clone, Debug)]
pub struct Limits<K = Global, A = One> {
    pub(crate) rules: Vec<Rule>,
    pub(crate) by: K,
    pub(crate) asks: A,
}

impl Limits {
    /// All of `limits`: a tuple of two to six, an array or a vector. None at all lets everything
    /// pass; there are 255 at most, further ones are not kept.
    pub fn all<L: IntoLimits>(limits: L) -> Limits<L::Keys, L::Asks> {
        let mut limits = limits.into_limits();
        limits.rules.truncate(usize::from(u8::MAX));
        limits
    }
}

/// One limit.
pub trait IntoLimit {
    /// What finds its key.
    type Key;
    /// What a request asks of it.
    type Asks;

    /// The limit.
    fn into_limit(self) -> Limit<Self::Key, Self::Asks>;
}

/// One limit or several: what a limiter is made of.
pub trait IntoLimits {
    /// What finds their keys.
    type Keys;
    /// What a request asks of them.
    type Asks;

    /// The limits.
    fn into_limits(self) -> Limits<Self::Keys, Self::Asks>;
}

impl<K, A> IntoLimit for Limit<K, A> {
    type Key = K;
    type Asks = A;

    fn into_limit(self) -> Self {
        self
    }
}

macro_rules! into_limit {
    ($($type:ident),+) => {$(
        impl IntoLimit for $type {
            type Key = Global;
            type Asks = One;

            fn into_limit(self) -> Limit {
                self.into()
            }
        }
    )+};
}

into_limit!(Quota, FixedWindow, SlidingWindow, SlidingLog, Shaper);

impl<L: IntoLimit> IntoLimits for L {
    type Keys = L::Key;
    type Asks = L::Asks;

    fn into_limits(self) -> Limits<L::Key, L::Asks> {
        let Limit { rule, by, asks } = self.into_limit();
        Limits { rules: vec![rule], by, asks }
    }
}

impl<K, A> IntoLimits for Limits<K, A> {
    type Keys = K;
    type Asks = A;

    fn into_limits(self) -> Self {
        self
    }
}

impl<L: IntoLimit> IntoLimits for Vec<L> {
    type Keys = Each<Arc<[L::Key]>>;
    type Asks = Each<Arc<[L::Asks]>>;

    fn into_limits(self) -> Limits<Self::Keys, Self::Asks> {
        let (mut rules, mut by, mut all_asks) = (Vec::new(), Vec::new(), Vec::new());
        for limit in self {
            let Limit { rule, by: key, asks } = limit.into_limit();
            rules.push(rule);
            by.push(key);
            all_asks.push(asks);
        }
        Limits { rules, by: Each(by.into()), asks: Each(all_asks.into()) }
    }
}

impl<L: IntoLimit, const N: usize> IntoLimits for [L; N] {
    type Keys = Each<Arc<[L::Key]>>;
    type Asks = Each<Arc<[L::Asks]>>;

    fn into_limits(self) -> Limits<Self::Keys, Self::Asks> {
        Vec::from(self).into_limits()
    }
}

macro_rules! tuple {
    ($($name:ident),+) => {
        impl<$($name: IntoLimit),+> IntoLimits for ($($name,)+) {
            type Keys = Each<($($name::Key,)+)>;
            type Asks = Each<($($name::Asks,)+)>;

            #[allow(non_snake_case)] // The limits are named as their types are.
            fn into_limits(self) -> Limits<Self::Keys, Self::Asks> {
                let ($($name,)+) = self;
                $(let $name = $name.into_limit();)+
                Limits {
                    rules: vec![$($name.rule),+],
                    by: Each(($($name.by,)+)),
                    asks: Each(($($name.asks,)+)),
                }
            }
        }
    };
}

tuple!(A, B);
tuple!(A, B, C);
tuple!(A, B, C, D);
tuple!(A, B, C, D, E);
tuple!(A, B, C, D, E, F);
