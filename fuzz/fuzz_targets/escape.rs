//! A log is the same lines however its bytes are cut into chunks, and none of what a sequence may do is left in them.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use orchestrator::log::{
    Line, Stream,
    lines::{State, Tail, Window},
    plain,
};

#[derive(Arbitrary, Debug)]
struct Input {
    pieces: Vec<(bool, Vec<u8>)>,
    first: u8,
    count: u8,
    limit: u16,
}

fn stream(out: bool) -> Stream {
    if out { Stream::Stdout } else { Stream::Stderr }
}

fuzz_target!(|input: Input| {
    let (first, count) = (u64::from(input.first), u64::from(input.count));
    let limit = usize::from(input.limit);
    let mut whole = Window::new(State::default(), first, count, limit);
    let mut single = Window::new(State::default(), first, count, limit);
    let mut tail = Tail::new(State::default(), count, limit);
    let (mut state, mut by_byte) = (State::default(), State::default());
    for (out, bytes) in &input.pieces {
        let stream = stream(*out);
        whole.feed(stream, 0, bytes);
        tail.feed(stream, 0, bytes);
        state.advance(stream, bytes);
        for byte in bytes {
            single.feed(stream, 0, &[*byte]);
            by_byte.advance(stream, &[*byte]);
        }
        assert_eq!(state, by_byte);
        let kept = state.to_bytes();
        assert!(kept.len() <= State::MAX_BYTES);
        assert_eq!(State::from_bytes(&kept).as_ref(), Ok(&state));
        let text = plain(bytes);
        assert!(!text.contains(|letter: char| letter.is_control() && letter != '\n' && letter != '\t'));
    }
    let lines = whole.finish();
    assert_eq!(lines, single.finish());
    for line in lines.iter().chain(&tail.last()) {
        shows_no_control(line);
    }
    if let Some((_, bytes)) = input.pieces.first()
        && let Ok(read) = State::from_bytes(bytes)
    {
        assert_eq!(&read.to_bytes(), bytes);
        Window::new(read, 1, 10, limit).feed(Stream::Stdout, 0, b"x\n");
    }
});

fn shows_no_control(line: &Line) {
    for span in &line.spans {
        assert!(!span.text.contains(|letter: char| letter.is_control() && letter != '\t'), "{line:?}");
    }
}
