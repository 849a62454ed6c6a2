//! Starting jobs: from what a person asked for to a prepared job.

use std::{
    collections::HashMap,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use supervisor::exec::Exec;
use uuid::Uuid;

use super::{
    Engine, EngineError,
    asked::{self, Asked},
    launch::{self, Plan, Prepared},
    queue::Wait,
    rules::Rules,
};
use crate::{
    job::{Job, JobId, What},
    make,
    project::{Project, Scan},
    wire::{Start, WhenBusy},
};

/// Whether a person has said that a project's makefile may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Yes, by typing the command.
    Given,
    /// Only for projects that are trusted.
    Trusted,
}

/// What is wanted of a project.
struct Wanted<'a> {
    targets: &'a [String],
    variables: Vec<(String, String)>,
    pty: bool,
    when_busy: Option<WhenBusy>,
}

impl Engine {
    /// Starts a job, or one on each of several hosts, and gives them in that order. Nothing waits for the store.
    ///
    /// # Errors
    /// Where the project, target or host is unknown, the project is not trusted, a rule of make's arguments is broken,
    /// or the job's folder cannot be made.
    pub fn start(&self, start: Start, consent: Consent) -> Result<Vec<Job>, EngineError> {
        match start {
            Start::Target {
                project,
                targets,
                variables,
                pty,
                when_busy,
            } => {
                let known = self.project(&project)?;
                if consent == Consent::Trusted && !known.trusted {
                    return Err(EngineError::Untrusted {
                        project: known.name,
                    });
                }
                if let Some(problem) = known.problem {
                    return Err(EngineError::NotFound(format!("{}: {problem}", known.name)));
                }
                let wanted = Wanted {
                    targets: &targets,
                    variables,
                    pty,
                    when_busy,
                };
                Ok(vec![self.start_targets(&known, wanted)?])
            }
            Start::Command { command, .. } if command.trim().is_empty() => {
                Err(EngineError::Refused("there is no command to run".into()))
            }
            Start::Command {
                command,
                hosts,
                cwd,
                pty,
            } if hosts.is_empty() => {
                let here = cwd.map_or_else(|| self.folders().home.clone(), PathBuf::from);
                let program = make::shell(&command, &here).map_err(refused)?;
                let asked = asked::of_shell(&program, command, pty);
                Ok(vec![self.start_local(asked, &program, Rules::default())?])
            }
            Start::Command {
                command,
                hosts,
                pty,
                ..
            } => self.start_on_hosts(&command, &hosts, pty),
        }
    }

    fn start_targets(&self, project: &Project, wanted: Wanted<'_>) -> Result<Job, EngineError> {
        let Wanted {
            targets, variables, ..
        } = wanted;
        let scan = self.0.catalog.scan(&project.path);
        let rules = Rules::of(project, targets, &scan);
        self.refuse_busy(&rules, wanted.when_busy)?;
        let assign = |(name, value): (String, String)| make::Assignment {
            secret: is_secret(&scan, &name),
            name,
            value,
            raw: false,
        };
        let variables: Vec<_> = variables.into_iter().map(assign).collect();
        let direnv = make::direnv(&project.path, &self.environment());
        let run = make::Run {
            dir: &project.path,
            targets,
            variables: &variables,
            reserved: false,
            direnv: direnv.as_deref(),
        };
        let command = make::argv(&run).map_err(refused)?;
        let asked = asked::of_make(&run, &command, &project.name, wanted.pty);
        self.start_local(asked, &command, rules)
    }

    /// Whether a job with these rules may be started now, where it should not wait.
    fn refuse_busy(&self, rules: &Rules, when_busy: Option<WhenBusy>) -> Result<(), EngineError> {
        if when_busy.unwrap_or_else(|| self.settings().when_busy) == WhenBusy::Wait {
            return Ok(());
        }
        match self.0.queue.taken(rules.claims.clone())? {
            Some(claim) => Err(EngineError::Refused(format!(
                "{}; wait for it or cancel it",
                self.waits_for(&Wait::Other(claim))
            ))),
            None => Ok(()),
        }
    }

    /// Make in a folder, with just these arguments.
    ///
    /// # Errors
    /// Where the folder is gone, an argument holds a NUL, or the job's folder cannot be made.
    pub fn start_make(&self, folder: &Path, args: &[String]) -> Result<Job, EngineError> {
        let project = self.project(&folder.display().to_string())?;
        let scan = self.0.catalog.scan(&project.path);
        let line = make::line(folder, args, |name| is_secret(&scan, name));
        let line = line.ok_or_else(|| {
            EngineError::Refused("failed to run make: an argument has a NUL byte in it".into())
        })?;
        let rules = if line.elsewhere {
            Rules::default()
        } else {
            Rules::of(&project, &line.targets, &scan)
        };
        self.refuse_busy(&rules, None)?;
        let what = What::Target {
            project: project.name,
            targets: line.targets,
        };
        let shown = line.command.shown.clone();
        let asked = Asked {
            what,
            variables: line.variables,
            ..asked::of_shell(&line.command, shown, false)
        };
        self.start_local(asked, &line.command, rules)
    }

    /// Starts the same again.
    ///
    /// # Errors
    /// As [`Engine::start`], and where the job is unknown or a secret would have to be typed again.
    pub async fn run_again(&self, job: JobId, consent: Consent) -> Result<Vec<Job>, EngineError> {
        let start = again(&self.job(job).await?)?;
        self.blocking(move |engine| engine.start(start, consent))
            .await
    }

    /// Does work that reads files or asks programs, as [`Engine::start`] does, on a thread that may block.
    ///
    /// # Errors
    /// What the work says, or that it panicked.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let engine = self.clone();
        tokio::task::spawn_blocking(move || work(&engine))
            .await
            .map_err(|error| EngineError::Io(io::Error::other(error)))?
    }

    fn start_on_hosts(
        &self,
        command: &str,
        hosts: &[String],
        pty: bool,
    ) -> Result<Vec<Job>, EngineError> {
        let config = self.0.catalog.ssh();
        let routes: Vec<_> = hosts
            .iter()
            .map(|host| config.resolve(host))
            .collect::<Result<_, _>>()
            .map_err(|refusal| EngineError::NotFound(refusal.to_string()))?;
        let batch = (hosts.len() > 1).then(Uuid::now_v7);
        // All or none: a host whose folder cannot be made must not leave the others running unnamed.
        let of_host = |host: &String| asked::of_host(host, command, pty, batch).job();
        let jobs: Vec<Job> = hosts.iter().map(of_host).collect();
        let ids: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
        self.0.room.admit(&ids)?;
        let mut prepared = Vec::with_capacity(jobs.len());
        for job in jobs {
            match self.prepare(job, None) {
                Ok(one) => prepared.push(one),
                Err(error) => {
                    prepared.into_iter().for_each(launch::drop_prepared);
                    ids.into_iter().for_each(|id| self.forget(id));
                    return Err(error);
                }
            }
        }
        let jobs = prepared.into_iter().zip(routes).map(|(prepared, route)| {
            let route = Box::new(route);
            self.launch(prepared, Plan::Remote { route })
        });
        Ok(jobs.collect())
    }

    fn start_local(
        &self,
        asked: Asked,
        command: &make::Command,
        rules: Rules,
    ) -> Result<Job, EngineError> {
        let mut environment: HashMap<OsString, OsString> = self.environment().into_iter().collect();
        let own = command.env.iter();
        environment.extend(own.map(|(name, value)| (name.into(), value.into())));
        let job = asked.job();
        let window = job.pty.then(|| self.window());
        let exec = launch::exec(command, window, &rules, self.folders())?;
        self.0.room.admit(&[job.id])?;
        let prepared = self.prepare(job, Some(exec))?;
        let claims = rules.claims;
        Ok(self.launch(
            prepared,
            Plan::Local {
                environment,
                claims,
            },
        ))
    }

    fn prepare(&self, job: Job, exec: Option<Exec>) -> Result<Prepared, EngineError> {
        let (id, jobs) = (job.id, self.folders().jobs());
        // Before the folder can be seen, so that it is not taken for another engine's.
        self.0.known.lock().expect("no panic holds it").insert(id);
        launch::prepare(&jobs, job, self.0.link.key(), exec).map_err(|error| {
            self.forget(id);
            let why = format!(
                "failed to make the job's folder in {}: {error}",
                jobs.display()
            );
            EngineError::Io(io::Error::new(error.kind(), why))
        })
    }

    /// What a job here inherits.
    fn environment(&self) -> Vec<(OsString, OsString)> {
        let login_path = if self.0.options.login_path {
            make::login_path()
        } else {
            None
        };
        make::environment(std::env::vars_os(), login_path)
    }
}

/// Whether a makefile's comments call a variable secret.
fn is_secret(scan: &Scan, name: &str) -> bool {
    let mut known = scan.variables.iter();
    known.any(|variable| variable.secret && variable.name == name)
}

fn refused(refusal: make::Refusal) -> EngineError {
    EngineError::Refused(format!("failed to {refusal}"))
}

/// What has to be asked for to get the same job once more.
fn again(job: &Job) -> Result<Start, EngineError> {
    let secret = |name: &str| {
        EngineError::Refused(format!(
            "{name} is secret and was not kept: start the target anew and type it"
        ))
    };
    let variables = job
        .variables
        .iter()
        .map(|(name, value)| Ok((name.clone(), value.clone().ok_or_else(|| secret(name))?)));
    Ok(match &job.what {
        What::Target { project, targets } => Start::Target {
            project: project.clone(),
            targets: targets.clone(),
            variables: variables.collect::<Result<_, EngineError>>()?,
            pty: job.pty,
            when_busy: None,
        },
        What::Command { host } => Start::Command {
            command: job.command.clone(),
            hosts: host.iter().cloned().collect(),
            cwd: job.cwd.as_ref().map(|cwd| cwd.display().to_string()),
            pty: job.pty,
        },
    })
}
