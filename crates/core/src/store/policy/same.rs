//! Which policies are one limit.
//!
//! A layer makes its policies anew for each call, so they cannot be told apart by where they are; and
//! algorithms need not be comparable. What a store sends of them is, and says all of a limit.

use std::any::Any;
use std::ptr;
use std::sync::Arc;

use super::Policy;

impl Policy {
    /// Whether `other` is the same limit with the same numbers, so that what was heard of one is true
    /// of the other, whatever becomes of them in an outage. Of algorithms without a
    /// [twin](crate::algorithm::Algorithm::twin) only clones of one policy are known to be.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let is_one = ptr::addr_eq(Arc::as_ptr(&self.algorithm), Arc::as_ptr(&other.algorithm));
        self.name == other.name && (is_one || self.has_twin_of(other))
    }

    fn has_twin_of(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.algorithm, &other.algorithm);
        if Any::type_id(ours.as_any()) != Any::type_id(theirs.as_any()) {
            return false;
        }
        match (ours.twin_any(), theirs.twin_any()) {
            (Some(ours), Some(theirs)) => ours.tag == theirs.tag && ours.numbers == theirs.numbers,
            _ => false,
        }
    }
}
