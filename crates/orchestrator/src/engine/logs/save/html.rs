//! A log as one self-contained page of HTML, light or dark as its reader's browser prefers.
//!
//! Whatever the log holds is text: only our own tags are written unescaped.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use crate::{
    job::Job,
    log::{Color, Line, Stream, Style},
};

/// The first 16 colours of each theme, as `docs` of the page's own palette have them.
const LIGHT: [&str; 16] = [
    "#21242a", "#bc2122", "#0d7435", "#815b04", "#1a5ec2", "#943299", "#026c7f", "#606369",
    "#666a71", "#ce2224", "#0e7b39", "#8e6009", "#1767d1", "#a53caa", "#037685", "#35383e",
];
const DARK: [&str; 16] = [
    "#8b8f96", "#f46e6f", "#63c57c", "#e2b75c", "#66a0ee", "#d084d5", "#59c5d1", "#cbced3",
    "#8f949d", "#fc918e", "#7ae494", "#f6d56b", "#87bdfb", "#e2a3ec", "#7ce1e6", "#f6f7f9",
];

/// Levels of the 6 × 6 × 6 cube of a terminal's 256 colours (xterm).
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Everything before the first line.
pub(super) fn head(out: &mut impl Write, job: &Job) -> io::Result<()> {
    let title = escaped(&job.command);
    let variables = |colors: [&str; 16], text: &str, ground: &str| {
        let mut all = format!("--fg:{text};--bg:{ground};");
        for (number, color) in colors.iter().enumerate() {
            all.push_str(&format!("--c{number}:{color};"));
        }
        all
    };
    let light = variables(LIGHT, "#2b2e34", "#fefeff");
    let dark = variables(DARK, "#d4d6da", "#0e0f12");
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n:root{{color-scheme:light dark;{light}}}\n\
         @media(prefers-color-scheme:dark){{:root{{{dark}}}}}\n\
         body{{margin:16px;background:var(--bg);color:var(--fg);font:12px/20px ui-monospace,monospace}}\n\
         h1{{font:600 15px/20px system-ui,sans-serif}}\n\
         pre{{margin:0;font:inherit;counter-reset:line;white-space:pre-wrap;overflow-wrap:anywhere}}\n\
         a{{display:block;padding-left:72px;min-height:20px;color:inherit}}\n\
         a:target{{background:color-mix(in oklab,var(--c4) 20%,transparent)}}\n\
         a::before{{content:attr(id);float:left;width:56px;margin-left:-72px;text-align:right;opacity:.6;user-select:none}}\n\
         .err{{box-shadow:inset 2px 0 var(--c3)}}\n\
         </style></head><body>\n<h1>{title}</h1>\n<pre>"
    )
}

/// Everything after the last line.
pub(super) fn foot(out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"</pre>\n</body></html>\n")
}

/// One line.
pub(super) fn line(out: &mut impl Write, line: &Line) -> io::Result<()> {
    let class = match line.stream {
        Stream::Stdout => "",
        Stream::Stderr => " class=\"err\"",
    };
    write!(out, "<a id=\"{}\"{class}>", line.number)?;
    for span in &line.spans {
        let text = escaped(&span.text);
        match span.style {
            None => out.write_all(text.as_bytes())?,
            Some(style) => write!(out, "<span style=\"{}\">{text}</span>", css(style))?,
        }
    }
    out.write_all(b"</a>")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

fn css(style: Style) -> String {
    let (mut text, mut ground) = (style.fg.map(color), style.bg.map(color));
    if style.inverse {
        (text, ground) = (
            ground.or_else(|| Some("var(--bg)".into())),
            text.or_else(|| Some("var(--fg)".into())),
        );
    }
    let mut css = String::new();
    let mut put = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _written = write!(css, "{name}:{value};");
    };
    if let Some(text) = text {
        put("color", &text);
    }
    if let Some(ground) = ground {
        put("background", &ground);
    }
    if style.bold {
        put("font-weight", "700");
    }
    if style.dim {
        put("opacity", ".65");
    }
    if style.italic {
        put("font-style", "italic");
    }
    match (style.underline, style.strike) {
        (true, true) => put("text-decoration", "underline line-through"),
        (true, false) => put("text-decoration", "underline"),
        (false, true) => put("text-decoration", "line-through"),
        (false, false) => {}
    }
    css
}

fn color(color: Color) -> String {
    match color {
        Color::Palette(number @ 0..16) => format!("var(--c{number})"),
        Color::Palette(number @ 16..232) => {
            let at = usize::from(number - 16);
            let [r, g, b] = [at / 36, at / 6 % 6, at % 6].map(|level| LEVELS[level]);
            format!("#{r:02x}{g:02x}{b:02x}")
        }
        Color::Palette(number) => {
            let grey = 8 + (number - 232) * 10;
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
    }
}
