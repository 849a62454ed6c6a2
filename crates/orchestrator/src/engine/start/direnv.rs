//! What `direnv` made of a job's environment, by name. It is seen in the job's own process once that has become make, so
//! that no `.envrc` runs twice and no job waits.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    time::{Duration, Instant},
};

use supervisor::folder::{SUPERVISOR, Supervisor};

use crate::{
    engine::{Engine, follow::live::Live},
    job::{EnvironmentChange, JobId},
    make,
};

/// Who it is that changed something.
const BY: &str = "direnv";
/// How what it keeps for itself begins.
const OWN: &str = "DIRENV_";

impl Engine {
    /// Notes what direnv makes of the environment that a job was given.
    pub(in crate::engine) fn note_direnv(&self, job: JobId, base: HashMap<OsString, OsString>) {
        let engine = self.clone();
        tokio::spawn(async move {
            let Some(live) = engine.live(job) else { return };
            if engine.jobs().begun(job).await.is_err() {
                return;
            }
            let mut base: BTreeMap<_, _> = base.into_iter().collect();
            // The supervisor is given it beside.
            base.insert("VMO_JOB".into(), job.to_string().into());
            if let Some(changes) = changes_by_direnv(&live, &base).await {
                let job = live.change(|job| {
                    if let Some(here) = job.here_mut() {
                        replace(&mut here.environment, changes);
                    }
                });
                engine.job_changed(job);
            }
        });
    }
}

/// The changes, once the job's process is another program than direnv; none if it ended before that was seen, or if
/// the system does not show it.
async fn changes_by_direnv(
    live: &Live,
    base: &BTreeMap<OsString, OsString>,
) -> Option<Vec<EnvironmentChange>> {
    let begun = Instant::now();
    while !live.job_status().is_over() {
        if let Some(environment) = environment_of(live) {
            return Some(make::environment::changes_by(BY, OWN, base, &environment));
        }
        // What direnv runs may take milliseconds or a minute.
        let next = begun.elapsed() / 50;
        tokio::time::sleep(next.clamp(Duration::from_millis(2), Duration::from_millis(200))).await;
    }
    None
}

/// The environment of what direnv has become.
#[cfg(target_os = "linux")]
fn environment_of(live: &Live) -> Option<BTreeMap<OsString, OsString>> {
    use std::{fs, os::unix::ffi::OsStringExt};

    let who: Supervisor = live.folder.read_json(SUPERVISOR).ok()??;
    let process = std::path::PathBuf::from(format!("/proc/{}", who.child.pid));
    let line = fs::read(process.join("cmdline")).ok()?;
    // A script's name follows the shell that reads it.
    let mut first = line.split(|byte| *byte == 0).take(2);
    if line.is_empty() || first.any(|word| word.ends_with(BY.as_bytes())) {
        return None;
    }
    let block = fs::read(process.join("environ")).ok()?;
    // A process that became another while it was read is read again.
    if fs::read(process.join("cmdline")).ok()? != line {
        return None;
    }
    let all = block.split(|byte| *byte == 0);
    let pairs = all.filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let text = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        Some((text(&pair[..at]), text(&pair[at + 1..])))
    });
    let environment: BTreeMap<_, _> = pairs.collect();
    // Between the two programs there is an instant without any.
    (!environment.is_empty()).then_some(environment)
}

/// Not yet: elsewhere a process's environment is had in another way.
#[cfg(not(target_os = "linux"))]
fn environment_of(_live: &Live) -> Option<BTreeMap<OsString, OsString>> {
    None
}

/// Adds what direnv changed; of a name that was changed before, that is the last word.
fn replace(known: &mut Vec<EnvironmentChange>, changes: Vec<EnvironmentChange>) {
    known.retain(|before| !changes.iter().any(|change| change.name == before.name));
    known.extend(changes);
}
