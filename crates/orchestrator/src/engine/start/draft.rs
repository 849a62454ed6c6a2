//! What a person asked for, in the words a job keeps.

use std::ffi::OsString;

use uuid::Uuid;

use crate::{
    batch::{Batch, Target},
    folders,
    job::{Here, Job, JobId, MakeOptions, Place, State, What},
    make,
};

/// A job as it is asked for: what it is, and where it belongs.
pub(crate) struct Draft {
    pub(crate) what: What,
    pub(crate) place: Place,
    pub(crate) command: String,
    pub(crate) variables: Vec<(String, Option<String>)>,
    pub(crate) pty: bool,
    pub(crate) batch: Option<Uuid>,
}

impl Draft {
    /// Notes how the environment it is to run in differs from ours.
    pub(crate) fn within(mut self, environment: &[(OsString, OsString)]) -> Self {
        if let Place::Here(here) = &mut self.place {
            here.environment =
                make::environment::changes(crate::environment::of_the_person(), environment);
        }
        self
    }

    /// The same as root, by `sudo` on its host, if `sudo` says so.
    pub(crate) fn by_sudo(mut self, by_sudo: bool) -> Self {
        if let Place::Host { sudo, .. } = &mut self.place {
            *sudo = by_sudo;
        }
        self
    }

    /// The same of a command that only looks on its host, if `that_looks` says so.
    pub(crate) fn looking(mut self, that_looks: bool) -> Self {
        if let Place::Host { looks, .. } = &mut self.place {
            *looks = that_looks;
        }
        self
    }

    /// The same as these targets of a project.
    pub(crate) fn of_target(mut self, target: &Target) -> Self {
        self.what = What::Target {
            project: target.project.clone(),
            targets: target.targets.clone(),
            options: target.options.clone(),
            typed: false,
        };
        let variables = target.variables.iter();
        self.variables = variables
            .map(|(name, value)| (name.clone(), Some(value.clone())))
            .collect();
        self
    }

    /// The same, to be changed.
    pub(crate) const fn here_mut(&mut self) -> Option<&mut Here> {
        match &mut self.place {
            Place::Here(here) => Some(here),
            Place::Host { .. } => None,
        }
    }

    /// What is known of its process, of a job here.
    pub(crate) fn here(&self) -> Option<&Here> {
        match &self.place {
            Place::Here(here) => Some(here),
            Place::Host { .. } => None,
        }
    }

    /// What would be another job than this one, as a person sees it; none if it would be the same.
    pub(crate) fn differs_from(&self, job: &Job) -> Option<String> {
        let within = |here: Option<&Here>| match here.and_then(|here| here.cwd.as_ref()) {
            Some(cwd) => format!(" in {}", cwd.display()),
            None => String::new(),
        };
        let same = [
            self.what == job.what,
            is_same_place(&self.place, &job.place),
            self.command == job.command,
            self.variables == job.variables,
            self.pty == job.pty,
        ];
        (!same.into_iter().all(|same| same)).then(|| {
            format!(
                "it would run `{}`{}, and not what the job shows, `{}`{}: what it ran with has changed, so start it anew \
                 from its project or host",
                self.line(),
                within(self.here()),
                job.command,
                within(job.here()),
            )
        })
    }

    /// What runs, to the word.
    fn line(&self) -> String {
        let argv = self.here().map_or(&[][..], |here| &here.argv);
        let words = argv.iter().map(String::as_str);
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
            place: self.place,
            command: self.command,
            variables: self.variables,
            pty: self.pty,
            batch: self.batch,
            owner: folders::owner(),
            data_folder: None,
            queued_at: crate::clock::now(),
            state: State::Queued { waits: None },
            cause: None,
            survivors: Vec::new(),
            notes: Vec::new(),
            damage: None,
            lines: 0,
            bytes: 0,
            is_silent: false,
            paused: None,
            unarchived: None,
            unkillable: None,
            prompt: None,
            last_signal: None,
        }
    }
}

/// Whether two jobs run at the same place, whatever is found out about it while they run.
fn is_same_place(one: &Place, other: &Place) -> bool {
    match (one, other) {
        (Place::Here(one), Place::Here(other)) => one.argv == other.argv && one.cwd == other.cwd,
        (one, other) => one == other,
    }
}

/// The place of a program here.
fn here(command: &make::Command) -> Place {
    let mut argv = vec![command.program.clone()];
    argv.extend(command.args.iter().cloned());
    Place::Here(Here {
        argv,
        cwd: Some(command.cwd.clone()),
        ..Here::default()
    })
}

/// What make was asked for, in the words a job keeps.
pub(crate) fn of_make(
    run: &make::Run<'_>,
    command: &make::Command,
    project: &str,
    pty: bool,
) -> Draft {
    Draft {
        what: What::Target {
            project: project.to_owned(),
            targets: run.targets.to_vec(),
            options: run.options.clone(),
            typed: false,
        },
        place: here(command),
        command: command.shown.clone(),
        variables: run.variables.iter().map(kept_variable).collect(),
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
pub(crate) fn of_line(line: &make::Line, project: &str) -> Draft {
    Draft {
        what: What::Target {
            project: project.to_owned(),
            targets: line.targets.clone(),
            options: MakeOptions::default(),
            typed: true,
        },
        place: here(&line.command),
        command: line.command.shown.clone(),
        variables: line.variables.clone(),
        pty: false,
        batch: None,
    }
}

/// A shell command here, in the words a job keeps.
pub(crate) fn of_shell(program: &make::Command, command: String, pty: bool) -> Draft {
    Draft {
        what: What::Command,
        place: here(program),
        command,
        variables: Vec::new(),
        pty,
        batch: None,
    }
}

/// A command on a host, in the words a job keeps.
pub(crate) fn of_host(host: &str, command: &str, pty: bool, batch: Option<Uuid>) -> Draft {
    Draft {
        what: What::Command,
        place: Place::Host {
            name: host.to_owned(),
            sudo: false,
            looks: false,
        },
        command: command.to_owned(),
        variables: Vec::new(),
        pty,
        batch,
    }
}

/// What a batch runs on one of its hosts: the check, or the command.
pub(crate) fn in_batch(batch: &Batch, host: usize, is_check: bool) -> Draft {
    let (name, command) = (&batch.hosts[host].name, batch.command_on(host, is_check));
    let draft = of_host(name, command, batch.pty && !is_check, Some(batch.id));
    let draft = draft.by_sudo(batch.rules.sudo).looking(batch.rules.looks);
    match &batch.target {
        Some(target) if !is_check => draft.of_target(target),
        _ => draft,
    }
}
