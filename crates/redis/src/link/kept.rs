//! One connection that all calls share, made anew whenever it is lost.

use std::sync::Arc;

use redis::{Cmd, Value};

use super::dial::Dial;
use super::fault::{Fault, Trouble};
use super::flight::Flight;
use super::live::Live;
use super::sentinel::Sentinels;
use crate::url::Address;

/// Where a connection leads.
pub(super) enum Way {
    /// To a server.
    To(Address),
    /// To whichever server is the primary.
    ToPrimary(Sentinels),
}

/// A connection that is there when it is needed.
pub(super) struct Kept {
    route: Arc<Route>,
    live: Flight<Live>,
}

/// A way, and the means.
pub(super) struct Route {
    way: Way,
    dial: Arc<Dial>,
}

impl Route {
    pub(super) fn new(way: Way, dial: Arc<Dial>) -> Self {
        Self { way, dial }
    }

    pub(super) async fn connect(&self) -> Result<Live, Trouble> {
        match &self.way {
            Way::To(address) => self.dial.connect(address).await,
            Way::ToPrimary(sentinels) => sentinels.connect(&self.dial).await,
        }
    }
}

impl Kept {
    pub(super) fn new(route: Route) -> Self {
        Self { route: Arc::new(route), live: Flight::new() }
    }

    /// Sends a command; connects first, if need be.
    pub(super) async fn send(&self, command: &Cmd) -> Result<Value, Fault> {
        self.live().await?.send(command).await
    }

    /// Sends a command about a slot that is moving to this node.
    pub(super) async fn send_asking(&self, command: &Cmd) -> Result<Value, Fault> {
        self.live().await?.send_asking(command).await
    }

    /// The connection.
    pub(super) async fn live(&self) -> Result<Arc<Live>, Fault> {
        if let Some(live) = self.live.value() {
            return Ok(live);
        }
        let route = &self.route;
        let make = || {
            let route = Arc::clone(route);
            async move { route.connect().await }
        };
        self.live.get(make).await.map_err(Fault::NotSent)
    }
}
