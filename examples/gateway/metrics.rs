//! The page that Prometheus scrapes.

use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// The recorder of this process, where every layer's counts are published.
#[derive(Clone, Debug)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Installs it. Layers that were made before are on the page as well as later ones.
    ///
    /// # Errors
    ///
    /// Where the process has a recorder already.
    pub fn install() -> Result<Self, BuildError> {
        PrometheusBuilder::new().install_recorder().map(Self)
    }

    /// Every series as it is now.
    #[must_use]
    pub fn page(&self) -> impl IntoResponse + use<> {
        palisade::metrics::publish();
        let kind = HeaderValue::from_static("text/plain; version=0.0.4");
        ([(header::CONTENT_TYPE, kind)], self.0.render())
    }
}
