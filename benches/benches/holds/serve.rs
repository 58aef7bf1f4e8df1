//! The four ways to serve an axum app.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{Route, get};
use tokio::io;
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedSender;
use tower_layer::Layer;
use tower_service::Service;

use crate::count::Event;

/// What `Router::layer` asks of a layer.
pub(crate) trait Limit:
    Layer<Route, Service: Limited> + Clone + Send + Sync + 'static
{
}

impl<L: Layer<Route, Service: Limited> + Clone + Send + Sync + 'static> Limit for L {}

/// What `Router::layer` asks of a layer's service.
pub(crate) trait Limited:
    Service<
        Request,
        Response: IntoResponse + 'static,
        Error: Into<Infallible> + 'static,
        Future: Send + 'static,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Limited for S
where
    S: Service<Request> + Clone + Send + Sync + 'static,
    S::Response: IntoResponse + 'static,
    S::Error: Into<Infallible> + 'static,
    S::Future: Send + 'static,
{
}

/// What the app's handler does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    /// Says that it was reached, and keeps the request.
    Keeps,
    /// Says that it was reached, and fails.
    Fails,
}

/// One of the four.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// The router itself: its layers are applied for each connection.
    Router,
    /// A make-service: they are applied once.
    MakeService,
    /// A make-service that tells the peer's address: once, too.
    ConnectInfo,
    /// A router that has been given its state: once, when it was.
    State,
}

impl Way {
    /// All of them, as the columns are.
    pub(crate) const ALL: [Self; 4] =
        [Self::Router, Self::MakeService, Self::ConnectInfo, Self::State];

    /// As it is written.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Router => "axum::serve(listener, app)",
            Self::MakeService => ".into_make_service()",
            Self::ConnectInfo => ".into_make_service_with_connect_info::<SocketAddr>()",
            Self::State => ".with_state(state)",
        }
    }

    /// Serves an app with this layer.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        layer: impl Limit,
        handler: Handler,
        events: UnboundedSender<Event>,
    ) -> io::Result<()> {
        match self {
            Self::Router => axum::serve(listener, app::<()>(layer, handler, events)).await,
            Self::MakeService => {
                axum::serve(listener, app(layer, handler, events).into_make_service()).await
            }
            Self::ConnectInfo => {
                let app = app(layer, handler, events);
                let service = app.into_make_service_with_connect_info::<SocketAddr>();
                axum::serve(listener, service).await
            }
            Self::State => {
                axum::serve(listener, app(layer, handler, events).with_state("state")).await
            }
        }
    }
}

/// An app with this layer and one handler.
fn app<S: Clone + Send + Sync + 'static>(
    layer: impl Limit,
    handler: Handler,
    events: UnboundedSender<Event>,
) -> Router<S> {
    let handler = async move || {
        events.send(Event::Reached).ok();
        match handler {
            Handler::Keeps => pending().await,
            Handler::Fails => StatusCode::INTERNAL_SERVER_ERROR,
        }
    };
    Router::new().route("/", get(handler)).layer(layer)
}
