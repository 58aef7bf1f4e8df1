//! Deciding on a call: what the arithmetic says, which share of it is enforced, what is counted.

use std::sync::atomic::Ordering;

use palisade_core::algorithm::{Op, Outcome};
use palisade_core::base::Shared as _;
use palisade_core::switch::Switch;
use palisade_core::{Reason, Rejection, telemetry};

use crate::counters::{KEY_MISSING, LAYER, PASSED, RATE_LIMITED, REJECTED, SHADOWED, STORE_DOWN};
use crate::shared::{Bucket, Shared};

/// What becomes of a call.
pub(crate) enum Verdict {
    /// It passes; the outcome is known unless the layer is switched off or has nothing to say.
    Pass(Option<Outcome>),
    Refuse(Rejection, Option<Outcome>),
}

impl Shared {
    /// Decides in memory, and counts.
    #[inline(always)]
    pub(crate) fn decide(&self, bucket: Bucket, by: &'static str) -> Verdict {
        match self.execute(bucket, Op::Decide, 1) {
            (_, None) => Verdict::Pass(None),
            (_, Some(outcome)) if outcome.allowed => {
                self.base().meter().add(PASSED);
                Verdict::Pass(Some(outcome))
            }
            (settings, Some(outcome)) => {
                let reason = Reason::rate_limited(self.quota(), by);
                self.refuse(settings.switch, reason, Some(outcome))
            }
        }
    }

    /// Refuses or, below full enforcement, lets pass what was to be refused; and counts it.
    #[cold]
    pub(crate) fn refuse(
        &self,
        switch: Switch,
        reason: Reason,
        outcome: Option<Outcome>,
    ) -> Verdict {
        let verdict = self.verdict(switch, reason, outcome);
        let shadowed = matches!(verdict, Verdict::Pass(_));
        self.base().meter().add(if shadowed { SHADOWED } else { REJECTED });
        verdict
    }

    /// A refusal, unless it is of the share that is not enforced; without the count of its outcome.
    #[cold]
    pub(crate) fn verdict(
        &self,
        switch: Switch,
        reason: Reason,
        outcome: Option<Outcome>,
    ) -> Verdict {
        self.warn_if_full();
        if !self.share.enforces(switch.enforce) {
            return Verdict::Pass(outcome);
        }
        self.base().meter().add(match reason {
            Reason::KeyMissing { .. } => KEY_MISSING,
            Reason::StoreDown => STORE_DOWN,
            _ => RATE_LIMITED,
        });
        let mut why = Rejection::new(LAYER, self.base().name(), reason);
        if let Some(wait) = outcome.and_then(|outcome| outcome.retry.wait()) {
            why = why.with_retry_after(wait.to_duration());
        }
        telemetry::rejected(&why);
        Verdict::Refuse(why, outcome)
    }

    /// Lets a call pass that no limit is asked about.
    pub(crate) fn pass_free(&self) -> Verdict {
        self.base().meter().add(PASSED);
        Verdict::Pass(None)
    }

    #[cold]
    pub(crate) fn warn_missing(&self, by: &'static str) {
        if !self.warned_missing.swap(true, Ordering::Relaxed) {
            let message = format!(
                "a request has no key ({by}); such requests follow `on_missing`. For client \
                 addresses under axum, enable the feature `axum` and serve with \
                 `into_make_service_with_connect_info::<SocketAddr>()`"
            );
            telemetry::warn(LAYER, self.base().name(), &message);
        }
    }

    fn warn_if_full(&self) {
        if self.table().overflowed() > 0 && !self.warned_full.swap(true, Ordering::Relaxed) {
            let message = "the key table is full; new keys share one bucket";
            telemetry::warn(LAYER, self.base().name(), message);
        }
    }
}
