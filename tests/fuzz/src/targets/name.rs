//! The name of a layer.

use palisade_core::Name;
use parking_lot::{Mutex, MutexGuard};

use super::{Target, text::lossy};
use crate::allocations;

/// Names of layers. A process keeps 4096 of them, and what comes later is called "overflow": long
/// runs try hardly more than that.
pub static NAME: Target = Target {
    name: "name",
    texts: &[
        b"login",
        b"default",
        b"overflow",
        br#"5" pipe"#,
        br"back\slash",
        b"",
        "größe".as_bytes(),
        b"0123456789012345678901234567890123456789012345678901234567890123456789\
          012345678901234567890123456789012345678901234567890123456",
    ],
    words: &[b"\"", b"\\", b"a", "\u{20ac}".as_bytes(), "\u{1f600}".as_bytes(), b"01234567"],
    check,
};

/// Who checks something that makes names checks it alone: all names of the process are behind one
/// lock, and a thread that has to wait for it allocates.
pub(super) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock()
}

fn check(input: &[u8]) {
    let _alone = alone();
    let text = lossy(input);
    let name = Name::new(&text);
    assert_eq!(allocations::none(|| Name::new(&text)), name, "known by now");

    // As many whole characters as fit into 128 bytes.
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let kept = &text[..ends.take_while(|&end| end <= 128).last().unwrap_or(0)];
    assert!([kept, "overflow"].contains(&name.as_str()), "{name}");

    // RFC 9651, section 3.3.3: printable ASCII in quotes, with two escapes.
    let quoted = name.as_quoted();
    let inner = quoted.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
    let mut inner = inner.expect("quotes").chars();
    let mut read = String::new();
    while let Some(c) = inner.next() {
        assert!((' '..='~').contains(&c) && c != '"', "{quoted}");
        let c = if c == '\\' { inner.next().expect("what is escaped") } else { c };
        read.push(c);
    }
    let shown = |c| if (' '..='~').contains(&c) { c } else { '?' };
    assert_eq!(read, name.as_str().chars().map(shown).collect::<String>());
}
