//! A log's lines as a person sees them: what the job wrote in each row, its colours, and nothing else that it says to a
//! terminal.

use std::io::{self, Write};

use orchestrator::{
    log::{Color, Line, Span, Style},
    visible::visible_log,
};

/// Writes a line.
pub(crate) fn write(out: &mut (impl Write + ?Sized), line: &Line, colored: bool) -> io::Result<()> {
    for span in line.with_tabs().iter() {
        let text = visible_but_tabs(&span.text);
        match span.style {
            Some(style) if colored => write!(out, "\x1b[{}m{text}\x1b[0m", sgr(&style))?,
            _ => out.write_all(text.as_bytes())?,
        }
    }
    if line.cut {
        let shown: usize = line.spans.iter().map(|Span { text, .. }| text.len()).sum();
        write!(
            out,
            " … {shown} bytes of {} (vmo log --raw has all)",
            line.bytes
        )?;
    }
    out.write_all(b"\n")
}

/// A text made visible, whose tabs stay as they are.
fn visible_but_tabs(text: &str) -> String {
    let parts: Vec<_> = text.split('\t').map(visible_log).collect();
    parts.join("\t")
}

/// A style as the parameters of an SGR sequence (ECMA-48, 8.3.117). What a log says otherwise never reaches the terminal.
fn sgr(style: &Style) -> String {
    let mut codes = vec!["0".to_owned()];
    let flags = [
        (style.bold, "1"),
        (style.dim, "2"),
        (style.italic, "3"),
        (style.underline, "4"),
        (style.inverse, "7"),
        (style.strike, "9"),
    ];
    codes.extend(
        flags
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, code)| (*code).to_owned()),
    );
    let mut color = |color: Option<Color>, base: u8| match color {
        Some(Color::Palette(index)) => codes.push(format!("{base};5;{index}")),
        Some(Color::Rgb(red, green, blue)) => codes.push(format!("{base};2;{red};{green};{blue}")),
        None => {}
    };
    color(style.fg, 38);
    color(style.bg, 48);
    codes.join(";")
}
