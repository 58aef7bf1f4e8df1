//! Servers to talk to.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use axum::{Router, routing::get};
use tokio::net::TcpListener;

/// Counts calls on the way in.
#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<AtomicUsize>);

impl Calls {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    pub(crate) fn seen(&self) -> usize {
        self.0.load(SeqCst)
    }
}

/// A free port on this machine.
pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves `app` as `axum::serve` does by itself.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// A server that answers `GET /` with `x`.
pub(crate) async fn upstream() -> (SocketAddr, Calls) {
    let calls = Calls::default();
    let counted = calls.clone();
    let handler = || async move {
        counted.count();
        "x"
    };
    (serve(Router::new().route("/", get(handler))).await, calls)
}

/// A server that accepts connections and never says anything.
pub(crate) async fn silent() -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    address
}

/// The statuses of `n` requests, each on a connection of its own, all at once.
pub(crate) async fn at_once(n: usize, address: SocketAddr, path: &str) -> Vec<u16> {
    let url = format!("http://{address}{path}");
    let requests: Vec<_> =
        (0..n).map(|_| tokio::spawn(reqwest::Client::new().get(&url).send())).collect();
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(request.await.unwrap().unwrap().status().as_u16());
    }
    statuses.sort_unstable();
    statuses
}

/// `passed` times 200 and the rest 429, as [`at_once`] sorts them.
pub(crate) fn passed(passed: usize, of: usize) -> Vec<u16> {
    [vec![200; passed], vec![429; of - passed]].concat()
}
