//! Starting jobs: from a request to a prepared job.

mod again;
pub(super) mod begin;
pub(super) mod capacity;
mod checkouts;
pub(super) mod commit;
pub(super) mod compose;
mod copy_command;
pub(super) mod direnv;
pub(super) mod draft;
pub(super) mod echoes;
pub(super) mod fork_server;
pub(super) mod job_folder;
pub(super) mod masked;
pub(super) mod on_hosts;
pub(super) mod preview;
pub(super) mod queue;
pub(super) mod rules;
pub(super) mod secret;
mod silent;
pub(super) mod started;
mod there;

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    io,
    path::Path,
};

use supervisor::{
    exec::{Exec, MASKED},
    identity,
};

use self::{
    compose::{Composed, Wanted},
    draft::Draft,
    job_folder::{JobFile, Plan, Prepared},
    on_hosts::OnHosts,
    queue::{Claim, Wait},
    rules::Rules,
};
use super::{Engine, EngineError};
use crate::{
    job::Job,
    launch::{Start, WhenBusy},
    project::Project,
};

/// Whether a person allows a project's makefile to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Yes, by typing the command.
    Given,
    /// Only for projects that are trusted.
    Trusted,
}

impl Engine {
    /// Starts a job, or one on each of several hosts, and returns them in that order, but that hosts which did not answer in
    /// the last ten minutes are tried last. It waits a second at most for what the store knows of that, and else for no store.
    ///
    /// # Errors
    /// If the project, target or host is unknown, the project is not trusted, a rule of make's arguments is broken, a
    /// dangerous command is not confirmed for a host in production, or the job's folder cannot be made.
    pub async fn start(&self, start: Start, consent: Consent) -> Result<Vec<Job>, EngineError> {
        let silent = match &start {
            Start::Command { hosts, .. } if hosts.len() > 1 => self.silent(hosts).await,
            Start::TargetOnHosts { on, .. } if on.len() > 1 => {
                let hosts: Vec<String> = on.iter().map(|one| one.host.clone()).collect();
                self.silent(&hosts).await
            }
            _ => HashSet::new(),
        };
        self.blocking(move |engine| engine.start_jobs(start, consent, silent))
            .await
    }

    fn start_jobs(
        &self,
        start: Start,
        consent: Consent,
        silent: HashSet<String>,
    ) -> Result<Vec<Job>, EngineError> {
        match start {
            Start::Target {
                project,
                targets,
                variables,
                pty,
                when_busy,
                options,
            } => {
                let known = self.runnable(&project, consent)?;
                let wanted = Wanted {
                    targets: &targets,
                    variables: &variables,
                    options: &options,
                    pty,
                };
                Ok(vec![self.start_targets(&known, wanted, when_busy, None)?])
            }
            Start::TargetOnHosts {
                project,
                targets,
                variables,
                pty,
                options,
                on,
                confirmed,
                rules,
            } => {
                let known = self.runnable(&project, consent)?;
                let wanted = Wanted {
                    targets: &targets,
                    variables: &variables,
                    options: &options,
                    pty,
                };
                let what = self.compose_on_hosts(&known, wanted, &on, rules)?;
                self.confirmed_on_hosts(&known, wanted, &what, &confirmed)?;
                self.start_on_hosts(what, &silent)
            }
            Start::Command {
                command,
                hosts,
                cwd,
                pty,
                confirmed,
                rules,
            } => {
                is_command(&command)?;
                if !hosts.is_empty() {
                    let catalog = self.catalog();
                    catalog.confirmed(&command, &hosts, &confirmed, rules.agreed)?;
                    let what = OnHosts::command(&command, pty, hosts, rules);
                    return self.start_on_hosts(what, &silent);
                }
                if rules.sudo {
                    return Err(EngineError::Refused(
                        "sudo is for commands on hosts: here, write it into the command, in a terminal".into(),
                    ));
                }
                on_hosts::is_allowed(&rules, 0)?;
                let mut composed = self.compose_shell(&command, cwd.as_deref(), pty)?;
                composed.rules.timeout = rules.timeout;
                Ok(vec![self.start_local(composed)?])
            }
        }
    }

    /// A project that may be run.
    fn runnable(&self, name: &str, consent: Consent) -> Result<Project, EngineError> {
        let known = self.catalog().project(name)?;
        if consent == Consent::Trusted && !known.trusted {
            return Err(EngineError::Untrusted {
                project: known.name,
            });
        }
        match known.problem {
            Some(problem) => Err(EngineError::NotFound(format!(
                "{}: {problem}",
                known.path.display()
            ))),
            None => Ok(known),
        }
    }

    fn start_targets(
        &self,
        project: &Project,
        wanted: Wanted<'_>,
        when_busy: Option<WhenBusy>,
        shown: Option<&Job>,
    ) -> Result<Job, EngineError> {
        let scan = self.catalog().known_targets(project);
        let composed = self.compose_targets(project, &scan, wanted)?;
        is_as_shown(&composed.draft, shown)?;
        self.refuse_busy(&composed.rules, when_busy)?;
        let job = self.start_local(composed)?;
        self.catalog().remember(project, &scan, wanted);
        Ok(job)
    }

    /// Refuses a job that would have to wait, if it should not.
    fn refuse_busy(&self, rules: &Rules, when_busy: Option<WhenBusy>) -> Result<(), EngineError> {
        if when_busy.unwrap_or_else(|| self.catalog().settings().when_busy) == WhenBusy::Wait {
            return Ok(());
        }
        match self.0.queue.taken(rules.claims.clone())? {
            Some(claim) => Err(EngineError::Refused(format!(
                "{}; wait for it or cancel it",
                self.waits_for(Wait::Other(claim))
            ))),
            None => Ok(()),
        }
    }

    /// Starts make in a folder, with just these words.
    ///
    /// # Errors
    /// If the folder is gone, a word holds a NUL, or the job's folder cannot be made; and without a person's own consent,
    /// if the folder's project is not trusted or the words have make read another makefile than that project's.
    pub async fn start_make(
        &self,
        folder: &Path,
        words: Vec<String>,
        consent: Consent,
    ) -> Result<Job, EngineError> {
        let folder = folder.to_owned();
        self.blocking(move |engine| engine.start_line(&folder, &words, consent, None))
            .await
    }

    /// As [`Engine::start_make`]; `shown` is the job that a person saw and starts again.
    fn start_line(
        &self,
        folder: &Path,
        words: &[String],
        consent: Consent,
        shown: Option<&Job>,
    ) -> Result<Job, EngineError> {
        let project = self.catalog().project(&folder.display().to_string())?;
        if consent == Consent::Trusted && !project.trusted {
            return Err(EngineError::Untrusted {
                project: project.name,
            });
        }
        let (composed, elsewhere) = self.compose_line(&project, folder, words)?;
        if consent == Consent::Trusted && elsewhere.is_some() {
            return Err(EngineError::Refused(format!(
                "`{}` reads other makefiles than those of {}, which is what is trusted: run it in a terminal",
                composed.command.shown, project.name
            )));
        }
        is_as_shown(&composed.draft, shown)?;
        self.refuse_busy(&composed.rules, None)?;
        self.start_local(composed)
    }

    fn start_local(&self, composed: Composed) -> Result<Job, EngineError> {
        let Composed {
            draft,
            command,
            rules,
            environment,
            by_direnv,
        } = composed;
        let mut environment: HashMap<OsString, OsString> = environment.into_iter().collect();
        let own = command.env.iter();
        environment.extend(own.map(|(name, value)| (name.into(), value.into())));
        let job = draft.job();
        let window = job.pty.then(|| self.window());
        let exec = job_folder::exec(&command, window, &rules, self.folders())?;
        self.0.capacity.admit(&[job.id])?;
        let claims = rules.claims;
        let prepared = self.prepare(job, Some(exec), &claims)?;
        let mut given = by_direnv.then(|| environment.clone());
        if let Some(given) = &mut given {
            // Those are the supervisor's alone.
            given.retain(|name, _| !name.as_encoded_bytes().starts_with(MASKED.as_bytes()));
        }
        let plan = Plan::Local {
            environment,
            claims,
        };
        let job = self.launch(prepared, plan);
        if let Some(given) = given {
            self.note_direnv(job.id, given);
        }
        Ok(job)
    }

    fn prepare(
        &self,
        job: Job,
        exec: Option<Exec>,
        claims: &[Claim],
    ) -> Result<Prepared, EngineError> {
        let (id, jobs) = (job.id, self.folders().jobs());
        let data_folder = Some(self.folders().id()?);
        let job = Job { data_folder, ..job };
        self.note_started(&job);
        // Before the folder can be seen, so that it is not taken for another engine's.
        self.0.known.lock().insert(id);
        let kept = JobFile {
            job,
            store: self.0.link.key(),
            exec,
            claims: claims.iter().map(Claim::place).collect(),
            boot: identity::this_boot().ok(),
        };
        job_folder::prepare(&jobs, kept).map_err(|error| {
            self.forget(id);
            let why = format!(
                "failed to make the job's folder in {}: {error}",
                jobs.display()
            );
            EngineError::Io(io::Error::new(error.kind(), why))
        })
    }
}

/// Refuses a text that no shell runs.
pub(in crate::engine) fn is_command(command: &str) -> Result<(), EngineError> {
    let why = if command.trim().is_empty() {
        "there is no command to run"
    } else if command.contains('\0') {
        "a command cannot hold U+0000"
    } else {
        return Ok(());
    };
    Err(EngineError::Refused(why.into()))
}

/// Refuses to start what is not what a person saw of the job that it repeats.
fn is_as_shown(draft: &Draft, shown: Option<&Job>) -> Result<(), EngineError> {
    match shown.and_then(|job| draft.differs_from(job)) {
        Some(why) => Err(EngineError::Refused(why)),
        None => Ok(()),
    }
}
