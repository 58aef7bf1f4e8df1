//! `"50%"`.

use palisade_core::Ratio;

use super::{
    Target,
    text::{lossy, parsed},
};

/// Ratios as percentages and fractions.
pub static RATIO: Target = Target {
    name: "ratio",
    texts: &[b"50%", b"0.5 %", b"0.25", b"1", b".5", b"100.000%", b"33.33333333333333333333%"],
    words: &[
        b"%",
        b".",
        b"0",
        b"1",
        b"100",
        b"9",
        b"99",
        b"00000005",
        b"49999999",
        b"0.00005%",
        b" ",
        b"0.0000001",
    ],
    check,
};

fn check(input: &[u8]) {
    let text = lossy(input);
    let Some(ratio) = parsed("ratio", &text, str::parse::<Ratio>) else { return };

    assert_eq!(ratio.to_string().parse(), Ok(ratio), "{ratio}");
    assert_eq!(format!(" {text}\t").parse(), Ok(ratio), "spaces around it count");
    assert!(ratio <= Ratio::ONE);

    // What a float makes of it, to the half of a millionth that rounding takes.
    let (number, all) = match text.trim().strip_suffix('%') {
        Some(number) => (number.trim_end(), 100.0),
        None => (text.trim(), 1.0),
    };
    let share = number.parse::<f64>().map(|number| number / all * 1e6);
    let differs = |share: f64| (share - f64::from(ratio.ppm())).abs();
    assert!(share.as_ref().is_ok_and(|&share| differs(share) < 0.500_001), "{ratio}, {share:?}");
}
