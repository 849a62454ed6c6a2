//! The user's SSH config, read and not obeyed yet: files, blocks and settings, each with its place. No command is run.
//!
//! `ssh2-config` was looked at and not taken: it keeps no line numbers and knows no route it must refuse.

pub(super) mod command;
mod include;
mod jump;
mod keywords;
mod machine;
mod matching;
mod own_ssh;
pub(super) mod pattern;
mod reading;
mod resolve;
pub(super) mod route;
mod tokens;
mod values;
mod variables;
mod walk;
mod words;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use self::{matching::Criterion, reading::Reading};
use crate::host::Host;

/// What `~/.ssh/config` and the files it includes say.
#[derive(Debug, Clone, Default)]
pub struct Config {
    sections: Vec<Section>,
    guards: Vec<Guard>,
    /// Sections whose innermost guard is a list of plain names, by name.
    by_name: HashMap<String, Vec<usize>>,
    /// All other sections.
    general: Vec<usize>,
    /// The first line that ssh would refuse: it stops every host, as ssh would stop.
    refused: Option<String>,
    /// Keywords that are none, each where it is first.
    unknown: Vec<Unknown>,
    /// Whether a `Match final` asks for a second pass.
    has_final: bool,
    /// Plain names of `Host` lines with where they are first, in order.
    names: Vec<Named>,
    /// Where in `names` one is.
    named: HashMap<String, usize>,
    problems: Vec<String>,
    files: Vec<PathBuf>,
    /// The file that was read in place of the usual ones, for the user's own `ssh`.
    only: Option<PathBuf>,
    home: PathBuf,
}

/// A plain name of a `Host` line.
#[derive(Debug, Clone)]
struct Named {
    name: String,
    place: ConfigLine,
    /// Whether only the system's config has it.
    of_system: bool,
}

/// A keyword that is none.
#[derive(Debug, Clone)]
struct Unknown {
    keyword: String,
    /// Section and line in it.
    at: (usize, usize),
    place: ConfigLine,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: '{}' is no keyword of an SSH config, and ssh would refuse the file",
            self.place,
            self.keyword.escape_debug()
        )
    }
}

/// Where a line is.
#[derive(Debug, Clone)]
struct ConfigLine {
    file: Arc<str>,
    line: usize,
}

impl std::fmt::Display for ConfigLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Settings in a row that hold under the same guard.
#[derive(Debug, Clone)]
struct Section {
    /// An index into the guards; none holds always.
    guard: Option<usize>,
    settings: Vec<Setting>,
}

/// A `Host` or `Match` line.
#[derive(Debug, Clone)]
struct Guard {
    /// The one around it: that of the `Include` line.
    outer: Option<usize>,
    test: Test,
    place: ConfigLine,
}

/// When a guard lets its settings hold.
#[derive(Debug, Clone)]
enum Test {
    /// `Host` and its patterns.
    Host(Vec<String>),
    /// `Match` and its criteria.
    Match(Vec<Criterion>),
}

/// A keyword in lower case and its arguments, of which there is at least one.
#[derive(Debug, Clone)]
struct Setting {
    keyword: String,
    args: Vec<String>,
    place: ConfigLine,
}

/// What a way is looked for, and what may be done for it.
#[derive(Clone, Copy)]
pub struct Purpose<'a> {
    /// The command that is to run on the host; none for a shell.
    pub command: Option<&'a str>,
    /// Whether a person has allowed this text of a `ProxyCommand` or of a `Match exec`.
    pub may_run: &'a dyn Fn(&str) -> bool,
    /// Whether a person has allowed this call of their own `ssh`, see [`OwnSsh::line`](route::OwnSsh::line).
    may_call: &'a dyn Fn(&str) -> bool,
    /// Whether names may be looked up, and a missing consent counts: not for a list of hosts.
    may_look_up: bool,
}

impl<'a> Purpose<'a> {
    /// To run a command, or a shell.
    #[must_use]
    pub fn new(command: Option<&'a str>, may_run: &'a dyn Fn(&str) -> bool) -> Self {
        Self {
            command,
            may_run,
            may_call: &|_| false,
            may_look_up: true,
        }
    }

    /// The same; `may_call` is whether a person has allowed this call of their own `ssh`.
    #[must_use]
    pub fn with_own_ssh(self, may_call: &'a dyn Fn(&str) -> bool) -> Self {
        Self { may_call, ..self }
    }

    /// For the list of hosts: without commands and lookups.
    fn of_list() -> Self {
        Self {
            may_look_up: false,
            ..Self::default()
        }
    }

    /// The same for a host on the way.
    fn of_hop(self) -> Self {
        Self {
            command: None,
            ..self
        }
    }
}

impl Default for Purpose<'_> {
    fn default() -> Self {
        Self::new(None, &|_| false)
    }
}

impl Config {
    /// Reads the file at `path` and what it includes; `home` is where `~` is. It never fails: what cannot be read is
    /// among the [`Self::problems`]. A file that does not exist is an empty one.
    #[must_use]
    pub fn read(path: &Path, home: &Path) -> Self {
        Self::read_all(&[path], home)
    }

    /// The same for several, the first one first: the system's own config counts after the user's.
    #[must_use]
    pub fn read_all(paths: &[&Path], home: &Path) -> Self {
        Self::read_behind(("", ""), &[], paths, home)
    }

    /// The same, with what counts before all of them: a text of ours that is in no file, called `name`, and files of ours.
    #[must_use]
    pub fn read_behind(
        (text, name): (&str, &str),
        ours: &[&Path],
        paths: &[&Path],
        home: &Path,
    ) -> Self {
        let system = paths.get(1).and_then(|path| path.parent());
        let mut reading = Reading::new(home).with_system(system);
        reading.text_of(text, name);
        for path in ours {
            reading.file_of(path, false);
        }
        for (at, path) in paths.iter().enumerate() {
            reading.file_of(path, at > 0);
        }
        let mut config = reading.into_config();
        config.only = match paths {
            [only] => Some(only.to_path_buf()),
            _ => None,
        };
        config.index();
        config
    }

    /// The hosts that are named plainly, in order. One that cannot be connected to says why; of the system's config
    /// alone, such a one is no host of this person: systemd puts `.host` and `machine/.host` there, for a proxy of its own.
    #[must_use]
    pub fn hosts(&self) -> Vec<Host> {
        self.names
            .iter()
            .map(|named| (self.outline(&named.name, named.place.to_string()), named))
            .filter(|(host, named)| !(named.of_system && host.problem.is_some()))
            .map(|(host, _)| host)
            .collect()
    }

    /// Where a host is named plainly, as `~/.ssh/config:12`.
    fn place_of(&self, name: &str) -> Option<String> {
        let at = self.named.get(name)?;
        Some(self.names[*at].place.to_string())
    }

    /// Whether a `Host` line knows this name, by a pattern that is not just all names.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        let is_name_of = |pattern: &&String| pattern.contains(|c| !matches!(c, '*' | '?' | '!'));
        self.guards.iter().any(|guard| match &guard.test {
            Test::Host(patterns) => {
                patterns
                    .iter()
                    .any(|pattern| is_name_of(&pattern) && pattern::one(pattern, name))
                    && pattern::all(patterns.iter().map(String::as_str), name)
            }
            _ => false,
        })
    }

    /// What could not be read or understood, each with `file:line`.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// All files that were read or would have been, for watching.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    fn index(&mut self) {
        for (at, section) in self.sections.iter().enumerate() {
            match section.guard.map(|guard| &self.guards[guard].test) {
                Some(Test::Host(patterns))
                    if patterns.iter().all(|name| pattern::is_name(name)) =>
                {
                    for name in patterns {
                        self.by_name.entry(name.clone()).or_default().push(at);
                    }
                }
                _ => self.general.push(at),
            }
        }
    }
}
