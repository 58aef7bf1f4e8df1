//! What each style of headers costs, with a bucket for each caller's address.

use palisade::prelude::Headers;
use palisade_benches::svc::Http;
use palisade_benches::{Bench, Group};
use tower_layer::Layer;

use crate::http::{calls, ours, tower_governor_with_headers};

pub(crate) fn benches() -> Vec<Bench> {
    let group = Group::new("http, by ip, header styles")
        .bare(|| calls(Http))
        .ours("palisade, none", || calls(ours().headers(Headers::None).layer(Http)))
        .ours("palisade, ietf", || calls(ours().headers(Headers::Ietf).layer(Http)))
        .ours("palisade, legacy", || calls(ours().headers(Headers::Legacy).layer(Http)))
        .ours("palisade, per window", || calls(ours().headers(Headers::PerWindow).layer(Http)))
        .ours("palisade, both", || calls(ours().headers(Headers::Both).layer(Http)))
        .peer("tower_governor, x-ratelimit", || calls(tower_governor_with_headers().layer(Http)));
    vec![Bench::Calls(group)]
}
