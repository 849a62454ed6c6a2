//! Words and numbers the command line uses for jobs.

use orchestrator::{
    folders,
    job::{self, Exit, Job, State, Status},
};

/// A job's status, in a few words: `done`, `error: exit code 2`, `running, waits for input`.
pub(crate) fn end(job: &Job) -> String {
    let status = job.state.status().word();
    if let Some(why) = &job.paused {
        return format!("{status}, paused: {why}");
    }
    if job.prompt.is_some() {
        return format!("{status}, waits for input");
    }
    if let Some(waits) = job.state.waits() {
        return format!("{status}, waiting: {waits}");
    }
    match job.reason() {
        None => status.to_owned(),
        // It says its status itself: `canceled before it started`.
        Some(reason) if reason.starts_with(status) => reason,
        Some(reason) => format!("{status}: {reason}"),
    }
}

/// Where a job ran: its host, `here`, or with whom, if that was somebody else.
pub(crate) fn place(job: &Job) -> String {
    match job.host() {
        Some(host) => host.to_owned(),
        None if job.owner == folders::owner() => "here".to_owned(),
        None => job.owner.clone(),
    }
}

/// So many jobs, in words.
pub(crate) fn jobs(count: u64) -> String {
    format!("{count} job{}", if count == 1 { "" } else { "s" })
}

/// Bytes as a person reads them: `12.3 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut at = 0;
    let mut whole = bytes as f64;
    while whole >= 1024.0 && at + 1 < units.len() {
        whole /= 1024.0;
        at += 1;
    }
    match at {
        0 => format!("{bytes} B"),
        _ => format!("{whole:.1} {}", units[at]),
    }
}

/// What a cancel could not end of a job, a line each, and what to do about it.
pub(crate) fn left_by_cancel(job: &Job) -> Vec<String> {
    if job.state.status() != Status::Canceled || job.survivors.is_empty() {
        return Vec::new();
    }
    let mut lines: Vec<String> = job
        .survivors
        .iter()
        .map(|survivor| format!("still running: {}", job::survivor(survivor)))
        .collect();
    let here = job.survivors.iter().filter(|survivor| survivor.pid > 0);
    let pids: Vec<String> = here.map(|survivor| survivor.pid.to_string()).collect();
    if !pids.is_empty() {
        lines.push(format!("try: sudo kill {}", pids.join(" ")));
    }
    lines
}

/// Whether the job's time was over before the job was.
pub(crate) fn is_timed_out(job: &Job) -> bool {
    let State::Ended { exit, .. } = &job.state else {
        return false;
    };
    matches!(exit, Exit::TimedOut { .. })
}

/// What `vmo run` exits with if the job's time was over, as `timeout` does.
pub(crate) const TIMED_OUT: u8 = 124;

/// The code `vmo run` exits with: the job's own, 128 + n for a signal, 124 if its time was over, as `timeout` has it, 255 if nothing ran or the end is not known.
pub(crate) fn code(job: &Job) -> u8 {
    match &job.state {
        State::Ended {
            exit: Exit::Code { code },
            ..
        } => u8::try_from(*code).unwrap_or(1),
        State::Ended {
            exit: Exit::Signal { signal, .. },
            ..
        } => 128 + signal_number(signal),
        State::Ended {
            exit: Exit::TimedOut { .. },
            ..
        } => TIMED_OUT,
        _ => super::NEVER_RAN,
    }
}

/// Linux's and macOS's numbers agree for these; POSIX fixes the first ones.
fn signal_number(name: &str) -> u8 {
    match name {
        "HUP" => 1,
        "INT" => 2,
        "QUIT" => 3,
        "ILL" => 4,
        "TRAP" => 5,
        "ABRT" => 6,
        "FPE" => 8,
        "KILL" => 9,
        "SEGV" => 11,
        "PIPE" => 13,
        "ALRM" => 14,
        "TERM" => 15,
        other => [
            ("BUS", libc::SIGBUS),
            ("USR1", libc::SIGUSR1),
            ("USR2", libc::SIGUSR2),
            ("XCPU", libc::SIGXCPU),
            ("XFSZ", libc::SIGXFSZ),
        ]
        .into_iter()
        .find(|(known, _)| *known == other)
        .map(|(_, number)| number)
        .or_else(|| other.parse().ok())
        .and_then(|number| u8::try_from(number).ok())
        .unwrap_or(0),
    }
}

/// A time span as people write it: `0.4 s`, `12 s`, `3:05`, `1:02:03`.
pub(crate) fn span(job: &Job) -> String {
    let (Some(start), end) = (match &job.state {
        State::Queued { .. } => (None, None),
        State::Running { started_at } => (Some(*started_at), None),
        State::Ended {
            started_at,
            finished_at,
            ..
        } => (*started_at, Some(*finished_at)),
    }) else {
        return "–".into();
    };
    let milliseconds = (end.unwrap_or_else(orchestrator::clock::now) - start)
        .num_milliseconds()
        .max(0);
    let seconds = milliseconds / 1000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, milliseconds % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!(
            "{}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        ),
    }
}
