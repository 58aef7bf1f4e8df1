//! What a random test draws.

use std::num::NonZeroU32;
use std::time::Duration;

use palisade_core::algorithm::{Op, Portion};
use palisade_ratelimit::Quota;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::kept::Kind;

/// A call some time after the one before it, or before that.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// In thousandths of a period, and some microseconds more or less.
    jump: (i64, i64),
    pub(crate) op: Op,
    pub(crate) units: u64,
}

impl Call {
    pub(crate) fn after(&self, before: u64, quota: Quota) -> u64 {
        let (thousandths, micros) = self.jump;
        let span = i128::from(quota.period_micros()) * i128::from(thousandths) / 1_000;
        let time = i128::from(before) + span + i128::from(micros);
        u64::try_from(time.max(0)).unwrap_or(u64::MAX)
    }

    pub(crate) fn times(self, factor: u64) -> Self {
        Self { units: self.units.saturating_mul(factor), ..self }
    }
}

pub(crate) fn any_kind() -> impl Strategy<Value = Kind> {
    select(Kind::ALL.to_vec())
}

/// Calls whose units are in the order of a few.
pub(crate) fn calls() -> impl Strategy<Value = Vec<Call>> {
    let micros = prop_oneof![2 => Just(0), 1 => -3..4_i64];
    let jump = prop_oneof![
        6 => Just(0),
        6 => 0..400_i64,
        3 => 400..2_500_i64,
        1 => 2_500..50_000_i64,
        1 => Just(-1_000),
        2 => -1_500..0_i64,
        1 => -4_000..-1_500_i64,
    ];
    vec(call((jump, micros)), 1..60)
}

/// Calls that never go back in time, and only such as a limit may refuse.
pub(crate) fn forward() -> impl Strategy<Value = Vec<Call>> {
    let jump = prop_oneof![3 => Just(0), 6 => 0..400_i64, 1 => 400..2_500_i64];
    let calls = vec(call((jump, 0..3_i64)), 1..60);
    calls.prop_map(|mut calls| {
        for call in &mut calls {
            call.op = if call.op == Op::Take { Op::Take } else { Op::Decide };
        }
        calls
    })
}

fn call(jump: impl Strategy<Value = (i64, i64)>) -> impl Strategy<Value = Call> {
    let units = prop_oneof![
        6 => Just(1_u64),
        4 => 0..8_u64,
        2 => 0..60_u64,
        1 => any::<u64>(),
    ];
    (jump, any_op(), units).prop_map(|(jump, op, units)| Call { jump, op, units })
}

pub(crate) fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => Just(Op::Decide),
        1 => Just(Op::Charge),
        1 => Just(Op::Refund),
        1 => Just(Op::Take),
        1 => Just(Op::Raise),
    ]
}

/// How many instances there are.
pub(crate) fn instances() -> impl Strategy<Value = NonZeroU32> {
    let number = prop_oneof![1 => Just(1_u32), 6 => 2..6_u32, 2 => 6..40_u32];
    number.prop_map(|number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN))
}

/// Every instance's portion.
pub(crate) fn portions(of: NonZeroU32) -> impl Iterator<Item = Portion> {
    (0..of.get()).map(move |rank| Portion::new(rank, of))
}

/// So few that a model may count them one by one.
pub(crate) fn few() -> impl Strategy<Value = Quota> {
    let limit = prop_oneof![1 => Just(0), 8 => 1..12_u32, 4 => 1..50_u32];
    (limit, any_period()).prop_map(|(limit, period)| Quota::new(limit, period))
}

pub(crate) fn any_quota() -> impl Strategy<Value = Quota> {
    let number = || prop_oneof![0..10_u32, any::<u32>(), Just(u32::MAX), Just(999_999_937)];
    let period = prop_oneof![any_period(), any::<u64>().prop_map(Duration::from_micros)];
    (number(), period, number())
        .prop_map(|(limit, period, burst)| Quota::new(limit, period).burst(burst))
}

fn any_period() -> impl Strategy<Value = Duration> {
    let micros = prop_oneof![
        Just(1_u64),
        1..20_u64,
        1..5_000_u64,
        Just(1_000_000),
        Just(60_000_000),
        1..10_000_000_000_u64,
    ];
    micros.prop_map(Duration::from_micros)
}
