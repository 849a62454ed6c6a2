//! Our outputs, and the only place that writes to them: what comes here is made visible on its way out, so that no print
//! can forget it. Only a job's own bytes go out as they are, by [`exact`]. A reader that has had enough, as `head` does, is
//! no failure: we end without a word.

use std::{
    borrow::Cow,
    fmt::{Display, Write as _},
    io::{self, ErrorKind, IsTerminal, Write},
    os::fd::AsFd,
    process::ExitCode,
};

use orchestrator::{
    log::Stream,
    visible::{visible, visible_lines},
};
use serde::Serialize;

use super::Failed;

/// Prints a line.
pub(crate) fn line(text: impl Display) -> Result<(), Failed> {
    put(&visible(&text.to_string()))
}

/// Prints what a person answers to a program, to the byte; a failure if there is no answer.
pub(crate) fn answer(reply: io::Result<Option<String>>) -> ExitCode {
    let written = match reply {
        Ok(Some(answer)) => writeln!(exact(Stream::Stdout), "{answer}"),
        Ok(None) => Err(ErrorKind::NotFound.into()),
        Err(error) => Err(error),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Prints rows with their columns as wide as their widest cell; the last one as it is.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> Result<(), Failed> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows: Vec<[Cow<'_, str>; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| visible(cell)))
        .collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
            // As wide as can be asked for.
            .min(usize::from(u16::MAX))
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    });
    put(&lines.collect::<Vec<_>>().join("\n"))
}

/// Prints a value as JSON over several lines.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failed> {
    put(&escaped(&serde_json::to_string_pretty(value)?))
}

/// Prints a value as JSON in one line.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failed> {
    put(&json_text(value)?)
}

/// A value as JSON in one line, as [`json_line`] prints it.
pub(crate) fn json_text(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(escaped(&serde_json::to_string(value)?))
}

/// The same value in ASCII and letters: what could not be seen is in JSON's own escapes, which readers take back.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut units = [0; 2];
    for char in json.chars() {
        let alone = char.to_string();
        if char == '\n' || matches!(visible(&alone), Cow::Borrowed(_)) {
            text.push(char);
            continue;
        }
        for unit in char.encode_utf16(&mut units) {
            // A string takes everything.
            write!(text, "\\u{unit:04x}").ok();
        }
    }
    text
}

fn put(text: &str) -> Result<(), Failed> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failed::enough(),
        _ => Failed::new(format!("failed to write to standard output: {error}")),
    })
}

/// Says something to the person on standard error. Further lines of it are indented, so that none can be taken for
/// something else that we say.
pub(crate) fn say(text: impl Display) {
    let text = text.to_string();
    let lines = visible_lines(&text).replace('\n', "\n     ");
    // Whom it is said to may be gone.
    err(&format!("vmo: {lines}\n")).ok();
}

/// In one piece, so that no other program's words come in between.
fn err(text: &str) -> io::Result<()> {
    io::stderr().lock().write_all(text.as_bytes())
}

/// What is traced, each event in one line.
pub(crate) struct Traces;

impl Write for Traces {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = visible(text.strip_suffix('\n').unwrap_or(&text));
        err(&format!("{line}\n"))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

/// One of our outputs, for what a job wrote.
pub(crate) fn exact(stream: Stream) -> Box<dyn Write> {
    match stream {
        Stream::Stdout => Box::new(io::stdout().lock()),
        Stream::Stderr => Box::new(io::stderr().lock()),
    }
}

/// Standard output, to ask what it is.
pub(crate) fn shown() -> impl AsFd {
    io::stdout()
}

/// Whether a person sees one of our outputs.
pub(crate) fn is_seen(stream: Stream) -> bool {
    match stream {
        Stream::Stdout => io::stdout().is_terminal(),
        Stream::Stderr => io::stderr().is_terminal(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_same_value_and_harmless_to_a_terminal() {
        let text = "a\u{1b}[2J\n\u{202e}b\u{9b}\u{7f}\u{e0061}می\u{200c}خ👩\u{200d}🚀";
        let json = escaped(&serde_json::to_string_pretty(&[text]).unwrap());
        let lines = json.lines().all(|line| visible(line) == line);
        assert!(lines, "{json}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }
}
