//! Rules of what the history need not keep.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::json_file::InvalidValue;

/// Projects that can have rules of their own.
const MOST_PROJECTS: usize = 1_000;

/// What of a history is kept: a job that is over goes if any of these says so. Pinned and noted jobs stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Keep {
    /// Jobs of the last so many days.
    pub days: Option<u32>,
    /// So many of the newest jobs.
    pub jobs: Option<u32>,
    /// The newest jobs with so many mebibytes of log.
    pub mebibytes: Option<u32>,
}

/// What is kept of all projects, and of some by rules of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Retention {
    /// Of everything but the projects with rules of their own.
    pub keep: Keep,
    /// By the project's name, in place of the rules of all.
    pub projects: BTreeMap<String, Keep>,
}

impl Keep {
    /// Whether it lets nothing go.
    #[must_use]
    pub fn is_all(self) -> bool {
        self == Self::default()
    }
}

impl Retention {
    /// Whether nothing is ever let go.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.keep.is_all() && self.projects.values().all(|keep| keep.is_all())
    }

    /// What no rule may be: one that keeps nothing is a slip, and cannot be undone.
    pub(super) fn in_range(&self) -> Result<(), InvalidValue> {
        let bad = |why: String| {
            let key = "retention";
            Err(InvalidValue { key, why })
        };
        if self.projects.len() > MOST_PROJECTS {
            return bad(format!("at most {MOST_PROJECTS} projects can have rules"));
        }
        for (of, keep) in std::iter::once(("all projects", self.keep)).chain(
            self.projects
                .iter()
                .map(|(name, keep)| (name.as_str(), *keep)),
        ) {
            if [keep.days, keep.jobs, keep.mebibytes].contains(&Some(0)) {
                return bad(format!(
                    "0 would keep nothing of {of}: leave it out to keep everything, or use `vmo prune`"
                ));
            }
        }
        Ok(())
    }
}
