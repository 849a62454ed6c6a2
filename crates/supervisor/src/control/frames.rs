//! The bytes of each frame.

use super::{
    Answer, MAX_FRAME, MAX_INPUT, Prompt, ToEngine, ToSupervisor,
    decoder::{Error, Frame},
};
use crate::exec::Window;

const COMMITTED: u8 = 1;
const EXIT: u8 = 2;
const COMPLETE: u8 = 3;
const INPUT_PAUSED: u8 = 4;
const PAUSED: u8 = 5;
const UNKILLABLE: u8 = 6;
const ASKS: u8 = 7;
const PROMPTS: u8 = 8;
const LAST_SIGNAL: u8 = 9;

const CANCEL: u8 = 1;
const INPUT: u8 = 2;
const END_INPUT: u8 = 3;
const RESIZE: u8 = 4;
const SIGNAL: u8 = 5;
const ANSWER: u8 = 6;

impl Frame for ToEngine {
    fn limit(_kind: u8) -> usize {
        MAX_FRAME
    }

    fn decode(kind: u8, payload: &[u8]) -> Result<Option<Self>, Error> {
        let malformed = Error::Malformed { kind };
        Ok(Some(match kind {
            COMMITTED => Self::Committed {
                offset: u64::from_le_bytes(payload.try_into().map_err(|_| malformed)?),
            },
            EXIT => Self::Exit(serde_json::from_slice(payload).map_err(|_| malformed)?),
            COMPLETE => Self::Complete,
            INPUT_PAUSED => Self::InputPaused(flag(kind, payload)?),
            PAUSED => Self::Paused(words(payload)),
            UNKILLABLE => Self::Unkillable(words(payload)),
            ASKS => Self::Asks(words(payload)),
            LAST_SIGNAL => {
                Self::LastSignal(serde_json::from_slice(payload).map_err(|_| malformed)?)
            }
            PROMPTS => Self::Prompts(match payload {
                [0] => None,
                [1] => Some(Prompt::Text),
                [2] => Some(Prompt::Secret),
                _ => return Err(malformed),
            }),
            _ => return Ok(None),
        }))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Committed { offset } => frame(out, COMMITTED, &offset.to_le_bytes()),
            Self::Exit(exit) => {
                // An exit is made of strings and numbers, which JSON always holds.
                let json = serde_json::to_vec(exit).unwrap_or_default();
                frame(out, EXIT, &json);
            }
            Self::Complete => frame(out, COMPLETE, &[]),
            Self::InputPaused(paused) => frame(out, INPUT_PAUSED, &[u8::from(*paused)]),
            Self::Paused(why) => frame(out, PAUSED, why.as_deref().unwrap_or_default().as_bytes()),
            Self::Prompts(prompt) => {
                let byte = match prompt {
                    None => 0,
                    Some(Prompt::Text) => 1,
                    Some(Prompt::Secret) => 2,
                };
                frame(out, PROMPTS, &[byte]);
            }
            Self::Unkillable(why) => frame(
                out,
                UNKILLABLE,
                why.as_deref().unwrap_or_default().as_bytes(),
            ),
            Self::LastSignal(last) => {
                // It is made of strings and numbers, which JSON always holds.
                let json = serde_json::to_vec(last).unwrap_or_default();
                frame(out, LAST_SIGNAL, &json);
            }
            Self::Asks(what) => frame(out, ASKS, what.as_deref().unwrap_or_default().as_bytes()),
        }
    }
}

impl Frame for ToSupervisor {
    fn limit(kind: u8) -> usize {
        if kind == INPUT { MAX_INPUT } else { MAX_FRAME }
    }

    fn decode(kind: u8, payload: &[u8]) -> Result<Option<Self>, Error> {
        let malformed = Error::Malformed { kind };
        Ok(Some(match kind {
            CANCEL => Self::Cancel {
                force: flag(kind, payload)?,
            },
            INPUT => Self::Input(payload.to_vec()),
            END_INPUT => Self::EndInput,
            RESIZE => {
                let [a, b, c, d] = payload.try_into().map_err(|_| malformed)?;
                Self::Resize(Window {
                    rows: u16::from_le_bytes([a, b]),
                    cols: u16::from_le_bytes([c, d]),
                })
            }
            SIGNAL => Self::Signal(i32::from_le_bytes(
                payload.try_into().map_err(|_| malformed)?,
            )),
            ANSWER => Self::Answer(Answer(payload.to_vec())),
            _ => return Ok(None),
        }))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Cancel { force } => frame(out, CANCEL, &[u8::from(*force)]),
            Self::Input(bytes) => frame(out, INPUT, bytes),
            Self::EndInput => frame(out, END_INPUT, &[]),
            Self::Resize(Window { rows, cols }) => {
                let mut size = [0; 4];
                size[..2].copy_from_slice(&rows.to_le_bytes());
                size[2..].copy_from_slice(&cols.to_le_bytes());
                frame(out, RESIZE, &size);
            }
            Self::Signal(number) => frame(out, SIGNAL, &number.to_le_bytes()),
            Self::Answer(answer) => frame(out, ANSWER, &answer.0),
        }
    }
}

fn frame(out: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    let len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    out.push(kind);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(payload);
}

/// Words for a person; none are none.
fn words(payload: &[u8]) -> Option<String> {
    (!payload.is_empty()).then(|| String::from_utf8_lossy(payload).into_owned())
}

fn flag(kind: u8, payload: &[u8]) -> Result<bool, Error> {
    match payload {
        [0] => Ok(false),
        [1] => Ok(true),
        _ => Err(Error::Malformed { kind }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        control::{Decoder, LastSignal, NextSignal},
        exit::{Exit, ExitRecord, Survivor},
    };

    fn exit() -> ExitRecord {
        ExitRecord {
            ended: Exit::Signal {
                signal: "KILL".to_owned(),
                core: false,
            },
            canceled: true,
            started_at: Some(-1),
            finished_at: i64::MAX,
            spool_end: u64::MAX,
            complete: false,
            survivors: vec![Survivor {
                pid: 1,
                command: "sleep 1".to_owned(),
            }],
            notes: vec!["a note".to_owned()],
        }
    }

    fn to_supervisor() -> impl Strategy<Value = ToSupervisor> {
        prop_oneof![
            any::<bool>().prop_map(|force| ToSupervisor::Cancel { force }),
            any::<Vec<u8>>().prop_map(ToSupervisor::Input),
            Just(ToSupervisor::EndInput),
            any::<(u16, u16)>()
                .prop_map(|(rows, cols)| ToSupervisor::Resize(Window { rows, cols })),
            any::<i32>().prop_map(ToSupervisor::Signal),
            any::<Vec<u8>>().prop_map(|bytes| ToSupervisor::Answer(Answer(bytes))),
        ]
    }

    fn to_engine() -> impl Strategy<Value = ToEngine> {
        prop_oneof![
            any::<u64>().prop_map(|offset| ToEngine::Committed { offset }),
            Just(ToEngine::Exit(exit())),
            Just(ToEngine::Complete),
            any::<bool>().prop_map(ToEngine::InputPaused),
            Just(ToEngine::Paused(None)),
            "[^x]+".prop_map(|why| ToEngine::Paused(Some(why))),
            Just(ToEngine::Prompts(None)),
            Just(ToEngine::Prompts(Some(Prompt::Text))),
            Just(ToEngine::Prompts(Some(Prompt::Secret))),
            Just(ToEngine::Asks(None)),
            Just(ToEngine::LastSignal(None)),
            any::<Option<i64>>().prop_map(|at| {
                ToEngine::LastSignal(Some(LastSignal {
                    signal: "INT".to_owned(),
                    next: at.map(|at| NextSignal {
                        signal: "TERM".to_owned(),
                        at,
                    }),
                    requested: true,
                }))
            }),
            "[^x]+".prop_map(|what| ToEngine::Asks(Some(what))),
        ]
    }

    /// Encodes frames with an unknown one before each, and takes them off in pieces of `step` bytes.
    fn there_and_back<T: Frame>(frames: &[T], step: usize) -> Vec<T> {
        let mut bytes = Vec::new();
        for one in frames {
            frame(&mut bytes, 200, b"from the future");
            one.encode(&mut bytes);
        }
        let mut decoder = Decoder::new();
        let mut back = Vec::new();
        for piece in bytes.chunks(step) {
            decoder.push(piece);
            while let Some(frame) = decoder.next().unwrap() {
                back.push(frame);
            }
        }
        back
    }

    /// What comes of any bytes, in pieces of `step`: frames, and the error they end with.
    fn all<T: Frame>(bytes: &[u8], step: usize) -> (Vec<T>, Option<Error>) {
        let mut decoder = Decoder::new();
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

    proptest! {
        #[test]
        fn frames_come_back_however_they_are_cut(
            orders in prop::collection::vec(to_supervisor(), 0..20),
            news in prop::collection::vec(to_engine(), 0..20),
            step in 1_usize..40,
        ) {
            prop_assert_eq!(&there_and_back(&orders, step), &orders);
            prop_assert_eq!(&there_and_back(&news, step), &news);
        }

        #[test]
        fn any_bytes_are_frames_or_an_error_the_same_however_they_are_cut(
            frames in prop::collection::vec((0_u8..10, prop::collection::vec(any::<u8>(), 0..12)), 0..6),
            noise: Vec<u8>, cut in 0_usize..400, step in 1_usize..20,
        ) {
            let mut bytes = Vec::new();
            for (kind, payload) in frames {
                frame(&mut bytes, kind, &payload);
            }
            bytes.truncate(cut);
            bytes.extend(noise);
            let whole = bytes.len().max(1);
            prop_assert_eq!(all::<ToEngine>(&bytes, step), all(&bytes, whole));
            prop_assert_eq!(all::<ToSupervisor>(&bytes, step), all(&bytes, whole));
        }
    }

    #[test]
    fn a_frame_has_a_longest_size() {
        let mut decoder = Decoder::<ToSupervisor>::new();
        decoder.push(&[INPUT, 0, 0, 16, 0]);
        assert_eq!(decoder.next(), Ok(None));
        for (kind, len) in [(INPUT, MAX_INPUT + 1), (CANCEL, MAX_FRAME + 1)] {
            let mut decoder = Decoder::<ToSupervisor>::new();
            decoder.push(&[kind]);
            decoder.push(&u32::try_from(len).unwrap().to_le_bytes());
            assert_eq!(decoder.next(), Err(Error::TooLong { kind, len }));
        }
    }
}
