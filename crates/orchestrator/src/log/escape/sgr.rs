//! SGR: what `CSI … m` does to a style (ECMA-48 §8.3.117, ISO 8613-6 for 38 and 48, xterm's `ctlseqs` for 90 to 107).

use super::{Params, Style};
use crate::log::Color;

/// Applies a sequence's parameters from left to right; an unknown one is passed over.
pub(super) fn apply(params: &Params, style: &mut Style) {
    let all = params.get();
    let mut i = 0;
    while i < all.len() {
        let group = 1 + (i + 1..all.len()).take_while(|&j| params.is_sub(j)).count();
        i += if group > 1 {
            with_colons(&all[i..i + group], style);
            group
        } else if matches!(all[i], 38 | 48 | 58) {
            let used = with_semicolons(&all[i..], style);
            if params.is_sub(i + used) {
                return;
            }
            used
        } else {
            single(all[i], style);
            1
        };
    }
}

/// `38:5:n`, `38:2:r:g:b`, `38:2:space:r:g:b` and more behind, `4:kind`.
fn with_colons(group: &[u16], style: &mut Style) {
    let color = match *group {
        [_, 5, index, ..] => palette(index),
        [_, 2, r, g, b] | [_, 2, _, r, g, b, ..] => rgb(r, g, b),
        _ => None,
    };
    match (group[0], color) {
        (4, _) => style.underline = group[1] != 0,
        (which, Some(color)) => paint(which, color, style),
        _ => {}
    }
}

/// `38;5;n` and `38;2;r;g;b`; says how many parameters belong to it.
fn with_semicolons(rest: &[u16], style: &mut Style) -> usize {
    let (color, used) = match *rest {
        [_, 5, index, ..] => (palette(index), 3),
        [_, 2, r, g, b, ..] => (rgb(r, g, b), 5),
        [_, 2 | 5, ..] => (None, rest.len()),
        _ => (None, 1),
    };
    if let Some(color) = color {
        paint(rest[0], color, style);
    }
    used
}

fn palette(index: u16) -> Option<Color> {
    index.try_into().ok().map(Color::Palette)
}

fn rgb(r: u16, g: u16, b: u16) -> Option<Color> {
    let part = |value: u16| u8::try_from(value).ok();
    Some(Color::Rgb(part(r)?, part(g)?, part(b)?))
}

/// 58, the colour of the underline, is not shown.
fn paint(which: u16, color: Color, style: &mut Style) {
    match which {
        38 => style.fg = Some(color),
        48 => style.bg = Some(color),
        _ => {}
    }
}

fn single(code: u16, style: &mut Style) {
    let color = |from: u16| u8::try_from(code - from).ok().map(Color::Palette);
    match code {
        0 => *style = Style::default(),
        1 => style.bold = true,
        2 => style.dim = true,
        3 => style.italic = true,
        // 21 is a double underline, which is shown as one.
        4 | 21 => style.underline = true,
        7 => style.inverse = true,
        9 => style.strike = true,
        22 => (style.bold, style.dim) = (false, false),
        23 => style.italic = false,
        24 => style.underline = false,
        27 => style.inverse = false,
        29 => style.strike = false,
        30..=37 => style.fg = color(30),
        39 => style.fg = None,
        40..=47 => style.bg = color(40),
        49 => style.bg = None,
        90..=97 => style.fg = color(90 - 8),
        100..=107 => style.bg = color(100 - 8),
        _ => {}
    }
}
