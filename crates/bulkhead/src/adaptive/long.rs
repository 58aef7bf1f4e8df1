//! What latency usually is.

/// An average over a long time: plain over the first values, exponential from then on.
#[derive(Clone, Debug)]
pub(super) struct LongAverage {
    /// Over how many values: each new one weighs `2 / (span + 1)`.
    span: u32,
    seen: u32,
    value: u64,
}

impl LongAverage {
    /// How many values make a first plain average.
    const WARM_UP: u32 = 10;

    pub(super) const fn new(span: u32) -> Self {
        Self { span, seen: 0, value: 0 }
    }

    /// Takes in a value of less than 2^60 and tells the average.
    pub(super) fn add(&mut self, value: u64) -> u64 {
        let (weight, of) = if self.seen < Self::WARM_UP {
            self.seen += 1;
            (1, i128::from(self.seen))
        } else {
            (2, i128::from(self.span).max(1) + 1)
        };
        let step = (i128::from(value) - i128::from(self.value)) * weight / of;
        // Between the old average and the value, hence in range.
        self.value = (i128::from(self.value) + step) as u64;
        self.value
    }

    /// Forgets a tenth, for an average that lies too high and would take long to come down.
    pub(super) const fn ease(&mut self) {
        self.value -= self.value / 10;
    }
}
