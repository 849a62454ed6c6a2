//! All that the frame of the page shows, in one answer.

use super::{Engine, EngineError};
use crate::{folders, job::Job, wire::Overview};

impl Engine {
    /// Everything the frame shows.
    ///
    /// # Errors
    /// If reading the files panicked; a file that cannot be read is among the problems.
    pub async fn overview(&self) -> Result<Overview, EngineError> {
        self.blocking(|engine| Ok(engine.read_overview())).await
    }

    fn read_overview(&self) -> Overview {
        let (projects, hosts) = (self.0.catalog.list_projects(), self.0.catalog.list_hosts());
        let mut active: Vec<Job> = self
            .lives()
            .iter()
            .map(|live| live.job())
            .filter(|job| !job.state.status().is_over())
            .collect();
        active.sort_by_key(|job| std::cmp::Reverse(job.id));
        Overview {
            projects: projects.found,
            project_problems: projects.problems,
            hosts: hosts.found,
            host_problems: hosts.problems,
            reached: self.0.catalog.reached(),
            problems: self.0.catalog.problems(),
            active: active.into_iter().map(Into::into).collect(),
            prompts: self.0.prompts.waiting(),
            store: self.0.link.state(),
            seen_database: self.0.catalog.seen_database(),
            version: env!("CARGO_PKG_VERSION").into(),
            home: self.folders().home.display().to_string(),
            owner: folders::owner(),
        }
    }
}
