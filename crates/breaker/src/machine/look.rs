//! What a machine says without a change.

use palisade_core::Micros;

use super::probing::Verdict;
use super::word::Code;
use super::{Machine, Pass, Refusal};
use crate::recovery::Recovery;
use crate::state::State;

impl Machine {
    /// Why a call is refused now, without admitting one if it is not; `None` if it would pass.
    pub(crate) fn refuses(
        &self,
        now: Micros,
        recovery: impl FnOnce() -> Recovery,
    ) -> Option<Refusal> {
        if self.glance().is_closed() {
            return None;
        }
        if let Some(refusal) = self.is_open(now) {
            return Some(refusal);
        }
        let recovery = &recovery();
        let phase = &mut *self.phase.lock();
        let opened = &phase.opened;
        match self.glance().code() {
            Code::Closed | Code::Ramping => None,
            Code::Open => (now < opened.until).then(|| opened.refusal(now, Some(opened.until))),
            Code::Forced => Some(opened.refusal(now, None)),
            // Whether it has taken too long, or is decided, is for a call to say.
            Code::HalfOpen if phase.probing.is_over(now, recovery) => None,
            Code::HalfOpen if phase.probing.verdict(now, recovery) != Verdict::Unknown => None,
            Code::HalfOpen => {
                let free_at = phase.probing.full_until(now, recovery)?;
                Some(opened.refusal(now, free_at))
            }
        }
    }

    /// Why calls were last refused, for one that must be though the state has changed meanwhile.
    pub(crate) fn last_refusal(&self, now: Micros) -> Refusal {
        let opened = self.last.get();
        opened.refusal(now, (opened.until < Micros::MAX).then_some(opened.until))
    }

    /// Why a call is refused, if the breaker is open and its wait is not over; no lock.
    pub(super) fn is_open(&self, now: Micros) -> Option<Refusal> {
        let code = self.glance().code();
        if !matches!(code, Code::Open | Code::Forced) {
            return None;
        }
        let opened = self.last.get();
        match code {
            Code::Forced => Some(opened.refusal(now, None)),
            _ => (now < opened.until).then(|| opened.refusal(now, Some(opened.until))),
        }
    }

    /// The probe that was admitted first, for results that come without saying whose they are.
    pub(crate) fn oldest_probe(&self, now: Micros) -> Pass {
        let glance = self.glance();
        if glance.lets_pass() {
            return Pass { generation: glance.generation(), probe: None };
        }
        let phase = self.phase.lock();
        let glance = self.glance();
        let is_probing = glance.code() == Code::HalfOpen;
        let probe = is_probing.then(|| phase.probing.oldest(now)).flatten();
        Pass { generation: glance.generation(), probe }
    }

    /// Why and since when it is not closed, and when the next probe is due.
    pub(crate) fn opened(&self, now: Micros, recovery: &Recovery) -> Option<Refusal> {
        let phase = &mut *self.phase.lock();
        let until = match self.glance().state() {
            State::Closed => return None,
            State::Open => Some(phase.opened.until),
            State::HalfOpen => match phase.probing.full_until(now, recovery) {
                Some(free_at) => free_at,
                None => Some(now),
            },
            State::ForcedOpen => None,
        };
        Some(phase.opened.refusal(now, until))
    }
}
