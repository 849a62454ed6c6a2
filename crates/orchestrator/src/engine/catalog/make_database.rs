//! What make itself says that trusted projects offer. It is asked in the background and answers are kept for as long as
//! no file of the makefile changes; until one is there, and for all other projects, the scan counts, which runs nothing.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Semaphore;

use crate::{
    engine::{Engine, EngineError},
    make,
    project::{Project, Scan},
    wire::Event,
};

/// Answers that are kept; past that all are asked for anew.
const ANSWERS: usize = 64;
/// Makes that are asked at once.
const AT_ONCE: usize = 2;
/// How long a file that was just written has to stay as it is, so that its times tell of the next change.
const SETTLED: Duration = Duration::from_millis(100);

/// Answers, and who is being asked.
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
    /// What make said of a folder, where that still holds.
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

impl Engine {
    /// What a project's makefile offers, at once: by its scan, and where the project is trusted and make has been asked,
    /// by make's own account. Where make has not, it is asked now, and [`Event::TargetsChanged`] tells if it knows better.
    ///
    /// # Errors
    /// Where there is no such project.
    pub fn targets(&self, project: &str) -> Result<Scan, EngineError> {
        let project = self.project(project)?;
        self.ask_make(&project);
        Ok(self.settled_targets(&project))
    }

    /// As [`Self::targets`], but waits for make where the project is trusted; for up to 5 s.
    ///
    /// # Errors
    /// Where there is no such project.
    pub fn targets_by_make(&self, project: &str) -> Result<Scan, EngineError> {
        let project = self.project(project)?;
        if project.trusted && self.0.by_make.answer(&project.path).is_none() {
            self.put_to_make(&project.path);
        }
        Ok(self.settled_targets(&project))
    }

    /// What is known of a project's targets, with what the environment of its jobs sets.
    fn settled_targets(&self, project: &Project) -> Scan {
        let mut scan = Scan::clone(&self.known_targets(project));
        let environment = self.environment();
        let by_direnv = make::direnv(&project.path, &environment).is_some();
        make::settle(&mut scan, &project.path, &environment, by_direnv);
        scan
    }

    /// What is known of a project's targets without asking anybody.
    pub(in crate::engine) fn known_targets(&self, project: &Project) -> Arc<Scan> {
        let by_make = || self.0.by_make.answer(&project.path);
        let answer = if project.trusted { by_make() } else { None };
        answer.unwrap_or_else(|| self.0.catalog.scan(&project.path))
    }

    /// Asks make in the background, where its answer may be had and is not known. Never of a project that is not trusted.
    pub(in crate::engine) fn ask_make(&self, project: &Project) {
        let by_make = &self.0.by_make;
        if !project.trusted || project.problem.is_some() || by_make.answer(&project.path).is_some()
        {
            return;
        }
        if !lock(&by_make.asking).insert(project.path.clone()) {
            return;
        }
        let (engine, project) = (self.clone(), project.clone());
        tokio::spawn(async move { engine.hear_make(project).await });
    }

    async fn hear_make(self, project: Project) {
        tokio::time::sleep(SETTLED).await;
        let Ok(_turn) = self.0.by_make.turns.acquire().await else {
            return;
        };
        let folder = project.path.clone();
        let asked = self.blocking(move |engine| Ok(engine.put_to_make(&folder)));
        let better = asked.await;
        lock(&self.0.by_make.asking).remove(&project.path);
        match better {
            Ok(true) => self.report(Event::TargetsChanged {
                project: project.name,
            }),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "make was not asked for its targets"),
        }
    }

    /// Asks make; whether it knows better than the scan, and its files have not changed meanwhile.
    fn put_to_make(&self, folder: &Path) -> bool {
        let (scan, stamps) = make::database(folder, &self.environment());
        let scan = Arc::new(scan);
        let holds = stamps.hold();
        self.0.by_make.keep(folder, &scan, stamps);
        holds && *scan != *self.0.catalog.scan(folder)
    }
}
