//! What the hosts ask of a layer's types, checked when the test is compiled.

use tower_layer::Layer;
use tower_service::Service;

/// Compiles if `T` may be cloned and shared between threads without a borrow.
///
/// ```
/// # use palisade_core::test::assert_send_sync_clone;
/// assert_send_sync_clone::<String>();
/// ```
///
/// ```compile_fail
/// # use palisade_core::test::assert_send_sync_clone;
/// assert_send_sync_clone::<std::rc::Rc<()>>();
/// ```
pub const fn assert_send_sync_clone<T: Send + Sync + Clone + 'static>() {}

/// Compiles if the value may be sent to another thread: for futures, whose types have no names.
///
/// ```
/// # use palisade_core::test::assert_send;
/// assert_send(&async { "hello" });
/// ```
pub const fn assert_send<T: Send>(_: &T) {}

/// Compiles if axum's `Router::layer` could take `layer` to put it around `S`: the layer may be
/// cloned and shared between threads, and so may the service that it makes.
///
/// ```
/// # use palisade_core::test::{Canned, ProbeLayer, assert_layer};
/// assert_layer::<_, Canned<String, String>>(&ProbeLayer::new());
/// ```
pub const fn assert_layer<L, S>(_: &L)
where
    L: Layer<S> + Clone + Send + Sync + 'static,
    L::Service: Clone + Send + Sync + 'static,
{
}

/// Compiles if `service` may serve `Req` on any thread: it may be cloned and shared, and its
/// futures may be spawned.
///
/// ```
/// # use palisade_core::test::{Probe, assert_service, echo};
/// assert_service(&Probe::new(echo::<String>()));
/// ```
pub const fn assert_service<S, Req>(_: &S)
where
    S: Service<Req> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
}
