//! What the gateway says of itself when it starts.

use std::fmt;
use std::net::SocketAddr;

use super::plan::Plan;
use super::sentence::{KeptSentence, Sentences};

/// The routes and limits of a plan and what to try on them.
#[derive(Clone, Copy, Debug)]
pub struct Banner<'p> {
    plan: &'p Plan,
    address: SocketAddr,
    is_alone: bool,
}

impl<'p> Banner<'p> {
    /// `address` is the one that is listened on, whatever the plan asked for.
    #[must_use]
    pub fn new(plan: &'p Plan, address: SocketAddr) -> Self {
        Self { plan, address, is_alone: false }
    }

    /// Says whether the Redis that is to keep the limits did not answer.
    #[must_use]
    pub fn alone(self, is_alone: bool) -> Self {
        Self { is_alone, ..self }
    }

    fn tries(&self) -> impl Iterator<Item = (String, &'static str)> {
        let Self { plan, address, .. } = self;
        let first = plan.routes.first().map(|route| format!("http://{address}{}", route.prefix));
        let plain = first.clone().map(|url| (format!("-i {url}/hello"), "its answer"));
        let flood = first.clone().map(|url| {
            let codes = "-s -o /dev/null -w '%{http_code}\\n'";
            (format!("{codes} '{url}/[1-200]' | uniq -c"), "200s, then 429s if that is too much")
        });
        // One account will do: the others are nobody's business who sees this terminal.
        let key = plan.accounts.keys().next();
        let keyed = first.zip(key).map(|(url, key)| {
            let header = format!("-H '{}: {key}'", plan.account_header);
            (format!("-i {header} {url}/hello"), "the same, on a tier of the limits")
        });
        let page = (format!("http://{address}/metrics"), "what the layers have counted");
        plain.into_iter().chain(keyed).chain(flood).chain([page])
    }
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, address, is_alone } = self;
        writeln!(f, "gateway on http://{address}\n")?;
        for route in &plan.routes {
            let prefix = format!("{}/*", route.prefix);
            let (upstream, timeout) = (&route.upstream, route.timeout);
            write!(f, "  {prefix:<12} to {upstream}")?;
            if let Some(upstream) = plan.upstreams.get(upstream) {
                write!(f, " at {}", upstream.address)?;
            }
            write!(f, ", which has {timeout:?} to answer")?;
            if route.retry.as_ref().is_some_and(|retry| retry.enabled) {
                write!(f, " each attempt")?;
            }
            if let Some(idle) = route.idle_timeout {
                write!(f, ", may pause for {idle:?}")?;
            }
            if let Some(total) = route.total_timeout {
                write!(f, ", and {total:?} in all")?;
            }
            writeln!(f)?;
        }
        writeln!(f, "  {:<12} and /metrics: never limited\n", "/healthz")?;
        write!(f, "{}", Sentences(plan))?;
        writeln!(f, "  {}\n", KeptSentence { redis: plan.redis.as_ref(), is_alone: *is_alone })?;
        for (command, what) in self.tries() {
            writeln!(f, "curl {command}  # {what}")?;
        }
        writeln!(f, "\nseveral clients at once: --drive 5 instead; to stop it: Ctrl-C")
    }
}
