//! What responses say about their limits.

use palisade_core::algorithm::Outcome;
use palisade_core::store::Source;
use palisade_core::{Micros, Name, Quota, Rejection, Respond};

use crate::engine::call::Call;
use crate::headers::{Style, Told};
use crate::layer::manner::Front;
use crate::shared::verdict::Seen;

/// What the response of a call that passed will say about its one limit: the usual case, small
/// enough to be carried in every call's future.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    name: Name,
    quota: Quota,
    remaining: u64,
    reset: Micros,
    at: Micros,
    style: Style,
}

/// The same about several limits, or about one that would have refused.
#[derive(Debug)]
pub(crate) struct Stamps {
    told: Box<[Told]>,
    at: Micros,
    style: Style,
}

impl Front {
    /// Whether responses of a mode that answers as `R` does say anything.
    #[inline]
    fn says<Req, Res, Err, R>(&self, refused: bool) -> bool
    where
        R: Respond<Req, Res, Err>,
    {
        R::HEADERS && self.manner.style.says(refused)
    }

    /// What is to be said about a pass of a single limit.
    #[inline]
    pub(crate) fn stamp_of<Req, Res, Err, R>(
        &self,
        outcome: &Outcome,
        quota: impl FnOnce() -> Quota,
    ) -> Option<Stamp>
    where
        R: Respond<Req, Res, Err>,
    {
        self.says::<_, _, _, R>(false).then(|| {
            let (name, quota) = (self.shared.label(0), quota());
            let (remaining, reset) = (outcome.remaining(), outcome.reset());
            let style = self.manner.style;
            Stamp { name, quota, remaining, reset, at: self.at(), style }
        })
    }

    /// What is to be said about all limits of a call.
    pub(crate) fn stamps<Req, Res, Err, R>(&self, call: &Call, seen: &Seen) -> Option<Stamps>
    where
        R: Respond<Req, Res, Err>,
    {
        let outcomes = &seen.outcomes;
        let refused = outcomes.iter().any(|outcome| !outcome.allowed);
        if outcomes.is_empty() || !self.says::<_, _, _, R>(refused) {
            return None;
        }
        let told = |(part, &outcome)| {
            let (name, quota) = self.shared.terms(part);
            Told { name, quota, outcome }
        };
        // Of a limit that nothing is known of there is nothing to be said.
        let known = call.parts.iter().zip(outcomes);
        let known = known.filter(|(_, outcome)| **outcome != Outcome::UNLIMITED);
        let told: Box<[Told]> = known.map(told).collect();
        if told.is_empty() {
            return None;
        }
        Some(Stamps { told, at: seen.at, style: self.manner.style })
    }

    /// What is to be said about a single limit that refuses, or would have.
    #[cold]
    pub(crate) fn stamp_refusal<Req, Res, Err, R>(&self, outcome: Option<Outcome>) -> Option<Stamps>
    where
        R: Respond<Req, Res, Err>,
    {
        let outcome = outcome?;
        self.says::<_, _, _, R>(true).then(|| {
            let (name, quota) = (self.shared.label(0), self.shared.quota());
            let told = Box::new([Told { name, quota, outcome }]);
            Stamps { told, at: self.at(), style: self.manner.style }
        })
    }

    /// The time, if anything that is to be said depends on it.
    fn at(&self) -> Micros {
        if self.manner.style.needs_time() { self.shared.now() } else { Micros::ZERO }
    }
}

impl Stamp {
    /// Says it, if there is somewhere to say it.
    pub(crate) fn apply<Req, Res, Err, R>(&self, response: &mut R::Response)
    where
        R: Respond<Req, Res, Err>,
    {
        let Self { name, quota, remaining, reset, at, style } = *self;
        let outcome = Outcome::passed(0).with_remaining(remaining).with_reset(reset);
        if let Some(headers) = R::headers(response) {
            style.write(&[Told { name, quota, outcome }], at, headers);
        }
    }
}

impl Stamps {
    /// Says it, if there is somewhere to say it.
    pub(crate) fn apply<Req, Res, Err, R>(&self, response: &mut R::Response)
    where
        R: Respond<Req, Res, Err>,
    {
        if let Some(headers) = R::headers(response) {
            self.style.write(&self.told, self.at, headers);
        }
    }
}

/// Says who decided, if a store was asked and there is somewhere to say it.
pub(crate) fn tell<Req, Res, Err, R>(source: Option<Source>, response: &mut R::Response)
where
    R: Respond<Req, Res, Err>,
{
    if let (Some(source), Some(extensions)) = (source, R::extensions(response)) {
        extensions.insert(source);
    }
}

/// Refuses, and says in the answer's headers what is to be said.
pub(crate) fn refuse<Req, Res, Err, R>(
    stamps: Option<&Stamps>,
    respond: &R,
    why: Rejection,
    meta: R::Meta,
) -> Result<R::Response, R::Error>
where
    R: Respond<Req, Res, Err>,
{
    let mut response = respond.reject(why, meta)?;
    tell::<Req, Res, Err, R>(why.decider(), &mut response);
    if let Some(stamps) = stamps {
        stamps.apply::<Req, Res, Err, R>(&mut response);
    }
    Ok(response)
}
