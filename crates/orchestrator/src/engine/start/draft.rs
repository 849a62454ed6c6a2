//! What a person asked for, in the words a job keeps.

use std::{ffi::OsString, path::PathBuf};

use chrono::Utc;
use uuid::Uuid;

use crate::{
    folders,
    job::{EnvironmentChange, Job, JobId, MakeOptions, State, What},
    make,
};

/// A job as it is asked for: what it is, and where it belongs.
pub(crate) struct Asked {
    pub(crate) what: What,
    pub(crate) command: String,
    pub(crate) argv: Vec<String>,
    pub(crate) variables: Vec<(String, Option<String>)>,
    pub(crate) cwd: Option<PathBuf>,
    pub(crate) environment: Vec<EnvironmentChange>,
    pub(crate) pty: bool,
    pub(crate) batch: Option<Uuid>,
}

impl Asked {
    /// Notes how the environment it is to run in differs from ours.
    pub(crate) fn within(self, environment: &[(OsString, OsString)]) -> Self {
        Self {
            environment: make::environment::changes(std::env::vars_os(), environment),
            ..self
        }
    }

    /// What would be another job than this one, as a person sees it; none where it would be the same.
    pub(crate) fn differs_from(&self, job: &Job) -> Option<String> {
        let here = |cwd: &Option<PathBuf>| match cwd {
            Some(cwd) => format!(" in {}", cwd.display()),
            None => String::new(),
        };
        let same = [
            self.what == job.what,
            self.command == job.command,
            self.argv == job.argv,
            self.variables == job.variables,
            self.cwd == job.cwd,
            self.pty == job.pty,
        ];
        (!same.into_iter().all(|same| same)).then(|| {
            format!(
                "it would run `{}`{}, and not what the job shows, `{}`{}: what it ran with has changed, so start it anew \
                 from its project or host",
                self.line(),
                here(&self.cwd),
                job.command,
                here(&job.cwd),
            )
        })
    }

    /// What runs, to the word.
    fn line(&self) -> String {
        let words = self.argv.iter().map(String::as_str);
        let words = shlex::try_join(words)
            .ok()
            .filter(|words| !words.is_empty());
        words.unwrap_or_else(|| self.command.clone())
    }

    /// A new job, queued.
    pub(crate) fn job(self) -> Job {
        Job {
            id: JobId::new(),
            what: self.what,
            command: self.command,
            argv: self.argv,
            variables: self.variables,
            cwd: self.cwd,
            environment: self.environment,
            pty: self.pty,
            commit: None,
            batch: self.batch,
            owner: folders::owner(),
            queued_at: Utc::now(),
            state: State::Queued { waits: None },
            cause: None,
            survivors: Vec::new(),
            damage: None,
            lines: 0,
            bytes: 0,
            is_silent: false,
            paused: None,
            unarchived: None,
            defied: None,
        }
    }
}

/// What make was asked for, in the words a job keeps.
pub(crate) fn of_make(
    run: &make::Run<'_>,
    command: &make::Command,
    project: &str,
    pty: bool,
) -> Asked {
    let mut argv = vec![command.program.clone()];
    argv.extend(command.args.iter().cloned());
    Asked {
        what: What::Target {
            project: project.to_owned(),
            targets: run.targets.to_vec(),
            options: run.options.clone(),
            typed: false,
        },
        command: command.shown.clone(),
        argv,
        variables: run.variables.iter().map(kept_variable).collect(),
        cwd: Some(command.cwd.clone()),
        environment: Vec::new(),
        pty,
        batch: None,
    }
}

/// A variable as a job keeps it: a secret one by its name alone.
fn kept_variable(variable: &make::Assignment) -> (String, Option<String>) {
    (
        variable.name.clone(),
        (!variable.secret).then(|| variable.value.clone()),
    )
}

/// What a person gave to make word by word, in the words a job keeps.
pub(crate) fn of_line(line: &make::Line, project: &str) -> Asked {
    let mut argv = vec![line.command.program.clone()];
    argv.extend(line.command.args.iter().cloned());
    Asked {
        what: What::Target {
            project: project.to_owned(),
            targets: line.targets.clone(),
            options: MakeOptions::default(),
            typed: true,
        },
        command: line.command.shown.clone(),
        argv,
        variables: line.variables.clone(),
        cwd: Some(line.command.cwd.clone()),
        environment: Vec::new(),
        pty: false,
        batch: None,
    }
}

/// A shell command here, in the words a job keeps.
pub(crate) fn of_shell(program: &make::Command, command: String, pty: bool) -> Asked {
    let mut argv = vec![program.program.clone()];
    argv.extend(program.args.iter().cloned());
    Asked {
        what: What::Command { host: None },
        command,
        argv,
        variables: Vec::new(),
        cwd: Some(program.cwd.clone()),
        environment: Vec::new(),
        pty,
        batch: None,
    }
}

/// A command on a host, in the words a job keeps.
pub(crate) fn of_host(host: &str, command: &str, pty: bool, batch: Option<Uuid>) -> Asked {
    Asked {
        what: What::Command {
            host: Some(host.to_owned()),
        },
        command: command.to_owned(),
        argv: Vec::new(),
        variables: Vec::new(),
        cwd: None,
        environment: Vec::new(),
        pty,
        batch,
    }
}
