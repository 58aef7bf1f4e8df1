//! Two layers on one service: a time limit around a rate limit, as an HTTP server has them.

use palisade::prelude::{Headers, TimeoutLayer};
use palisade_benches::floor::{ByIp, Deadline, Gate, Table};
use palisade_benches::svc::Http;
use palisade_benches::{Bench, Group};
use tower_layer::Layer;

use crate::http::{calls, ours, tower_governor};
use crate::limits::{AFTER, LIMIT, http_timeout, resilience_rate, resilience_timeout, tower_rate};

pub(crate) fn benches() -> Vec<Bench> {
    let group = Group::new("http stack, timeout over rate limit")
        .bare(|| calls(Http))
        .floor("floor, by ip", || {
            calls(Deadline::new(Gate::new(Http, ByIp(Table::new(LIMIT))), AFTER))
        })
        .ours("palisade, by ip", || {
            let limit = ours().headers(Headers::None);
            calls(TimeoutLayer::new(AFTER).layer(limit.layer(Http)))
        })
        .peer("tower-http + tower_governor, by ip", || {
            calls(http_timeout().layer(tower_governor().layer(Http)))
        })
        .peer("tower Timeout + RateLimit, one bucket", || {
            let timeout = tower::timeout::TimeoutLayer::new(AFTER);
            calls(timeout.layer(tower_rate().layer(Http)))
        })
        .peer("tower-resilience, one bucket", || {
            calls(resilience_timeout().layer(resilience_rate().layer(Http)))
        });
    vec![Bench::Calls(group)]
}
