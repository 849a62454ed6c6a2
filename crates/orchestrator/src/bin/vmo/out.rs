//! Our standard output. A reader that has had enough, as `head` does, is no failure: we end, and say nothing.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
};

use super::Failed;

/// Prints a line.
pub(crate) fn line(text: impl Display) -> Result<(), Failed> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failed::enough(),
        _ => Failed::new(format!("failed to write to standard output: {error}")),
    })
}
