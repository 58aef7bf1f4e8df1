//! When things happened, in slots of time.

use std::fmt::Write as _;
use std::time::Duration;

/// How many things happened in each slot; what came after the last one is left out.
pub struct Histogram {
    slots: Vec<u64>,
    width: Duration,
}

impl Histogram {
    pub fn new(times: impl Iterator<Item = Duration>, width: Duration, slots: usize) -> Self {
        let mut counts = vec![0; slots];
        for time in times {
            let slot = (time.as_nanos() / width.as_nanos()) as usize;
            if let Some(count) = counts.get_mut(slot) {
                *count += 1;
            }
        }
        Self { slots: counts, width }
    }

    pub fn slots(&self) -> &[u64] {
        &self.slots
    }

    /// How far the slots are from being equal (Pearson), in hundredths.
    pub fn chi_square(&self) -> u64 {
        let (total, slots) = (self.slots.iter().sum::<u64>(), self.slots.len() as u64);
        let off = |&count: &u64| (count * slots).abs_diff(total).pow(2);
        100 * self.slots.iter().map(off).sum::<u64>() / (total * slots).max(1)
    }

    /// Whether ten slots are as equal as chance has them: of a thousand that are, one is not by this.
    pub fn is_even(&self) -> bool {
        assert_eq!(self.slots.len(), 10, "the limit is that of nine degrees of freedom");
        self.chi_square() < 2_788
    }

    /// Shows it to whoever runs the test with `--nocapture`.
    #[allow(clippy::print_stdout, reason = "that is what it is for")]
    pub fn print(&self, title: &str) {
        let most = self.slots.iter().copied().max().unwrap_or_default().max(1);
        let mut text = format!("{title}, in slots of {:?}\n", self.width);
        for (slot, &count) in self.slots.iter().enumerate() {
            let bar = "#".repeat((count * 60 / most) as usize);
            let _ = writeln!(text, "{:>9?} {count:>6} {bar}", self.width * slot as u32);
        }
        print!("{text}");
    }
}
