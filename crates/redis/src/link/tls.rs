//! Encrypted connections.

use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, crypto};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// TLS as a client. What it trusts is read from disk at the first connection, and once.
#[derive(Clone, Default)]
pub(super) struct Tls(Arc<OnceCell<TlsConnector>>);

impl Tls {
    /// Trusts these, and not what the system trusts.
    #[cfg(test)]
    pub(super) fn trusting(roots: RootCertStore) -> io::Result<Self> {
        trusting(roots).map(|connector| Self(Arc::new(OnceCell::new_with(Some(connector)))))
    }

    /// Encrypts `stream`, which leads to `host`.
    pub(super) async fn wrap(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let connector = self.0.get_or_try_init(of_system).await?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        connector.connect(name, stream).await
    }
}

async fn of_system() -> io::Result<TlsConnector> {
    trusting(spawn_blocking(roots).await.map_err(io::Error::other)??)
}

fn trusting(roots: RootCertStore) -> io::Result<TlsConnector> {
    // Named, and not the process's default one: a process with two of them has none.
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn roots() -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    #[cfg(feature = "tls-webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let of_system = rustls_native_certs::load_native_certs();
    // Systems have some that are not readable; one that is needed shows by its absence.
    roots.add_parsable_certificates(of_system.certs);
    if roots.is_empty() {
        let why = of_system.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        let message = format!(
            "the system trusts no certificates{why} (install them, set SSL_CERT_FILE, or enable \
             the feature `tls-webpki-roots`)"
        );
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }
    Ok(roots)
}
