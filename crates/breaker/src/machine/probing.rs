//! The half-open state: a few calls on probation.

use palisade_core::Micros;

use crate::recovery::Recovery;

/// Which of the half-open state's calls one is; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Probe(pub(crate) u32);

/// What a probe says of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProbeEnd {
    Success,
    Failure,
    /// Nothing: it was abandoned, or never reached the service. Another call may try.
    Nothing,
}

/// What the probes say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Unknown,
    Recovered,
    Failing { calls: u32, of: u32 },
}

/// Probes under way are leases: one that ends too late has lost its place, and its result with it.
#[derive(Debug, Default)]
pub(super) struct Probing {
    since: Micros,
    last: u32,
    leases: Vec<Lease>,
    successes: u32,
    failures: u32,
}

#[derive(Clone, Copy, Debug)]
struct Lease {
    probe: Probe,
    expires: Micros,
    /// A good response's head was there in time, but not its end.
    answered: bool,
}

impl Probing {
    pub(super) fn begin(now: Micros) -> Self {
        Self { since: now, ..Self::default() }
    }

    /// Lets a call pass, or says when the next one may, if that is known.
    pub(super) fn admit(&mut self, now: Micros, terms: &Recovery) -> Result<Probe, Option<Micros>> {
        if self.is_over(now, terms) {
            return Err(None);
        }
        if let Some(free_at) = self.full_until(now, terms) {
            return Err(free_at);
        }
        self.last = self.last.wrapping_add(1).max(1);
        let probe = Probe(self.last);
        let expires = now + terms.probe_timeout.max(Micros(1));
        self.leases.push(Lease { probe, expires, answered: false });
        Ok(probe)
    }

    /// Whether it has taken longer than it may. As long as every probe has succeeded there were only
    /// too few calls: to open for that would keep a breaker open that is seldom asked.
    pub(super) fn is_over(&self, now: Micros, terms: &Recovery) -> bool {
        now >= self.since + terms.half_open_at_most && self.successes != self.last
    }

    /// When there will be a place, at the latest; `None` if there is one.
    pub(super) fn full_until(&mut self, now: Micros, terms: &Recovery) -> Option<Option<Micros>> {
        self.expire(now);
        // Results count against the places if the rate of all of them decides.
        let judged = match terms.close_after {
            Some(_) => 0,
            None => self.successes.saturating_add(self.failures) as usize,
        };
        let taken = judged.saturating_add(self.leases.len());
        if taken < terms.probes.max(1) as usize {
            return None;
        }
        let end = self.since + terms.half_open_at_most;
        let first = self.leases.iter().map(|lease| lease.expires).min();
        Some(Some(first.map_or(end, |first| first.min(end))))
    }

    /// The first of those that are in time.
    pub(super) fn oldest(&self, now: Micros) -> Option<Probe> {
        self.leases.iter().find(|lease| now < lease.expires).map(|lease| lease.probe)
    }

    /// The head of a probe's response is there, and good; its end may take long.
    pub(super) fn answered(&mut self, probe: Probe, now: Micros) {
        let mut leases = self.leases.iter_mut();
        if let Some(lease) = leases.find(|lease| lease.probe == probe && now < lease.expires) {
            lease.answered = true;
        }
    }

    /// Takes the places back of probes that have taken too long. A stream that goes on has succeeded:
    /// its head was there in time.
    fn expire(&mut self, now: Micros) {
        let answered = self.leases.iter().filter(|lease| lease.answered && now >= lease.expires);
        self.successes = self.successes.saturating_add(answered.count() as u32);
        self.leases.retain(|lease| now < lease.expires);
    }

    /// Counts the end of a probe, if it is in time.
    pub(super) fn end(
        &mut self,
        probe: Probe,
        end: ProbeEnd,
        now: Micros,
        terms: &Recovery,
    ) -> Verdict {
        self.expire(now);
        let Some(at) = self.leases.iter().position(|lease| lease.probe == probe) else {
            return Verdict::Unknown;
        };
        self.leases.remove(at);
        match end {
            ProbeEnd::Success => self.successes = self.successes.saturating_add(1),
            ProbeEnd::Failure => self.failures = self.failures.saturating_add(1),
            ProbeEnd::Nothing => return Verdict::Unknown,
        }
        self.judge(terms)
    }

    /// What they say by now, which other settings or a stream that goes on may have decided.
    pub(super) fn verdict(&mut self, now: Micros, terms: &Recovery) -> Verdict {
        self.expire(now);
        match self.successes.saturating_add(self.failures) {
            0 => Verdict::Unknown,
            _ => self.judge(terms),
        }
    }

    /// As soon as it is certain: the probes that are still to come could not change it.
    fn judge(&self, terms: &Recovery) -> Verdict {
        let (calls, of) = (self.failures, self.failures.saturating_add(self.successes));
        let is_failing = |failures: u32, of: u32| {
            let (failures, of) = (u64::from(failures), u64::from(of));
            failures > 0 && failures * 1_000_000 >= u64::from(terms.probe_rate.ppm()) * of
        };
        match terms.close_after {
            Some(_) if self.failures > 0 => Verdict::Failing { calls, of },
            Some(enough) if self.successes >= enough => Verdict::Recovered,
            Some(_) => Verdict::Unknown,
            None => {
                let all = terms.probes.max(1).max(of);
                let at_worst = self.failures.saturating_add(all - of);
                if is_failing(self.failures, all) {
                    Verdict::Failing { calls, of }
                } else if !is_failing(at_worst, all) {
                    Verdict::Recovered
                } else {
                    Verdict::Unknown
                }
            }
        }
    }
}
