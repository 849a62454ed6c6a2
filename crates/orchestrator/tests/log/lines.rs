//! Lines of whole logs, through what the rest of the program uses: numbers, times, styles, any way of reading.

use std::collections::BTreeMap;

use orchestrator::log::{
    Color, Line, Stream,
    Stream::{Stderr, Stdout},
    Style,
    lines::{LIMIT, State, Tail, Window},
    plain,
};
use proptest::prelude::*;

type Chunk = (Stream, Vec<u8>);

/// A log: chunks of both streams, each read at its own place in the log as its time.
fn log() -> impl Strategy<Value = Vec<Chunk>> {
    let piece = prop_oneof![
        6 => "[a-z日é\t\n]{0,12}".prop_map(String::into_bytes),
        2 => "\n{1,4}".prop_map(String::into_bytes),
        3 => "\x1b\\[[0-9:;]{0,6}[mK]".prop_map(String::into_bytes),
        1 => "\x1b[\\]P][a-z]{0,6}(\x07|\x1b\\\\|)".prop_map(String::into_bytes),
        2 => "[\r\x08]{1,3}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    let stream = prop::sample::select(&[Stdout, Stderr]);
    let bytes = prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat());
    prop::collection::vec((stream, bytes), 0..16)
}

/// Every line, read from the start in one go.
fn all(log: &[Chunk]) -> Vec<Line> {
    read(State::default(), 0, log, 1, u64::MAX, LIMIT)
}

/// Lines read from a place in the log on.
fn read(
    state: State,
    from: usize,
    log: &[Chunk],
    first: u64,
    count: u64,
    limit: usize,
) -> Vec<Line> {
    let mut window = Window::new(state, first, count, limit);
    for (at, (stream, bytes)) in log.iter().enumerate().skip(from) {
        window.feed(*stream, at as i64, bytes);
    }
    window.finish()
}

fn text(line: &Line) -> String {
    line.spans.iter().map(|span| span.text.as_str()).collect()
}

fn texts(lines: &[Line]) -> Vec<(u64, String)> {
    lines.iter().map(|line| (line.number, text(line))).collect()
}

/// What a line is by its definition, byte by byte: number → stream, time of its first byte, bytes, whether closed.
fn by_definition(log: &[Chunk]) -> BTreeMap<u64, (Stream, i64, Vec<u8>, bool)> {
    let mut lines = BTreeMap::new();
    let mut open = [None; 2];
    for (at, (stream, bytes)) in log.iter().enumerate() {
        for &byte in bytes {
            let next = lines.len() as u64 + 1;
            let number = *open[*stream as usize].get_or_insert(next);
            let line = lines
                .entry(number)
                .or_insert((*stream, at as i64, vec![], false));
            if byte == b'\n' {
                line.3 = true;
                open[*stream as usize] = None;
            } else {
                line.2.push(byte);
            }
        }
    }
    lines
}

proptest! {
    #[test]
    fn lines_are_what_their_definition_says(log in log()) {
        let lines = all(&log);
        let expected = by_definition(&log);
        prop_assert_eq!(lines.len(), expected.len());
        for (line, (number, (stream, at, bytes, closed))) in lines.iter().zip(expected) {
            prop_assert_eq!((line.number, line.stream, line.at), (number, stream, at));
            prop_assert_eq!((line.bytes, line.open), (bytes.len() as u64, !closed));
            prop_assert_eq!(text(line), plain(&bytes));
            prop_assert!(!text(line).contains(char::is_control));
        }
    }

    #[test]
    fn lines_are_the_same_from_every_place_they_can_be_read_from(
        log in log(), first in 1_u64..20, count in 0_u64..8,
    ) {
        let all = all(&log);
        let wanted = all.iter().filter(|line| (first..first + count).contains(&line.number));
        let wanted: Vec<_> = wanted.cloned().collect();
        let mut state = State::default();
        for (from, (stream, bytes)) in log.iter().enumerate() {
            if state.lines() < first {
                let kept = State::from_bytes(&state.to_bytes()).unwrap();
                let lines = read(kept, from, &log, first, count, LIMIT);
                prop_assert_eq!(&lines, &wanted, "from chunk {}", from);
            }
            state.advance(*stream, bytes);
        }
        prop_assert_eq!(state.lines(), all.len() as u64);
    }

    #[test]
    fn lines_are_the_same_however_the_chunks_are_split(log in log()) {
        let mut window = Window::new(State::default(), 1, u64::MAX, LIMIT);
        let mut tail = Tail::new(State::default(), 5, LIMIT);
        for (at, (stream, bytes)) in log.iter().enumerate() {
            for byte in bytes {
                window.feed(*stream, at as i64, &[*byte]);
                tail.feed(*stream, at as i64, &[*byte]);
            }
        }
        let all = all(&log);
        prop_assert_eq!(&window.finish(), &all);
        prop_assert_eq!(&tail.last(), &all[all.len().saturating_sub(5)..]);
    }

    #[test]
    fn the_tail_is_the_last_lines_at_every_moment(log in log(), count in 0_usize..6) {
        let mut tail = Tail::new(State::default(), count as u64, LIMIT);
        for (at, (stream, bytes)) in log.iter().enumerate() {
            tail.feed(*stream, at as i64, bytes);
            let all = all(&log[..=at]);
            prop_assert_eq!(&tail.last(), &all[all.len().saturating_sub(count)..]);
            prop_assert_eq!(tail.state().lines(), all.len() as u64);
        }
    }

    #[test]
    fn a_window_is_full_when_no_byte_can_change_it(log in log(), first in 1_u64..6, count in 0_u64..6) {
        let mut window = Window::new(State::default(), first, count, LIMIT);
        for (at, (stream, bytes)) in log.iter().enumerate() {
            window.feed(*stream, at as i64, bytes);
            let shown = window.clone().finish();
            let begun = shown.len() as u64 == count;
            prop_assert_eq!(window.has_begun(), begun);
            prop_assert_eq!(window.is_full(), begun && shown.iter().all(|line| !line.open));
        }
    }

    #[test]
    fn a_cut_line_is_the_start_of_the_whole_one(log in log(), limit in 0_usize..30) {
        let cut = read(State::default(), 0, &log, 1, u64::MAX, limit);
        for (cut, whole) in cut.iter().zip(all(&log)) {
            let whole_text = text(&whole);
            prop_assert!(whole_text.starts_with(&text(cut)));
            prop_assert!(text(cut).len() <= limit);
            prop_assert_eq!(cut.cut, text(cut) != whole_text);
            prop_assert_eq!(cut.bytes, whole.bytes);
        }
    }
}

#[test]
fn a_style_goes_on_in_the_next_lines_of_its_stream_alone() {
    let log = [
        (Stdout, b"\x1b[31mred\n".to_vec()),
        (Stderr, b"none\n".to_vec()),
        (Stdout, b"still \x1b[1mbold\nboth\x1b".to_vec()),
        (Stderr, b"[m\n".to_vec()),
        (Stdout, b"[m.\nnone\n".to_vec()),
    ];
    let red = Style {
        fg: Some(Color::Palette(1)),
        ..Style::default()
    };
    let bold = Style { bold: true, ..red };
    let expected = [
        vec![("red", Some(red))],
        vec![("none", None)],
        vec![("still ", Some(red)), ("bold", Some(bold))],
        vec![("both", Some(bold)), (".", None)],
        vec![("[m", None)],
        vec![("none", None)],
    ];
    let lines = all(&log);
    let texts_of: Vec<Vec<_>> = lines
        .iter()
        .map(|line| {
            line.spans
                .iter()
                .map(|span| (&span.text[..], span.style))
                .collect()
        })
        .collect();
    assert_eq!(texts_of, expected);
}

#[test]
fn a_window_on_a_line_that_stays_open_says_when_the_others_have_begun() {
    let mut window = Window::new(State::default(), 1, 2, LIMIT);
    window.feed(Stdout, 1, b"Password: ");
    assert!(!window.has_begun());
    window.feed(Stderr, 2, &b"noise\n".repeat(1000));
    assert!(window.has_begun() && !window.is_full());
    window.feed(Stdout, 3, b"ok\n");
    assert!(window.is_full());
    window.feed(Stdout, 4, b"no more");
    let lines = window.finish();
    assert_eq!(
        texts(&lines),
        [(1, "Password: ok".into()), (2, "noise".to_string())]
    );
    assert_eq!((lines[0].at, lines[0].open), (1, false));
}

#[test]
fn a_line_that_is_open_at_the_start_is_left_out() {
    let mut state = State::default();
    state.advance(Stdout, b"begi");
    let log = [(Stdout, b"nning\nnext\n".to_vec())];
    let lines = read(state.clone(), 0, &log, 1, 9, LIMIT);
    assert_eq!(texts(&lines), [(2, "next".to_string())]);
    let mut tail = Tail::new(state, 9, LIMIT);
    tail.feed(Stdout, 0, &log[0].1);
    assert_eq!(tail.last(), lines);
}

/// Each is a line of 1 MiB: what comes first, what then comes again and again, what is seen of it, whether it is cut.
#[test]
fn hostile_lines_stay_small_and_leave_the_next_line_alone() {
    let long = "x".repeat(LIMIT);
    for (first, again, expected, cut) in [
        ("", "x", &long[..], true),
        ("seen\x1b]52;c;", "QUJD", "seen", false),
        ("seen\x1bPq", "#0~~", "seen", false),
        ("seen\x1b[", "1;", "seen", false),
        ("seen\x1b[", "9", "seen", false),
        ("seen\x1b(", " ", "seen", false),
        ("seen", "\x1b", "seen", false),
        ("seen", "\0", "seen", false),
        ("", "50%\r", "50%", false),
        ("", "\r", "", false),
        ("ab", "\x08x\x1b[K", "ax", false),
        ("seen", "\t", "seen", false),
    ] {
        let chunk = again.repeat((1 << 16) / again.len()).into_bytes();
        let mut log = vec![(Stdout, first.as_bytes().to_vec())];
        log.extend((0..16).map(|_| (Stdout, chunk.clone())));
        log.push((Stdout, b"\nafter\n".to_vec()));

        let mut state = State::default();
        for (stream, bytes) in &log {
            state.advance(*stream, bytes);
            assert!(state.to_bytes().len() <= State::MAX_BYTES);
        }
        let lines = all(&log);
        assert_eq!(
            texts(&lines),
            [(1, expected.into()), (2, "after".to_string())]
        );
        assert_eq!(lines[0].cut, cut, "{first:?} and {again:?}");
        assert_eq!(lines[0].bytes, (first.len() + 16 * chunk.len()) as u64);
    }
}
