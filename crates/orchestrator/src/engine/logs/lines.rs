//! Lines of a log by their numbers.

use super::log::{Log, ReadError};
use crate::log::{Line, lines};

/// Bytes of one line that are shown before a person asks for all of it.
pub const LINE_BYTES: usize = 8 * 1024;
/// Bytes of lines in one answer; the rest is asked for again.
pub(super) const ANSWER_BYTES: usize = 512 * 1024;

/// Bytes read on for lines that have begun and not ended. It is as much as one line that a person asks to see whole.
const AFTER_BEGUN: usize = 16 * 1024 * 1024;

impl Log {
    /// Lines `first` and on, from 1, at most `count` of them and 512 KiB, each cut after `limit` bytes; fewer if the
    /// log ends before.
    ///
    /// # Errors
    /// If they are in the store and the store does not answer.
    pub async fn lines(
        &self,
        first: u64,
        count: u64,
        limit: usize,
    ) -> Result<Vec<Line>, ReadError> {
        let Some(start) = self.before_line(first).await? else {
            return Ok(Vec::new());
        };
        let window = lines::Window::new(start.state, first, count, limit);
        let mut window = window.in_encoding(self.encoding);
        let mut cursor = self.cursor(start.seq);
        // Once all of them have begun, one that has no end yet (a prompt) is not followed to the end of the log.
        let mut patience = AFTER_BEGUN;
        let mut found = Vec::new();
        while !window.is_full() && patience > 0 {
            let Some(piece) = cursor.piece().await? else {
                break;
            };
            if let Some(state) = cursor.take_jump() {
                // Rows are gone from the store. The lines after them keep their numbers.
                let (next, last) = (first.max(state.lines() + 1), first.saturating_add(count));
                let rest = lines::Window::new(state, next, last.saturating_sub(next), limit)
                    .in_encoding(self.encoding);
                found.extend(std::mem::replace(&mut window, rest).finish());
                if next >= last {
                    break;
                }
            }
            piece.each(|_, stream, at, bytes| {
                window.feed(stream, at, bytes);
                if window.has_begun() {
                    patience = patience.saturating_sub(bytes.len());
                }
            });
        }
        found.extend(window.finish());
        found.truncate(fitting(&found, ANSWER_BYTES));
        Ok(found)
    }
}

/// How many of these lines fit into `bytes`; at least one.
pub(super) fn fitting(lines: &[Line], bytes: usize) -> usize {
    let mut left = bytes;
    let fit = lines.iter().take_while(|line| {
        let size = 64
            + line
                .spans
                .iter()
                .map(|span| span.text.len() + 64)
                .sum::<usize>();
        let fits = size <= left;
        left = left.saturating_sub(size);
        fits
    });
    fit.count().max(1).min(lines.len())
}
