//! The way to a job's supervisor, and whether there is one.

use std::{io::ErrorKind, os::unix::net::UnixStream as StdStream, time::Duration};

use chrono::{DateTime, Utc};
use supervisor::{
    control,
    exit::ExitRecord,
    folder::{self, Folder, Supervisor},
};

use super::live::Live;
use crate::session;

/// Before a broken connection to a supervisor that lives is made again.
const AGAIN: Duration = Duration::from_millis(200);

/// Connects to the supervisor of a job; none if it has none. Only a refusal says so: that we are out of file
/// descriptors, or any other fault of ours, is no end of the job.
pub(crate) async fn connect(live: &Live) -> Option<StdStream> {
    loop {
        match control::connect(live.folder.path()) {
            Ok(connection) => return Some(connection),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused
                ) =>
            {
                return None;
            }
            Err(error) => {
                tracing::warn!(job = %live.id, %error, "the control socket could not be reached");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Another connection, if the supervisor lives although this one broke: what we failed to read is no evidence.
pub(super) async fn again(live: &Live) -> Option<StdStream> {
    let record: Option<ExitRecord> = live.folder.read_json(folder::EXIT).ok().flatten();
    let is_over = record.is_some_and(|record| record.complete);
    if is_over || !(is_on_its_way(live) || is_supervised(&live.folder)) {
        return None;
    }
    tokio::time::sleep(AGAIN).await;
    connect(live).await
}

/// Whether no supervisor has written down yet that it is there. Who is about to holds the control socket already, so
/// that only a refused connection says that there is none.
fn is_on_its_way(live: &Live) -> bool {
    live.job().host().is_none() && !live.folder.path().join(folder::SUPERVISOR).exists()
}

/// Whether the process that wrote down that it supervises the job is there.
fn is_supervised(folder: &Folder) -> bool {
    let note = folder.read_json::<Supervisor>(folder::SUPERVISOR);
    note.is_ok_and(|note| note.is_some_and(|note| note.supervisor.is_alive()))
        || session::is_held(folder)
}

/// When the job's child was there, here or on its host; none if it has not been.
pub(crate) fn begun_at(folder: &Folder) -> Option<DateTime<Utc>> {
    let written = |name| std::fs::metadata(folder.path().join(name)).and_then(|it| it.modified());
    let at = written(folder::SUPERVISOR).or_else(|_| written(session::LEADER));
    at.ok().map(DateTime::from)
}
