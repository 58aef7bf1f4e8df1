//! Auto traits in every response mode.

use std::convert::Infallible;

use palisade::test::{Canned, assert_layer, assert_send_sync_clone, assert_service, ready};
use tower::Layer;

use super::row;
use crate::support::{Req, Res, ok};

#[test]
fn a_layer_and_its_service_can_be_cloned_and_shared_in_every_mode() {
    type Inner = Canned<Req, Res>;
    let layer = row::generous;
    assert_layer::<_, Inner>(&layer());
    assert_layer::<_, Inner>(&layer().typed());
    assert_layer::<_, Inner>(&layer().boxed());
    assert_layer::<_, Inner>(&layer().respond_with(|_, _| http::Response::new("".into())));
    assert_layer::<_, Inner>(&layer().plain());
    assert_layer::<_, Inner>(&layer().plain_boxed());
    assert_layer::<_, Inner>(&layer().reject_with(|_| Ok::<_, Infallible>(ok())));
    assert_send_sync_clone::<row::Handle>();
}

#[test]
fn a_service_can_be_spawned_in_every_mode() {
    let inner = || ready::<Req, Res>(ok());
    let layer = row::generous;
    assert_service(&layer().layer(inner()));
    assert_service(&layer().typed().layer(inner()));
    assert_service(&layer().boxed().layer(inner()));
    assert_service(&layer().respond_with(|_, _| http::Response::new("".into())).layer(inner()));
    assert_service(&layer().plain().layer(inner()));
    assert_service(&layer().plain_boxed().layer(inner()));
    assert_service(&layer().reject_with(|_| Ok::<_, Infallible>(ok())).layer(inner()));
}
