//! The user's SSH config, read and not obeyed yet: files, blocks and settings, each with its place. Nothing is executed.
//!
//! `ssh2-config` was looked at and not taken: it keeps no line numbers and knows no route it must refuse.

pub(super) mod keywords;
pub(super) mod pattern;
pub(super) mod resolve;
pub(super) mod route;

use std::{
    collections::{HashMap, hash_map::Entry},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use glob::{MatchOptions, Pattern};

use crate::{host::Host, json_file};

/// Files within files, as in OpenSSH.
const DEEPEST: usize = 16;
/// Files read in all: each of sixteen that includes the next one twice would be read 65,536 times.
const FILES: usize = 1024;
/// As much of a file as is read, in bytes; 100,000 hosts take a tenth of that.
const MAX_BYTES: u64 = 64 << 20;

/// What `~/.ssh/config` and the files it includes say.
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub(super) sections: Vec<Section>,
    pub(super) guards: Vec<Guard>,
    /// Sections whose innermost guard is a list of plain names, by name.
    pub(super) by_name: HashMap<String, Vec<usize>>,
    /// All other sections.
    pub(super) general: Vec<usize>,
    /// Plain names of `Host` lines with where they stand first, in order.
    names: Vec<Named>,
    /// Where in `names` one is.
    named: HashMap<String, usize>,
    problems: Vec<String>,
    files: Vec<PathBuf>,
    pub(super) home: PathBuf,
}

/// A plain name of a `Host` line.
#[derive(Debug, Clone)]
struct Named {
    name: String,
    place: Place,
    /// Whether only the system's config has it.
    of_system: bool,
}

/// Where a line stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    file: Arc<str>,
    line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Settings in a row that hold under the same guard.
#[derive(Debug, Clone)]
pub(super) struct Section {
    /// An index into the guards; none holds always.
    pub(super) guard: Option<usize>,
    pub(super) settings: Vec<Setting>,
    /// Lines that ssh would refuse, each with its place; they stop every host that the section holds for.
    pub(super) refused: Vec<String>,
}

/// A `Host` or `Match` line.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    /// The one around it: that of the `Include` line.
    pub(super) outer: Option<usize>,
    pub(super) test: Test,
    pub(super) place: Place,
}

/// When a guard lets its settings hold.
#[derive(Debug, Clone)]
pub(super) enum Test {
    /// `Host` and its patterns.
    Host(Vec<String>),
    /// `Match` and its words.
    Match(Vec<String>),
}

/// A keyword in lower case and its arguments.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) keyword: String,
    pub(super) args: Vec<String>,
    pub(super) place: Place,
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
        let mut reading = Reading {
            config: Self {
                home: home.to_owned(),
                ..Self::default()
            },
            within: Vec::new(),
            read: 0,
            of_system: false,
        };
        for path in paths {
            reading.file(path, None, None);
            reading.of_system = true;
        }
        let mut config = reading.config;
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
    pub(super) fn place_of(&self, name: &str) -> Option<String> {
        let at = self.named.get(name)?;
        Some(self.names[*at].place.to_string())
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

/// One reading of all files.
struct Reading {
    config: Config,
    /// The files that include each other down to this one.
    within: Vec<PathBuf>,
    /// How many files have been read.
    read: usize,
    /// Whether the file is the system's, or included by it.
    of_system: bool,
}

impl Reading {
    fn file(&mut self, path: &Path, outer: Option<usize>, from: Option<&Place>) {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if self.refuses(&real, from) {
            return;
        }
        if !self.config.files.contains(&path.to_owned()) {
            self.config.files.push(path.to_owned());
        }
        let name: Arc<str> = self.short(path).into();
        let text = match json_file::bytes(path, MAX_BYTES) {
            Ok(Some(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            Ok(None) => return,
            Err(error) => {
                let problem = format!("{name}:1: cannot be read: {error}");
                return self.config.problems.push(problem);
            }
        };
        self.within.push(real);
        self.read += 1;
        let mut guard = outer;
        self.begin(guard);
        for (at, line) in text.lines().enumerate() {
            let place = Place {
                file: Arc::clone(&name),
                line: at + 1,
            };
            self.line(line, place, outer, &mut guard);
        }
        self.within.pop();
    }

    fn refuses(&mut self, path: &Path, from: Option<&Place>) -> bool {
        let place = from.map(|place| format!("{place}: ")).unwrap_or_default();
        let problem = if let Some(at) = self.within.iter().position(|file| file == path) {
            let mut loop_: Vec<_> = self.within[at..]
                .iter()
                .map(|file| self.short(file))
                .collect();
            loop_.push(self.short(path));
            format!("{place}files include each other: {}", loop_.join(" → "))
        } else if self.within.len() >= DEEPEST {
            format!("{place}more than {DEEPEST} files deep")
        } else if self.read == FILES {
            // Told once, of however many there are.
            self.read += 1;
            format!("{place}more than {FILES} files; this one and those after it are left out")
        } else {
            return self.read > FILES;
        };
        self.config.problems.push(problem);
        true
    }

    fn short(&self, path: &Path) -> String {
        path.strip_prefix(&self.config.home).map_or_else(
            |_| path.display().to_string(),
            |rest| format!("~/{}", rest.display()),
        )
    }

    fn begin(&mut self, guard: Option<usize>) {
        self.config.sections.push(Section {
            guard,
            settings: Vec::new(),
            refused: Vec::new(),
        });
    }

    fn line(&mut self, line: &str, place: Place, outer: Option<usize>, guard: &mut Option<usize>) {
        let (keyword, args) = match split(line) {
            Ok(None) => return,
            Ok(Some(words)) => words,
            Err(why) => return self.refuse_line(format!("{place}: {why}")),
        };
        if args.is_empty() {
            return self.refuse_line(format!("{place}: '{keyword}' has no value"));
        }
        match keyword.as_str() {
            "host" | "match" => {
                if keyword == "host" {
                    self.name(&args, &place);
                }
                let test = if keyword == "host" {
                    Test::Host(args)
                } else {
                    Test::Match(args)
                };
                self.config.guards.push(Guard { outer, test, place });
                *guard = Some(self.config.guards.len() - 1);
                self.begin(*guard);
            }
            "include" => {
                let paths: Vec<_> = args.iter().flat_map(|arg| self.find(arg)).collect();
                for path in paths {
                    self.file(&path, *guard, Some(&place));
                }
                self.begin(*guard);
            }
            _ => {
                let setting = Setting {
                    keyword,
                    args,
                    place,
                };
                if let Some(section) = self.config.sections.last_mut() {
                    section.settings.push(setting);
                }
            }
        }
    }

    /// A line that ssh would refuse is told of, and stops the hosts that it holds for: what it was to say is not known,
    /// and may have been the way there.
    fn refuse_line(&mut self, problem: String) {
        if let Some(section) = self.config.sections.last_mut() {
            section.refused.push(problem.clone());
        }
        self.config.problems.push(problem);
    }

    fn name(&mut self, patterns: &[String], place: &Place) {
        for name in patterns.iter().filter(|name| pattern::is_name(name)) {
            if let Entry::Vacant(vacant) = self.config.named.entry(name.clone()) {
                vacant.insert(self.config.names.len());
                self.config.names.push(Named {
                    name: name.clone(),
                    place: place.clone(),
                    of_system: self.of_system,
                });
            }
        }
    }

    /// The files that an `Include` means: patterns of glob(7) in any part, relative ones below `~/.ssh`.
    fn find(&self, arg: &str) -> Vec<PathBuf> {
        let path = match arg.strip_prefix("~/") {
            Some(rest) => self.config.home.join(rest),
            None => self.config.home.join(".ssh").join(arg),
        };
        let mut found = vec![PathBuf::new()];
        for part in path.components() {
            let part = part.as_os_str();
            match part
                .to_str()
                .filter(|part| part.contains(['*', '?', '[', '\\']))
            {
                None => found.iter_mut().for_each(|path| path.push(part)),
                Some(wild) => {
                    found = found.iter().flat_map(|path| matching(path, wild)).collect();
                }
            }
        }
        found
    }
}

fn matching(folder: &Path, wild: &str) -> Vec<PathBuf> {
    let Ok(pattern) = Pattern::new(&as_crate_has_it(wild)) else {
        // A bracket that is not closed stands for itself.
        return vec![folder.join(wild)];
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let mut found: Vec<_> = entries
        .flatten()
        .filter(|entry| pattern.matches_with(&entry.file_name().to_string_lossy(), options))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

/// A pattern of OpenSSH's glob(3) as the crate `glob` writes it: without escapes, names of classes and a second `*`. In
/// both, `[!` alone makes a set of all others; `^` is a character of it.
fn as_crate_has_it(wild: &str) -> String {
    let classes = [
        ("[:digit:]", "0-9"),
        ("[:lower:]", "a-z"),
        ("[:upper:]", "A-Z"),
        ("[:alpha:]", "a-zA-Z"),
        ("[:alnum:]", "a-zA-Z0-9"),
        ("[:xdigit:]", "0-9a-fA-F"),
    ];
    let mut wild = wild.to_owned();
    for (name, range) in classes {
        wild = wild.replace(name, range);
    }
    let mut pattern = String::new();
    let mut chars = wild.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => pattern.extend(chars.next().map(|c| Pattern::escape(&c.to_string()))),
            '*' if pattern.ends_with('*') => {}
            c => pattern.push(c),
        }
    }
    pattern
}

/// A keyword and its words, each line's way: `Keyword value`, `Keyword=value`, quotes, a comment at the end.
fn split(line: &str) -> Result<Option<(String, Vec<String>)>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let end = line
        .find(|c: char| c.is_whitespace() || c == '=')
        .unwrap_or(line.len());
    let rest = line[end..].trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    Ok(Some((line[..end].to_lowercase(), words(rest)?)))
}

fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (_, '\\')
                if chars
                    .peek()
                    .is_some_and(|next| matches!(next, '"' | '\'' | '\\')) =>
            {
                word.get_or_insert_default().extend(chars.next());
            }
            (None, '\\') if chars.peek() == Some(&' ') => {
                word.get_or_insert_default().extend(chars.next());
            }
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, _) if c.is_whitespace() => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}
