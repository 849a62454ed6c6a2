//! An output as it is read: a hash of it, and its last line.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::log::{normalise::Normaliser, plain};

/// Bytes at the end of an output, in which its last line is looked for.
const TAIL_BYTES: usize = 4096;
/// Bytes of a last line that are shown.
pub(super) const LAST_BYTES: usize = 512;
/// Bytes of a line without an end that is normalised as one.
const OPEN_BYTES: usize = 1 << 20;

/// An output in short.
#[derive(Debug, Clone, Default)]
pub(super) struct Output {
    /// The same for two outputs that are the same, each stream for itself.
    pub(super) hash: [u8; 32],
    /// Lines of both streams.
    pub(super) lines: u64,
    /// The last line that is not blank; empty if there is none.
    pub(super) last: Arc<str>,
}

/// One stream of an output, as it is read.
#[derive(Debug, Default)]
pub(super) struct OutputReader {
    hash: Sha256,
    newlines: u64,
    /// The last bytes.
    tail: Vec<u8>,
    /// The line that has no end yet, if lines are masked.
    open: Vec<u8>,
}

impl OutputReader {
    /// Takes the next bytes of its stream.
    pub(super) fn read(&mut self, bytes: &[u8], masks: Option<&Normaliser>) {
        self.newlines += memchr::memchr_iter(b'\n', bytes).count() as u64;
        let last = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
        let surplus = (self.tail.len() + last.len()).saturating_sub(TAIL_BYTES);
        self.tail.drain(..surplus.min(self.tail.len()));
        self.tail.extend_from_slice(last);
        let Some(masks) = masks else {
            self.hash.update(bytes);
            return;
        };
        self.open.extend_from_slice(bytes);
        let end = memchr::memrchr(b'\n', &self.open).map_or(0, |end| end + 1);
        let end = if self.open.len() - end > OPEN_BYTES {
            self.open.len()
        } else {
            end
        };
        let rest = self.open.split_off(end);
        let whole = std::mem::replace(&mut self.open, rest);
        self.hash_lines(&whole, masks);
    }

    fn hash_lines(&mut self, whole: &[u8], masks: &Normaliser) {
        let mut out = String::new();
        for line in plain(whole).lines() {
            out.clear();
            masks.normalise(line, &mut out);
            self.hash.update(out.as_bytes());
            self.hash.update(b"\n");
        }
    }

    /// The output of both streams.
    pub(super) fn finish(mut sides: [Self; 2], masks: Option<&Normaliser>) -> Output {
        let mut hash = Sha256::new();
        let mut output = Output::default();
        for side in &mut sides {
            if let Some(masks) = masks {
                let open = std::mem::take(&mut side.open);
                side.hash_lines(&open, masks);
            }
            hash.update(std::mem::take(&mut side.hash).finalize());
            let is_open = side.tail.last().is_some_and(|&last| last != b'\n');
            output.lines += side.newlines + u64::from(is_open);
        }
        // Of a command that wrote to both, what it printed is the answer.
        let lasts = sides.iter().map(|side| last_line(&side.tail));
        let mut lasts = lasts.filter(|last| !last.is_empty());
        output.last = lasts.next().unwrap_or_default().into();
        output.hash = hash.finalize().into();
        output
    }
}

fn last_line(tail: &[u8]) -> String {
    let text = plain(tail);
    let lines = text.lines().rev().map(str::trim);
    let last = lines.into_iter().find(|line| !line.is_empty());
    let last = last.unwrap_or_default();
    last[..last.floor_char_boundary(LAST_BYTES)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::batches::outputs::masking::Masking;

    fn output(stdout: &[&str], stderr: &str, masks: Option<&Normaliser>) -> Output {
        let mut sides = [OutputReader::default(), OutputReader::default()];
        for piece in stdout {
            sides[0].read(piece.as_bytes(), masks);
        }
        sides[1].read(stderr.as_bytes(), masks);
        OutputReader::finish(sides, masks)
    }

    #[test]
    fn an_output_is_the_same_in_whatever_pieces_it_came() {
        let whole = output(&["one\ntwo \x1b[1mbold\x1b[0m\n\n"], "aside", None);
        let pieces = output(&["one", "\ntwo \x1b[1mbold\x1b[0m", "\n\n"], "aside", None);
        assert_eq!(whole.hash, pieces.hash);
        assert_eq!((whole.lines, &*whole.last), (4, "two bold"));
        // The two streams are told apart.
        assert_ne!(
            whole.hash,
            output(&["one\ntwo \x1b[1mbold\x1b[0m\n\naside"], "", None).hash
        );
        let none = output(&[], "", None);
        assert_eq!((none.lines, &*none.last), (0, ""));
        assert_eq!(&*output(&["\n"], "only this\n", None).last, "only this");
    }

    #[test]
    fn what_is_masked_makes_no_difference() {
        let of = |name: &str, text: &str| {
            let masks = Masking::default().of(&[name]);
            let (first, rest) = text.split_at(text.len() / 2);
            output(&[first, rest], "", Some(&masks)).hash
        };
        let one = of("web-1", "web-1 up since 12:01:02, nginx[812] 1.27.4");
        assert_eq!(
            one,
            of("web-2", "web-2 up since 09:00:00, nginx[33] 1.27.4")
        );
        assert_ne!(
            one,
            of("web-2", "web-2 up since 09:00:00, nginx[33] 1.24.0")
        );
        assert_ne!(
            one,
            of("web-2", "web-1 up since 12:01:02, nginx[812] 1.27.4")
        );
    }

    #[test]
    fn a_last_line_is_short() {
        assert_eq!(last_line("é".repeat(4000).as_bytes()).len(), LAST_BYTES);
        assert_eq!(last_line(b"one\r\ntwo\r\n \n"), "two");
    }
}
