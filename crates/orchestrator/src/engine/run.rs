//! Starting jobs, and talking to them while they run.

use std::{
    collections::HashMap,
    ffi::OsString,
    io,
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
};

use chrono::Utc;
use secrecy::SecretString;
use supervisor::{
    control::{self, ToSupervisor},
    exec::{Grace, Window},
    folder::Lock,
};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use uuid::Uuid;

use super::{
    Engine, EngineError, archive, follow,
    launch::{self, Asked, Plan, Prepared},
    live::{Live, Mark},
    remote::Remote,
};
use crate::{
    job::{Exit, Job, JobId, State, What},
    make,
    project::Project,
    ssh,
    wire::{Answer, Event, Prompt, Question, Start},
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
                let asked = asked_of_shell(&program, command, pty);
                Ok(vec![self.start_local(asked, program)?])
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
        let asked = launch::asked_of_make(&run, &command, &project.name, pty);
        self.start_local(asked, command)
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
        let shown = [vec!["make".to_owned()], args.clone()].concat().join(" ");
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
                ..asked_of_shell(&command, shown, false)
            },
            command,
        )
    }

    /// Starts the same again.
    ///
    /// # Errors
    /// As [`Engine::start`], and where the job is unknown or a secret would have to be typed again.
    pub async fn run_again(&self, job: JobId, consent: Consent) -> Result<Vec<Job>, EngineError> {
        let job = self.job(job).await?;
        self.start(again(&job)?, consent)
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
        let start = |(host, route): (&String, ssh::Route)| {
            let job = Asked {
                what: What::Command {
                    host: Some(host.clone()),
                },
                command: command.to_owned(),
                argv: Vec::new(),
                variables: Vec::new(),
                cwd: None,
                pty,
                batch,
            }
            .job();
            let prepared = launch::prepare(&self.folders().jobs(), job, self.0.link.key(), None)?;
            Ok(self.launch(
                prepared,
                Plan::Remote {
                    route: Box::new(route),
                },
            ))
        };
        hosts.iter().zip(routes).map(start).collect()
    }

    fn start_local(&self, asked: Asked, command: make::Command) -> Result<Job, EngineError> {
        let mut environment: HashMap<OsString, OsString> = self.environment().into_iter().collect();
        environment.extend(
            command
                .env
                .into_iter()
                .map(|(name, value)| (name.into(), value.into())),
        );
        let job = asked.job();
        let exec = launch::exec(
            &command.program,
            &command.args,
            &command.cwd,
            job.pty,
            self.folders(),
        )?;
        let prepared =
            launch::prepare(&self.folders().jobs(), job, self.0.link.key(), Some(&exec))?;
        Ok(self.launch(prepared, Plan::Local { environment }))
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

    /// Registers a prepared job and sets everything about it going.
    fn launch(&self, prepared: Prepared, plan: Plan) -> Job {
        let Prepared {
            job,
            folder,
            lock,
            listener,
        } = prepared;
        let (live, mut orders) = Live::new(job, folder, Mark::default());
        let live = Arc::new(live);
        self.register(&live);
        let job = live.job();
        self.tell(Event::job(job.clone()));
        self.note_commit(&live);
        let engine = self.clone();
        tokio::spawn(async move {
            engine.archive(Arc::clone(&live), lock);
            let Some(turn) = engine.turn(&mut orders).await else {
                return engine.ended_early(
                    &live,
                    Exit::CouldNotStart {
                        why: "canceled while it waited for its turn".into(),
                    },
                    true,
                );
            };
            // Connected first: a short job's supervisor may come and go before we look again. Nobody has to accept yet.
            let connected = control::connect(live.folder.path());
            let connected = connected.and_then(|connection| {
                match plan {
                    Plan::Local { environment } => begin_local(&live, listener, &environment)?,
                    Plan::Remote { route } => engine.begin_remote(&live, listener, *route)?,
                }
                Ok(connection)
            });
            give_turn_back(&live, turn);
            match connected {
                Ok(connection) => {
                    follow::follow(
                        live,
                        Mark::default(),
                        connection,
                        orders,
                        Arc::new(engine),
                        (),
                    )
                    .await;
                }
                Err(error) => engine.ended_early(
                    &live,
                    Exit::CouldNotStart {
                        why: error.to_string(),
                    },
                    false,
                ),
            }
        });
        job
    }

    fn begin_remote(
        &self,
        live: &Arc<Live>,
        listener: UnixListener,
        route: ssh::Route,
    ) -> io::Result<()> {
        let job = live.job();
        let exec = ssh::Exec {
            job: job.id,
            command: job.command,
            pty: job
                .pty
                .then_some((launch::WINDOW.rows, launch::WINDOW.cols)),
            graces: Grace::usual(),
        };
        let (engine, running) = (self.clone(), Arc::clone(live));
        let ask = Arc::new(AskPerson {
            engine: self.clone(),
            job: live.id,
            runtime: tokio::runtime::Handle::current(),
        });
        let remote = Remote {
            sessions: Arc::clone(&self.0.sessions),
            route,
            exec,
            folder: live.folder.clone(),
            ask,
        };
        remote.supervise(listener, move || engine.now_running(&running))
    }

    fn now_running(&self, live: &Live) {
        let job = live.change(|job| {
            job.state = State::Running {
                started_at: Utc::now(),
            }
        });
        self.tell(Event::job(job));
    }

    /// A turn to run, or none where the job was canceled before it got one.
    async fn turn(
        &self,
        orders: &mut mpsc::Receiver<ToSupervisor>,
    ) -> Option<OwnedSemaphorePermit> {
        let mut turn = pin!(Arc::clone(&self.0.turns).acquire_owned());
        loop {
            tokio::select! {
                biased;
                turn = &mut turn => return turn.ok(),
                Some(order) = orders.recv() => if let ToSupervisor::Cancel { .. } = order { return None },
            }
        }
    }

    fn ended_early(&self, live: &Live, exit: Exit, canceled: bool) {
        let state = State::Ended {
            started_at: None,
            finished_at: Utc::now(),
            exit,
            canceled,
        };
        let job = live.change(|job| job.state = state);
        self.tell(Event::job(job));
        live.completed();
    }

    /// Archives a job in the background, holding its lock, and forgets it when that is done.
    pub(super) fn archive(&self, live: Arc<Live>, lock: Lock) {
        let engine = self.clone();
        tokio::spawn(async move {
            let id = live.id;
            match archive::archive(live, engine.0.link.clone()).await {
                Ok(()) => engine.forget(id),
                Err(error) => tracing::error!(job = %id, %error, "a log stays in its spool"),
            }
            drop(lock);
        });
    }

    /// Notes where the job's git work tree stands; the job does not wait for it.
    fn note_commit(&self, live: &Arc<Live>) {
        let (engine, live) = (self.clone(), Arc::clone(live));
        let Some(cwd) = live.job().cwd else { return };
        tokio::task::spawn_blocking(move || {
            if let Some(commit) = make::git::commit(&cwd) {
                let job = live.change(|job| job.commit = Some(commit));
                engine.tell(Event::job(job));
            }
        });
    }

    /// Ends a job's whole tree; returns when that has been asked for, not when it is done.
    ///
    /// # Errors
    /// Where the job is unknown or over.
    pub async fn cancel(&self, job: JobId, force: bool) -> Result<(), EngineError> {
        for prompt in self.0.prompts.refuse_all_of(job) {
            self.tell(Event::Answered { prompt });
        }
        self.order(job, ToSupervisor::Cancel { force }).await
    }

    /// Types into a job.
    ///
    /// # Errors
    /// Where the job is unknown or over.
    pub async fn input(&self, job: JobId, text: String, end: bool) -> Result<(), EngineError> {
        if !text.is_empty() {
            self.order(job, ToSupervisor::Input(text.into_bytes()))
                .await?;
        }
        if end {
            self.input_bytes(job, Vec::new()).await
        } else {
            Ok(())
        }
    }

    /// Sends bytes to a job's input; none of them end it.
    ///
    /// # Errors
    /// Where the job is unknown or over.
    pub async fn input_bytes(&self, job: JobId, bytes: Vec<u8>) -> Result<(), EngineError> {
        let order = if bytes.is_empty() {
            ToSupervisor::EndInput
        } else {
            ToSupervisor::Input(bytes)
        };
        self.order(job, order).await
    }

    /// Tells a job in a terminal its size.
    ///
    /// # Errors
    /// Where the job is unknown or over.
    pub async fn resize(&self, job: JobId, rows: u16, cols: u16) -> Result<(), EngineError> {
        self.order(job, ToSupervisor::Resize(Window { rows, cols }))
            .await
    }

    async fn order(&self, id: JobId, order: ToSupervisor) -> Result<(), EngineError> {
        let over = || EngineError::Refused(format!("job {id} is over"));
        let Some(live) = self.live(id) else {
            self.job(id).await?;
            return Err(over());
        };
        live.order(order).await.map_err(|_| over())
    }

    /// Answers what a job asked.
    ///
    /// # Errors
    /// Where the question does not wait any more.
    pub fn answer(&self, prompt: Uuid, answer: Answer) -> Result<(), EngineError> {
        if !self.0.prompts.answer(prompt, answer) {
            return Err(EngineError::NotFound(
                "this question has been answered or withdrawn".into(),
            ));
        }
        self.tell(Event::Answered { prompt });
        Ok(())
    }

    pub(super) fn register(&self, live: &Arc<Live>) {
        self.0
            .lives
            .lock()
            .expect("no panic holds it")
            .insert(live.id, Arc::clone(live));
    }

    pub(super) fn forget(&self, job: JobId) {
        self.0.lives.lock().expect("no panic holds it").remove(&job);
        self.0.forgotten.notify_waiters();
    }
}

/// Starts a local job's supervisor, which says itself when the job runs.
fn begin_local(
    live: &Arc<Live>,
    listener: UnixListener,
    environment: &HashMap<OsString, OsString>,
) -> io::Result<()> {
    let mut child = launch::spawn(&live.folder, listener, environment, live.id)?;
    tokio::spawn(async move { child.wait().await });
    Ok(())
}

/// Gives a job's turn to the next one when the job is over.
fn give_turn_back(live: &Live, turn: OwnedSemaphorePermit) {
    let mut changes = live.job_changes();
    tokio::spawn(async move {
        let _over = changes
            .wait_for(|job| job.state.status().is_over())
            .await
            .is_ok();
        drop(turn);
    });
}

fn asked_of_shell(program: &make::Command, command: String, pty: bool) -> Asked {
    let mut argv = vec![program.program.clone()];
    argv.extend(program.args.iter().cloned());
    Asked {
        what: What::Command { host: None },
        command,
        argv,
        variables: Vec::new(),
        cwd: Some(program.cwd.clone()),
        pty,
        batch: None,
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

/// Asks a person by way of the window; blocks the job's own thread until there is an answer.
struct AskPerson {
    engine: Engine,
    job: JobId,
    runtime: tokio::runtime::Handle,
}

impl ssh::Ask for AskPerson {
    fn ask(&self, host: &str, question: ssh::Question) -> ssh::Answer {
        let question = match question {
            ssh::Question::HostKey {
                fingerprint,
                key_type,
                address,
            } => Question::HostKey {
                fingerprint,
                key_type,
                address,
            },
            ssh::Question::Secret { label, echo } => Question::Secret { label, echo },
        };
        let prompt = Prompt {
            id: Uuid::now_v7(),
            job: self.job,
            host: host.to_owned(),
            question,
        };
        let answered = self.engine.0.prompts.ask(prompt.clone());
        self.engine.tell(Event::Asked(prompt));
        match self.runtime.block_on(answered) {
            Ok(Answer::Accept) => ssh::Answer::Accept,
            Ok(Answer::Text { text }) => ssh::Answer::Text(SecretString::from(text)),
            Ok(Answer::Refuse) | Err(_) => ssh::Answer::Refuse,
        }
    }
}
