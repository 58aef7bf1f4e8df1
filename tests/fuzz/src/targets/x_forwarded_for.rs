//! `X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.0.0.5`.

use super::{
    Target,
    client::{CLIENT, Caller, EDGE, agrees_with_the_model, appended, found, lines},
};
use crate::model::walk::Syntax;

/// The client's address from `X-Forwarded-For`, a line of the input being one of the header.
pub static X_FORWARDED_FOR: Target = Target {
    name: "x-forwarded-for",
    texts: &[
        b"203.0.113.7",
        b"6.6.6.6, 203.0.113.7, 10.0.0.5",
        b"6.6.6.6\n203.0.113.7, 10.0.0.5",
        b"203.0.113.7:4711,10.1.1.1:_a1",
        b"2001:db8:1:2:3::4, [fd12::1]:80",
        b"[2001:db8:1:2:3::4], ::ffff:10.1.1.1",
        b"unknown, _hidden, 10.0.0.5",
        b",, ,203.0.113.7\n\n,10.0.0.5,",
        &LONGEST_ENTRY,
        &MOST_ENTRIES,
    ],
    words: &[
        b",",
        b", ",
        b"\n",
        b"1.2.3.4",
        b"10.0.0.1",
        b"10.0.0.1,",
        b"fd00::1",
        b"::1",
        b"2001:db8::",
        b"::ffff:",
        b"[",
        b"]",
        b":",
        b":80",
        b":_x",
        b"%eth0",
        b"unknown",
        b"_hidden",
        b"for=",
        b"\"",
        b"                                                        ",
    ],
    check,
};

/// `::` and spaces in front of it, 1 KiB behind a comma.
const LONGEST_ENTRY: [u8; 1 + 1_024] = {
    let mut text = [b' '; 1 + 1_024];
    text[0] = b',';
    text[1_023] = b':';
    text[1_024] = b':';
    text
};

/// `::,` 64 times but for the last comma.
const MOST_ENTRIES: [u8; 64 * 3 - 1] = {
    let mut text = [b':'; 64 * 3 - 1];
    let mut at = 2;
    while at < text.len() {
        text[at] = b',';
        at += 3;
    }
    text
};

fn check(input: &[u8]) {
    let lines = lines(input);
    agrees_with_the_model(&lines, Syntax::XForwardedFor);

    // Whatever a client sends, the two proxies append to it, and only what they say counts.
    for lines in appended(&lines, &[CLIENT.to_owned(), EDGE.to_owned()]) {
        for caller in found(&lines, Syntax::XForwardedFor) {
            assert_eq!(caller, Caller::Client);
        }
    }
}
