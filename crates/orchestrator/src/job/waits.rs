//! What a queued job waits for.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::JobId;

/// What a queued job waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Waits {
    /// A turn: as many jobs run here as may at once.
    Turn {
        /// That many.
        most: u32,
    },
    /// What it wants for itself, and another job has: a target, or a whole project.
    Exclusive {
        /// The project's folder, canonical.
        folder: String,
        /// The target; none means the whole project.
        target: Option<String>,
        /// The job that has it; none if it is not known, as one of another engine.
        job: Option<JobId>,
        /// That job's command line.
        command: Option<String>,
    },
    /// What its login asks of a person.
    Person {
        /// That, in words.
        what: String,
    },
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (folder, target, command) = match self {
            Self::Turn { most } => {
                return write!(f, "{most} jobs run, and no more may at once (Settings)");
            }
            Self::Person { what } => return f.write_str(what),
            Self::Exclusive {
                folder,
                target,
                command,
                ..
            } => (folder, target, command),
        };
        match (command, target) {
            (Some(command), _) => f.write_str(command)?,
            (None, Some(target)) => write!(f, "{target} in {folder}")?,
            (None, None) => write!(f, "a job in {folder}")?,
        }
        match target {
            Some(target) => write!(f, " runs already, and {target} is exclusive"),
            None => f.write_str(" runs already, and its project runs one job at a time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_to_wait_is_a_sentence() {
        let words = |target: Option<&str>, command: Option<&str>| {
            let waits = Waits::Exclusive {
                folder: "/srv/vm".into(),
                target: target.map(Into::into),
                job: None,
                command: command.map(Into::into),
            };
            waits.to_string()
        };
        assert_eq!(
            Waits::Turn { most: 3 }.to_string(),
            "3 jobs run, and no more may at once (Settings)"
        );
        assert_eq!(
            words(Some("deploy"), Some("make deploy")),
            "make deploy runs already, and deploy is exclusive"
        );
        assert_eq!(
            words(Some("deploy"), None),
            "deploy in /srv/vm runs already, and deploy is exclusive"
        );
        assert_eq!(
            words(None, None),
            "a job in /srv/vm runs already, and its project runs one job at a time"
        );
    }
}
