//! Which slot a command is for.

use redis::{Arg, Cmd};

/// How many slots a cluster has.
const SLOTS: u16 = 16_384;

/// The slot of the command's first key; none if it has no key, and any node will do.
pub(in crate::link) fn of(command: &Cmd) -> Option<u16> {
    let mut words = command.args_iter().map(|word| match word {
        Arg::Simple(word) => word,
        _ => b"".as_slice(),
    });
    let name = words.next()?.to_ascii_uppercase();
    let key = match name.as_slice() {
        b"EVALSHA" | b"EVAL" | b"EVALSHA_RO" | b"EVAL_RO" | b"FCALL" | b"FCALL_RO" => {
            let (_, count) = (words.next()?, words.next()?);
            if count == b"0" {
                return None;
            }
            words.next()?
        }
        b"SCRIPT" | b"TIME" | b"PING" | b"INFO" | b"COMMAND" | b"CLUSTER" | b"CONFIG" => {
            return None;
        }
        _ => words.next()?,
    };
    Some(of_key(key))
}

/// The slot of a key: of what stands between its first braces, if anything does, or of all of it.
pub(in crate::link) fn of_key(key: &[u8]) -> u16 {
    let tag = || {
        let open = key.iter().position(|byte| *byte == b'{')?;
        let rest = key.get(open + 1..)?;
        let close = rest.iter().position(|byte| *byte == b'}')?;
        rest.get(..close).filter(|tag| !tag.is_empty())
    };
    crc16(tag().unwrap_or(key)) % SLOTS
}

/// CRC-16/XMODEM, by the bit: keys are short, and a table would be longer than this.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}
