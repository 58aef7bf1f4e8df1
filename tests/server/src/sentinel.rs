//! A primary with its replica, and those who watch over them.

use crate::wait::eventually;
use crate::{Reply, Server};

/// The primary's name among the sentinels.
const NAME: &str = "palisade";

/// Two of the three must miss the primary: one may be lost.
const SENTINELS: usize = 3;
const QUORUM: &str = "2";

/// Of `SENTINEL SET`, in ms: when a primary is missed, and when a fail-over that came to nothing is given up.
const TIMES: [[&str; 2]; 2] = [["down-after-milliseconds", "500"], ["failover-timeout", "2000"]];

/// Of `SENTINEL DEBUG`, in ms. As they are by default, sentinels find each other after 2 s and look at a replica
/// every 10 s, and at one that was lost after 15 s; and one that was itself held up by a busy machine does nothing for 30 s.
/// The ping's period stays as it is: what a replica has said counts for five of them, and is asked for every second.
const PERIODS: [[&str; 2]; 4] = [
    ["info-period", "100"],
    ["publish-period", "100"],
    ["min-link-reconnect-period", "100"],
    ["tilt-period", "500"],
];

/// A primary, one replica and three sentinels, which make the replica the primary half a second after they have
/// lost the primary: 2 to 3 seconds in all, 4 more if they cannot agree at first who is to do it.
#[derive(Debug)]
pub struct Sentinel {
    sentinels: Vec<Server>,
    servers: [Server; 2],
}

impl Sentinel {
    /// Starts them all, and returns when the sentinels know each other and the replica.
    #[must_use]
    #[track_caller]
    pub fn start() -> Self {
        let primary = Server::start();
        let replica = primary.replica();
        let sentinels = (0..SENTINELS).map(|_| Server::builder().sentinel().start()).collect();
        let all = Self { sentinels, servers: [primary, replica] };
        for sentinel in &all.sentinels {
            if let Err(error) = all.watch(sentinel) {
                panic!("a sentinel cannot watch: {error}");
            }
        }
        all.settle();
        all
    }

    fn watch(&self, sentinel: &Server) -> Result<(), String> {
        for period in PERIODS {
            // A server that does not know this setting is slower to find the others.
            let _ = sentinel.command(&[&["SENTINEL", "DEBUG"][..], &period].concat());
        }
        let port = self.servers[0].port().to_string();
        sentinel.command(&["SENTINEL", "MONITOR", NAME, "127.0.0.1", &port, QUORUM])?;
        for time in TIMES {
            sentinel.command(&[&["SENTINEL", "SET", NAME][..], &time].concat())?;
        }
        Ok(())
    }

    /// Returns when all sentinels that run see a primary that answers, a replica that follows it, and each other:
    /// when there could be a fail-over.
    #[track_caller]
    pub fn settle(&self) {
        for sentinel in self.sentinels.iter().filter(|sentinel| sentinel.runs()) {
            eventually(|| ready(sentinel).unwrap_or(false), "a sentinel to know whom it watches");
        }
    }

    /// `redis+sentinel://127.0.0.1:PORT,127.0.0.1:PORT,127.0.0.1:PORT/NAME`.
    #[must_use]
    pub fn url(&self) -> String {
        let sentinels = self.sentinels.iter().map(|node| format!("127.0.0.1:{}", node.port()));
        format!("redis+sentinel://{}/{NAME}", sentinels.collect::<Vec<_>>().join(","))
    }

    /// The primary's name among the sentinels.
    #[must_use]
    pub fn name(&self) -> &'static str {
        NAME
    }

    /// Who is the primary now, in the eyes of the first sentinel that answers.
    ///
    /// After a primary is lost this is the lost one until the other is promoted.
    #[must_use]
    #[track_caller]
    pub fn primary(&self) -> &Server {
        let port = self.sentinels.iter().filter(|sentinel| sentinel.runs()).find_map(named);
        match self.servers.iter().find(|server| Some(server.port()) == port) {
            Some(server) => server,
            None => panic!("no sentinel names one of the servers: {port:?}"),
        }
    }

    /// The server that is not the primary now.
    #[must_use]
    #[track_caller]
    pub fn replica(&self) -> &Server {
        let [first, second] = &self.servers;
        if self.primary().port() == first.port() { second } else { first }
    }

    /// The sentinels.
    #[must_use]
    pub fn sentinels(&self) -> &[Server] {
        &self.sentinels
    }
}

/// The port of the primary that `sentinel` names.
fn named(sentinel: &Server) -> Option<u16> {
    let reply = sentinel.command(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME]).ok()?;
    u16::try_from(reply.array().get(1)?.integer()).ok()
}

fn ready(sentinel: &Server) -> Option<bool> {
    let primary = sentinel.command(&["SENTINEL", "MASTER", NAME]).ok()?;
    let replicas = sentinel.command(&["SENTINEL", "REPLICAS", NAME]).ok()?;
    let replica = replicas.array().first()?;
    Some(
        field(&primary, "flags")? == "master"
            && field(&primary, "num-other-sentinels")? == (SENTINELS - 1).to_string()
            && field(replica, "flags")? == "slave"
            && field(replica, "master-link-status")? == "ok",
    )
}

/// The value behind a name, in a list of names and values.
fn field(list: &Reply, name: &str) -> Option<String> {
    let pair = list.array().chunks_exact(2).find(|pair| pair[0].text() == name)?;
    Some(pair[1].text())
}
