//! What a server leaves in its folders: its note of itself, and what of a dead one would keep the next from starting.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::Pid;
use tokio::time::Instant;

use super::{
    broken, cannot,
    process::{ServerMark, exists, users_of},
    server_folders::{PORT, ServerFolders, socket},
};
use crate::{json_file, store::StoreError};

/// How long the processes of a killed server may take to notice.
const TO_LEAVE: Duration = Duration::from_secs(30);
/// How often is looked whether they have.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
/// As much of a note as is read, in bytes; a server's has some two hundred and a path.
const LONGEST: u64 = 8 << 10;

/// What a server writes down of itself: `postmaster.pid`.
pub(super) struct Note {
    pub(super) pid: Pid,
    pub(super) sockets: PathBuf,
    pub(super) ready: bool,
}

impl Note {
    pub(super) fn read(place: &ServerFolders) -> Option<Self> {
        let note = json_file::bytes(&place.data().join("postmaster.pid"), LONGEST).ok()??;
        let text = std::str::from_utf8(&note).ok()?;
        let mut lines = text.lines();
        let pid: i32 = lines.next()?.trim().parse().ok()?;
        let pid = Pid::from_raw(pid.max(0))?;
        let sockets = lines.nth(3).unwrap_or_default().trim().into();
        let ready = lines.nth(2).is_some_and(|status| status.trim() == "ready");
        Some(Self {
            pid,
            sockets,
            ready,
        })
    }
}

/// Takes away what a server that is gone has left and that would keep the next from starting.
pub(super) async fn clear(place: &ServerFolders) -> Result<(), StoreError> {
    let (data, name) = (place.data(), cluster_name(place));
    let mark = mark_of(&data, place.uid(), &name);
    let begun = Instant::now();
    loop {
        let users = users_of(&mark);
        if users.is_empty() {
            break;
        }
        if begun.elapsed() > TO_LEAVE {
            return Err(broken(format!(
                "processes of an earlier server still work in {}: {users:?}; end them and try again",
                data.display()
            )));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    let file = data.join("postmaster.pid");
    match Note::read(place) {
        // The number in it may be another's by now, or of a dead process that was not waited for: Postgres would not
        // start.
        Some(note) if exists(note.pid) => remove(&file)?,
        Some(_) => {}
        // No server runs there, and this cannot be read: it was being written when the power went. Postgres would not
        // start.
        None => set_aside(&file)?,
    }
    let sockets = place.sockets()?;
    remove(&sockets.join(format!(".s.PGSQL.{PORT}.lock")))?;
    remove(&socket(&sockets))
}

/// Puts what is in a file's place beside it, whatever it is.
fn set_aside(file: &Path) -> Result<(), StoreError> {
    let aside = file.with_extension("pid.torn");
    let cleared = match fs::symlink_metadata(&aside) {
        Ok(about) if about.is_dir() => fs::remove_dir_all(&aside),
        Ok(_) => fs::remove_file(&aside),
        Err(_) => Ok(()),
    };
    match cleared.and_then(|()| fs::rename(file, &aside)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(cannot("set aside", file, &error))
        }
        _ => Ok(()),
    }
}

fn remove(file: &Path) -> Result<(), StoreError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(cannot("remove", file, &error))
        }
        _ => Ok(()),
    }
}

/// The name a server gives its processes.
pub(super) fn cluster_name(place: &ServerFolders) -> String {
    format!("vmo-{}", place.key)
}

/// How the server of a place is recognised.
pub(super) const fn mark_of<'a>(data: &'a Path, uid: u32, cluster: &'a str) -> ServerMark<'a> {
    ServerMark { data, uid, cluster }
}
