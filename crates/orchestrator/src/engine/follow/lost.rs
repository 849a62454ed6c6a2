//! A job whose supervisor is gone without a word: what it left running is ended, and what is known is written down, so
//! that everybody who finds the job says the same of it.

use std::{fs, time::SystemTime};

use chrono::{DateTime, Utc};
use supervisor::{
    exit::{Exit, ExitRecord},
    folder::{self, Folder},
    identity, spool,
};

use super::{live::Live, strays};
use crate::{
    engine::{Engine, follow, start::job_folder},
    job::{State, Status},
    session,
};

/// Ends what a dead supervisor left running, and writes down how the job is to be called from now on; what another
/// engine wrote down meanwhile counts. None if that one has archived the job already and dropped its folder.
pub(in crate::engine) async fn settle(live: &Live) -> Option<ExitRecord> {
    let ended = why(live).await;
    if let Ok(Some(record)) = live.folder.read_json(folder::EXIT) {
        return Some(record);
    }
    if !live.folder.path().exists() {
        return None;
    }
    let started_at = match live.job().state {
        State::Running { started_at } => Some(started_at),
        _ => follow::connection::begun_at(&live.folder),
    };
    let finished_at = last_seen(&live.folder).max(started_at.unwrap_or_default());
    let record = ExitRecord {
        ended,
        canceled: false,
        started_at: started_at.map(|at| at.timestamp_micros()),
        finished_at: finished_at.timestamp_micros(),
        spool_end: spool_end(live),
        complete: true,
        survivors: Vec::new(),
        notes: Vec::new(),
    };
    write_down(&live.folder, &record);
    Some(record)
}

impl Engine {
    /// Of a job that is lost to us, somebody may have archived how it ended: the store keeps that, and so do we.
    pub(in crate::engine) async fn take_what_is_known(&self, live: &Live) {
        let id = live.id;
        let answer = self.0.link.ask(async |store| store.job(id).await);
        let archived = match answer.await {
            Ok(archived) => archived,
            Err(error) => return tracing::debug!(job = %id, %error, "what is known of a lost job"),
        };
        if let Some(archived) = archived.filter(|archived| archived.state.status() != Status::Lost)
        {
            self.job_changed(live.change(|job| *job = archived));
        }
    }
}

/// Where the spool ends of a job whose supervisor is gone.
pub(in crate::engine) fn spool_end(live: &Live) -> u64 {
    let read = live.extent().end.offset;
    spool::last(live.folder.path()).map_or(read, |end| end.offset)
}

/// Writes down how a job ended that its own supervisor could not say of: the next engine has to know it too.
pub(in crate::engine) fn write_down(folder: &Folder, record: &ExitRecord) {
    if let Err(error) = folder.write_json_durably(folder::EXIT, record) {
        tracing::error!(folder = %folder.path().display(), %error, "how a job ended could not be written down");
    }
}

async fn why(live: &Live) -> Exit {
    let job = live.job();
    if let Some(host) = job.host() {
        // The first thing that the process makes which holds the host's session: without it, no process was asked to
        // run it, unless somebody has removed it since.
        if !live.folder.spool_dir().exists() && follow::connection::begun_at(&live.folder).is_none()
        {
            let why = "the app was killed before the job's turn came, and nothing of it ran";
            return Exit::CouldNotStart { why: why.into() };
        }
        let killed = "the process that held its connection was killed";
        let why = match session::process_group(&live.folder) {
            Some(group) => format!("{killed}; process group {group} may still run on {host}"),
            None => format!("{killed} before the command was seen to start on {host}"),
        };
        return Exit::Lost { why };
    }
    // The last thing a supervisor makes before the child: without it there was none, with it there may have been one. What
    // is written once the child is there says that somebody has removed it since.
    let has_spool = live.folder.spool_dir().exists();
    if !has_spool && machine_went_down(&live.folder) {
        return Exit::Lost {
            why: "the machine went down before the disk knew of its start; if it ran at all, nothing of its output is kept".into(),
        };
    }
    if !has_spool && follow::connection::begun_at(&live.folder).is_none() {
        return Exit::CouldNotStart {
            why: "the app or its supervisor was killed before the job's turn came, and nothing of it ran".into(),
        };
    }
    let strays = strays_ended(live).await;
    let mut why = String::from(match has_spool {
        true => "its supervisor was killed",
        false => "its supervisor was killed, and the folder of its log is gone",
    });
    for (what, who) in [("also ended", strays.ended), ("still running", strays.left)] {
        if !who.is_empty() {
            why.push_str(&format!("; {what}: {}", who.join(", ")));
        }
    }
    Exit::Lost { why }
}

/// Whether what a supervisor made may never have come onto the disk: the job is of an earlier boot of the machine.
fn machine_went_down(folder: &Folder) -> bool {
    let of_job = job_folder::kept(folder).ok().and_then(|kept| kept.boot);
    let now = identity::this_boot().ok();
    of_job.is_some() && now.is_some() && of_job != now
}

/// Ends what is left, on a thread that may block: every look goes through all processes of the machine, and the statuses of
/// other jobs are due meanwhile.
async fn strays_ended(live: &Live) -> strays::Strays {
    let (id, folder) = (live.id, live.folder.clone());
    let runtime = tokio::runtime::Handle::current();
    let ending = tokio::task::spawn_blocking(move || {
        runtime.block_on(async { strays::end(id, &folder).await })
    });
    ending.await.unwrap_or_default()
}

/// When the job last wrote; now if it never did.
fn last_seen(folder: &Folder) -> DateTime<Utc> {
    let segments = fs::read_dir(folder.spool_dir()).into_iter().flatten();
    let written = segments.filter_map(|segment| segment.ok()?.metadata().ok()?.modified().ok());
    written.max().unwrap_or_else(SystemTime::now).into()
}
