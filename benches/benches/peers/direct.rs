//! A limiter asked directly, without a layer.

use governor::RateLimiter;
use palisade_benches::drive::check;
use palisade_benches::floor::{Bucket, Tsc};
use palisade_benches::{Bench, Group};

use crate::limits::{LIMIT, governor_quota, quota};

pub(crate) fn benches() -> Vec<Bench> {
    let group = Group::new("limiter without a layer")
        .bare(|| |calls| check(|()| true, || (), calls))
        .floor("floor", || {
            let bucket = Bucket::new(LIMIT, Tsc::new());
            move |calls| check(|()| bucket.check(), || (), calls)
        })
        .ours("palisade", || {
            let limiter = palisade::RateLimiter::new(quota());
            move |calls| check(|()| limiter.check().is_ok(), || (), calls)
        })
        .peer("governor direct", || {
            let limiter = RateLimiter::direct(governor_quota());
            move |calls| check(|()| limiter.check().is_ok(), || (), calls)
        });
    vec![Bench::Calls(group)]
}
