use super::*;
use crate::log::{
    Color::{Palette, Rgb},
    plain,
};

/// The style after some bytes.
fn style(bytes: &str) -> Style {
    let mut pen = Pen::default();
    pen.write(bytes.as_bytes(), &mut ());
    assert!(pen.is_idle(), "{bytes:?} is unfinished");
    pen.style()
}

fn fg(color: super::super::Color) -> Style {
    Style {
        fg: Some(color),
        ..Style::default()
    }
}

fn bg(color: super::super::Color) -> Style {
    Style {
        bg: Some(color),
        ..Style::default()
    }
}

#[test]
fn each_switch_is_set_and_reset() {
    let none = Style::default();
    #[rustfmt::skip]
    let switches = [
        ("1", "22", Style { bold: true, ..none }),
        ("2", "22", Style { dim: true, ..none }),
        ("3", "23", Style { italic: true, ..none }),
        ("4", "24", Style { underline: true, ..none }),
        ("21", "24", Style { underline: true, ..none }),
        ("4:3", "4:0", Style { underline: true, ..none }),
        ("7", "27", Style { inverse: true, ..none }),
        ("9", "29", Style { strike: true, ..none }),
        ("31", "39", fg(Palette(1))),
        ("97", "39", fg(Palette(15))),
        ("40", "49", bg(Palette(0))),
        ("107", "49", bg(Palette(15))),
    ];
    for (on, off, expected) in switches {
        assert_eq!(style(&format!("\x1b[{on}m")), expected, "{on}");
        assert_eq!(style(&format!("\x1b[{on}m\x1b[{off}m")), none, "{off}");
        assert_eq!(style(&format!("\x1b[{on};m")), none, "empty is 0");
        assert_eq!(style(&format!("\x1b[{on}m\x1b[m")), none);
    }
    let both = style("\x1b[1;4;38;5;200;48;2;1;2;3m");
    let expected = Style {
        fg: Some(Palette(200)),
        bg: Some(Rgb(1, 2, 3)),
        bold: true,
        underline: true,
        ..none
    };
    assert_eq!(both, expected);
}

#[test]
fn colours_come_with_semicolons_and_with_colons() {
    for (code, expected) in [
        ("38;5;0", fg(Palette(0))),
        ("38:5:255", fg(Palette(255))),
        ("38;2;255;0;7", fg(Rgb(255, 0, 7))),
        ("38:2:1:2:3", fg(Rgb(1, 2, 3))),
        ("38:2::1:2:3", fg(Rgb(1, 2, 3))),
        ("38:2:9:1:2:3:0:1", fg(Rgb(1, 2, 3))),
        ("48:5:9", bg(Palette(9))),
        // Out of range, or not all there: no colour, and what follows still counts if its place is sure.
        ("38;5;256;3", style("\x1b[3m")),
        ("38;2;1;2;300;3", style("\x1b[3m")),
        ("38:5:99999999999;3", style("\x1b[3m")),
        ("38;5", Style::default()),
        ("38;2;1;2", Style::default()),
        ("38", Style::default()),
        ("38:5", Style::default()),
        // The underline's colour is not shown, and its parts are not taken for switches.
        ("58;5;1;3", style("\x1b[3m")),
        ("58;2;1;4;7;3", style("\x1b[3m")),
        ("58:2::1:4:7;3", style("\x1b[3m")),
        ("5;8;10;53;73", Style::default()),
    ] {
        assert_eq!(style(&format!("\x1b[{code}m")), expected, "{code}");
    }
}

#[test]
fn only_a_plain_sgr_is_one() {
    for sequence in [
        "\x1b[?4m",
        "\x1b[>4;1m",
        "\x1b[4;>1m",
        "\x1b[4 m",
        "\x1b[4!m",
        "\x1b[4n",
        "\x1bm",
        "\x1b(4m",
        "\u{9b}4m",
    ] {
        assert_eq!(style(sequence), Style::default(), "{sequence:?}");
    }
    let full = "4;".repeat(PARAMS - 1) + "4";
    assert!(style(&format!("\x1b[{full}m")).underline);
    assert!(!style(&format!("\x1b[{full};4m")).underline);
}

#[test]
fn what_means_nothing_leaves_no_trace() {
    for sequence in [
        "\x1b[2J",
        "\x1b[10;20H",
        "\x1b[5A",
        "\x1b[?25l",
        "\x1b[?1049h",
        "\x1b[6n",
        "\x1b[c",
        "\x1b[>c",
        "\x1b[0 q",
        "\x1b[!p",
        "\x1b[?1K",
        "\x1b[3K",
        "\x1b[0;1K",
        "\x1b7",
        "\x1bc",
        "\x1bM",
        "\x1b(B",
        "\x1b#8",
        "\x1b%G",
        "\x1b]0;title\x07",
        "\x1b]0;tïtle\x1b\\",
        "\x1b]52;c;cm0gLXJmIC8K\x07",
        "\x1b]52;c;?\x1b\\",
        "\x1b]8;;http://evil.example/\x1b\\",
        "\x1bP1$r0m\x1b\\",
        "\x1bPtmux;\x1b\x1b]52;c;cm0=\x07\x1b\\",
        "\x1b_Gf=24;AAAA\x1b\\",
        "\x1b^private\x1b\\",
        "\x1bXstring\x1b\\",
        "\x1bktitle\x1b\\",
        "\x1b[31\x18",
        "\x1b]0;title\x1a",
        "\x1b\x1b[1m",
        "\x1b[3\x7f1m",
        "\0\x01\x05\x07\x0b\x0c\x0e\x0f\x7f",
        "\u{80}\u{85}\u{9b}\u{9d}\u{9f}",
    ] {
        assert_eq!(
            plain(format!("a{sequence}b").as_bytes()),
            "ab",
            "{sequence:?}"
        );
    }
}

#[test]
fn an_unfinished_sequence_hides_the_rest_of_its_line_at_most() {
    for start in [
        "\x1b]0;",
        "\x1b]52;c;",
        "\x1bP",
        "\x1b_",
        "\x1b^",
        "\x1bX",
        "\x1bk",
    ] {
        let log = format!("a{start}hidden\nb\n");
        assert_eq!(plain(log.as_bytes()), "a\nb\n", "{start:?}");
        let log = format!("a{start}hidden\rbar\n");
        assert_eq!(plain(log.as_bytes()), "bar\n", "{start:?}");
    }
    for start in ["\x1b", "\x1b(", "\x1b[", "\x1b[1;3", "\x1b[?", "\x1b[1:"] {
        let log = format!("a{start}\nm\n");
        assert_eq!(plain(log.as_bytes()), "a\nm\n", "{start:?}");
        let log = format!("a{start}é");
        assert_eq!(plain(log.as_bytes()), "aé", "{start:?}");
    }
}

#[test]
fn controls_within_a_control_sequence_act() {
    assert_eq!(plain(b"ab\x1b[3\r1mc"), "cb");
    assert_eq!(plain(b"ab\x1b[\x08Kc"), "ac");
}
