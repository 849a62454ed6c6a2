//! Any bytes on a control socket are frames or an error, the same ones however they are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use supervisor::control::{Decoder, Error, Frame, ToEngine, ToSupervisor};

fn decoded<T: Frame>(bytes: &[u8], step: usize) -> (Vec<T>, Option<Error>) {
    let mut decoder = Decoder::<T>::new();
    let mut frames = Vec::new();
    for piece in bytes.chunks(step) {
        decoder.push(piece);
        loop {
            match decoder.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

fn check<T: Frame + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    let whole = decoded::<T>(bytes, bytes.len().max(1));
    assert_eq!(whole, decoded::<T>(bytes, 1));
    let mut again = Vec::new();
    for frame in &whole.0 {
        frame.encode(&mut again);
    }
    assert_eq!(decoded::<T>(&again, again.len().max(1)), (whole.0, None));
}

fuzz_target!(|bytes: &[u8]| {
    check::<ToEngine>(bytes);
    check::<ToSupervisor>(bytes);
});
