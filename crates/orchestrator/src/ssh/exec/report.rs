//! What a command's output has said so far: who leads it, how it ended, and what is for [`Output`].

use std::time::Instant;

use super::{
    markers::Found,
    task::{Output, Remote},
};
use crate::{job::Exit, log::Stream, visible::visible};

/// Bytes of a login script's output that are worth a reason.
const NOISE_KEPT: usize = 400;

/// What its output has said so far.
#[derive(Default)]
pub(in crate::ssh) struct Seen {
    pub(in crate::ssh) remote: Option<Remote>,
    /// And when it was told.
    pub(in crate::ssh) exit: Option<(Exit, Instant)>,
    /// Whether processes of it went on at that time.
    pub(in crate::ssh) leaves: bool,
    /// The beginning of what the login shell printed.
    pub(in crate::ssh) noise: Vec<u8>,
    /// Why the output is not whole.
    pub(in crate::ssh) failure: Option<String>,
}

impl Seen {
    /// Takes in what marks have found in a stream.
    pub(in crate::ssh) fn note(
        &mut self,
        stream: Stream,
        found: &Found<'_>,
        output: &mut dyn Output,
    ) {
        match found {
            Found::Noise(bytes) => {
                output.noise(bytes);
                let room = NOISE_KEPT.saturating_sub(self.noise.len());
                self.noise
                    .extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
            Found::Bytes(bytes) => {
                if self.failure.is_none()
                    && let Err(error) = output.write(stream, bytes)
                {
                    self.failure = Some(format!("its output could not be kept: {error}"));
                }
            }
            Found::Started(text) if stream == Stream::Stdout => {
                if let Some(remote) = remote(text) {
                    output.started(&remote);
                    self.remote = Some(remote);
                }
            }
            Found::Started(_) => {}
            Found::Ended(text) => {
                self.exit = exit(text).map(|exit| (exit, Instant::now()));
                self.leaves = text.ends_with(" left");
            }
        }
    }
}

/// The start mark's text: the leader, the mode, its start, the session around it, its outputs.
fn remote(text: &str) -> Option<Remote> {
    let mut words = text.split(' ');
    Some(Remote {
        leader: words.next()?.parse().ok()?,
        mode: words.next()?.to_owned(),
        started: words.next()?.to_owned(),
        around: words.next()?.to_owned(),
        outputs: words.next()?.to_owned(),
    })
}

/// The end mark's text: the code, the signal's name or `-`, `core` or `-`, `left` where processes of it go on.
fn exit(text: &str) -> Option<Exit> {
    let mut words = text.split(' ');
    let code: u8 = words.next()?.parse().ok()?;
    let signal = words.next()?;
    let core = words.next()? == "core";
    Some(if signal == "-" {
        Exit::Code { code: code.into() }
    } else {
        Exit::Signal {
            signal: visible(signal).into_owned(),
            core,
        }
    })
}
