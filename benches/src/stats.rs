//! What is said about a contender's samples.

/// The figures of one contender.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stats {
    /// The fastest sample.
    pub(crate) min: f64,
    /// The middle one.
    pub(crate) median: f64,
    /// Half of the samples lie between these two.
    pub(crate) quartiles: (f64, f64),
}

impl Stats {
    /// Figures of the samples as they are.
    pub(crate) fn of(samples: &[f64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = (sorted.len().saturating_sub(1)) as f64 * share;
            sorted.get(place.round() as usize).copied().unwrap_or(f64::NAN)
        };
        Self { min: at(0.0), median: at(0.5), quartiles: (at(0.25), at(0.75)) }
    }

    /// Figures of what the samples add to the bare ones: the fastest to the fastest, and for the rest
    /// each to its own round's, so that what slowed the whole round cancels out.
    pub(crate) fn added(samples: &[f64], bare: &[f64]) -> Self {
        let differences: Vec<f64> = samples.iter().zip(bare).map(|(s, b)| s - b).collect();
        Self { min: Self::of(samples).min - Self::of(bare).min, ..Self::of(&differences) }
    }
}

#[cfg(test)]
mod tests {
    use super::Stats;

    #[test]
    fn the_middle_half_lies_between_the_quartiles() {
        let stats = Stats::of(&[5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(stats, Stats { min: 1.0, median: 3.0, quartiles: (2.0, 4.0) });
    }

    #[test]
    fn a_slow_round_cancels_out() {
        let stats = Stats::added(&[11.0, 110.0, 11.0], &[1.0, 100.0, 1.0]);
        assert_eq!((stats.min, stats.median), (10.0, 10.0));
    }
}
