//! A log as one number a line: two lines have the same number if they say the same, but for what differs from run to run.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::LazyLock,
};

use crate::log::{
    Stream, Texts,
    lines::State,
    normalise::{Mask, Masks, Normaliser, OwnMasks},
};

/// Lines of a log that is compared, at most: each takes eight bytes.
const MOST: u64 = 20_000_000;

/// Of each program that runs its own: nobody who writes a log knows which lines would be taken for the same.
pub(super) static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The lines of a log, each as a number. Those of one program's digests can be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// By line, from the first one. 0 of a line of which the history has not all any more.
    pub keys: Vec<u64>,
    /// What may differ from run to run, and how often; in the order of [`Mask::ALL`].
    pub masked: Vec<(Mask, u64)>,
}

/// A log has more lines than are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a log of more than {} million lines is not compared", MOST / 1_000_000)]
pub struct TooLong;

/// Reads a log from its start.
#[derive(Debug)]
pub struct Digesting {
    texts: Texts,
    reading: Reading,
    /// The numbers of lines that are not whole any more.
    torn: Vec<u64>,
}

#[derive(Debug)]
struct Reading {
    normaliser: Normaliser,
    masks: Masks,
    keys: Vec<u64>,
    counts: [u64; Mask::ALL.len()],
    is_too_long: bool,
}

impl Digesting {
    /// At the start of a log, in which these words name the host it is from. Of what may differ from run to run, these
    /// `masks` are left out.
    #[must_use]
    pub fn new(masks: Masks, names: Vec<String>) -> Self {
        Self {
            texts: Texts::default(),
            reading: Reading {
                // It has all masks, so that a time that counts is not taken for numbers.
                normaliser: Normaliser::new(Masks::default(), names),
                masks,
                keys: Vec::new(),
                counts: [0; Mask::ALL.len()],
                is_too_long: false,
            },
            torn: Vec::new(),
        }
    }

    /// The same with rules of a person's own.
    #[must_use]
    pub fn with_own(mut self, own: OwnMasks) -> Self {
        self.reading.normaliser = self.reading.normaliser.with_own(own);
        self
    }

    /// Goes on at a later place: what is between is gone from the history, and of the lines at its edges a part.
    pub fn jump(&mut self, state: &State) {
        let torn = &mut self.torn;
        self.texts.open(|number, _| torn.push(number));
        let streams = [Stream::Stdout, Stream::Stderr].into_iter();
        torn.extend(streams.filter_map(|stream| Some(state.open(stream)?.number)));
        self.texts = Texts::resume(state);
    }

    /// Takes the next bytes of a stream.
    ///
    /// # Errors
    /// [`TooLong`] as soon as there are more lines than are compared.
    pub fn feed(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), TooLong> {
        let reading = &mut self.reading;
        self.texts
            .feed(stream, bytes, |first, texts| reading.lines(first, texts));
        match self.reading.is_too_long || self.texts.lines() > MOST {
            true => Err(TooLong),
            false => Ok(()),
        }
    }

    /// The digest; a line without an end counts as far as it has come.
    #[must_use]
    pub fn end(mut self) -> Digest {
        let reading = &mut self.reading;
        self.texts.open(|number, text| reading.lines(number, text));
        for number in self.torn {
            let at = usize::try_from(number - 1).unwrap_or(usize::MAX);
            if let Some(key) = self.reading.keys.get_mut(at) {
                *key = 0;
            }
        }
        let counts = Mask::ALL.into_iter().zip(self.reading.counts);
        Digest {
            keys: self.reading.keys,
            masked: counts.collect(),
        }
    }
}

impl Reading {
    /// Takes lines that follow one another, the first of this number.
    fn lines(&mut self, first: u64, texts: &str) {
        if self.is_too_long {
            return;
        }
        let from = match usize::try_from(first - 1) {
            Ok(from) if first <= MOST => from,
            _ => {
                self.is_too_long = true;
                return;
            }
        };
        for (at, text) in (from..).zip(texts.split('\n')) {
            let key = self.key(text);
            // The streams' lines end in another order than they begin.
            if self.keys.len() <= at {
                self.keys.resize(at + 1, 0);
            }
            self.keys[at] = key;
        }
    }

    fn key(&mut self, line: &str) -> u64 {
        let mut hasher = KEYS.build_hasher();
        let (mut done, masks, counts) = (0, self.masks, &mut self.counts);
        self.normaliser.each(line, |range, mask| {
            counts[mask as usize] += 1;
            if !masks.has(mask) {
                return;
            }
            hasher.write(&line.as_bytes()[done..range.start]);
            // No text has this byte, so a mask is no text.
            hasher.write(&[0xff, mask as u8]);
            done = range.end;
        });
        hasher.write(&line.as_bytes()[done..]);
        hasher.finish().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::normalise::Masks;

    fn digest(masks: Masks, chunks: &[(Stream, &str)]) -> Digest {
        let mut digesting = Digesting::new(masks, vec!["db-2".into()]);
        for (stream, text) in chunks {
            digesting.feed(*stream, text.as_bytes()).unwrap();
        }
        digesting.end()
    }

    #[test]
    fn a_line_counts_without_what_differs_from_run_to_run_and_at_its_own_place() {
        use Stream::{Stderr, Stdout};
        let one = [
            (Stdout, "12:00:01 built in 31ms on db-2\nlink"),
            (Stderr, "warning: 3 of 40\n"),
            (Stdout, "ing app\nend"),
        ];
        let other = [
            (Stdout, "12:07:59 built in 1.5s on db-2\nlinking app\n"),
            (Stdout, "end\n"),
            (Stderr, "warning: 7 of 40\n"),
        ];
        let (one, other) = (
            digest(Masks::default(), &one),
            digest(Masks::default(), &other),
        );
        let [built, linking, warning, end] = one.keys[..] else {
            panic!("{one:?}");
        };
        assert_eq!(other.keys, [built, linking, end, warning]);
        let count = |mask: Mask| one.masked[mask as usize];
        assert_eq!(count(Mask::Time), (Mask::Time, 1));
        assert_eq!(count(Mask::Integer), (Mask::Integer, 2));
        assert_eq!(count(Mask::HostName), (Mask::HostName, 1));

        let counted = Masks::default().without(Mask::Integer);
        let read = |text| digest(counted, &[(Stdout, text)]).keys;
        assert_ne!(read("warning: 3 of 40"), read("warning: 7 of 40"));
        let counted = Masks::default().without(Mask::Time);
        let read = |text| digest(counted, &[(Stdout, text)]).keys;
        assert_ne!(read("at 12:00:01"), read("at 12:00:07"), "no numbers");
        assert_eq!(read("7 at 12:00:01"), read("8 at 12:00:01"));
        assert_ne!(
            digest(Masks::default(), &[(Stdout, "took <int> s")]).keys,
            digest(Masks::default(), &[(Stdout, "took 7 s")]).keys,
            "a text that looks like a mask is none"
        );
    }

    #[test]
    fn lines_after_a_hole_keep_their_numbers() {
        let mut state = State::default();
        state.advance(Stream::Stdout, b"one\ntwo\nthr");
        let mut digesting = Digesting::new(Masks::default(), Vec::new());
        digesting.feed(Stream::Stdout, b"one\ntw").unwrap();
        digesting.jump(&state);
        digesting.feed(Stream::Stdout, b"ee\nfour\n").unwrap();
        let keys = digesting.end().keys;
        assert_eq!((keys.len(), keys[1], keys[2]), (4, 0, 0));
        assert!(keys[0] > 0 && keys[3] > 0);
    }
}
