//! A listener, and an end that is graceful and bounded.

use std::net::SocketAddr;
use std::{fmt, io};

use axum::Router;
use axum::serve::ListenerExt;
use palisade::text::Problems;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::app;
use super::metrics::Metrics;
use super::plan::Plan;
use super::store::Shared;

/// The gateway, listening: connections wait from here on, and are answered by [`Gateway::serve`].
#[derive(Debug)]
pub struct Gateway {
    plan: Plan,
    router: Router,
    listener: TcpListener,
    address: SocketAddr,
    is_alone: bool,
}

/// How a shutdown ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every request that was under way has been answered.
    Finished,
    /// The grace was over before that.
    Cut,
}

impl Gateway {
    /// Asks for Redis as well, if the plan names one, and starts without if it does not answer at once.
    ///
    /// # Errors
    ///
    /// Where the plan is not [valid](Plan::validate), or its address not to be had.
    pub async fn bind(plan: Plan, metrics: Metrics) -> Result<Self, CannotServe> {
        plan.validate().map_err(CannotServe::Plan)?;
        let store = plan.redis.as_ref().map(Shared::new).transpose().map_err(CannotServe::Plan)?;
        let router = app::router(&plan, store.as_ref(), metrics).map_err(CannotServe::Plan)?;
        let bound = TcpListener::bind(plan.listen).await;
        match bound.and_then(|listener| listener.local_addr().map(|address| (listener, address))) {
            Ok((listener, address)) => {
                let is_alone = match &store {
                    Some(shared) => !shared.answers().await,
                    None => false,
                };
                Ok(Self { plan, router, listener, address, is_alone })
            }
            Err(cause) => Err(CannotServe::Listen { address: plan.listen, cause }),
        }
    }

    /// The address that callers connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is being served.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether the Redis that is to keep the limits did not answer.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// Serves until `stop` is ready. Then no connection is accepted, idle ones are closed, and
    /// requests under way have the plan's grace to finish.
    ///
    /// # Errors
    ///
    /// Where the listener breaks.
    pub async fn serve(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Ending> {
        let (stopping, stopped) = oneshot::channel::<()>();
        let grace = self.plan.grace;
        let graceful = async move {
            stop.await;
            drop(stopping);
        };
        let bound = async {
            // An error: the other half says no more than that it is gone.
            let _gone = stopped.await;
            tokio::time::sleep(grace).await;
        };

        let listener = self.listener.tap_io(|stream| {
            // Without it an answer may wait 40 ms for the acknowledgement of its first part. A
            // socket that refuses is as well served as any.
            let _refused = stream.set_nodelay(true);
        });
        let app = self.router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::select! {
            served = axum::serve(listener, app).with_graceful_shutdown(graceful).into_future() => {
                served.map(|()| Ending::Finished)
            }
            () = bound => Ok(Ending::Cut),
        }
    }
}

/// There is nothing to be served, or nowhere.
#[derive(Debug)]
pub enum CannotServe {
    /// What is wrong with the plan.
    Plan(Problems),
    /// The address to listen on is not to be had.
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        cause: io::Error,
    },
}

impl fmt::Display for CannotServe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, cause) = match self {
            Self::Plan(problems) => return write!(f, "the plan cannot be served:\n{problems}"),
            Self::Listen { address, cause } => (address, cause),
        };
        match cause.kind() {
            io::ErrorKind::AddrInUse => write!(f, "cannot listen on {address}: it is taken")?,
            io::ErrorKind::AddrNotAvailable => {
                write!(f, "cannot listen on {address}: this machine does not have that address")?;
            }
            _ => write!(f, "cannot listen on {address}: {cause}")?,
        }
        write!(f, "; choose another with --listen, or a free port with --listen 127.0.0.1:0")
    }
}

impl std::error::Error for CannotServe {}
