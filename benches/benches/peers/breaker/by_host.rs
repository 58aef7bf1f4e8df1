//! A closed breaker for each of a thousand hosts. No other crate has such a thing.

use axum::body::Body;
use http::header::HOST;
use http::{HeaderValue, Request};
use palisade_benches::drive::{Answer, drive};
use palisade_benches::floor::{Broken, ByHost};
use palisade_benches::keys::{Walk, ip};
use palisade_benches::svc::{Http, request_from};
use palisade_benches::{Bench, Group};
use tower_layer::Layer;
use tower_service::Service;

use super::settings::{count_window, ours};

const HOSTS: u64 = 1_000;

pub(crate) fn benches() -> Vec<Bench> {
    let group = Group::new("breaker closed, by host, http")
        .bare(|| calls(Http))
        .floor("floor", || calls(Broken::new(Http, ByHost::forever(count_window))))
        .ours("palisade", || calls(ours().by(palisade::Host).layer(Http)));
    vec![Bench::Calls(group)]
}

/// Calls of the service, each to another host, all of which have been seen before.
fn calls<S>(mut service: S) -> impl FnMut(u64)
where
    S: Service<Request<Body>, Response: Answer>,
{
    let hosts: Vec<HeaderValue> = (0..HOSTS).map(host).collect();
    let request = move |i: u64| {
        let mut request = request_from(ip(1));
        request.headers_mut().insert(HOST, hosts[i as usize].clone());
        request
    };
    let mut numbers = 0..HOSTS;
    drive(&mut service, || request(numbers.next().unwrap_or_default()), HOSTS);
    let mut walk = Walk::over(HOSTS);
    move |calls| drive(&mut service, || request(walk.next_key()), calls)
}

fn host(i: u64) -> HeaderValue {
    let host = format!("shard-{i}.storage.example.com:8443");
    HeaderValue::from_str(&host).expect("a host is of plain characters")
}
