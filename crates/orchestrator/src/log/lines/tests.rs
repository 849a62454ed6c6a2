use proptest::prelude::*;

use super::*;
use crate::log::{
    Color,
    Stream::{Stderr, Stdout},
};

/// Bytes in which sequences begin, end and break off at every place.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "[a-zé\n]{0,9}".prop_map(String::into_bytes),
        3 => "\x1b\\[[0-9:;]{0,9}[mK]".prop_map(String::into_bytes),
        2 => prop::sample::select(&b"\x1b[]P(;:0m\x07\x18\r\n\x80\xe2"[..]).prop_map(|byte| vec![byte]),
        1 => prop::collection::vec(any::<u8>(), 0..9),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

fn stream() -> impl Strategy<Value = Stream> {
    prop::sample::select(&[Stdout, Stderr])
}

proptest! {
    #[test]
    fn a_state_is_the_same_however_the_bytes_are_split(
        before in bytes(), bytes in bytes(), at in any::<prop::sample::Index>(), stream in stream(),
    ) {
        let mut whole = State::default();
        whole.advance(Stdout, &before);
        let (mut halves, mut single) = (whole.clone(), whole.clone());
        whole.advance(stream, &bytes);
        let at = at.index(bytes.len() + 1);
        halves.advance(stream, &bytes[..at]);
        halves.advance(stream, &bytes[at..]);
        bytes.iter().for_each(|byte| single.advance(stream, &[*byte]));
        prop_assert_eq!(&whole, &halves);
        prop_assert_eq!(&whole, &single);
    }

    #[test]
    fn a_state_is_kept_as_bytes(out in bytes(), err in bytes()) {
        let mut state = State::default();
        state.advance(Stdout, &out);
        state.advance(Stderr, &err);
        let kept = state.to_bytes();
        prop_assert!(kept.len() <= State::MAX_BYTES);
        prop_assert_eq!(State::from_bytes(&kept), Ok(state));
        for end in 0..kept.len() {
            prop_assert!(State::from_bytes(&kept[..end]).is_err());
        }
        let more = [&kept[..], &[0]].concat();
        prop_assert_eq!(State::from_bytes(&more), Err(Unreadable::Damaged));
    }

    #[test]
    fn bytes_that_are_no_state_are_refused(
        out in bytes(), at in any::<prop::sample::Index>(), byte in any::<u8>(), noise in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let mut state = State::default();
        state.advance(Stdout, &out);
        let mut kept = state.to_bytes();
        let at = at.index(kept.len());
        kept[at] = byte;
        let versioned = [&[1], &noise[..]].concat();
        for bytes in [kept, noise, versioned] {
            if let Ok(state) = State::from_bytes(&bytes) {
                prop_assert_eq!(state.to_bytes(), bytes, "each state is written in one way");
            }
        }
    }
}

#[test]
fn damage_is_distinguished() {
    assert_eq!(State::from_bytes(&[]), Err(Unreadable::Short));
    assert_eq!(State::from_bytes(&[2, 1]), Err(Unreadable::Version(2)));
    let plain = State::default().to_bytes();
    assert_eq!(plain, [1, 1, 0, 0, 0, 0, 0, 0]);
    for (at, byte, why) in [
        (1, 0, "lines are numbered from 1"),
        (2, 5, "an open line that has not begun"),
        (4, 1, "a sequence in no line"),
        (3, 64, "a colour that is not there"),
        (4, 9, "an unknown sequence"),
    ] {
        let mut bytes = plain.clone();
        bytes[at] = byte;
        assert!(State::from_bytes(&bytes).is_err(), "{why}");
    }
    for (sequence, why) in [
        (&[5, 0, 0][..], "no parameter"),
        (&[5, 33, 0], "too many"),
        (&[5, 2, 1, 0, 0], "a colon before the first"),
        (&[5, 2, 4, 0, 0], "a colon before none"),
        (&[5, 1, 0, 0x80, 0x80, 4], "too large"),
        (&[5, 1, 0, 0x80, 0], "written too long"),
    ] {
        let bytes = [&[1, 2, 1, 1, 0], sequence, &[0, 0, 0]].concat();
        assert_eq!(State::from_bytes(&bytes), Err(Unreadable::Damaged), "{why}");
    }
    let sound = [&[1, 2, 1, 1, 0][..], &[5, 2, 2, 7, 0], &[0, 0, 0]].concat();
    assert!(State::from_bytes(&sound).is_ok());
    let endless = [
        1, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0, 0, 0, 0, 0, 0,
    ];
    assert_eq!(
        State::from_bytes(&endless),
        Err(Unreadable::Damaged),
        "too many lines"
    );
    let twice = [1, 3, 1, 1, 0, 0, 1, 1, 0, 0];
    assert_eq!(
        State::from_bytes(&twice),
        Err(Unreadable::Damaged),
        "one line of both streams"
    );
}

#[test]
fn the_largest_state_keeps_to_its_bound() {
    let mut state = State::default();
    let sgr = "38:2:255:255:255;48:2:255:255:255;1";
    let params = "65535:".repeat(31) + "65535";
    for (i, stream) in [Stdout, Stderr].into_iter().enumerate() {
        state.advance(stream, format!("\x1b[{sgr}m\x1b[{params}").as_bytes());
        assert_eq!(state.style(stream).bg, Some(Color::Rgb(255, 255, 255)));
        state.streams[i].open = Some(Open {
            number: (1 << 56) - 1 - i as u64,
            bytes: 1 << 56,
        });
    }
    state.next = 1 << 56;
    let kept = state.to_bytes();
    assert!((250..=State::MAX_BYTES).contains(&kept.len()));
    assert_eq!(State::from_bytes(&kept), Ok(state));
}

#[test]
fn each_stream_has_its_own_open_line() {
    let mut state = State::default();
    assert_eq!((state.lines(), state.open(Stdout)), (0, None));
    state.advance(Stdout, b"ab");
    state.advance(Stderr, b"\n\nc");
    state.advance(Stdout, b"");
    state.advance(Stdout, b"d");
    assert_eq!(state.lines(), 4);
    assert_eq!(
        state.open(Stdout),
        Some(Open {
            number: 1,
            bytes: 3
        })
    );
    assert_eq!(
        state.open(Stderr),
        Some(Open {
            number: 4,
            bytes: 1
        })
    );
    state.advance(Stdout, b"\n");
    assert_eq!((state.lines(), state.open(Stdout)), (4, None));
}
