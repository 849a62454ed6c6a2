//! From the child's end to ours: what is reported, what is written down, whom we wait for.

use std::{
    env,
    ffi::OsStr,
    os::unix::{ffi::OsStrExt, process::CommandExt},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::WaitStatus;
use supervisor::{
    clock,
    exec::{DATABASE, Exec},
    exit::{Exit, ExitRecord},
    folder::Folder,
    mask::Secrets,
};

use crate::{child::Child, own_log::complain, session, tree, words};

/// How long the outputs may stay open after the child's end before that end is written down without the rest.
pub(crate) const DRAIN: Duration = Duration::from_secs(2);

/// What was killed a moment ago is there for an instant, and named only if it is there after this, too.
const ONCE_MORE: Duration = Duration::from_millis(100);

/// Between two looks for what was killed.
const LOOK: Duration = Duration::from_millis(10);

/// What a KILL has met and still gives its memory back is named only if it is there after this.
const TO_DIE: Duration = Duration::from_secs(2);

/// How long an engine has to claim the job before the archiver is started.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// How far the job is on its way to its end.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The child lives.
    Running(Child),
    /// The child has ended; a process that holds its outputs, or is being canceled, may end until then.
    Draining {
        verdict: Verdict,
        until: Instant,
        /// Whether all that the child itself wrote is in the spool. It is not while there is no room; nor is the end reported.
        drained: bool,
    },
    /// That took too long: an `exit.json` says that more may come, and it is read and spooled as it does.
    Held {
        verdict: Verdict,
        /// Whether it names who is left: not while they are being ended.
        named: bool,
    },
    /// Nothing more comes. The last `exit.json` is on its way to the disk.
    Settling,
    /// It is there. An engine may come by until then.
    Lingering { until: Instant },
}

/// What is certain as soon as the child has ended.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    ended: Exit,
    canceled: bool,
    started_at: Option<i64>,
    finished_at: i64,
}

impl Verdict {
    /// Of a child that has just ended. The time between is the boot clock's, which no clock change moves.
    pub(crate) fn of(child: &Child, ended: Exit, canceled: bool) -> Self {
        let took = clock::boot_us().saturating_sub(child.started_boot);
        let took = i64::try_from(took).unwrap_or(i64::MAX);
        Self {
            ended,
            canceled,
            started_at: Some(child.started_at),
            finished_at: child.started_at.saturating_add(took),
        }
    }

    /// Of a child that never was.
    pub(crate) fn without_child(ended: Exit) -> Self {
        Self {
            ended,
            canceled: false,
            started_at: None,
            finished_at: clock::wall_us(),
        }
    }

    /// The exit as it is now, with these secrets kept out of what it says of processes; `struck` is whether signals of
    /// ours were to end all of them.
    pub(crate) fn exit(
        &self,
        spool_end: u64,
        complete: bool,
        struck: bool,
        secrets: Option<&Secrets>,
    ) -> ExitRecord {
        if struck {
            let begun = Instant::now();
            let patience = |dying| if dying { TO_DIE } else { ONCE_MORE };
            while tree::is_any_left().is_some_and(|dying| begun.elapsed() < patience(dying)) {
                thread::sleep(LOOK);
            }
        }
        let survivors = tree::survivors(secrets);
        ExitRecord {
            ended: self.ended.clone(),
            canceled: self.canceled,
            started_at: self.started_at,
            finished_at: self.finished_at,
            spool_end,
            complete,
            survivors,
            notes: Vec::new(),
        }
    }
}

/// How a child ended that had run for longer than it may.
pub(crate) fn timed_out(status: WaitStatus, after_ms: u64) -> Exit {
    let signal = status.terminating_signal();
    Exit::TimedOut {
        after_ms,
        signal: signal.map(words::signal_name),
    }
}

/// How a child ended.
pub(crate) fn ended(status: WaitStatus) -> Exit {
    match status.terminating_signal() {
        Some(signal) => Exit::Signal {
            signal: words::signal_name(signal),
            core: libc::WCOREDUMP(status.as_raw()),
        },
        None => Exit::Code {
            code: status.exit_status().unwrap_or_default(),
        },
    }
}

/// Whether an engine holds the claim on the job, or has archived it already.
pub(crate) fn is_claimed(folder: &Folder) -> bool {
    folder.is_claimed().unwrap_or_else(|error| {
        complain(format_args!("the claim on the job: {error}"));
        true
    })
}

/// Starts the archiver, away from us.
#[expect(
    unsafe_code,
    reason = "the archiver must lead a session before it runs, which has no safe call"
)]
pub(crate) fn start_archiver(folder: &Folder, exec: &Exec) {
    let (Some((program, args)), Some(job)) =
        (exec.archiver.split_first(), folder.path().file_name())
    else {
        return;
    };
    let mut command = Command::new(program);
    command.args(args).arg(job).env_clear();
    // The address of a configured server may hold a password, so it is in no file; our environment has it.
    let inherited = [
        "PATH",
        "HOME",
        "USER",
        "XDG_RUNTIME_DIR",
        "DATABASE_URL",
        "PGPASSWORD",
        "PGPASSFILE",
        DATABASE,
    ];
    for name in inherited {
        command.envs(env::var_os(name).map(|value| (name, value)));
    }
    command.envs(exec.archiver_env.iter().cloned());
    let bytes = exec.archiver_env_bytes.iter();
    command.envs(bytes.map(|(name, value)| (name, OsStr::from_bytes(value))));
    // SAFETY: it makes one system call and does not allocate.
    unsafe { command.pre_exec(session::lead) };
    if let Err(error) = command.spawn() {
        complain(format_args!(
            "the archiver {program} could not be started: {error}"
        ));
    }
}
