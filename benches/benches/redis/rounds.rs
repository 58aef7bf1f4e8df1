//! Takes samples in rounds that visit every contender, and prints what came of it.

use palisade_benches::Role;

use crate::contender::Contender;
use crate::drive::Load;
use crate::sample::Sample;
use crate::site::Site;

/// Everything works, for a moment each.
pub(crate) fn smoke(site: &Site, contenders: &[Contender], load: Load) {
    for contender in contenders {
        let sample = contender.sample(site, load);
        assert!(sample.rate > 0.0, "{} decides: {sample:?}", contender.name);
        assert!(sample.odd < 0.5, "{} does what it is to do: {sample:?}", contender.name);
    }
}

#[expect(clippy::print_stdout, reason = "this is what the program is for")]
pub(crate) fn report(
    title: &str,
    site: &Site,
    contenders: &[Contender],
    load: Load,
    rounds: usize,
) {
    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            samples.push(contender.sample(site, load));
        }
    }
    // Of the first one, in the same round: what slows a round slows both.
    let mut all = contenders.iter().zip(&samples);
    let first = all.next().filter(|(first, _)| first.role == Role::Bare);
    let ceilings: Option<Vec<f64>> =
        first.map(|(_, samples)| samples.iter().map(|sample| sample.rate).collect());

    println!("\n### {title}\n");
    println!(
        "| | decisions/s | least to most | ÷ ceiling | p50 µs | p99 µs | client µs | server µs | asked | allocations | waited |"
    );
    println!("|---|{}", "---:|".repeat(10));
    for (contender, samples) in contenders.iter().zip(&samples) {
        let middle = |of: fn(&Sample) -> f64| middle(samples.iter().map(of).collect());
        let rates: Vec<f64> = samples.iter().map(|sample| sample.rate).collect();
        let least = rates.iter().copied().fold(f64::MAX, f64::min);
        let most = rates.iter().copied().fold(0.0, f64::max);
        let ratio = ceilings.as_ref().map(|ceilings| {
            self::middle(rates.iter().zip(ceilings).map(|(rate, ceiling)| rate / ceiling).collect())
        });
        let cells = [
            thousands(middle(|sample| sample.rate)),
            format!("{} to {}", thousands(least), thousands(most)),
            with_digits(ratio, 2),
            with_digits(Some(middle(|sample| sample.p50)), 1),
            with_digits(Some(middle(|sample| sample.p99)), 1),
            with_digits(Some(middle(|sample| sample.client.unwrap_or(f64::NAN))), 2),
            with_digits(Some(middle(|sample| sample.server)), 2),
            with_digits(Some(middle(|sample| sample.asked)), 3),
            with_digits(contender.allocations(site, load), 0),
            format!("{:.0} %", middle(|sample| sample.waited) * 100.0),
        ];
        let mark = if contender.role == Role::Ours { "**" } else { "" };
        let cells = cells.map(|cell| format!(" {cell} |")).concat();
        println!("| {mark}{}{mark} |{cells}", contender.name);
        let odd = middle(|sample| sample.odd);
        if odd > 0.01 {
            println!(
                "\nNot to be quoted: {:.1} % of these failed, or were refused.\n",
                odd * 100.0
            );
        }
    }
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

fn with_digits(figure: Option<f64>, digits: usize) -> String {
    match figure.filter(|figure| figure.is_finite()) {
        Some(figure) => format!("{figure:.digits$}"),
        None => "–".to_owned(),
    }
}

/// With a space between thousands.
fn thousands(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
