//! SHA-256, cut to 128 bits.
//!
//! Why not a faster hash: who sends a request chooses its key, and with a hash that is merely fast,
//! and the same on every machine, could choose one that shares a stranger's limit. Only long keys of
//! a remote store come here.

use sha2::Digest;

#[derive(Default)]
pub(super) struct Sha256(sha2::Sha256);

impl Sha256 {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The first 16 of the 32 bytes.
    pub(super) fn finish(self) -> [u8; 16] {
        let digest: [u8; 32] = self.0.finalize().into();
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        first
    }
}
