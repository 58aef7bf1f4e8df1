//! Names. One test, since the table of names belongs to the process.

use std::thread;

use palisade_core::Name;

#[test]
fn names_are_interned_shortened_and_bounded() {
    let login = Name::new("login");
    assert_eq!(login, Name::new(String::from("login")));
    assert!(std::ptr::eq(login.as_str(), Name::from("login").as_str()), "kept once");
    assert_ne!(login, Name::new("logout"));
    assert_eq!((login.to_string(), format!("{login:?}")), ("login".into(), "\"login\"".into()));
    assert_eq!(Name::default().as_str(), "default");
    assert_eq!(Name::new(""), Name::new(String::new()));

    assert_eq!(Name::new("a\"b\\c \u{fc}\n").as_quoted(), r#""a\"b\\c ??""#);

    let overflow = Name::new("overflow");

    // 127 bytes, then a character of three of which only one byte would fit.
    let long = format!("{}\u{20ac}uro", "a".repeat(127));
    assert_eq!(Name::new(&long).as_str(), "a".repeat(127));
    let exact = format!("{}\u{20ac}", "b".repeat(125));
    assert_eq!(Name::new(&exact).as_str(), exact);
    assert_eq!(Name::new(format!("{exact}!")).as_str(), exact);

    // Many more than there is room for, from several threads at once.
    let outcome = thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..6_000).map(|n| Name::new(format!("name {n}"))).collect()))
            .collect();
        workers.into_iter().flat_map(thread::ScopedJoinHandle::join).collect::<Vec<Vec<Name>>>()
    });
    let kept: std::collections::HashSet<Name> = outcome.into_iter().flatten().collect();
    // Seven names were there before; "overflow" is none of the 4096.
    assert_eq!(kept.len(), 4_096 - 7 + 1);
    assert!(kept.contains(&Name::new("one too many")) && kept.contains(&overflow));
    assert_eq!(Name::new("one too many").as_str(), "overflow");
    assert_eq!(Name::new("login"), login, "known names stay");
}
