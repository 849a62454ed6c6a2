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
use rustix::termios::tcgetwinsize;
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

/// Prints rows that begin with an id and end with two texts of any length, in the width of the terminal that shows them. If
/// none does, all of it is printed.
pub(crate) fn listing<const N: usize>(rows: &[[String; N]]) -> Result<(), Failed> {
    let out = io::stdout();
    let size = out.is_terminal().then(|| tcgetwinsize(&out).ok()).flatten();
    let columns = size.map(|size| usize::from(size.ws_col));
    let lines = listed(rows, columns.filter(|columns| *columns > 0));
    if lines.is_empty() {
        return Ok(());
    }
    put(&lines.join("\n"))
}

/// Characters of an id that are enough to find it by, and the width from which there is room for all of it.
const SHORT_ID: usize = 18;
const WIDE: usize = 120;
/// Characters of the last text but one that make its column wide if no terminal does.
const USUAL: usize = 60;
/// Its share of what a terminal has for both, in percent.
const SHARE: usize = 40;

/// The rows in so many columns.
fn listed<const N: usize>(rows: &[[String; N]], columns: Option<usize>) -> Vec<String> {
    let mut rows: Vec<[Cow<'_, str>; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| visible(cell)))
        .collect();
    let widest = |rows: &[[Cow<'_, str>; N]], at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.max().unwrap_or(0)
    };
    if columns.is_some_and(|columns| columns < WIDE) {
        for row in &mut rows {
            row[0] = row[0].chars().take(SHORT_ID).collect();
        }
    }
    let mut widths: Vec<usize> = (0..N).map(|at| widest(&rows, at)).collect();
    let (text, last) = (N - 2, N - 1);
    widths[text] = widths[text].min(USUAL);
    if let Some(columns) = columns {
        let others: usize = widths[..text].iter().map(|width| width + 2).sum();
        let both = columns.saturating_sub(others + 2);
        let share = (both * SHARE / 100).max(both.saturating_sub(widths[last]));
        widths[text] = widest(&rows, text).min(share);
        widths[last] = widths[last].min(both - widths[text]);
        for row in &mut rows {
            for at in [text, last] {
                row[at] = cut(&row[at], widths[at]).into();
            }
        }
    }
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths[..last]);
        let mut line: String = cells
            .map(|(cell, width)| format!("{cell:width$}  "))
            .collect();
        line.push_str(&row[last]);
        line.trim_end().to_owned()
    });
    lines.collect()
}

/// The beginning of a longer text, with an ellipsis.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept = text.chars().take(most.saturating_sub(1));
    kept.chain((most > 0).then_some('…')).collect()
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
    fn a_listing_fits_its_terminal_and_says_what_it_cut() {
        let id = "01a22c2d-6c43-7465-9935-e4d12dd84086";
        let row = |end: &str, command: &str| {
            [id, "2026-11-30 11:18:22", "0.4 s", "web-1", end, command].map(str::to_owned)
        };
        let long = "echo ".repeat(20_000);
        let why = "error: host unreachable: ".to_owned() + &"nothing listens there ".repeat(9);
        let rows = [row("done", "uptime"), row(&why, "true"), row("done", &long)];
        for columns in [60, 80, 119, 120, 200, 1000] {
            let lines = listed(&rows, Some(columns));
            for line in &lines {
                assert!(line.chars().count() <= columns, "{columns}: {line}");
            }
            assert!(
                lines[0].ends_with("uptime") || columns == 60,
                "{}",
                lines[0]
            );
            assert!(lines[2].ends_with('…'), "{}", lines[2]);
            let whole_id = lines[0].starts_with(id);
            assert_eq!(whole_id, columns >= WIDE, "{}", lines[0]);
            assert!(id.starts_with(lines[0].split(' ').next().unwrap()));
        }
        assert!(listed(&rows, Some(80))[1].contains("error: h…"));
        assert!(listed(&rows, Some(1000))[1].contains(why.trim_end()));
        // In a pipe all is there, and one reason makes no other row wide.
        let lines = listed(&rows, None);
        assert!(lines[2].ends_with(long.trim_end()) && lines[1].contains(why.trim_end()));
        assert!(lines[0].chars().count() < 160, "{}", lines[0]);
        assert!(listed::<6>(&[], Some(80)).is_empty());
    }

    #[test]
    fn json_is_the_same_value_and_harmless_to_a_terminal() {
        let text = "a\u{1b}[2J\n\u{202e}b\u{9b}\u{7f}\u{e0061}می\u{200c}خ👩\u{200d}🚀";
        let json = escaped(&serde_json::to_string_pretty(&[text]).unwrap());
        let lines = json.lines().all(|line| visible(line) == line);
        assert!(lines, "{json}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }
}
