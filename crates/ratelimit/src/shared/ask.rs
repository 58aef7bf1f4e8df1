//! A call that a store decides on.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use palisade_core::Alarm;
use palisade_core::algorithm::Op;
use palisade_core::base::Shared as _;
use palisade_core::telemetry::Ticket;
use smallvec::SmallVec;

use crate::engine::call::{Bucket, Call};
use crate::shared::Shared;
use crate::shared::counters::{PASSED, REJECTED, SHADOWED, STORE_ERRORS};
use crate::shared::question::{Heard, Question};
use crate::shared::remote::Remote;
use crate::shared::verdict::{Seen, Verdict, Wait};
use crate::shared::why::Why;

/// What the keys of limits are, by their places among all of the layer.
pub(crate) type Described = SmallVec<[&'static str; 2]>;

/// A call that waits for a store's decision: counted as abandoned if it is dropped before.
pub(crate) struct Ask {
    question: Question,
    shared: Arc<Shared>,
    call: Call,
    by: Described,
    remote: Remote,
    ticket: Ticket,
}

/// What came of it.
pub(crate) struct Answered {
    pub(crate) verdict: Verdict<Seen>,
    pub(crate) shared: Arc<Shared>,
    /// With those of its limits that were decided on.
    pub(crate) call: Call,
    /// Where the units were taken: `None` if it was in this process.
    pub(crate) remote: Option<Remote>,
    /// Still open if the call has to wait for its turn.
    pub(crate) ticket: Option<Ticket>,
}

impl Shared {
    /// Asks the store about a call, unless that is late already: then what becomes of it.
    pub(crate) fn ask(
        self: &Arc<Self>,
        call: Call,
        by: Described,
        remote: Remote,
    ) -> Result<Ask, Verdict<()>> {
        if self.is_late() {
            return Err(self.refuse(self.switch(), Why::expired(self), ()));
        }
        let question = Question::new(Op::Decide, &remote);
        let (ticket, shared) = (self.base().meter().enter(), Arc::clone(self));
        Ok(Ask { question, shared, call, by, remote, ticket })
    }
}

impl Ask {
    /// What is heard of the store, in its time or in what is left of the call's.
    pub(crate) fn poll(&mut self, alarm: Pin<&mut Alarm>, cx: &mut Context<'_>) -> Poll<Heard> {
        self.question.poll(&self.shared, alarm, cx)
    }

    /// What follows from it.
    pub(crate) fn judge(self, heard: Heard) -> Answered {
        let Self { shared, mut call, by, remote, ticket, .. } = self;
        let keyed = keyed(&call, &remote);
        let (decided, remote) = match heard {
            Heard::Answer(seen) => (Ok(seen), Some(remote)),
            Heard::Nothing => {
                ticket.add(STORE_ERRORS);
                (shared.stand_in(&mut call, Op::Decide), None)
            }
            Heard::Late => {
                let verdict =
                    shared.verdict(shared.switch(), Why::expired(&shared), Seen::default());
                close(ticket, &verdict);
                return Answered { verdict, shared, call, remote: None, ticket: None };
            }
        };
        let by = |limit| by.get(limit).copied().unwrap_or("");
        let (mut seen, why) = match decided {
            Ok(seen) => {
                let why = seen.refusal().map(|(at, _)| shared.why(&call, at, &seen, by));
                (seen, why)
            }
            Err(why) => (Seen::default(), Some(why)),
        };
        if let Some(source) = seen.source {
            shared.sources.count(source);
        }
        if let Some((print, key)) = keyed {
            let spell = |text: &mut String| text.push_str(&key);
            shared.busiest.record_as(spell, print, 1, why.is_some());
        }
        if let Some(why) = why {
            let verdict = shared.verdict(shared.switch(), why, seen);
            close(ticket, &verdict);
            return Answered { verdict, shared, call, remote, ticket: None };
        }
        let ticket = match shared.wait(&call, &mut seen, by) {
            Wait::Turn => Some(ticket),
            Wait::None => {
                ticket.close(PASSED);
                None
            }
            Wait::Shadowed => {
                ticket.close(SHADOWED);
                None
            }
            Wait::Hopeless(why, until) => {
                shared.leave(&call, remote.as_ref(), &until);
                ticket.close(REJECTED);
                let verdict = Verdict::Refuse(shared.reject(why), seen);
                return Answered { verdict, shared, call, remote, ticket: None };
            }
        };
        Answered { verdict: Verdict::Pass(seen), shared, call, remote, ticket }
    }
}

/// Counts what became of a call that was to be refused.
fn close(ticket: Ticket, verdict: &Verdict<Seen>) {
    let shadowed = matches!(verdict, Verdict::Pass(_));
    ticket.close(if shadowed { SHADOWED } else { REJECTED });
}

/// The first key of the call, as the table of the busiest knows it.
fn keyed(call: &Call, Remote { charges, .. }: &Remote) -> Option<(u64, Arc<str>)> {
    call.parts.iter().zip(charges).find_map(|(part, charge)| match part.bucket {
        Bucket::Keyed(print) => Some((print, Arc::clone(&charge.subject))),
        Bucket::Everybody => None,
    })
}
