use super::*;
use crate::log::{Line, Stream::*};

fn text(line: &Line) -> String {
    line.spans.iter().map(|span| span.text.as_str()).collect()
}

#[test]
fn streams_interleave_and_lines_are_numbered_by_their_first_byte() {
    let mut window = Window::new(State::default(), 1, 10, LIMIT);
    window.feed(Stdout, 1, b"one ");
    window.feed(Stderr, 2, b"two\nthr");
    window.feed(Stdout, 3, b"more\nfour\n");
    window.feed(Stderr, 4, b"ee");
    let lines = window.finish();
    let seen: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line.number,
                line.stream,
                line.at,
                text(line),
                line.bytes,
                line.open,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (1, Stdout, 1, "one more".into(), 8, false),
            (2, Stderr, 2, "two".into(), 3, false),
            (3, Stderr, 2, "three".into(), 5, true),
            (4, Stdout, 3, "four".into(), 4, false),
        ]
    );
}
