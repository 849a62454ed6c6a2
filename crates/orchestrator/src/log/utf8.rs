//! Characters of bytes that come in pieces. What is not UTF-8 becomes U+FFFD, one for each maximal part of a character,
//! as [`String::from_utf8_lossy`] has it for the whole.

use std::str;

/// The first bytes of a character whose last ones have not come.
#[derive(Debug, Clone, Default)]
pub(super) struct Unfinished {
    bytes: [u8; 4],
    len: usize,
}

impl Unfinished {
    /// Takes bytes, and gives each character that is finished to `put`.
    pub(super) fn read(&mut self, mut bytes: &[u8], mut put: impl FnMut(char)) {
        while self.len > 0 && !bytes.is_empty() {
            bytes = &bytes[self.add(bytes[0], &mut put)..];
        }
        let mut parts = bytes.utf8_chunks().peekable();
        while let Some(part) = parts.next() {
            part.valid().chars().for_each(&mut put);
            let broken = part.invalid();
            if parts.peek().is_none() && is_start(broken) {
                self.bytes[..broken.len()].copy_from_slice(broken);
                self.len = broken.len();
            } else if !broken.is_empty() {
                put(char::REPLACEMENT_CHARACTER);
            }
        }
    }

    /// What is shown of the character if the rest of it does not come.
    pub(super) fn end(&mut self) -> Option<char> {
        (std::mem::take(&mut self.len) > 0).then_some(char::REPLACEMENT_CHARACTER)
    }

    /// Adds a byte. Says how many were taken: none if this one does not go on with the character.
    fn add(&mut self, byte: u8, put: &mut impl FnMut(char)) -> usize {
        self.bytes[self.len] = byte;
        let bytes = &self.bytes[..=self.len];
        if is_start(bytes) {
            self.len += 1;
            return 1;
        }
        self.len = 0;
        match str::from_utf8(bytes) {
            Ok(text) => {
                text.chars().for_each(put);
                1
            }
            Err(_) => {
                put(char::REPLACEMENT_CHARACTER);
                0
            }
        }
    }
}

/// Whether more bytes could make these a character.
fn is_start(bytes: &[u8]) -> bool {
    str::from_utf8(bytes)
        .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
}
