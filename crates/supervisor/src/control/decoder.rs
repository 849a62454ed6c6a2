//! Taking frames off a stream as their bytes come in.

use std::{fmt, io, marker::PhantomData};

/// Bytes before a frame's payload.
pub(super) const HEAD: usize = 5;

/// Something that goes as one frame.
pub trait Frame: Sized {
    /// The most bytes of payload a frame of this kind may have.
    fn limit(kind: u8) -> usize;

    /// The value in a frame; None when the kind is not known.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the payload is not what the kind says.
    fn decode(kind: u8, payload: &[u8]) -> Result<Option<Self>, Error>;

    /// Appends the whole frame to `out`.
    fn encode(&self, out: &mut Vec<u8>);
}

/// What is not a frame. The stream is of no use after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// More payload than a frame of this kind may have.
    TooLong {
        /// Its kind.
        kind: u8,
        /// Bytes of payload it announced.
        len: usize,
    },
    /// A payload its kind does not allow.
    Malformed {
        /// Its kind.
        kind: u8,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { kind, len } => write!(
                f,
                "a control frame of kind {kind} with {len} bytes is too long"
            ),
            Self::Malformed { kind } => write!(f, "a control frame of kind {kind} is malformed"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// Takes frames off a stream. It holds what was pushed and not yet taken, so take every frame before pushing more.
#[derive(Debug)]
pub struct Decoder<T> {
    bytes: Vec<u8>,
    taken: usize,
    frames: PhantomData<T>,
}

impl<T> Default for Decoder<T> {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            taken: 0,
            frames: PhantomData,
        }
    }
}

impl<T: Frame> Decoder<T> {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// More bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next frame; None until more bytes are pushed. Frames of unknown kinds are left out.
    ///
    /// # Errors
    /// When the stream holds something else than frames. It stays so.
    #[expect(
        clippy::should_implement_trait,
        reason = "an end is not final: more bytes may be pushed"
    )]
    pub fn next(&mut self) -> Result<Option<T>, Error> {
        loop {
            let rest = &self.bytes[self.taken..];
            let Some((head, rest)) = rest.split_first_chunk::<HEAD>() else {
                return Ok(None);
            };
            let [kind, a, b, c, d] = *head;
            let len = u32::from_le_bytes([a, b, c, d]) as usize;
            if len > T::limit(kind) {
                return Err(Error::TooLong { kind, len });
            }
            let Some(payload) = rest.get(..len) else {
                return Ok(None);
            };
            let frame = T::decode(kind, payload)?;
            self.taken += HEAD + len;
            if frame.is_some() {
                return Ok(frame);
            }
        }
    }
}
