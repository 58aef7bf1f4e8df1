//! The other end of the connection.

use std::net::{IpAddr, SocketAddr};

use crate::head::Head;

/// The peer's address, as a request extension.
///
/// For servers that have neither axum's `ConnectInfo` nor tonic's `TcpConnectInfo`, such as one on
/// bare hyper: insert it into each request's extensions. It goes before the other two.
///
/// ```
/// use std::net::SocketAddr;
/// use palisade_core::PeerAddr;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(PeerAddr(SocketAddr::from(([127, 0, 0, 1], 50_000))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

#[inline]
pub(super) fn address(head: &Head<'_>) -> Option<IpAddr> {
    if let Some(PeerAddr(peer)) = head.extension() {
        return Some(peer.ip());
    }
    #[cfg(feature = "axum")]
    if let Some(axum::extract::ConnectInfo(peer)) =
        head.extension::<axum::extract::ConnectInfo<SocketAddr>>()
    {
        return Some(peer.ip());
    }
    #[cfg(feature = "tonic")]
    if let Some(info) = head.extension::<tonic::transport::server::TcpConnectInfo>() {
        return info.remote_addr.map(|peer| peer.ip());
    }
    None
}
