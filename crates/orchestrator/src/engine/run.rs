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
};
use crate::{
    job::{Job, JobId, What},
    make,
    project::Project,
    wire::Start,
};

/// Whether a person has said that a project's makefile may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Yes, by typing the command.
    Given,
    /// Only for projects that are trusted.
    Trusted,
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
                Ok(vec![self.start_targets(&known, &targets, variables, pty)?])
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
                Ok(vec![self.start_local(asked, &program)?])
            }
            Start::Command {
                command,
                hosts,
                pty,
                ..
            } => self.start_on_hosts(&command, &hosts, pty),
        }
    }

    fn start_targets(
        &self,
        project: &Project,
        targets: &[String],
        variables: Vec<(String, String)>,
        pty: bool,
    ) -> Result<Job, EngineError> {
        let secret = self.secret_names(project, &variables);
        let assign = |(name, value): (String, String)| make::Assignment {
            secret: secret.contains(&name),
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
        let asked = asked::of_make(&run, &command, &project.name, pty);
        self.start_local(asked, &command)
    }

    /// Which of these variables the makefile's comments call secret. Nothing is read where there are none.
    fn secret_names(&self, project: &Project, variables: &[(String, String)]) -> Vec<String> {
        if variables.is_empty() {
            return Vec::new();
        }
        let scan = self.0.catalog.scan(project);
        let secret = scan
            .variables
            .into_iter()
            .filter(|variable| variable.secret);
        secret.map(|variable| variable.name).collect()
    }

    /// Make in a folder, with just these arguments.
    ///
    /// # Errors
    /// Where the job's folder cannot be made.
    pub fn start_make(
        &self,
        project: &str,
        folder: &Path,
        args: Vec<String>,
    ) -> Result<Job, EngineError> {
        let is_goal = |word: &&String| !word.starts_with('-') && !word.contains('=');
        let targets = args.iter().filter(is_goal).cloned().collect();
        let what = What::Target {
            project: project.to_owned(),
            targets,
        };
        let words = ["make"].into_iter().chain(args.iter().map(String::as_str));
        let shown = shlex::try_join(words).map_err(|_| {
            EngineError::Refused("failed to run make: an argument has a NUL byte in it".into())
        })?;
        let command = make::Command {
            program: "make".into(),
            args,
            cwd: folder.to_owned(),
            shown: shown.clone(),
            env: Vec::new(),
        };
        self.start_local(
            Asked {
                what,
                ..asked::of_shell(&command, shown, false)
            },
            &command,
        )
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
        let mut prepared = Vec::with_capacity(hosts.len());
        for host in hosts {
            let job = asked::of_host(host, command, pty, batch).job();
            match self.prepare(job, None) {
                Ok(one) => prepared.push(one),
                Err(error) => {
                    for one in prepared {
                        self.forget(one.job.id);
                        launch::drop_prepared(one);
                    }
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

    fn start_local(&self, asked: Asked, command: &make::Command) -> Result<Job, EngineError> {
        let mut environment: HashMap<OsString, OsString> = self.environment().into_iter().collect();
        let own = command.env.iter();
        environment.extend(own.map(|(name, value)| (name.into(), value.into())));
        let job = asked.job();
        let window = job.pty.then(|| self.window());
        let exec = launch::exec(command, window, self.folders())?;
        let prepared = self.prepare(job, Some(&exec))?;
        Ok(self.launch(prepared, Plan::Local { environment }))
    }

    fn prepare(&self, job: Job, exec: Option<&Exec>) -> Result<Prepared, EngineError> {
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
        },
        What::Command { host } => Start::Command {
            command: job.command.clone(),
            hosts: host.iter().cloned().collect(),
            cwd: job.cwd.as_ref().map(|cwd| cwd.display().to_string()),
            pty: job.pty,
        },
    })
}
