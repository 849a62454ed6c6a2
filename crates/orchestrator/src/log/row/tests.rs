use super::*;
use crate::log::{Color, escape::Pen, plain};

fn red() -> Style {
    Style {
        fg: Some(Color::Palette(1)),
        ..Style::default()
    }
}

fn shown(bytes: &[u8], limit: usize) -> (Vec<Span>, bool) {
    let (mut pen, mut row) = (Pen::default(), Row::new(limit));
    pen.write(bytes, &mut row);
    row.into_spans(pen.style())
}

fn span(text: &str, style: Option<Style>) -> Span {
    let text = text.into();
    Span { text, style }
}

#[test]
fn the_cursor_moves_within_the_line() {
    for (bytes, text) in [
        ("abc\r", "abc"),
        ("abc\rx", "xbc"),
        ("abc\rxyzt", "xyzt"),
        ("\r\r\r", ""),
        ("ab\x08x", "ax"),
        ("\x08\x08a", "a"),
        ("a\tb", "a       b"),
        ("abcdefgh\ti", "abcdefgh        i"),
        ("abcdefghi\r\tX", "abcdefghX"),
        ("a\t", "a"),
        ("äöü\rx", "xöü"),
        ("xyz\r日本", "日本z"),
        ("abc\r\x1b[K", ""),
        ("abc\x08\x1b[0Kd", "abd"),
        ("abc\x08\x08\x1b[1K", "  c"),
        ("abc\x1b[1K", "   "),
        ("abc\x1b[2Kd", "   d"),
        ("abc\r\x1b[2Kd", "d"),
        ("10 %\r20 %\r100 %", "100 %"),
        ("abc\x1b[Gx", "xbc"),
        ("abc\x1b[0Gx\x1b[3`y", "xby"),
        ("abc\x1b[6Gx", "abc  x"),
        ("abc\x1b[2Dx\x1b[Cy", "axcy"),
        ("abc\x1b[99Dx", "xbc"),
        ("a\x1b[2C", "a"),
        ("50 %\x1b[1G\x1b[2Kdone", "done"),
        ("abc\x1b[2;3Gx", "abcx"),
    ] {
        assert_eq!(plain(bytes.as_bytes()), text, "{bytes:?}");
    }
}

#[test]
fn a_cursor_that_is_sent_far_away_goes_to_the_edge() {
    let text = plain("\x1b[65535C".repeat(1000).as_bytes());
    assert_eq!(text, "");
    let text = plain(("\x1b[65535Cx".repeat(3) + "\x1b[65535Gy").as_bytes());
    assert_eq!(text, format!("{}xxxy", " ".repeat(WIDE)));
}

#[test]
fn bytes_that_are_not_utf_8_are_replaced_as_the_standard_library_does() {
    for bytes in [
        &b"\xff"[..],
        b"\x80\x80",
        b"a\xe2\x82",
        b"\xe2\x82b",
        b"\xe2\xe2\x82\xac",
        b"\xf0\x9f\x98",
        b"\xf0\x9f\x98\x80",
        b"\xf0\x80\x80\x80",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"\xf8\x88\x80\x80\x80",
        b"\xf4\x90\x80\x80",
    ] {
        let expected = String::from_utf8_lossy(bytes);
        for split in 0..=bytes.len() {
            let mut row = Row::new(100);
            row.write(&bytes[..split], Style::default());
            row.write(&bytes[split..], Style::default());
            assert_eq!(row.into_text(), expected, "{bytes:x?} at {split}");
        }
        assert_eq!(plain(bytes), expected);
    }
    // Neither an escape nor a control is within a character.
    assert_eq!(plain(b"\xe2\x82\x1b[m\xac"), "\u{fffd}\u{fffd}");
    assert_eq!(plain(b"\xe2\x82\0\xac"), "\u{fffd}\u{fffd}");
}

#[test]
fn runs_of_one_style_are_one_span() {
    let row = shown(b"a\x1b[31mb\x1b[31mc\x1b[1;39;22md\x1b[31m\xe2\x82", 100);
    let spans = [
        span("a", None),
        span("bc", Some(red())),
        span("d", None),
        span("\u{fffd}", Some(red())),
    ];
    assert_eq!(row, (spans.into(), false));
}

#[test]
fn a_style_goes_with_its_character() {
    let (spans, _) = shown(b"\x1b[31mabcd\x1b[m\rxy\x1b[K\tz", 100);
    assert_eq!(spans, [span("xy      z", None)]);
    let (spans, _) = shown(b"\x1b[31mabcd\x1b[m\r\x1b[1K", 100);
    assert_eq!(spans, [span(" ", None), span("bcd", Some(red()))]);
    let (spans, _) = shown(b"ab\r\x1b[31mc", 100);
    assert_eq!(spans, [span("c", Some(red())), span("b", None)]);
    let (spans, _) = shown(b"\x1b[31mabcd\x1b[2K\x1b[me", 100);
    assert_eq!(spans, [span("    e", None)]);
}

#[test]
fn a_long_line_is_cut_at_a_character() {
    let cases: [(&[u8], usize, &str, bool); 10] = [
        (b"abc", 3, "abc", false),
        (b"abcd", 3, "abc", true),
        ("aéé".as_bytes(), 4, "aé", true),
        (b"abcdef\rxyz", 3, "xyz", true),
        (b"abcdef\rxyz\x1b[K", 3, "xyz", false),
        (b"abcdef\r\x1b[2Kxy", 3, "xy", false),
        (b"abcdef\x08\x08\x08\x08\x08X\x1b[K", 3, "aX", false),
        (b"a\tb", 3, "a  ", true),
        (b"\t\tb\r\t\x1b[K", 8, "        ", false),
        (b"", 0, "", false),
    ];
    for (bytes, limit, text, cut) in cases {
        let (spans, was_cut) = shown(bytes, limit);
        let row: String = spans.into_iter().map(|span| span.text).collect();
        assert_eq!((row.as_str(), was_cut), (text, cut), "{bytes:?}");
    }
}

#[test]
fn a_line_of_many_colours_is_bounded_too() {
    let rainbow: String = (0..100_000)
        .map(|i| format!("\x1b[38;5;{}m#", i % 256))
        .collect();
    let (spans, cut) = shown(rainbow.as_bytes(), 8192);
    assert_eq!((spans.len(), cut), (1 + (8192 - 1) / (1 + SPAN), true));
}

#[test]
fn memory_is_that_of_the_limit() {
    let (mut pen, mut row) = (Pen::default(), Row::new(1000));
    let part = "\x1b[35mxé\t".repeat(1000) + &"y".repeat(9000);
    for _ in 0..200 {
        pen.write(part.as_bytes(), &mut row);
    }
    assert!(row.chars.capacity() <= 2000 && row.styles.capacity() <= 2000);
    assert_eq!(row.chars.len(), 1000);
    assert!(row.end > 200 * 10_000);
}
