//! Lines in other encodings, beside what `iconv` writes in them.

use proptest::prelude::*;

use super::*;
use crate::log::{
    Line,
    Stream::{Stderr, Stdout},
    Texts,
    lines::{State, Window},
};

fn text(line: &Line) -> String {
    line.spans.iter().map(|span| span.text.as_str()).collect()
}

fn shown(encoding: Encoding, bytes: &[u8]) -> Vec<String> {
    let mut window = Window::new(State::default(), 1, 100, 8192).in_encoding(encoding);
    window.feed(Stdout, 0, bytes);
    window.finish().iter().map(text).collect()
}

fn searched(encoding: Encoding, bytes: &[u8], piece: usize) -> Vec<String> {
    let mut texts = Texts::default().in_encoding(encoding);
    let mut read = Vec::new();
    let mut take = |first: u64, some: &str| {
        for (at, line) in some.split('\n').enumerate() {
            read.push((first + at as u64, line.to_owned()));
        }
    };
    for bytes in bytes.chunks(piece) {
        texts.feed(Stdout, bytes, &mut take);
    }
    texts.open(&mut take);
    read.into_iter().map(|(_, line)| line).collect()
}

fn little(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn big(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

#[test]
fn each_encoding_reads_its_own_bytes_with_their_colors_and_tabs() {
    let gbk = b"\x1b[31m\xca\xa7\xb0\xdc\x1b[0m\t\xce\xc4\xbc\xfe\\\n50%\r\xcd\xea\xb3\xc9\x1b[K\n";
    assert_eq!(shown(Encoding::Gbk, gbk), ["失败      文件\\", "完成"]);
    // The second byte of `ソ` is a backslash, that of `ー` a bracket.
    let sjis = b"\x83\x5c\x81\x5b\x83\x58 ok\n";
    assert_eq!(shown(Encoding::ShiftJis, sjis), ["ソース ok"]);
    assert_eq!(
        shown(Encoding::Latin1, b"caf\xe9 \x80 5 \x81\n"),
        ["café € 5 "]
    );
    assert_eq!(shown(Encoding::Utf8, "café\n".as_bytes()), ["café"]);
}

#[test]
fn what_is_none_in_it_spoils_its_own_line_alone() {
    assert_eq!(
        shown(Encoding::Gbk, b"\xca\nafter \xff\nwell\n"),
        ["\u{fffd}", "after \u{fffd}", "well"]
    );
}

#[test]
fn utf_16_is_read_by_the_bytes_that_end_lines() {
    // `上` has a byte 0x0A, at which its line is cut as the number of lines has it; no character is lost.
    let written = "\u{feff}hällo\r\n一二\n\n向上走\nred \u{1b}[31mtext\n";
    assert_eq!(
        shown(Encoding::Utf16Be, &big(written)),
        ["hällo", "一二", "", "向上", "走", "red text"]
    );
    // The other half of the last newline begins a line, as far as bytes go.
    assert_eq!(
        shown(Encoding::Utf16Le, &little(written)),
        ["hällo", "一二", "", "向", "上走", "red text", ""]
    );
}

#[test]
fn lines_of_ascii_among_those_of_utf_16_stay_as_they_are() {
    for (encoding, written) in [
        (Encoding::Utf16Le, little("größer\n")),
        (Encoding::Utf16Be, big("größer\n")),
    ] {
        let log = [
            b"make: Entering it\n",
            &written[..],
            b"echo on\n",
            &written[..],
            b"bye all\n",
        ]
        .concat();
        assert_eq!(
            shown(encoding, &log),
            [
                "make: Entering it",
                "größer",
                "echo on",
                "größer",
                "bye all"
            ],
            "{encoding:?}"
        );
    }
}

#[test]
fn a_line_has_its_length_as_written_and_its_number_as_ever() {
    let log = b"\xca\xa7\xb0\xdc\n\xce\xc4";
    let mut window = Window::new(State::default(), 1, 9, 8192).in_encoding(Encoding::Gbk);
    for byte in log {
        window.feed(Stdout, 0, &[*byte]);
    }
    window.feed(Stderr, 0, b"x\n");
    let lines = window.finish();
    let seen: Vec<_> = lines
        .iter()
        .map(|line| (line.number, line.bytes, line.open))
        .collect();
    assert_eq!(seen, [(1, 4, false), (2, 2, true), (3, 1, false)]);
}

proptest! {
    #[test]
    fn search_reads_what_is_shown(
        lines in prop::collection::vec("[a-zé失败文件ソース\t ]{0,12}", 0..8),
        kind in 0..5_usize,
        piece in 1..40_usize,
    ) {
        let written = lines.join("\n") + "\n";
        let (encoding, bytes) = match kind {
            0 => (Encoding::Gbk, GBK.encode(&written).0.into_owned()),
            1 => (Encoding::ShiftJis, SHIFT_JIS.encode(&written).0.into_owned()),
            2 => (Encoding::Latin1, WINDOWS_1252.encode(&written).0.into_owned()),
            3 => (Encoding::Utf16Le, little(&written)),
            _ => (Encoding::Utf16Be, big(&written)),
        };
        prop_assert_eq!(shown(encoding, &bytes), searched(encoding, &bytes, piece));
    }
}
