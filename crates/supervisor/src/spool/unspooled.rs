//! What was read of a job's output and the disk did not take. The rule for the supervisor of a job: a byte that was read is
//! kept until the spool has it, no more is read meanwhile, and no output goes before it.

use std::{collections::VecDeque, io};

use super::{Stream, Writer};

/// Output that waits for its spool, in order; most often none. It holds no more than was on its way when the first of it was
/// refused, since the reader of the output looks at [`Unspooled::is_empty`] before.
#[derive(Debug, Default)]
pub struct Unspooled(VecDeque<(Stream, Vec<u8>)>);

impl Unspooled {
    /// Whether no output waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives the spool these bytes, of whatever number. What it does not take waits; while something waits, all of them do.
    ///
    /// # Errors
    /// Why the spool did not take them all.
    pub fn append(&mut self, spool: &mut Writer, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        if !self.is_empty() {
            self.0.push_back((stream, bytes.to_vec()));
            return Ok(());
        }
        self.give(spool, stream, bytes)
    }

    /// Gives the spool what waits.
    ///
    /// # Errors
    /// As [`Unspooled::append`].
    pub fn again(&mut self, spool: &mut Writer) -> io::Result<()> {
        while let Some((stream, bytes)) = self.0.pop_front() {
            self.give(spool, stream, &bytes)?;
        }
        Ok(())
    }

    fn give(&mut self, spool: &mut Writer, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        // Record by record, so that none is given to it twice.
        let most = spool.most();
        for (number, record) in bytes.chunks(most).enumerate() {
            if let Err(error) = spool.append(stream, record) {
                self.0.push_front((stream, bytes[number * most..].to_vec()));
                return Err(error);
            }
        }
        Ok(())
    }
}
