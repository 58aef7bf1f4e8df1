//! From a number to an input.

use crate::{random::Random, targets::Target};

/// No input is longer.
pub(crate) const LONGEST: usize = 1 << 16;

/// What is odd to any parser: control characters, characters that look like others or like nothing,
/// digits that are none in ASCII, bytes that are not UTF-8, and numbers at the edges.
const ODD: &[&[u8]] = &[
    b"\0",
    b"\t",
    b"\n",
    b"\r\n",
    b" ",
    b"\x1b[2J",
    b"\x7f",
    b"\\",
    b"\"",
    b"'",
    b"%",
    b"-",
    b"+",
    b".",
    b",",
    b";",
    b"=",
    b"0",
    b"9",
    b"-1",
    b"0x10",
    b"1e9",
    b"NaN",
    b"4294967296",
    b"18446744073709551616",
    b"340282366920938463463374607431768211456",
    "\u{a0}".as_bytes(),
    "\u{e9}".as_bytes(),
    "e\u{301}".as_bytes(),
    "\u{663}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{202e}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{212a}".as_bytes(),
    "\u{feff}".as_bytes(),
    "\u{1f600}".as_bytes(),
    "\u{10ffff}".as_bytes(),
    b"\xff",
    b"\xc3",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
];

/// The input of this number.
pub(crate) fn input(target: &Target, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut bytes = random.pick(target.texts).to_vec();
    for _ in 0..random.below(6) {
        mutate(&mut bytes, target, &mut random);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn mutate(bytes: &mut Vec<u8>, target: &Target, random: &mut Random) {
    let (from, to) = range(bytes.len(), random);
    match random.below(64) {
        0..14 => put(bytes, from, from, random.pick(target.words)),
        14..22 => put(bytes, from, to, random.pick(target.words)),
        22..32 => put(bytes, from, from, random.pick(ODD)),
        32..36 => put(bytes, from, from, &[random.next() as u8]),
        36..42 => flip(bytes, from, random),
        42..48 => put(bytes, from, to, b""),
        48..51 => bytes.truncate(from),
        51..57 => {
            let piece = bytes[from..to].to_vec();
            let at = random.below(bytes.len() + 1);
            put(bytes, at, at, &piece);
        }
        57..61 => {
            let other = random.pick(target.texts);
            let (start, end) = range(other.len(), random);
            put(bytes, from, to, &other[start..end]);
        }
        61..63 => {
            let many = 2_usize << random.below(7);
            repeat(bytes, (from, to), many, target, random);
        }
        _ => repeat(bytes, (from, to), LONGEST, target, random),
    }
}

/// Mostly short, so that most of a text survives.
fn range(len: usize, random: &mut Random) -> (usize, usize) {
    let from = random.below(len + 1);
    let most = if random.below(4) == 0 { len } else { 4 };
    (from, (from + random.below(most + 1)).min(len))
}

fn put(bytes: &mut Vec<u8>, from: usize, to: usize, piece: &[u8]) {
    bytes.splice(from..to, piece.iter().copied());
}

fn flip(bytes: &mut [u8], at: usize, random: &mut Random) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

/// Puts a piece of the input, a word or an odd text in so many times, or as often as there is room.
fn repeat(
    bytes: &mut Vec<u8>,
    (from, to): (usize, usize),
    times: usize,
    target: &Target,
    random: &mut Random,
) {
    let piece = match random.below(3) {
        0 => bytes[from..to].to_vec(),
        1 => random.pick(target.words).to_vec(),
        _ => random.pick(ODD).to_vec(),
    };
    let room = LONGEST.checked_div(piece.len()).unwrap_or(0);
    put(bytes, from, from, &piece.repeat(times.min(room)));
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{LONGEST, input};
    use crate::targets::TARGETS;

    #[test]
    fn a_number_always_makes_the_same_input() {
        let target = TARGETS[0];
        let inputs: Vec<_> = (0..100).map(|seed| input(target, seed)).collect();
        assert!(inputs.iter().enumerate().all(|(i, bytes)| *bytes == input(target, i as u64)));
    }

    #[test]
    fn inputs_differ_and_some_are_as_long_as_can_be() {
        for target in TARGETS {
            let inputs: HashSet<_> = (0..1_000).map(|seed| input(target, seed)).collect();
            assert!(inputs.len() > 700, "{}: {}", target.name, inputs.len());
            let longest = inputs.iter().map(Vec::len).max();
            assert!(longest.is_some_and(|most| most > LONGEST / 2), "{}", target.name);
        }
    }

    #[test]
    fn some_inputs_are_valid_and_some_are_not_text() {
        for target in TARGETS {
            let inputs: Vec<_> = (0..200).map(|seed| input(target, seed)).collect();
            assert!(inputs.iter().any(|bytes| target.texts.contains(&&**bytes)));
            assert!(inputs.iter().any(|bytes| str::from_utf8(bytes).is_err()));
        }
    }
}
