//! Where all of it happens: a server of our own, and one thread of the client's.

use std::future::Future;

use palisade_benches::Scheduled;
use palisade_test_server::Server;
use tokio::runtime::{Builder, EnterGuard, Runtime};

/// A server that holds nothing yet, and the runtime that its clients are on.
///
/// The runtime has one thread, this one: of two cores the other is the server's.
pub(crate) struct Site {
    pub(crate) server: Server,
    runtime: Runtime,
}

/// What has been used so far, by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) client: Scheduled,
    pub(crate) server: Scheduled,
    /// How often the server was asked for something, and somebody waited.
    pub(crate) asked: u64,
}

/// The commands that a client waits for: scripts, transactions, and a pool that asks whether its connection lives.
/// What scripts do inside is counted under other names.
const WAITED_FOR: [&str; 3] = ["cmdstat_evalsha", "cmdstat_exec", "cmdstat_ping"];

impl Site {
    /// Starts a server.
    pub(crate) fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime without workers needs a few file descriptors only");
        Self { server: Server::start(), runtime }
    }

    /// Runs `future`, and whatever else is due meanwhile.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Makes its runtime the current one.
    pub(crate) fn enter(&self) -> EnterGuard<'_> {
        self.runtime.enter()
    }

    pub(crate) fn usage(&self) -> Usage {
        let server = self.server.process_id().map(Scheduled::process);
        let stats = self.server.command(&["INFO", "commandstats"]).map(|reply| reply.text());
        let asked = WAITED_FOR.iter().filter_map(|name| {
            let line = stats.as_ref().ok()?.lines().find(|line| line.starts_with(name))?;
            line.split_once("calls=")?.1.split(',').next()?.parse::<u64>().ok()
        });
        Usage { client: Scheduled::ours(), server: server.unwrap_or_default(), asked: asked.sum() }
    }

    /// Bytes in use, and keys.
    pub(crate) fn memory(&self) -> u64 {
        let used = self.server.info("memory", "used_memory");
        used.and_then(|used| used.parse().ok()).unwrap_or_default()
    }

    /// Forgets all keys.
    pub(crate) fn forget(&self) {
        self.server.command(&["FLUSHALL"]).expect("the server runs");
    }
}
