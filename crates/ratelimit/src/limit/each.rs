//! What each of several limits has of its own.

use std::sync::Arc;

use palisade_core::{Key, KeyBy};

/// One for each limit, in their order: the keys of limits that have their own, and what they ask.
///
/// [`Limits::all`](crate::Limits::all) makes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Each<T>(pub(crate) T);

impl<Req, K: KeyBy<Req>> KeyBy<Req> for Each<Arc<[K]>> {
    const UNKEYED: bool = K::UNKEYED;
    const EACH: bool = true;

    fn key<'r>(&'r self, request: &'r Req) -> Option<Key<'r>> {
        self.key_of(request, 0)
    }

    fn key_of<'r>(&'r self, request: &'r Req, limit: usize) -> Option<Key<'r>> {
        self.0.get(limit)?.key(request)
    }

    fn describe(&self) -> &'static str {
        self.describe_of(0)
    }

    fn describe_of(&self, limit: usize) -> &'static str {
        self.0.get(limit).map_or("", KeyBy::describe)
    }
}

macro_rules! tuple {
    ($($name:ident $index:tt),+) => {
        impl<Req, $($name: KeyBy<Req>),+> KeyBy<Req> for Each<($($name,)+)> {
            const UNKEYED: bool = true $(&& $name::UNKEYED)+;
            const EACH: bool = true;

            fn key<'r>(&'r self, request: &'r Req) -> Option<Key<'r>> {
                self.0.0.key(request)
            }

            fn key_of<'r>(&'r self, request: &'r Req, limit: usize) -> Option<Key<'r>> {
                match limit {
                    $($index => self.0.$index.key(request),)+
                    _ => None,
                }
            }

            fn describe(&self) -> &'static str {
                self.0.0.describe()
            }

            fn describe_of(&self, limit: usize) -> &'static str {
                match limit {
                    $($index => self.0.$index.describe(),)+
                    _ => "",
                }
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
