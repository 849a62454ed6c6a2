//! Which commit a job ran on: noted beside its start, which does not wait for git.

use std::{path::Path, sync::Arc};

use tokio::task::JoinHandle;

use crate::{
    engine::{Engine, follow::live::Live},
    make,
};

impl Engine {
    /// Notes where the job's git work tree is; the job does not wait for it.
    pub(super) fn note_commit(&self, live: &Arc<Live>) -> Option<JoinHandle<()>> {
        let (engine, live) = (self.clone(), Arc::clone(live));
        let cwd = live.job().cwd()?.to_owned();
        Some(tokio::task::spawn_blocking(move || {
            let trusted = || engine.is_trusted_tree(&cwd);
            if let Some(commit) = make::git::commit(&cwd, trusted) {
                let job = live.change(|job| {
                    if let Some(here) = job.here_mut() {
                        here.commit = Some(commit);
                    }
                });
                engine.job_changed(job);
            }
        }))
    }

    /// Whether the git work tree around a folder is that of a project which is trusted: one that only lies below such a
    /// project was brought by somebody else.
    fn is_trusted_tree(&self, folder: &Path) -> bool {
        let Some(tree) = make::git::work_tree(folder) else {
            return false;
        };
        let projects = self.catalog().list_projects().found.into_iter();
        let mut trusted = projects.filter(|project| project.trusted);
        trusted.any(|project| make::git::work_tree(&project.path).as_ref() == Some(&tree))
    }
}
