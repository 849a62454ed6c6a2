//! The targets of trusted projects by make's own account (`make -p`). Make is run in the background, and its answer is kept
//! until a file of the makefile changes. Until there is one, and for all other projects, the scan counts, which runs
//! nothing.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Semaphore;

use super::Catalog;
use crate::{
    engine::EngineError,
    make,
    project::{Project, Scan},
    wire::Event,
};

/// Answers that are kept. Past that all are dropped, and asked for again when they are needed.
const ANSWERS: usize = 64;
/// Makes that are asked at once.
const AT_ONCE: usize = 2;
/// How long a file that was just written has to stay as it is, so that its times tell of the next change.
const SETTLED: Duration = Duration::from_millis(100);

/// Make's answers, and the folders it is being asked for.
#[derive(Debug)]
pub(in crate::engine) struct ByMake {
    /// By folder; never more than [`ANSWERS`].
    answers: Mutex<HashMap<PathBuf, (Arc<Scan>, make::Stamps)>>,
    asking: Mutex<HashSet<PathBuf>>,
    turns: Semaphore,
}

impl Default for ByMake {
    fn default() -> Self {
        Self {
            answers: Mutex::default(),
            asking: Mutex::default(),
            turns: Semaphore::new(AT_ONCE),
        }
    }
}

impl ByMake {
    /// Make's answer for a folder, if its files have not changed since.
    fn answer(&self, folder: &Path) -> Option<Arc<Scan>> {
        let answers = lock(&self.answers);
        let (scan, stamps) = answers.get(folder)?;
        stamps.hold().then(|| Arc::clone(scan))
    }

    fn keep(&self, folder: &Path, scan: &Arc<Scan>, stamps: make::Stamps) {
        let mut answers = lock(&self.answers);
        if answers.len() >= ANSWERS {
            answers.clear();
        }
        answers.insert(folder.to_owned(), (Arc::clone(scan), stamps));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}

impl Catalog {
    /// A project's targets, without waiting for make: by its scan, or, if the project is trusted and make has answered, by
    /// make's own account. If make has not been asked yet, it is asked now, and [`Event::TargetsChanged`] follows if its
    /// answer differs.
    ///
    /// # Errors
    /// If there is no such project.
    pub async fn targets(&self, project: &str) -> Result<Scan, EngineError> {
        let project = project.to_owned();
        self.blocking(move |catalog| {
            let project = catalog.project(&project)?;
            catalog.ask_make(&project);
            Ok(catalog.settled_targets(&project))
        })
        .await
    }

    /// As [`Self::targets`], but waits for make if the project is trusted; for up to 5 s.
    ///
    /// # Errors
    /// If there is no such project.
    pub async fn targets_by_make(&self, project: &str) -> Result<Scan, EngineError> {
        let project = project.to_owned();
        self.blocking(move |catalog| {
            let project = catalog.project(&project)?;
            if project.trusted && catalog.0.by_make.answer(&project.path).is_none() {
                catalog.run_make(&project.path);
            }
            Ok(catalog.settled_targets(&project))
        })
        .await
    }

    /// What is known of a project's targets, with what the environment of its jobs sets.
    fn settled_targets(&self, project: &Project) -> Scan {
        let mut scan = Scan::clone(&self.known_targets(project));
        let environment = self.environment();
        let by_direnv = make::direnv(&project.path, &environment).is_some();
        make::settle(&mut scan, &project.path, &environment, by_direnv);
        self.mark_dangerous(&mut scan);
        scan
    }

    /// What is known of a project's targets without running make.
    pub(in crate::engine) fn known_targets(&self, project: &Project) -> Arc<Scan> {
        let by_make = || self.0.by_make.answer(&project.path);
        let answer = if project.trusted { by_make() } else { None };
        answer.unwrap_or_else(|| self.scan(&project.path))
    }

    /// Asks make in the background, unless its answer is known. Never for a project that is not trusted.
    pub(in crate::engine) fn ask_make(&self, project: &Project) {
        let by_make = &self.0.by_make;
        if !project.trusted || project.problem.is_some() || by_make.answer(&project.path).is_some()
        {
            return;
        }
        if !lock(&by_make.asking).insert(project.path.clone()) {
            return;
        }
        let (catalog, project) = (self.clone(), project.clone());
        tokio::spawn(async move { catalog.report_if_make_differs(project).await });
    }

    async fn report_if_make_differs(self, project: Project) {
        tokio::time::sleep(SETTLED).await;
        let Ok(_turn) = self.0.by_make.turns.acquire().await else {
            return;
        };
        let folder = project.path.clone();
        let differs = self
            .blocking(move |catalog| Ok(catalog.run_make(&folder)))
            .await;
        lock(&self.0.by_make.asking).remove(&project.path);
        match differs {
            Ok(true) => self.0.events.report(Event::TargetsChanged {
                project: project.name,
            }),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "make was not asked for its targets"),
        }
    }

    /// Runs make for its list of targets; whether that differs from the scan, and its files have not changed meanwhile.
    fn run_make(&self, folder: &Path) -> bool {
        let (scan, stamps) = make::database(folder, &self.environment());
        let scan = Arc::new(scan);
        let holds = stamps.hold();
        self.0.by_make.keep(folder, &scan, stamps);
        holds && *scan != *self.scan(folder)
    }
}
