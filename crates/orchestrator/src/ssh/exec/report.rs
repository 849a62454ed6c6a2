//! What a command's output has said so far: who leads it, how it ended, and what is for [`Output`].

use std::time::Instant;

use super::{
    markers::Found,
    raw::Raw,
    task::{Output, Remote},
};
use crate::{job::Exit, log::Stream, visible::visible};

/// Bytes of a login script's output that are worth a reason or a note.
const NOISE_SHOWN: usize = 1000;
/// Bytes of it that are kept until the command is seen to begin: they may turn out to be all that the host has to say.
const NOISE_KEPT: usize = 256 << 10;

/// What its output has said so far.
#[derive(Default)]
pub(in crate::ssh) struct Progress {
    pub(in crate::ssh) remote: Option<Remote>,
    /// How it ended, and when that was reported.
    pub(in crate::ssh) exit: Option<(Exit, Instant)>,
    /// Whether it goes over as it is, and that it has begun is still to be reported.
    pub(in crate::ssh) begins_raw: bool,
    /// Whether it runs by `sudo`; and whether that asks for a password since this was last looked at.
    sudo: bool,
    pub(in crate::ssh) asks: bool,
    /// What `sudo` wrote beside its prompt.
    sudo_noise: Vec<u8>,
    /// Whether processes of it went on at that time.
    pub(in crate::ssh) leaves: bool,
    /// The beginning of what the login shell printed.
    noise: Vec<u8>,
    /// The same by its streams, until the command begins.
    held: Vec<(Stream, Vec<u8>)>,
    held_bytes: usize,
    /// When it last printed something.
    pub(in crate::ssh) heard_at: Option<Instant>,
    /// Whether a person or a cancel has sent SIGINT: 130 of a shell that cannot know better then means that.
    pub(in crate::ssh) interrupted: bool,
    /// Why the output is not whole.
    pub(in crate::ssh) failure: Option<String>,
}

impl Progress {
    /// Of a command that has not said anything; whether it runs by `sudo`.
    pub(in crate::ssh) fn of(sudo: bool) -> Self {
        Self {
            sudo,
            ..Self::default()
        }
    }

    /// What the loss of the link means, and who may still run on the host.
    pub(in crate::ssh) fn lost(&self, why: &str) -> Exit {
        let why = match &self.remote {
            Some(remote) => format!("{why}; process group {} may still run there", remote.leader),
            None => why.to_owned(),
        };
        Exit::Lost { why }
    }

    /// Takes in what marks have found in a stream.
    pub(in crate::ssh) fn note(
        &mut self,
        stream: Stream,
        found: &Found<'_>,
        output: &mut dyn Output,
    ) {
        match found {
            // A lecture is none of the job's, and a refusal is its reason.
            Found::Noise(bytes) if self.sudo && stream == Stream::Stderr => {
                let room = NOISE_SHOWN.saturating_sub(self.sudo_noise.len());
                self.sudo_noise
                    .extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
            Found::Prompt => self.asks = true,
            Found::Noise(bytes) => {
                self.heard_at = Some(Instant::now());
                output.noise(bytes);
                let room = NOISE_SHOWN.saturating_sub(self.noise.len());
                self.noise
                    .extend_from_slice(&bytes[..bytes.len().min(room)]);
                self.hold(stream, bytes);
            }
            Found::Bytes(bytes) => {
                self.begin_raw(output);
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
                    self.held = Vec::new();
                }
            }
            Found::Started(_) => {}
            Found::Ended(text) => {
                let exit = exit(text, self.interrupted);
                self.exit = exit.map(|exit| (exit, Instant::now()));
                // Only root can look at what root runs.
                self.leaves = self.sudo || text.ends_with(" left");
            }
        }
    }

    /// Reports that it runs as it is, once.
    pub(in crate::ssh) fn begin_raw(&mut self, output: &mut dyn Output) {
        if std::mem::take(&mut self.begins_raw) {
            output.started(&Raw::remote());
        }
    }

    fn hold(&mut self, stream: Stream, bytes: &[u8]) {
        let room = NOISE_KEPT.saturating_sub(self.held_bytes);
        let kept = &bytes[..bytes.len().min(room)];
        self.held_bytes += kept.len();
        match self.held.last_mut() {
            _ if kept.is_empty() => {}
            Some((last, held)) if *last == stream => held.extend_from_slice(kept),
            _ => self.held.push((stream, kept.to_vec())),
        }
    }

    /// Takes what the host printed, as `shown`, for the command's own output; what is more than was kept is missing there.
    pub(in crate::ssh) fn take_noise_for_output(
        &mut self,
        output: &mut dyn Output,
        shown: impl Fn(&[u8]) -> Vec<u8>,
    ) {
        for (stream, bytes) in std::mem::take(&mut self.held) {
            self.note(stream, &Found::Bytes(&shown(&bytes)), output);
        }
        if self.held_bytes >= NOISE_KEPT {
            let why = "only the beginning of what the host printed was kept";
            self.failure.get_or_insert_with(|| why.to_owned());
        }
        self.noise.clear();
    }

    /// Forgets what a shell said of the wrapper.
    pub(in crate::ssh) fn forget_noise(&mut self) {
        self.held = Vec::new();
        self.held_bytes = 0;
        self.noise.clear();
    }

    /// The beginning of what the host printed before the command began.
    pub(in crate::ssh) fn noise(&self) -> &[u8] {
        &self.noise
    }

    /// What `sudo` had to say, as it may be shown.
    pub(in crate::ssh) fn sudo_noise_shown(&self) -> String {
        let noise = String::from_utf8_lossy(&self.sudo_noise);
        visible(noise.trim()).into_owned()
    }

    /// The same as it may be shown.
    pub(in crate::ssh) fn noise_shown(&self) -> String {
        let noise = String::from_utf8_lossy(&self.noise);
        visible(noise.trim()).into_owned()
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

/// The end mark's text: the code; the signal's name, `-`, or `?` if the shell cannot know; `core` or `-`; `left` if
/// processes of it go on.
fn exit(text: &str, was_interrupted: bool) -> Option<Exit> {
    let mut words = text.split(' ');
    let code: u8 = words.next()?.parse().ok()?;
    let signal = match words.next()? {
        "?" if code == 130 && was_interrupted => "INT",
        "?" => "-",
        signal => signal,
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_no_shell_can_name_is_a_code_unless_somebody_interrupted_it() {
        let code = |code| Some(Exit::Code { code });
        let signal = |signal: &str, core| {
            let signal = signal.to_owned();
            Some(Exit::Signal { signal, core })
        };
        assert_eq!(exit("130 ? -", false), code(130));
        assert_eq!(exit("130 ? -", true), signal("INT", false));
        assert_eq!(exit("141 ? -", true), code(141));
        assert_eq!(exit("130 - -", true), code(130));
        assert_eq!(exit("139 SEGV core", false), signal("SEGV", true));
        assert_eq!(exit("", false), None);
    }
}
