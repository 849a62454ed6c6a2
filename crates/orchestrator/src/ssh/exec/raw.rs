//! Commands for a host that takes no wrapper: a restricted shell, a command of the server's own choice (`ForceCommand`), an
//! appliance without `sh`. The command goes over as it is, as `ssh` sends it, and how it ended is what the server reports of
//! it: without a report it is lost.

use std::{
    time::{Duration, Instant},
    vec::IntoIter,
};

use supervisor::{control::LastSignal, exec::Grace};

use super::{cancel::last_signal, channel::ExecChannel, complaint, task::Remote};
use crate::{job::Exit, ssh::channel::Report, visible::visible};

/// What a job says of itself that was run so.
const NOTE: &str =
    "run as it is, without proof of its end: the host takes no wrapper around a command";

/// The same of one in whose place the host did something else.
const OWN_NOTE: &str = "the host did something of its own in place of it (ForceCommand, command= in authorized_keys, \
                                   its login shell): what it printed is the log, without proof that it ran this command";

/// Why a command is lost in whose place the host did something that ended well.
const UNPROVEN: &str = "the host ran a command of its own (ForceCommand, or command= in authorized_keys), and nothing proves that \
                        it ran this one; a host that chooses by the command that it is sent is for ssh itself";

/// How long a host has to let go of the channel before, and how often it is asked.
const AGAIN: Duration = Duration::from_millis(100);
const REFUSALS: u32 = 30;
/// Bytes of a command that fit into a request.
const LONGEST: usize = 32_000;

/// What becomes of a command whose wrapper was not run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The host did not understand the wrapper, so the command did not run: it is sent as it is.
    TryAsItIs,
    /// The host has run something of its own, or nothing: what it printed is the output, and this the end. `ssh` has the same
    /// output, and the same code unless that is 0.
    Answered(Exit),
    /// Not known.
    Lost,
}

/// What a host means that closed the channel before the wrapper's first mark: `noise` is the beginning of what it printed,
/// `report` how it says that it ended. A command is never run twice: only a host that complains of the wrapper has not
/// run it.
pub(super) fn judge(noise: &[u8], report: Option<&Report>) -> Verdict {
    if complaint::is_about_wrapper(noise, report) {
        return Verdict::TryAsItIs;
    }
    match report {
        None => Verdict::Lost,
        Some(Report::Status(0)) if noise.trim_ascii().is_empty() => Verdict::Lost,
        // That something else went well does not say that this was run.
        Some(Report::Status(0)) => Verdict::Answered(Exit::Lost {
            why: UNPROVEN.to_owned(),
        }),
        Some(report) => Verdict::Answered(exit(report.clone())),
    }
}

/// How the server says that a command ended.
pub(super) fn exit(report: Report) -> Exit {
    match report {
        Report::Status(code) => Exit::Code { code },
        Report::Signal(signal) => Exit::Signal {
            signal: visible(&signal).into_owned(),
            core: false,
        },
    }
}

/// A command that was sent as it is.
#[derive(Debug, Default)]
pub(super) struct Raw {
    /// The signals that a cancel has still to send, and when the next one is due.
    cancel: Option<(IntoIter<Grace>, Instant)>,
    /// How it ended, and since when that is known.
    reported: Option<(Exit, Instant)>,
    given_up: bool,
    /// The signal that was sent last.
    last_signal: Option<LastSignal>,
    /// Channels that the host refused: it may still be busy with the one that is over (`MaxSessions 1`).
    refusals: u32,
    /// Whether the host did something of its own instead.
    answered: bool,
    /// When the next one is asked for; none once it is.
    again: Option<Instant>,
}

impl Raw {
    /// One that goes over without a first try: a channel that is refused is for another session then.
    pub(super) fn at_once() -> Self {
        Self {
            refusals: REFUSALS,
            ..Self::default()
        }
    }

    /// One in whose place the host did something of its own.
    pub(super) fn answered() -> Self {
        Self {
            answered: true,
            ..Self::default()
        }
    }

    /// What its job says of itself.
    pub(super) fn note(&self) -> &'static str {
        if self.answered { OWN_NOTE } else { NOTE }
    }

    /// Whether a command can go over as it is.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn fits(command: &str) -> Result<(), String> {
        if command.len() <= LONGEST {
            return Ok(());
        }
        Err(format!(
            "the host takes no wrapper around a command, and one of {} bytes is too long to go over as it is: put it into a \
             file there",
            command.len()
        ))
    }

    /// Its processes are not known.
    pub(super) fn remote() -> Remote {
        let unknown = || "-".to_owned();
        Remote {
            leader: 0,
            started: unknown(),
            mode: "raw".to_owned(),
            around: unknown(),
            outputs: unknown(),
        }
    }

    /// Whether a channel that was refused is asked for once more, later.
    pub(super) fn tries_again(&mut self) -> bool {
        self.refusals += 1;
        self.again = Some(Instant::now() + AGAIN);
        self.refusals <= REFUSALS
    }

    /// Whether it is too early to ask for a channel.
    pub(super) fn is_resting(&mut self) -> bool {
        self.again = self.again.filter(|at| *at > Instant::now());
        self.again.is_some()
    }

    /// Sends these signals one after the other; what few servers act on is all there is.
    pub(super) fn cancel(&mut self, graces: Vec<Grace>) {
        self.cancel = Some((graces.into_iter(), Instant::now()));
    }

    /// Does what is due.
    pub(super) fn step(&mut self, wire: &mut ExecChannel) -> bool {
        let mut moved = false;
        if self.reported.is_none()
            && let Some(report) = wire.report()
        {
            self.reported = Some((exit(report), Instant::now()));
            moved = true;
        }
        let Some((steps, due)) = &mut self.cancel else {
            return moved;
        };
        if self.given_up || *due > Instant::now() {
            return moved;
        }
        match steps.next() {
            Some(grace) => {
                wire.signal(&grace.signal);
                self.last_signal = Some(last_signal(&grace, steps.as_slice().first()));
                *due = Instant::now() + Duration::from_millis(grace.wait_ms);
            }
            None => {
                self.given_up = true;
                wire.close();
            }
        }
        true
    }

    /// The signal that was sent last, and what comes after it; none if no more of it is to come.
    pub(super) fn last_signal_sent(&self) -> Option<&LastSignal> {
        let sent = self.last_signal.as_ref();
        sent.filter(|_| !self.given_up && self.reported.is_none())
    }

    /// When its end was reported.
    pub(super) fn reported_at(&self) -> Option<Instant> {
        self.reported.as_ref().map(|(_, at)| *at)
    }

    /// When there is something to do: a signal, or another try.
    pub(super) fn due(&self) -> Option<Instant> {
        let due = self.cancel.as_ref().map(|(_, due)| *due);
        let due = due.filter(|_| !self.given_up);
        due.into_iter().chain(self.again).min()
    }

    /// How it ended, as far as is known.
    pub(super) fn take_exit(&mut self) -> Exit {
        let why = if self.given_up {
            "it was canceled, and the host does not say whether it ended"
        } else {
            "the host closed the channel and did not report how the command ended"
        };
        match self.reported.take() {
            Some((exit, _)) => exit,
            None => Exit::Lost {
                why: why.to_owned(),
            },
        }
    }

    /// Who may still run after a cancel.
    pub(super) fn survivors(&self) -> Vec<String> {
        if self.given_up && self.reported.is_none() {
            let why = "not known: the host takes commands only as they are, and does not say what they started";
            return vec![why.to_owned()];
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_host_did_in_its_place_is_never_falsely_done() {
        let status = |code| Some(Report::Status(code));
        let code = |code| Verdict::Answered(Exit::Code { code });
        let unproven = || {
            let why = UNPROVEN.to_owned();
            Verdict::Answered(Exit::Lost { why })
        };
        let log = "deploying, executing migrations\n".repeat(40)
            + "unknown locale, invalid cache dropped\n";
        let killed = || Some(Report::Signal("KILL".to_owned()));
        let ends: [(&str, Option<Report>, Verdict); 12] = [
            (
                "rbash: line 1: exec: restricted\n",
                status(1),
                Verdict::TryAsItIs,
            ),
            ("HELLO\n", status(0), unproven()),
            (&log, status(0), unproven()),
            ("usage\n", status(0), unproven()),
            (" \n", status(0), Verdict::Lost),
            (
                "This account is currently not available.\n",
                status(1),
                code(1),
            ),
            ("deploying\nconfig.yml not found\n", status(1), code(1)),
            ("not allowed\n", status(9), code(9)),
            ("", status(3), code(3)),
            ("half", None, Verdict::Lost),
            ("invalid locale\n", None, Verdict::Lost),
            (
                "",
                killed(),
                Verdict::Answered(exit(Report::Signal("KILL".to_owned()))),
            ),
        ];
        for (noise, report, verdict) in ends {
            assert_eq!(judge(noise.as_bytes(), report.as_ref()), verdict, "{noise}");
        }
    }
}
