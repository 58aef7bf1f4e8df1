//! What the gateway says of itself when it starts.

use std::fmt;
use std::net::SocketAddr;

use super::plan::Plan;

/// The routes of a plan and what to try on them.
#[derive(Clone, Copy, Debug)]
pub struct Banner<'p> {
    plan: &'p Plan,
    address: SocketAddr,
}

impl<'p> Banner<'p> {
    /// `address` is the one that is listened on, whatever the plan asked for.
    #[must_use]
    pub fn new(plan: &'p Plan, address: SocketAddr) -> Self {
        Self { plan, address }
    }
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, address } = self;
        writeln!(f, "gateway on http://{address}: each client may ask {}\n", plan.limit.quota)?;
        for route in &plan.routes {
            let prefix = format!("{}/*", route.prefix);
            let (upstream, timeout) = (&route.upstream, route.timeout);
            writeln!(f, "  {prefix:<12} to {upstream}, which has {timeout:?} to answer")?;
        }
        writeln!(f, "  {:<12} and /metrics: never limited\n", "/healthz")?;
        let enough = 2 * u64::from(plan.limit.quota.burst_size());
        let flood = format!("http://{address}/steady/[1-{enough}]");
        for (command, what) in [
            (format!("-i http://{address}/steady/hello"), "an echo"),
            (format!("-i http://{address}/flaky/hang"), "504"),
            (
                format!("-s -o /dev/null -w '%{{http_code}}\\n' '{flood}' | uniq -c"),
                "200s, then 429s",
            ),
            (format!("http://{address}/metrics"), "what the layers have counted"),
        ] {
            writeln!(f, "curl {command}  # {what}")?;
        }
        writeln!(f, "\nfour clients at once: --drive 5 instead; to stop it: Ctrl-C")
    }
}
