//! Services that do not speak HTTP: `.plain()` and keys taken from the request itself.

use std::{convert::Infallible, time::Duration};

use palisade::{Key, LayerError, key, prelude::*, test::pending};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

#[derive(Debug)]
struct Job {
    tenant: String,
    size: usize,
}

fn job(tenant: &str) -> Job {
    Job { tenant: tenant.to_owned(), size: tenant.len() }
}

#[tokio::test]
async fn a_service_over_strings_can_be_limited() {
    let length = service_fn(|text: String| async move { Ok::<_, Infallible>(text.len()) });
    let mut service =
        ServiceBuilder::new().layer(RateLimitLayer::new(per_hour(1)).plain()).service(length);
    assert_eq!(service.ready().await.unwrap().call("abc".into()).await, Ok(3));
    let refused = service.ready().await.unwrap().call("abc".into()).await.unwrap_err();
    assert!(matches!(refused, LayerError::Rejected(why) if why.layer() == "ratelimit"));
}

#[tokio::test]
async fn a_service_is_limited_by_a_field_of_its_requests() {
    let by_tenant = key::request(|job: &Job| Some(Key::from(job.tenant.as_str())));
    let size = service_fn(|job: Job| async move { Ok::<_, Infallible>(job.size) });
    let layer = RateLimitLayer::new(per_hour(1)).by(by_tenant).plain();
    let mut service = layer.layer(size);

    assert_eq!(service.ready().await.unwrap().call(job("a")).await, Ok(1));
    assert_eq!(service.ready().await.unwrap().call(job("bb")).await, Ok(2));
    assert!(service.ready().await.unwrap().call(job("a")).await.is_err());
    assert_eq!(layer.handle().snapshot().keys, 2);
}

#[tokio::test(start_paused = true)]
async fn a_service_over_jobs_can_be_timed_out() {
    let service = TimeoutLayer::new(Duration::from_secs(1)).plain().layer(pending::<Job, ()>());
    let late = service.oneshot(job("a")).await.unwrap_err();
    assert!(matches!(late, LayerError::Rejected(why) if why.layer() == "timeout"));
}

#[tokio::test(start_paused = true)]
async fn boxed_errors_stack_with_towers_own() {
    let service = ServiceBuilder::new()
        .layer(RateLimitLayer::new(per_hour(10)).plain_boxed())
        .timeout(Duration::from_secs(60))
        .layer(TimeoutLayer::new(Duration::from_secs(1)).plain_boxed())
        .concurrency_limit(4)
        .service(pending::<Job, ()>());
    let late = service.oneshot(job("a")).await.unwrap_err();
    assert_eq!(rejection(&*late).unwrap().layer(), "timeout");
}

/// The share is of refusals; calls in time must not shift it.
#[tokio::test(start_paused = true)]
async fn half_of_the_late_calls_are_cut_whatever_comes_between_them() {
    let layer = TimeoutLayer::new(Duration::from_secs(1)).enforce(Ratio::percent(50)).plain();
    for _ in 0..10 {
        layer.layer(palisade::test::ready(())).oneshot(()).await.unwrap();
        let late = layer.layer(pending::<(), ()>()).oneshot(());
        let _ = tokio::time::timeout(Duration::from_secs(5), late).await;
    }
    let seen = layer.handle().snapshot();
    assert_eq!((seen.rejected, seen.shadowed), (5, 5));
}

/// The debt is cut to a bucket of the new quota when the key comes back, not when the quota changes.
#[tokio::test(start_paused = true)]
async fn after_a_quota_was_raised_old_debt_is_at_most_one_bucket_of_the_new_one() {
    let limiter = RateLimiter::new(per_day(1));
    limiter.check().unwrap();
    limiter.handle().set_quota(per_second(10));
    let why = limiter.check().unwrap_err();
    assert_eq!(why.retry_after(), Some(Duration::from_millis(100)));
    tokio::time::advance(Duration::from_millis(100)).await;
    assert!(limiter.check().is_ok());
}
