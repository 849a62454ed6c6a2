//! Jobs of which neither `job.json` nor its copy can be read: what the store knows of them takes its place, else what
//! their folders say by themselves, so that what they left is read, ended and settled like any other's.

use chrono::DateTime;
use supervisor::folder::{self, Folder};

use crate::{
    engine::{
        Engine,
        archive::link::Database,
        start::{draft::Draft, job_folder::JobFile},
    },
    folders,
    job::{Here, Job, JobId, Place, What},
};

/// In the place of a command that is not known: run again, it does nothing.
const UNKNOWN: &str = "# what it ran is not known: its job.json cannot be read";
/// In the place of the store it was started with: it waits until a person says which one gets it.
const ANY_STORE: &str = "a database that is not known any more";

impl Engine {
    /// Puts what is known of a job in the place of its copy, and takes it in.
    pub(super) fn rebuild(&self, id: JobId) {
        let Ok(folder) = Folder::open(self.folders().jobs().join(id.to_string())) else {
            return;
        };
        let holds_anything = folder.spool_dir().exists()
            || [folder::SUPERVISOR, folder::EXIT]
                .iter()
                .any(|name| folder.path().join(name).is_file());
        if !holds_anything || folders::is_own(folder.path()).is_err() {
            return;
        }
        let taking = self.0.adopting.begin();
        let engine = self.clone();
        tokio::spawn(async move {
            let link = &engine.0.link;
            let row = link.ask(async |store| store.job(id).await).await;
            let row = row.ok().flatten();
            let store = match link.database() {
                Database::Embedded { .. } => link.key(),
                _ if row.is_some() => link.key(),
                // Others may read the history in use, and it need not be the one that the job was started with.
                _ => ANY_STORE.to_owned(),
            };
            let copy = JobFile {
                job: row.unwrap_or_else(|| unknown(id)),
                store,
                exec: None,
                claims: Vec::new(),
                boot: None,
            };
            let put = move || folder.write_json_durably(folder::JOB_COPY, &copy);
            match tokio::task::spawn_blocking(put).await {
                Ok(Ok(())) => engine.adopt_all(),
                Ok(Err(error)) => {
                    tracing::warn!(job = %id, %error, "its notes cannot be made anew");
                }
                Err(panic) => tracing::error!(job = %id, %panic, "its notes were not made anew"),
            }
            drop(taking);
        });
    }
}

/// A job of which nothing is known but its id, whose upper 48 bits are when it was made (RFC 9562, 5.7).
fn unknown(id: JobId) -> Job {
    let made_at = i64::try_from(id.0.as_u128() >> 80).ok();
    let made_at = made_at.and_then(DateTime::from_timestamp_millis);
    let draft = Draft {
        what: What::Command,
        place: Place::Here(Here::default()),
        command: UNKNOWN.to_owned(),
        variables: Vec::new(),
        pty: false,
        batch: None,
    };
    Job {
        id,
        queued_at: made_at.unwrap_or_default(),
        ..draft.job()
    }
}
