//! A charge, with what Redis needs to know of it.

use palisade_core::Micros;
use palisade_core::algorithm::{Algorithm, Keeps, Op, Outcome, Retry, Twin};
use palisade_core::store::{Charge, StoreError};

use crate::key::{self, Place};
use crate::script::Integers;

/// One limit of a call.
pub(super) struct Part<'c> {
    pub(super) charge: &'c Charge,
    /// How many units, which may be fewer than the charge's.
    pub(super) units: u64,
    /// Without one, the state is the algorithm's bytes.
    pub(super) twin: Option<Twin>,
    pub(super) place: Place,
}

/// What a script says of one limit.
pub(super) struct Verdict {
    allowed: bool,
    granted: u64,
    remaining: u64,
    retry: i64,
    reset: u64,
    delay: u64,
}

// ===== impl Part =====

impl<'c> Part<'c> {
    pub(super) fn new(prefix: &str, charge: &'c Charge) -> Result<Self, StoreError> {
        let twin = charge.policy.twin();
        let (tag, keeps) =
            twin.as_ref().map_or((key::BYTES, Keeps::Text), |twin| (twin.tag, twin.keeps));
        if !key::is_tag(tag) {
            let name = charge.policy.name();
            let message = format!(
                "the twin of limit {:?} has the tag {tag:?}, must be 1 to 8 letters and digits",
                name.as_str()
            );
            return Err(StoreError::Rejected(message.into()));
        }
        let place = Place::new(prefix, charge, tag, keeps);
        Ok(Self { charge, units: charge.units, twin, place })
    }

    /// Whether the script for one limit will do.
    pub(super) const fn is_alone(&self) -> bool {
        self.twin.is_some() && self.place.field.is_none()
    }

    /// What a script is told of where the state is: a field, nothing for a key's value, `*` for what the twin
    /// reads and writes by itself.
    pub(super) fn field(&self) -> &str {
        match (&self.place.field, &self.twin) {
            (Some(field), _) => field,
            (None, Some(Twin { keeps: Keeps::Set, .. })) => "*",
            (None, _) => "",
        }
    }
}

// ===== impl Verdict =====

impl Verdict {
    /// Reads it, of which the first number is read.
    pub(super) fn read(first: i64, from: &mut Integers) -> Result<Self, StoreError> {
        Ok(Self {
            allowed: first == 1,
            granted: from.natural()?,
            remaining: from.natural()?,
            retry: from.next()?,
            reset: from.natural()?,
            delay: from.natural()?,
        })
    }

    pub(super) const fn is_allowed(&self) -> bool {
        self.allowed
    }

    /// The outcome of `op` for so many units, if all limits of the call `agreed`. What a script is asked to take
    /// may be beyond what it can say, so only of a take it says how much that was.
    pub(super) fn outcome(&self, op: Op, units: u64, agreed: bool) -> Outcome {
        let mut outcome = match (self.allowed, self.retry, op) {
            (true, _, Op::Take) => Outcome::passed(self.granted),
            (true, _, _) => Outcome::passed(if agreed { units } else { 0 }),
            (false, ..0, _) => Outcome::refused(Retry::Never),
            (false, wait, _) => Outcome::refused(Retry::After(Micros(wait.unsigned_abs()))),
        };
        outcome.delay = Micros(self.delay);
        outcome.with_remaining(self.remaining).with_reset(Micros(self.reset))
    }
}

/// How a script is told of an operation.
pub(super) const fn number_of(op: Op) -> u8 {
    match op {
        Op::Decide => 0,
        Op::Charge => 1,
        Op::Refund => 2,
        Op::Take => 3,
        Op::Raise => 4,
    }
}
