//! How much a request asks for, on which tier, and how important it is.

use std::fmt;
use std::sync::Arc;

use palisade_core::{HasHead, Head};

use crate::limit::each::Each;

/// What a request asks of its limits, besides whose they are.
///
/// [`One`] is a unit of each limit, on its own quota. `cost_by`, `quota_by` and `class_by` of a
/// layer change one of the three for requests with an HTTP head; implement it for other requests.
pub trait Asks<Req> {
    /// Whether a request may ask each limit of several for another number of units; if not, it is asked
    /// for the first only.
    const EACH: bool = true;

    /// How many units of the limit with this index; 0 passes and takes nothing.
    fn units(&self, request: &Req, limit: usize) -> u64 {
        let _ = (request, limit);
        1
    }

    /// The name of its tier; limits that have no such tier apply their own quota.
    fn tier<'r>(&'r self, request: &'r Req) -> Option<&'r str> {
        let _ = request;
        None
    }

    /// Its priority or service class, for algorithms that look at it.
    fn class(&self, request: &Req) -> u8 {
        let _ = request;
        0
    }
}

/// One unit of each limit, on its own quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct One;

impl<Req> Asks<Req> for One {
    const EACH: bool = false;
}

/// The cost is what a closure says.
#[derive(Clone, Copy)]
pub struct CostBy<A, F> {
    pub(crate) rest: A,
    pub(crate) cost: F,
}

impl<Req, A, F> Asks<Req> for CostBy<A, F>
where
    Req: HasHead,
    A: Asks<Req>,
    F: Fn(&Head<'_>) -> u64,
{
    const EACH: bool = false;

    fn units(&self, request: &Req, _limit: usize) -> u64 {
        (self.cost)(&request.head())
    }

    fn tier<'r>(&'r self, request: &'r Req) -> Option<&'r str> {
        self.rest.tier(request)
    }

    fn class(&self, request: &Req) -> u8 {
        self.rest.class(request)
    }
}

/// The tier is what a closure says.
#[derive(Clone, Copy)]
pub struct QuotaBy<A, F> {
    pub(crate) rest: A,
    pub(crate) tier: F,
}

impl<Req, A, F> Asks<Req> for QuotaBy<A, F>
where
    Req: HasHead,
    A: Asks<Req>,
    F: for<'h> Fn(&Head<'h>) -> Option<&'h str>,
{
    const EACH: bool = A::EACH;

    fn units(&self, request: &Req, limit: usize) -> u64 {
        self.rest.units(request, limit)
    }

    fn tier<'r>(&'r self, request: &'r Req) -> Option<&'r str> {
        (self.tier)(&request.head())
    }

    fn class(&self, request: &Req) -> u8 {
        self.rest.class(request)
    }
}

/// The class is what a closure says.
#[derive(Clone, Copy)]
pub struct ClassBy<A, F> {
    pub(crate) rest: A,
    pub(crate) class: F,
}

impl<Req, A, F> Asks<Req> for ClassBy<A, F>
where
    Req: HasHead,
    A: Asks<Req>,
    F: Fn(&Head<'_>) -> u8,
{
    const EACH: bool = A::EACH;

    fn units(&self, request: &Req, limit: usize) -> u64 {
        self.rest.units(request, limit)
    }

    fn tier<'r>(&'r self, request: &'r Req) -> Option<&'r str> {
        self.rest.tier(request)
    }

    fn class(&self, request: &Req) -> u8 {
        (self.class)(&request.head())
    }
}

/// Each limit asks for its own cost. Tier and class are those of the first.
impl<Req, A: Asks<Req>> Asks<Req> for Each<Arc<[A]>> {
    fn units(&self, request: &Req, limit: usize) -> u64 {
        self.0.get(limit).map_or(1, |asks| asks.units(request, limit))
    }

    fn tier<'r>(&'r self, request: &'r Req) -> Option<&'r str> {
        self.0.first()?.tier(request)
    }

    fn class(&self, request: &Req) -> u8 {
        self.0.first().map_or(0, |asks| asks.class(request))
    }
}

macro_rules! tuple {
    ($($name:ident $index:tt),+) => {
        impl<Req, $($name: Asks<Req>),+> Asks<Req> for Each<($($name,)+)> {
            fn units(&self, request: &Req, limit: usize) -> u64 {
                match limit {
                    $($index => self.0.$index.units(request, limit),)+
                    _ => 1,
                }
            }

            fn tier<'r>(&'r self, request: &'r Req) -> Option<&'r str> {
                self.0.0.tier(request)
            }

            fn class(&self, request: &Req) -> u8 {
                self.0.0.class(request)
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);

macro_rules! opaque {
    ($($type:ident),+) => {$(
        impl<A: fmt::Debug, F> fmt::Debug for $type<A, F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).field("rest", &self.rest).finish_non_exhaustive()
            }
        }
    )+};
}

opaque!(CostBy, QuotaBy, ClassBy);
