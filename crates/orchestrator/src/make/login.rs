//! What the user's login shell has: an app started from an icon has a bare `PATH`, and would find no `terraform`, and lacks
//! what the shell's start-up files export.
//!
//! The shell is asked in the background, once in the life of an app. Until it has answered, and if it does not, what it last
//! said counts; a job waits for it only if there is no such answer. What it last said is kept in a file without what
//! could be a secret: of a value that is no place on this disk and no language, nobody knows what it is.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    thread,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use serde::{Deserialize, Serialize};

use super::short_command::{Limits, ask};
use crate::{environment, json_file};

/// How long a shell's start-up files may take.
const LIMIT: Duration = Duration::from_secs(10);
/// As much of what they print as is read, in bytes.
const MAX: usize = 1 << 20;
/// Printed before and after the answer, since start-up files print what they like.
const MARK: &str = "--vmo-path-7d1f--";

/// Names and values of an environment.
type Pairs = Vec<(OsString, OsString)>;

/// What a login shell has.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reply {
    path: OsString,
    /// All that it exports; empty if its `env` cannot say it byte for byte.
    environment: Pairs,
}

/// A login shell that is asked for its environment. Clones share its answer.
#[derive(Debug, Clone)]
pub struct Login(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    answered: Condvar,
    /// What it last said.
    last: Option<Reply>,
}

#[derive(Debug)]
enum State {
    /// It has not answered yet.
    Waiting,
    /// Its reply.
    Answered(Reply),
    /// Why there is no answer.
    Failed(String),
}

/// What is known of a login shell's environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Its `PATH`.
    pub path: Option<OsString>,
    /// All that it exports, if it has answered; what it last did of that, else.
    pub environment: Pairs,
    /// Whether that is what it said now.
    pub is_fresh: bool,
    /// Why it is not, in words that begin with the shell.
    pub problem: Option<String>,
}

/// What a shell said, as it is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct LoginFile {
    shell: String,
    environment: BTreeMap<String, String>,
}

impl Login {
    /// Begins to ask the shell that `SHELL` names. What it says is kept in this folder.
    #[must_use]
    pub fn ask(folder: &Path) -> Self {
        Self::ask_shell(env::var_os("SHELL"), folder.join("login.json"), LIMIT)
    }

    fn ask_shell(shell: Option<OsString>, file: PathBuf, limit: Duration) -> Self {
        let shell = shell.filter(|shell| !shell.is_empty());
        let shared = Arc::new(Shared {
            state: Mutex::new(State::Waiting),
            answered: Condvar::new(),
            last: shell.as_deref().and_then(|shell| last_reply(&file, shell)),
        });
        let answering = Arc::clone(&shared);
        let work = move || {
            let state = match shell {
                None => State::Failed("no login shell is known: SHELL is not set".to_owned()),
                Some(shell) => match reply_of(&shell, limit) {
                    Ok(reply) => {
                        keep(&file, &shell, &reply);
                        State::Answered(reply)
                    }
                    Err(why) => State::Failed(format!("{} {why}", shell.display())),
                },
            };
            *answering.state.lock() = state;
            answering.answered.notify_all();
        };
        if let Err(error) = thread::Builder::new().name("login".into()).spawn(work) {
            *shared.state.lock() = State::Failed(format!("the login shell was not asked: {error}"));
        }
        Self(shared)
    }

    /// What is known by now; blocks until the shell has answered, 10 s at most, if it never has before.
    #[must_use]
    pub fn known(&self) -> Known {
        if self.0.last.is_none() {
            self.wait();
        }
        let last = self.0.last.clone();
        let of_last = |problem: Option<String>| Known {
            path: last.as_ref().map(|last| last.path.clone()),
            environment: last
                .clone()
                .map(|last| last.environment)
                .unwrap_or_default(),
            is_fresh: false,
            problem,
        };
        match &*self.0.state.lock() {
            State::Answered(reply) => Known {
                path: Some(reply.path.clone()),
                environment: reply.environment.clone(),
                is_fresh: true,
                problem: None,
            },
            State::Waiting => of_last(None),
            State::Failed(why) => of_last(Some(self.failed(why))),
        }
    }

    /// Why there is no answer; none if there is one, or may still come.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        match &*self.0.state.lock() {
            State::Failed(why) => Some(self.failed(why)),
            State::Waiting | State::Answered(_) => None,
        }
    }

    /// Blocks until the shell has answered or failed to.
    pub fn wait(&self) {
        let mut state = self.0.state.lock();
        while matches!(*state, State::Waiting) {
            self.0.answered.wait(&mut state);
        }
    }

    fn failed(&self, why: &str) -> String {
        let instead = match self.0.last {
            Some(_) => "what it last said",
            None => "this app's own environment",
        };
        format!("{why}; jobs get {instead}")
    }
}

/// What this shell said the last time, as far as it was kept.
fn last_reply(file: &Path, shell: &OsStr) -> Option<Reply> {
    let (kept, problem) = json_file::read::<LoginFile>(file);
    if problem.is_some() || kept.shell != shell.to_string_lossy() {
        return None;
    }
    let path = kept.environment.get("PATH")?.into();
    let environment = kept.environment.into_iter();
    Some(Reply {
        path,
        environment: environment
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
    })
}

/// Keeps what a shell said, for as long as it takes to say it the next time. That this fails costs no more than that.
fn keep(file: &Path, shell: &OsStr, reply: &Reply) {
    let path = ("PATH".into(), reply.path.clone());
    let all = reply.environment.iter().chain([&path]);
    let text = |text: &OsString| text.to_str().map(str::to_owned);
    let kept = LoginFile {
        shell: shell.to_string_lossy().into_owned(),
        environment: all
            .filter(|(name, value)| is_no_secret(name, value))
            .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
            .collect(),
    };
    if let Err(error) = json_file::replace(file, &kept) {
        tracing::debug!(%error, "what the login shell said is not kept");
    }
}

/// Whether a value says what anybody can see: places on this disk, or a language.
fn is_no_secret(name: &OsStr, value: &OsStr) -> bool {
    let is_language = name == "LANG" || name.as_bytes().starts_with(b"LC_");
    let mut places = env::split_paths(value);
    let is_place = |place: PathBuf| place.is_absolute() && place.exists();
    is_language || name == "PATH" || (!value.is_empty() && places.all(is_place))
}

/// How a shell is told to read the start-up files of a login, of a person at a terminal, and then to run one line.
fn in_words_of(shell: &OsStr, line: &str) -> Command {
    let name = Path::new(shell).file_name().unwrap_or(shell);
    let mut command = Command::new(shell);
    match name.to_str().unwrap_or_default() {
        // Its `-l` has to be alone, and a name that begins with a dash says the same (tcsh(1), "Startup and shutdown").
        "csh" | "tcsh" => command
            .arg0(format!("-{}", name.display()))
            .args(["-c", line]),
        // A line in quotes is no command there without a caret, and one that is interactive runs no line.
        "nu" => command.args(["-l", "-c", &format!("^{line}")]),
        "pwsh" => command.args(["-Login", "-Command", line]),
        "elvish" => command.args(["-c", line]),
        _ => command.args(["-i", "-l", "-c", line]),
    };
    command
}

/// Asks a shell; else why it says nothing. It starts `sh` to say what it has, so that the question reads the same in all
/// of them.
fn reply_of(shell: &OsStr, limit: Duration) -> Result<Reply, String> {
    let question = format!(
        r#"/bin/sh -c 'printf "%s%s%s" "$0" "$PATH" "$0"; env -0 2>/dev/null; printf "%s" "$0"' {MARK}"#
    );
    let mut command = in_words_of(shell, &question);
    environment::give_back(&mut command);
    let limits = Limits {
        enough: |stdout| memchr::memmem::find_iter(stdout, MARK).count() >= 3,
        ..Limits::of(limit, MAX)
    };
    let begun = std::time::Instant::now();
    let answer = ask(&mut command, &limits);
    if begun.elapsed() >= limit {
        let limit = limit.as_secs_f32();
        return Err(format!("did not say its environment within {limit} s"));
    }
    let answer = answer.ok_or("could not be asked for its environment")?;
    reply_in(&answer.stdout).ok_or_else(|| match answer.code {
        Some(0) | None => "did not say its environment".to_owned(),
        Some(code) => format!("ended with {code} and did not say its environment"),
    })
}

fn reply_in(all: &[u8]) -> Option<Reply> {
    let path = between(all).filter(|path| !path.is_empty())?;
    let rest = memchr::memmem::find(all, MARK.as_bytes())? + MARK.len() + path.len();
    let block = between(&all[rest..]).unwrap_or_default();
    let pairs = block.split(|byte| *byte == 0).filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let text = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        Some((text(&pair[..at]), text(&pair[at + 1..])))
    });
    Some(Reply {
        path: OsString::from_vec(path.to_vec()),
        environment: pairs.collect(),
    })
}

fn between(stdout: &[u8]) -> Option<&[u8]> {
    let start = memchr::memmem::find(stdout, MARK.as_bytes())? + MARK.len();
    let length = memchr::memmem::find(&stdout[start..], MARK.as_bytes())?;
    Some(&stdout[start..start + length])
}

#[cfg(test)]
mod tests;
