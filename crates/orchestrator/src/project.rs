//! A project: a folder with a makefile, and its name. It imports no module of ours.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

/// A folder with a makefile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Project {
    /// Its mkcli alias, or the folder's own name; unique among projects.
    pub name: String,
    /// The folder, absolute.
    pub path: PathBuf,
    /// Where we know it from.
    pub source: ProjectSource,
    /// Whether its targets may be run from the window.
    pub trusted: bool,
    /// Whether it was trusted, and its makefiles have changed since; told if the settings want to be asked again then.
    #[serde(default)]
    pub changed: bool,
    /// Whether at most one job of it runs at once.
    pub exclusive: bool,
    /// What is wrong with it, in a sentence: the folder is gone, there is no makefile, it cannot be read.
    pub problem: Option<String>,
}

/// Where a project is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum ProjectSource {
    /// mkcli's registry.
    Mkcli,
    /// Added in the app.
    Added,
    /// The demo that came with the app.
    Demo,
}

/// What a scan of a makefile found, without running it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Scan {
    /// The targets, in the order a person should see them.
    pub targets: Vec<Target>,
    /// The variables, in the order of their first mention.
    pub variables: Vec<Variable>,
    /// The target make runs when none is named.
    pub default_goal: Option<String>,
    /// What the scan could not read, each with its place: `Makefile:12: missing separator`.
    pub problems: Vec<Problem>,
    /// What comments call secret, also if a person is not asked for it. It is for this process alone.
    #[serde(skip)]
    #[cfg_attr(test, ts(skip))]
    pub secrets: Vec<Secret>,
    /// What make reads otherwise than its author may have meant it, each with its place; it runs all the same.
    #[serde(default)]
    pub hints: Vec<Problem>,
    /// The dotenv file that the project lacks though a sample of it is there.
    #[serde(default)]
    pub dotenv_sample: Option<DotenvSample>,
}

impl Scan {
    /// The target that a name is: the one called so, else the pattern that fits it most closely.
    #[must_use]
    pub fn target(&self, name: &str) -> Option<&Target> {
        let called = self.targets.iter().find(|target| target.name == name);
        called.or_else(|| {
            let fitting = self.targets.iter();
            let fitting = fitting.filter_map(|target| Some((target.stem(name)?.len(), target)));
            fitting
                .min_by_key(|(stem, _)| *stem)
                .map(|(_, target)| target)
        })
    }
}

/// A variable whose value is not to be shown or kept.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// What the makefile gives it, as far as the text shows.
    pub values: Vec<String>,
    /// Variables whose values it takes and that the makefile does not define: they come from outside.
    pub takes: Vec<String>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A dotenv file that is not there, and the file it can be copied from; both relative to the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DotenvSample {
    /// What is missing: `.env`.
    pub file: String,
    /// What lies in its place: `.env.sample`.
    pub sample: String,
}

/// Something wrong at a place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Problem {
    /// The place.
    pub place: Place,
    /// A sentence fragment.
    pub what: String,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Place {
    /// The file, relative to the project if it lies inside it.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
}

/// A named goal of a makefile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Target {
    /// Its name, as make takes it.
    pub name: String,
    /// Whether its name is a pattern, as `test-%`: a text is put in the place of the `%` to run it.
    #[serde(default)]
    pub pattern: bool,
    /// What its comment says it does.
    pub doc: Option<String>,
    /// What else describes it, of one that is shown first and has no `doc`.
    #[serde(default)]
    pub summary: Option<Summary>,
    /// The heading it is under.
    pub group: Option<String>,
    /// Where it is defined.
    pub place: Place,
    /// Whether `.PHONY` names it.
    pub phony: bool,
    /// Whether it is shown first; the others are under "Other".
    pub listed: bool,
    /// The recipe's lines as written, at most 200.
    pub recipe: Vec<String>,
    /// Why running it asks first, if it does.
    pub danger: Option<Danger>,
    /// The targets that it leads to at once, at most 50: those it needs, then those its recipe calls make for.
    #[serde(default)]
    pub leads: Vec<String>,
    /// The names of the variables it uses, of those in [`Scan::variables`] and those defined nowhere.
    pub uses: Vec<String>,
    /// The variables, of those it uses, that it fails without and that have no value.
    #[serde(default)]
    pub guards: Vec<String>,
    /// Whether it wants a terminal: by its comment (`@pty`, `@pty no`), else by what its recipe runs.
    pub pty: bool,
    /// What of its recipe, or of one it leads to, asks for that terminal.
    #[serde(default)]
    pub pty_reason: Option<String>,
    /// The targets that running it leads to, itself among them, that never run twice at once (`@exclusive`).
    pub exclusive: Vec<String>,
    /// How long a cancel waits after INT, and after TERM, in milliseconds (`@grace 30s 10s`): the longest that it or a
    /// target it leads to asks for. None if none does.
    pub graces: Vec<u64>,
    /// The longest it is meant to run, in milliseconds (`@timeout 10m`); its own word alone, not that of what it leads to.
    #[serde(default)]
    pub timeout: Option<u64>,
    /// The variables to which the makefile gives another value for this target (`deploy: ENV = prod`), each with that
    /// value as written. A value given to make goes before it.
    #[serde(default)]
    pub defaults: Vec<(String, String)>,
    /// Whether further words behind it are its own: its recipe takes them out of `MAKECMDGOALS`, and a rule that fits any
    /// name keeps make from looking for targets of these names (`make deploy ./app`).
    #[serde(default)]
    pub extra_words: bool,
}

/// What a target does, worked out from what is not written as its help; so it is shown less prominently than a `doc`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Summary {
    /// One line, of at most 200 characters.
    pub text: String,
    /// What it is taken from.
    pub by: SummaryBy,
}

/// What a summary is taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SummaryBy {
    /// A document of the project, as `README.md`, that says what `make NAME` is for.
    Document {
        /// Relative to the project.
        file: String,
    },
    /// What its recipe prints, or remarks, before it does anything.
    Recipe,
    /// The targets that it starts, if it does just that: `runs lint, test`.
    Leads,
    /// The first command of its recipe that does more than prepare, as far as its variables are known.
    Command,
}

/// Why running something asks first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Danger {
    /// The target whose danger it is; none if that goes without saying.
    pub of: Option<String>,
    /// Why: the words of a comment, or as ``runs `rm -rf /srv` ``.
    pub why: String,
    /// Who says so.
    pub by: DangerBy,
}

impl fmt::Display for Danger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.of {
            Some(target) => write!(f, "{target}: {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}

/// Who says that something is dangerous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum DangerBy {
    /// A comment of the makefile (`@danger`, `@confirm`).
    Comment,
    /// A rule of ours for what commands do.
    Rule,
    /// The same, of what only runs if a variable has another value than the one that is known.
    Value,
}

impl Target {
    /// What is in a name for the `%` of this pattern; none if it does not fit, or is no pattern.
    #[must_use]
    pub fn stem<'a>(&self, name: &'a str) -> Option<&'a str> {
        let (before, after) = self.name.split_once('%').filter(|_| self.pattern)?;
        let stem = name.strip_prefix(before)?.strip_suffix(after)?;
        (!stem.is_empty()).then_some(stem)
    }
}

/// A variable of a makefile that a person may want to set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What its comment says.
    pub doc: Option<String>,
    /// Its value as written; none if the makefile does not define it for all targets, and of one that is secret or
    /// comes from a dotenv file: such values stay where they are.
    pub default: Option<String>,
    /// What else gives it a value, which is not named.
    #[serde(default)]
    pub set_by: Option<SetBy>,
    /// Whether it is set with `?=`.
    pub optional: bool,
    /// Whether a person is to give it a value.
    #[serde(default)]
    pub need: Need,
    /// The values its comment allows (`@choice a|b|c`), if it does.
    pub choices: Vec<String>,
    /// Values that the makefile compares it with, or that its comments give as examples; any other may be given. At most
    /// 12, and none of a variable that is secret or has choices.
    #[serde(default)]
    pub suggestions: Vec<String>,
    /// Whether its value is not to be shown or kept: by its name, or by its comment (`@secret`, `@secret no`).
    pub secret: bool,
    /// Where it is defined.
    pub place: Option<Place>,
    /// What kind of value it takes.
    #[serde(default)]
    pub kind: VariableKind,
    /// Whether the makefile sets it by `override`, for all targets and under no condition: a value given to make does not
    /// count.
    #[serde(default)]
    pub fixed: Option<Place>,
}

/// What gives a variable a value that is not named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SetBy {
    /// The environment that jobs inherit.
    Environment,
    /// A file of names and values, as `.env`, or `.envrc`.
    File {
        /// Relative to the project if it lies inside it.
        file: String,
    },
    /// The makefile itself, of a secret.
    Makefile,
}

/// Whether a person is to give a variable a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Need {
    /// It has one, or may well stay empty.
    #[default]
    Met,
    /// It is used and set nowhere that was read: empty, unless the shell or the caller sets it. It runs all the same.
    Unset,
    /// Some targets fail without a value: those that name it in [`Target::guards`].
    Guarded,
}

/// What kind of value a variable takes, by its comment. It decides how it is asked for; make itself knows only text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum VariableKind {
    /// Any text.
    #[default]
    Text,
    /// On or off (`@bool`): off is the empty text, as `ifdef` and `$(if …)` take it.
    Bool,
    /// The path of a file or folder (`@file`).
    File,
    /// The name of a host (`@host`).
    Host,
}
