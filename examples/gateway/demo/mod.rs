//! Three upstreams to try the gateway with: one steady, one narrow, one flaky.

mod echo;
mod narrow;
mod weather;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::uri::Authority;
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::echo::echo;
pub use self::narrow::{Crowding, NARROW};
pub use self::weather::{Phase, Weather};
use super::plan::{Plan, authority};

/// What a plan calls them, in the place of a host and a port.
pub const UPSTREAMS: [&str; 3] = ["demo:steady", "demo:narrow", "demo:flaky"];

const STEADY: Duration = Duration::from_millis(3);

/// The upstreams, on free ports of the loopback interface until this is dropped.
#[derive(Debug)]
pub struct Demo {
    addresses: [SocketAddr; UPSTREAMS.len()],
    crowding: Crowding,
    weather: Weather,
    _servers: JoinSet<io::Result<()>>,
}

impl Demo {
    /// Starts it if `plan` names one of [`UPSTREAMS`], and puts its addresses in their place. The
    /// same `seed` makes the flaky one draw the same moods in the same order.
    ///
    /// # Errors
    ///
    /// Where the loopback interface has no port left.
    pub async fn serve(plan: &mut Plan, seed: u64) -> io::Result<Option<Self>> {
        let mut demo = None;
        for upstream in plan.upstreams.values_mut() {
            let at = UPSTREAMS.iter().position(|name| upstream.address == **name);
            let Some(at) = at else { continue };
            let demo = match &mut demo {
                Some(demo) => demo,
                none => none.insert(Self::start(seed).await?),
            };
            upstream.address = authority(demo.addresses[at]);
        }
        Ok(demo)
    }

    /// How the flaky upstream is, if it is the one at `address`.
    #[must_use]
    pub fn weather(&self, address: &Authority) -> Option<&Weather> {
        let [_, _, flaky] = self.addresses;
        (*address == authority(flaky)).then_some(&self.weather)
    }

    /// How many requests the narrow upstream has, if it is the one at `address`.
    #[must_use]
    pub fn crowding(&self, address: &Authority) -> Option<&Crowding> {
        let [_, narrow, _] = self.addresses;
        (*address == authority(narrow)).then_some(&self.crowding)
    }

    async fn start(seed: u64) -> io::Result<Self> {
        let (weather, crowding) = (Weather::new(seed), Crowding::default());
        let mut servers = JoinSet::new();
        let steady = serve(&mut servers, Router::new().fallback(steady)).await?;
        let narrow = Router::new().fallback(narrow::narrow).with_state(crowding.clone());
        let narrow = serve(&mut servers, narrow).await?;
        let flaky = Router::new().fallback(weather::flaky).with_state(weather.clone());
        let flaky = serve(&mut servers, flaky).await?;
        Ok(Self { addresses: [steady, narrow, flaky], crowding, weather, _servers: servers })
    }
}

async fn serve(servers: &mut JoinSet<io::Result<()>>, app: Router) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    servers.spawn(axum::serve(listener, app).into_future());
    Ok(address)
}

async fn steady(request: Request) -> Response {
    sleep(STEADY).await;
    echo(request)
}
