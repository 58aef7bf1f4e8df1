//! Keys of several parts, as a store that is shared knows them.

use std::net::IpAddr;

use palisade_core::{Key, key::Fingerprinter};

use super::Target;
use crate::{
    allocations,
    model::spelling::{Part, spelled},
};

/// More parts say nothing new, and each beyond the fourth costs a digest.
const MOST_PARTS: usize = 12;

/// Keys of parts of any kind, a line of the input being a part: `#` begins a number, `@` an
/// address, `!` an identifier, `~` text in either case.
pub static SPELLING: Target = Target {
    name: "spelling",
    texts: &[
        b"alice\n@192.0.2.1\n#42",
        b"a\nbc",
        b"ab\nc\n\nd",
        b"~API.example\n!0123456789abcdef",
        b"#340282366920938463463374607431768211455\n@2001:db8::",
        b"@::ffff:192.0.2.1\nip#192.0.2.1",
        b"a\nb\nc\nd\ne\nf",
        b"sha#635361c48bb9eab14198e76ea8ab7f1a\n%\n%25",
        "ä\u{85}\nö".as_bytes(),
        b"0123456789012345678901234567890123456789012345678901234567890123\n4",
    ],
    words: &[
        b"\n",
        b"\n\n",
        b"#",
        b"@",
        b"!",
        b"~",
        b"|",
        b"%",
        b"{",
        b"}",
        b"a",
        b"A",
        b"#1",
        b"@::1",
        b"@1.2.3.4",
        b"ip#",
        b"id#",
        b"etc#",
        b"sha#",
        b"%7c",
        b"0123456789abcdef",
    ],
    check,
};

fn check(input: &[u8]) {
    let fingerprinter = Fingerprinter::seeded(1);
    let (key, parts) = read(input);
    let mut spelling = String::with_capacity(4 * 200 + 3);
    let print = allocations::none(|| {
        key.spell(&mut spelling);
        key.fingerprint(&fingerprinter)
    });
    assert_eq!(spelling, spelled(&parts));
    assert!((1..=4 * 200 + 3).contains(&spelling.len()), "{} bytes", spelling.len());
    assert!(spelling.bytes().all(|byte| byte.is_ascii_graphic() && !b"{}".contains(&byte)));

    // Who is nearly the same is somebody else, unless it says the same.
    for neighbour in neighbours(input) {
        let (other, theirs) = read(&neighbour);
        let same = parts == theirs;
        assert_eq!(key == other, same, "{parts:?} {theirs:?}");
        assert_eq!(print == other.fingerprint(&fingerprinter), same, "{parts:?} {theirs:?}");
        let mut others = String::new();
        other.spell(&mut others);
        assert_eq!(spelling == others, same, "{parts:?} {theirs:?}");
    }
}

/// The key of all lines, and what it says.
fn read(input: &[u8]) -> (Key<'_>, Vec<Part>) {
    let parts = input.split(|byte| *byte == b'\n').take(MOST_PARTS).map(part);
    parts.fold((Key::global(), Vec::new()), |(key, mut said), (part, says)| {
        said.push(says);
        (key.and(part), said)
    })
}

fn part(line: &[u8]) -> (Key<'_>, Part) {
    let text = (Key::from(line), Part::Text(line.to_vec()));
    let (Some((kind, bytes)), Ok(rest)) = (line.split_first(), str::from_utf8(line)) else {
        return text;
    };
    let rest = rest.get(1..).unwrap_or_default();
    let special = match kind {
        b'#' => rest.parse().ok().map(|n: u128| (Key::from(n), Part::Number(n))),
        b'@' => rest.parse().ok().map(|ip: IpAddr| (Key::from(ip), Part::Ip(ip.to_canonical()))),
        b'!' => bytes.first_chunk().map(|id: &[u8; 16]| (Key::from(*id), Part::Id(*id))),
        b'~' => Some((Key::caseless(rest), Part::Text(rest.to_ascii_lowercase().into_bytes()))),
        b'a'..=b'm' => Some((Key::from(owned(line)), text.1.clone())),
        _ => None,
    };
    special.unwrap_or(text)
}

/// Half of the names come as a `String`, which the key keeps.
fn owned(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}

/// With a border moved, lost or won, in another case, and a byte shorter.
fn neighbours(input: &[u8]) -> [Vec<u8>; 5] {
    let border = input.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let [mut moved, mut lost, mut cased] = [input.to_vec(), input.to_vec(), input.to_vec()];
    if let Some(pair) = moved.get_mut(border..border.saturating_add(2)) {
        pair.reverse();
    }
    lost.drain(border..input.len().min(border + 1));
    if let Some(letter) = cased.iter_mut().find(|byte| byte.is_ascii_alphabetic()) {
        *letter ^= b' ';
    }
    let shorter = input.split_last().map_or_else(Vec::new, |(_, rest)| rest.to_vec());
    [moved, lost, cased, [b"\n", input].concat(), shorter]
}
