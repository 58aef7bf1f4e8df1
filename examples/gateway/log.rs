//! What the layers and libraries have to say, on standard error.

use std::{env, io};

use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Prints warnings, and what becomes of a layer or a store and that it is over; or what `RUST_LOG` asks
/// for: with `palisade=debug`, each rejection.
///
/// # Errors
///
/// Where `RUST_LOG` cannot be read.
pub fn start() -> Result<(), String> {
    let wanted = env::var("RUST_LOG").unwrap_or_default();
    let wanted = if wanted.is_empty() { "warn,palisade=info" } else { &wanted };
    let targets: Targets = wanted.parse().map_err(|why| format!("RUST_LOG={wanted}: {why}"))?;
    tracing_subscriber::registry()
        .with(fmt::layer().with_writer(io::stderr).with_filter(targets))
        .init();
    Ok(())
}
