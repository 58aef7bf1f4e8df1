//! A key as text, as the table at the head of `key::spell` has it.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

/// What a part of a key says. Equal parts are equal here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(Vec<u8>),
    Number(u128),
    /// IPv4 as such.
    Ip(IpAddr),
    Id([u8; 16]),
}

/// The parts with `|` between them, the fourth and all after it as one if there are more.
pub(crate) fn spelled(parts: &[Part]) -> String {
    if parts.is_empty() {
        return "#".to_owned();
    }
    let mut spellings: Vec<_> = parts.iter().map(Part::spelled).collect();
    if spellings.len() > 4 {
        let rest = spellings.split_off(3);
        let fold = |rest, next| format!("etc#{}", digest(format!("{rest}|{next}|").as_bytes()));
        spellings.extend(rest.into_iter().reduce(fold));
    }
    spellings.join("|")
}

impl Part {
    fn spelled(&self) -> String {
        match self {
            Self::Text(bytes) => text(bytes),
            Self::Number(number) => format!("#{number}"),
            Self::Ip(ip) => format!("ip#{ip}"),
            Self::Id(id) => format!("id#{}", hex(id)),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    let is_text = |text: &str| !text.chars().any(char::is_control);
    if bytes.is_empty() {
        "%".to_owned()
    } else if bytes.len() <= 64 && str::from_utf8(bytes).is_ok_and(is_text) {
        let stands = |byte: u8| byte.is_ascii_graphic() && !b"|#%{}".contains(&byte);
        let spell = |&byte: &u8| match stands(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02x}"),
        };
        bytes.iter().map(spell).collect()
    } else {
        format!("sha#{}", digest(bytes))
    }
}

/// The first 16 bytes of the SHA-256.
fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
