//! What was measured at one time.

use palisade_benches::floor::{Ticks, Tsc};

use crate::site::Usage;

/// One sample of a contender; times are in microseconds a decision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Decisions a second.
    pub(crate) rate: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Processor time of the client; `None` if that is another process.
    pub(crate) client: Option<f64>,
    /// Processor time of the server.
    pub(crate) server: f64,
    /// How often the server was asked.
    pub(crate) asked: f64,
    /// For which share of the time client or server, whichever it was more, waited for a core.
    pub(crate) waited: f64,
    /// Which share of the decisions was none of the store's, or should have let the call pass.
    pub(crate) odd: f64,
}

/// How long each decision took, in ticks.
#[derive(Debug)]
pub(crate) struct Latencies {
    ticks: Vec<u64>,
    odd: u64,
    per_second: u64,
    /// How long all of it took.
    span: u64,
}

impl Latencies {
    pub(crate) fn new(clock: &Tsc) -> Self {
        Self { ticks: Vec::with_capacity(1 << 12), odd: 0, per_second: clock.per_second(), span: 0 }
    }

    pub(crate) fn push(&mut self, ticks: u64, is_odd: bool) {
        self.ticks.push(ticks);
        self.odd += u64::from(is_odd);
    }

    pub(crate) fn add(&mut self, others: Self) {
        self.ticks.extend(others.ticks);
        self.odd += others.odd;
    }

    pub(crate) fn over(self, span: u64) -> Self {
        Self { span, ..self }
    }

    fn micros(&self, ticks: u64) -> f64 {
        ticks as f64 * 1e6 / self.per_second as f64
    }

    /// What so many hundredths of the decisions did not exceed.
    fn percentile(&self, share: usize) -> f64 {
        let last = self.ticks.len().saturating_sub(1);
        self.micros(self.ticks.get(last * share / 100).copied().unwrap_or_default())
    }
}

impl Sample {
    pub(crate) fn of(mut latencies: Latencies, after: Usage, before: Usage) -> Self {
        latencies.ticks.sort_unstable();
        let decisions = latencies.ticks.len().max(1) as f64;
        let span = latencies.micros(latencies.span);
        let client = after.client - before.client;
        Self {
            p50: latencies.percentile(50),
            p99: latencies.percentile(99),
            client: Some(client.ran.as_secs_f64() * 1e6 / decisions),
            odd: latencies.odd as f64 / decisions,
            ..Self::server(decisions, span, after, before)
        }
        .but_waited(client.waited.as_secs_f64() * 1e6 / span)
    }

    /// What the server alone can tell of so many decisions in so many microseconds.
    pub(crate) fn server(decisions: f64, span: f64, after: Usage, before: Usage) -> Self {
        let server = after.server - before.server;
        Self {
            rate: decisions * 1e6 / span,
            p50: f64::NAN,
            p99: f64::NAN,
            client: None,
            server: server.ran.as_secs_f64() * 1e6 / decisions,
            asked: after.asked.saturating_sub(before.asked) as f64 / decisions,
            waited: server.waited.as_secs_f64() * 1e6 / span,
            odd: 0.0,
        }
    }

    fn but_waited(self, share: f64) -> Self {
        Self { waited: self.waited.max(share), ..self }
    }
}
