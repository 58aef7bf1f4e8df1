//! Facts of bulkheads of one place.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use http::{Request, Response};
use palisade_benches::svc::By;
use tower::limit::ConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower_layer::Layer;
use tower_resilience::bulkhead::{BulkheadConfigBuilder, BulkheadLayer};
use tower_service::Service;

use crate::job::Job;
use crate::{Row, yes};

/// How the columns are called.
pub(crate) const NAMES: [&str; 4] = [
    "palisade",
    "tower 0.5.3 `LoadShed` + `ConcurrencyLimit`",
    "tower-resilience 0.13.0 `reject_when_full()`",
    "tower `LoadShed` + tower-resilience `backpressure()`",
];

/// All facts.
pub(crate) fn rows() -> [Row<{ NAMES.len() }>; 3] {
    let ours = palisade::BulkheadLayer::new(1);
    let (shed, tower) = (LoadShedLayer::new(), ConcurrencyLimitLayer::new(1));
    let rejecting = || resilience(BulkheadLayer::builder().reject_when_full());
    let backpressure = || resilience(BulkheadLayer::builder().backpressure());
    [
        Row {
            fact: "The body of a response is being read: lets another call through",
            expected: "no",
            found: [
                while_read(ours.layer(By(page))),
                while_read(shed.layer(tower.layer(By(page)))),
                while_read(rejecting().layer(By(page))),
                while_read(shed.layer(backpressure().layer(By(page)))),
            ],
        },
        Row {
            fact: "A clone is ready and not called: lets another call through",
            expected: "yes",
            found: [
                while_ready(ours.clone().plain().layer(By(job))),
                while_ready(shed.layer(tower.layer(By(job)))),
                while_ready(rejecting().layer(By(job))),
                while_ready(shed.layer(backpressure().layer(By(job)))),
            ],
        },
        Row {
            fact: "Full: refuses at the first poll",
            expected: "yes",
            found: [
                while_full(ours.plain().layer(By(job))),
                while_full(shed.layer(tower.layer(By(job)))),
                while_full(rejecting().layer(By(job))),
                while_full(shed.layer(backpressure().layer(By(job)))),
            ],
        },
    ]
}

/// With one place for all services of the layer.
fn resilience(builder: BulkheadConfigBuilder) -> BulkheadLayer {
    let built = builder.max_concurrent_calls(1).build_with_handle();
    let (layer, _handle) = built.expect("there is a place");
    layer
}

fn page(_: Request<Body>) -> std::future::Ready<Result<Response<Body>, Infallible>> {
    ready(Ok(Response::new(Body::from("a line of text"))))
}

fn job(job: Job) -> Job {
    job
}

fn while_read<S, B>(mut service: S) -> String
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
{
    let first = at_once(&mut service.clone(), Request::default());
    assert!(matches!(first, Poll::Ready(Ok(_))), "there is a place");
    let second = at_once(&mut service, Request::default());
    yes(matches!(second, Poll::Ready(Ok(response)) if response.status().is_success()))
}

fn while_ready<S>(mut service: S) -> String
where
    S: Service<Job, Response = ()> + Clone,
{
    let mut idle = service.clone();
    assert!(is_ready(&mut idle), "there is a place");
    let job = Job::default();
    job.end(true);
    yes(matches!(at_once(&mut service, job), Poll::Ready(Ok(()))))
}

fn while_full<S>(service: S) -> String
where
    S: Service<Job, Response = ()> + Clone,
{
    let mut first = service.clone();
    assert!(is_ready(&mut first), "there is a place");
    let mut call = pin!(first.call(Job::default()));
    assert!(call.as_mut().poll(&mut cx()).is_pending(), "the first call is not over");
    yes(matches!(at_once(&mut service.clone(), Job::default()), Poll::Ready(Err(_))))
}

/// What a call comes to at the first poll of everything.
fn at_once<S, Req>(service: &mut S, request: Req) -> Poll<Result<S::Response, S::Error>>
where
    S: Service<Req>,
{
    if !is_ready(service) {
        return Poll::Pending;
    }
    pin!(service.call(request)).poll(&mut cx())
}

fn is_ready<S: Service<Req>, Req>(service: &mut S) -> bool {
    matches!(service.poll_ready(&mut cx()), Poll::Ready(Ok(())))
}

fn cx() -> Context<'static> {
    Context::from_waker(Waker::noop())
}
