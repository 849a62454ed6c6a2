//! A command for a host: what to run, where its bytes go, and what came of it.

use std::{
    io,
    sync::{Arc, mpsc},
    time::Instant,
};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use supervisor::{control::LastSignal, exec::Grace};
use uuid::Uuid;

use super::{
    known_raw::KnownRaw,
    orders::{Controls, Orders},
};
use crate::{
    job::{Exit, JobId},
    log::Stream,
    ssh::{failure::Refusal, login::ask::Answer},
};

/// What to run.
#[derive(Debug, Clone)]
pub struct Exec {
    /// The job: its processes carry `VMO_JOB` with this.
    pub job: JobId,
    /// The shell command, verbatim.
    pub command: String,
    /// Whether it runs as root, by `sudo` on the host.
    pub sudo: bool,
    /// Rows and columns, if it gets a terminal; its output is then all stdout.
    pub pty: Option<(u16, u16)>,
    /// What cancel sends, in order.
    pub graces: Vec<Grace>,
    /// Which host of a batch it runs on; none outside of one.
    pub in_batch: Option<InBatch>,
}

/// A command's place in a batch: it finds that in its environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InBatch {
    /// The host's name, `VMO_HOST`.
    pub host: String,
    /// The host's number, from 0, `VMO_RANK`.
    pub rank: usize,
    /// How many hosts there are, `VMO_COUNT`.
    pub count: usize,
    /// The batch's id, `VMO_BATCH`.
    pub batch: Uuid,
}

/// Where a command's bytes go, in the order they were read. The session's thread calls it and waits for it, so a slow
/// one slows the host down. It is dropped when no more will come, which may be after [`RemoteExit`] was reported.
pub trait Output: Send {
    /// The command is about to run.
    fn started(&mut self, remote: &Remote);

    /// When to ask again whether there is room for more; none if there is now. What is not read waits on the host.
    fn full_until(&mut self) -> Option<Instant> {
        None
    }

    /// Bytes of the command's own.
    ///
    /// # Errors
    /// They could not be kept; the job is then lost.
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()>;

    /// What the login shell's start files printed, which is none of the command's.
    fn noise(&mut self, bytes: &[u8]);

    /// The last signal that the command's tree was sent to end it; none once none of it is left.
    fn sent_signal(&mut self, last: Option<&LastSignal>) {
        _ = last;
    }

    /// From now on this is replaced in all that is written.
    fn mask(&mut self, secret: &SecretString) {
        drop(secret.clone());
    }

    /// The command's end is about to be reported: what was held back, as the beginning of a secret may be, is written.
    fn settles(&mut self) {}
}

/// The command's first process on the host, enough to find its tree again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its process id; also its process group and session if `mode` is `own`.
    pub leader: u32,
    /// When it started, in the host's clock ticks since boot; `-` if the host does not say.
    pub started: String,
    /// `own` session, the terminal's (`pty`), or one `shared` with our wrapper if the host has no `setsid`.
    pub mode: String,
    /// The session of the wrapper that waits for it; `-` if the host does not say.
    pub around: String,
    /// Its outputs as the host's `/proc` shows them, with commas between; `-` if it does not, or they are a terminal.
    pub outputs: String,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteExit {
    /// How it ended.
    pub exit: Exit,
    /// Whether a cancel was asked for before that.
    pub canceled: bool,
    /// Who is still there, as `pid command`, or why that is not known.
    pub survivors: Vec<String>,
    /// False while a process that outlived the command holds its output: more may come to [`Output`].
    pub complete: bool,
    /// What a person may want to know of how it ran: what the login shell printed before, what is not proven.
    pub notes: Vec<String>,
    /// What is left to be done on the host, if its link broke before a cancel had ended everything.
    pub unfinished: Option<Unfinished>,
}

/// The rest of a cancel: one signal after the other, for [`Sessions::finish`](crate::ssh::Sessions::finish).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// What is to be run on the host, until no process is left.
    pub(in crate::ssh) commands: Vec<String>,
}

/// What a session makes of a task.
pub(in crate::ssh) enum Settled {
    Ended(RemoteExit),
    /// It has not begun and wants another session.
    Again(Task),
    /// Not yet: this has to be run in another session first, with this input, and its output given to `sender`.
    Look {
        command: String,
        input: Vec<u8>,
        sender: mpsc::Sender<Vec<u8>>,
        wake: Controls,
    },
    /// Not yet: `sudo` asks for a password, which is to be given to `sender`.
    Password {
        sender: mpsc::Sender<Answer>,
        wake: Controls,
    },
}

/// A command that waits for its session.
pub(in crate::ssh) struct Task {
    /// In a box, because tasks are handed to and fro.
    pub(in crate::ssh) exec: Box<Exec>,
    pub(in crate::ssh) env: Vec<(String, String)>,
    /// Whether it may use the agent here, as the config asks.
    pub(in crate::ssh) forwards_agent: bool,
    /// Whether its host is known to take no wrapper.
    pub(in crate::ssh) known_raw: Arc<KnownRaw>,
    /// How the user's own `ssh` is called, if that runs it.
    pub(in crate::ssh) own_ssh: Option<String>,
    pub(in crate::ssh) output: Box<dyn Output>,
    pub(in crate::ssh) orders: Orders,
    pub(in crate::ssh) reply: Reply,
}

/// To the one that waits for a command.
pub(in crate::ssh) type Reply = tokio::sync::mpsc::Sender<Settled>;

/// What is on its way to the one that waits for a command, at most. Looks come one after the other, or as often as a person
/// cancels by force; past that they are refused, so that there is room for the last one, which is no look.
pub(in crate::ssh) const REPLIES: usize = 4;

impl Task {
    /// Reports to the caller that waits for the command; false if it no longer does.
    pub(in crate::ssh) fn report(&self, settled: Settled) -> bool {
        let is_too_much = matches!(settled, Settled::Look { .. }) && self.reply.capacity() < 2;
        !is_too_much && self.reply.try_send(settled).is_ok()
    }

    /// It never ran, or not so that anything is known of it.
    pub(in crate::ssh) fn settle(self, exit: Exit, canceled: bool) {
        let ended = RemoteExit {
            exit,
            canceled,
            survivors: Vec::new(),
            complete: true,
            notes: Vec::new(),
            unfinished: None,
        };
        self.report(Settled::Ended(ended));
    }

    /// It was canceled before anything ran.
    pub(in crate::ssh) fn settle_canceled(self) {
        let why = "canceled before it started".to_owned();
        self.settle(Exit::CouldNotStart { why }, true);
    }

    /// Its host was not reached.
    pub(in crate::ssh) fn settle_refused(self, refusal: Refusal) {
        self.settle(refusal.into(), false);
    }

    /// It goes back to be placed elsewhere.
    pub(in crate::ssh) fn send_back(self) {
        let reply = self.reply.clone();
        if reply.try_send(Settled::Again(self)).is_err() {
            tracing::debug!("nobody waits for a command that a session gave back");
        }
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task")
            .field("job", &self.exec.job)
            .finish_non_exhaustive()
    }
}
