//! From targets and variables to the exact program and arguments, or the rule that forbids them. Nothing here goes
//! through a shell, and no command is run.
//!
//! Measured with GNU make 4.3: behind `--` a word with `=` is still a variable (`make -- 'SHELL=./x'` runs `./x`), a lone
//! `-` is dropped, so that the default target runs, and an empty word is an error; every other word is a target, whatever
//! it starts with. A value loses its leading blanks unless something empty is before them.

mod refusal;

use std::{
    ffi::{OsStr, OsString},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

pub use self::refusal::Refusal;
use self::refusal::{check_target, check_variable};
use crate::{folders, job::MakeOptions};

/// What is to be run.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The folder of the makefile, absolute.
    pub dir: &'a Path,
    /// The targets, in order; none means make's default.
    pub targets: &'a [String],
    /// The variables, in order.
    pub variables: &'a [Assignment],
    /// How make is asked. Which values are make's own text is in each [`Assignment`], not here.
    pub options: &'a MakeOptions,
    /// `direnv`, if [`direnv`] says that it goes before make.
    pub direnv: Option<&'a Path>,
}

/// A variable given to make; it goes before what the makefile says.
#[derive(Clone, PartialEq, Eq)]
pub struct Assignment {
    /// `[A-Za-z_][A-Za-z0-9_]*`
    pub name: String,
    /// Any text without NUL.
    pub value: String,
    /// Whether make is to expand what follows a `$` in the value; else a `$` is a `$`.
    pub raw: bool,
    /// Whether the value is a secret: it goes by environment, and only the name is shown and kept.
    pub secret: bool,
}

impl std::fmt::Debug for Assignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = if self.secret { "…" } else { &self.value };
        write!(f, "{}={value:?}", self.name)
    }
}

impl Assignment {
    /// A plain one: make gets the value as it is.
    #[must_use]
    pub fn plain(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            raw: false,
            secret: false,
        }
    }
}

/// The environment variable that hands a secret on to make, so that no argument holds it.
#[must_use]
pub fn carrier(name: &str) -> String {
    format!("VMO_SECRET_{name}")
}

/// A program and its arguments, ready to be started.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// The program, looked up in `PATH` if it has no slash.
    pub program: String,
    /// Its arguments, without its own name; they hold no secret.
    pub args: Vec<String>,
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// The line a person would type in that directory: `make deploy ENV=staging`.
    pub shown: String,
    /// To be set in the child's environment beside [`environment`](super::environment()); it may hold secrets.
    pub env: Vec<(String, String)>,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Command")
            .field("program", &self.program)
            .field("args", &self.args)
            .field("cwd", &self.cwd)
            .finish_non_exhaustive()
    }
}

/// The command that runs targets, as a person does it in the folder: `make OPTIONS -- TARGET… NAME=value…`, behind
/// `direnv exec DIR` if that is wanted. It is not told the folder by `-C`, by which make would name it in each log.
///
/// # Errors
/// [`Refusal`] names the rule that a target or a variable breaks.
pub fn argv(run: &Run<'_>) -> Result<Command, Refusal> {
    let dir = folder(run.dir)?;
    let flags = flags(run.options);
    let mut args = flags.clone();
    // Behind it make takes no word for an option, whatever a target is called.
    args.push("--".to_owned());
    let mut shown = vec!["make".to_owned()];
    shown.extend(flags);
    let number_next = run.options.jobs == Some(0);
    if run
        .targets
        .iter()
        .any(|target| is_taken_for_an_option(target, number_next))
    {
        shown.push("--".to_owned());
    }
    for target in run.targets {
        check_target(target)?;
        args.push(target.clone());
        shown.push(quoted(target));
    }
    // `make` and shells believe `PWD`; ours would name another folder.
    let mut env = vec![("PWD".to_owned(), dir.to_owned())];
    for variable in run.variables {
        check_variable(variable, run.options.reserved)?;
        let name = &variable.name;
        let value = if variable.secret {
            // Any user can read a process's arguments, only its own user its environment.
            let (carried, reference) = carried(variable);
            env.push(carried);
            shown.push(format!("{name}=…"));
            reference
        } else {
            let value = text_for_make(variable);
            shown.push(format!("{name}={}", quoted(&value)));
            value
        };
        args.push(format!("{name}={value}"));
    }
    let mut program = "make".to_owned();
    if let Some(direnv) = run.direnv {
        let direnv = direnv
            .to_str()
            .ok_or_else(|| Refusal::Folder(direnv.to_owned()))?;
        let before = ["exec", dir, "make"].map(str::to_owned);
        args.splice(0..0, before);
        program = direnv.to_owned();
    }
    Ok(Command {
        program,
        args,
        cwd: run.dir.to_owned(),
        shown: shown.join(" "),
        env,
    })
}

/// A shell command run here, by `/bin/sh` whatever the user's own shell is, so that it means the same everywhere.
///
/// # Errors
/// [`Refusal`] if it is empty or holds a NUL byte.
pub fn shell(command: &str, cwd: &Path) -> Result<Command, Refusal> {
    let dir = folder(cwd)?;
    if command.trim().is_empty() {
        return Err(Refusal::NoCommand);
    }
    if command.contains('\0') {
        return Err(Refusal::CommandNul);
    }
    // Behind `--` a command that starts with a dash is no option.
    let args = ["-c", "--", command].map(str::to_owned).into();
    Ok(Command {
        program: "/bin/sh".to_owned(),
        args,
        cwd: cwd.to_owned(),
        shown: command.to_owned(),
        env: vec![("PWD".to_owned(), dir.to_owned())],
    })
}

/// `direnv`, if mkcli would put it before make: the folder has an `.envrc`, `direnv` is in the `PATH` of the job's
/// environment, and `MKCLI_DIRENV` is not `0` there.
#[must_use]
pub fn direnv(dir: &Path, environment: &[(OsString, OsString)]) -> Option<PathBuf> {
    let value = |name: &str| {
        let mut all = environment.iter();
        all.find(|(key, _)| key == name).map(|(_, value)| value)
    };
    if value("MKCLI_DIRENV").is_some_and(|value| value == OsStr::new("0")) {
        return None;
    }
    if !dir.join(".envrc").is_file() {
        return None;
    }
    in_path("direnv", environment)
}

/// The program of this name that a job with this environment would find.
pub(super) fn in_path(name: &str, environment: &[(OsString, OsString)]) -> Option<PathBuf> {
    let mut all = environment.iter();
    let (_, path) = all.find(|(key, _)| key == "PATH")?;
    folders::places(path)
        .map(|folder| folder.join(name))
        .find(|program| {
            let kind = program.metadata();
            kind.is_ok_and(|kind| kind.is_file() && kind.permissions().mode() & 0o111 != 0)
        })
}

fn folder(dir: &Path) -> Result<&str, Refusal> {
    dir.to_str().ok_or_else(|| Refusal::Folder(dir.to_owned()))
}

/// The words by which make is told how to go about it, in make's own letters.
fn flags(options: &MakeOptions) -> Vec<String> {
    let mut flags = Vec::new();
    match options.jobs {
        None => {}
        Some(0) => flags.push("-j".to_owned()),
        Some(most) => flags.push(format!("-j{most}")),
    }
    let letters = [
        (options.keep_going, "-k"),
        (options.always_make, "-B"),
        (options.dry_run, "-n"),
    ];
    let given = letters.into_iter().filter(|(given, _)| *given);
    flags.extend(given.map(|(_, letter)| letter.to_owned()));
    flags
}

/// Whether make would take a target for something else if no `--` is before it: an option, or a bare `-j`'s number.
fn is_taken_for_an_option(target: &str, after_j: bool) -> bool {
    target.starts_with('-') || after_j && target.starts_with(|first: char| first.is_ascii_digit())
}

/// The value in a form that make expands to what was meant.
fn text_for_make(variable: &Assignment) -> String {
    if variable.raw {
        return variable.value.clone();
    }
    let value = variable.value.replace('$', "$$");
    if value.starts_with(char::is_whitespace) {
        format!("$(){value}")
    } else {
        value
    }
}

/// What hands a secret on, and by which words make takes it: through `$(value …)` it does not expand it.
fn carried(variable: &Assignment) -> ((String, String), String) {
    let carrier = carrier(&variable.name);
    let reference = match variable.raw {
        true => format!("$({carrier})"),
        false => format!("$(value {carrier})"),
    };
    ((carrier, variable.value.clone()), reference)
}

fn quoted(word: &str) -> String {
    // It fails on NUL alone, and that was refused before.
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests;
