//! A server that copies another one.

use crate::Server;
use crate::wait::eventually;

impl Server {
    /// Starts a replica of this server, and returns when it has all that this one has.
    ///
    /// It is a server like any other, but that it refuses writes with READONLY. It stays a replica when it is
    /// restarted, and may be dropped before its primary or after it.
    #[must_use]
    #[track_caller]
    pub fn replica(&self) -> Self {
        let port = self.port().to_string();
        let mut builder = Self::builder().args("--replicaof", ["127.0.0.1", &port]);
        if let Some(password) = &self.builder.password {
            builder = builder.password(password).arg("--masterauth", password);
        }
        let replica = builder.start();
        eventually(|| replica.in_sync(), "a replica to be in sync");
        replica
    }

    /// Whether this is a replica that follows its primary.
    pub(crate) fn in_sync(&self) -> bool {
        self.info("replication", "master_link_status").as_deref() == Some("up")
    }
}
