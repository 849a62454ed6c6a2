//! The files of an SSH config as sections: includes followed, each line split and its value checked.

use std::{
    collections::hash_map::Entry,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Config, ConfigLine, Guard, Named, Section, Setting, Test, Unknown, include, jump, keywords,
    matching::{self, What},
    pattern,
    values::kind_of,
    words::{argv, keyword},
};
use crate::json_file;

/// Files within files, as in OpenSSH.
const DEEPEST: usize = 16;
/// Files read in all: each of sixteen that includes the next one twice would be read 65,536 times.
const FILES: usize = 1024;
/// As much of a file as is read, in bytes; 100,000 hosts take a tenth of that.
const MAX_BYTES: u64 = 64 << 20;

/// One reading of all files.
pub(super) struct Reading {
    config: Config,
    /// The files that include each other down to this one.
    within: Vec<PathBuf>,
    /// How many files have been read.
    read: usize,
    /// Whether the file is the system's, or included by it.
    of_system: bool,
    /// The folder of the system's config. What is named in its files is the system's, whoever includes them.
    system: Option<PathBuf>,
}

impl Reading {
    /// Of no file yet.
    pub(super) fn new(home: &Path) -> Self {
        Self {
            config: Config {
                home: home.to_owned(),
                ..Config::default()
            },
            within: Vec::new(),
            read: 0,
            of_system: false,
            system: None,
        }
    }

    /// The same, with the system's config in this folder.
    pub(super) fn with_system(self, folder: Option<&Path>) -> Self {
        let real = folder.and_then(|folder| fs::canonicalize(folder).ok());
        Self {
            system: real,
            ..self
        }
    }

    /// What was read.
    pub(super) fn into_config(mut self) -> Config {
        let config = &mut self.config;
        let settings = config.sections.iter().flat_map(|section| &section.settings);
        let ignored: Vec<&str> = settings
            .filter(|setting| setting.keyword == "ignoreunknown")
            .map(|setting| setting.args[0].as_str())
            .collect();
        let named = |keyword: &str| {
            let mut lists = ignored.iter();
            lists.any(|list| pattern::any(&list.to_lowercase(), keyword))
        };
        let unknown = config.unknown.iter().filter(|line| !named(&line.keyword));
        let problems: Vec<String> = unknown.map(ToString::to_string).collect();
        config.problems.extend(problems);
        self.config
    }

    /// Reads the user's file or, after it, the system's.
    pub(super) fn file_of(&mut self, path: &Path, of_system: bool) {
        self.of_system = of_system;
        self.file(path, None, None);
    }

    fn file(&mut self, path: &Path, outer: Option<usize>, from: Option<&ConfigLine>) {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Err(problem) = self.admit(&real, from) {
            return problem.map_or((), |problem| self.refuse(problem));
        }
        if !self.config.files.contains(&path.to_owned()) {
            self.config.files.push(path.to_owned());
        }
        let name: Arc<str> = self.short(path).into();
        if !(self.of_system && from.is_none())
            && let Some(why) = writable_by_others(path)
        {
            return self.refuse(format!("{name}:1: {why}"));
        }
        // To ssh, which opens it like a file, a folder has no lines.
        if from.is_some() && path.is_dir() {
            return;
        }
        let text = match json_file::bytes(path, MAX_BYTES) {
            Ok(Some(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            Ok(None) => return,
            Err(error) => {
                let problem = format!("{name}:1: cannot be read: {error}");
                // ssh goes on without a config that it cannot open, and stops at an include that it cannot.
                return match from {
                    None => self.config.problems.push(problem),
                    Some(_) => self.refuse(problem),
                };
            }
        };
        self.within.push(real);
        self.read += 1;
        self.lines_of(&text, name, outer);
        self.within.pop();
    }

    /// Reads a text that is in no file as if it were one of the user's.
    pub(super) fn text_of(&mut self, text: &str, name: &str) {
        self.of_system = false;
        self.lines_of(text, name.into(), None);
    }

    fn lines_of(&mut self, text: &str, name: Arc<str>, outer: Option<usize>) {
        let mut guard = outer;
        self.begin(guard);
        for (at, line) in text.lines().enumerate() {
            let place = ConfigLine {
                file: Arc::clone(&name),
                line: at + 1,
            };
            self.line(line, place, outer, &mut guard);
        }
    }

    /// Whether one more file may be read.
    ///
    /// # Errors
    /// Why not; none if that has been reported already.
    fn admit(&mut self, path: &Path, from: Option<&ConfigLine>) -> Result<(), Option<String>> {
        let place = from.map(|place| format!("{place}: ")).unwrap_or_default();
        if let Some(at) = self.within.iter().position(|file| file == path) {
            let files = self.within[at..].iter();
            let mut circle: Vec<_> = files.map(|file| self.short(file)).collect();
            circle.push(self.short(path));
            let circle = circle.join(" → ");
            return Err(Some(format!("{place}files include each other: {circle}")));
        }
        if self.within.len() > DEEPEST {
            return Err(Some(format!("{place}more than {DEEPEST} files deep")));
        }
        if self.read == FILES {
            // Reported once, however many there are.
            self.read += 1;
            return Err(Some(format!(
                "{place}more than {FILES} files; this one and those after it are left out"
            )));
        }
        if self.read > FILES { Err(None) } else { Ok(()) }
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
        });
    }

    fn line(
        &mut self,
        line: &str,
        place: ConfigLine,
        outer: Option<usize>,
        guard: &mut Option<usize>,
    ) {
        let Some((keyword, rest)) = keyword(line) else {
            return;
        };
        let keyword = keywords::without_alias(keyword);
        if rest.is_empty() {
            let keyword = keyword.escape_debug();
            return self.refuse(format!("{place}: '{keyword}' has no value"));
        }
        let read = match &*keyword {
            "match" => self.match_line(rest, &place, outer, guard),
            "host" => self.host_line(rest, &place, outer, guard),
            "include" => self.include(rest, &place, *guard),
            _ => self.setting(keyword, rest, &place),
        };
        if let Err(why) = read {
            self.refuse(format!("{place}: {why}"));
        }
    }

    fn match_line(
        &mut self,
        rest: &str,
        place: &ConfigLine,
        outer: Option<usize>,
        guard: &mut Option<usize>,
    ) -> Result<(), String> {
        let criteria = matching::parse(rest)?;
        self.config.has_final |= criteria
            .iter()
            .any(|criterion| criterion.what == What::Final { asks: true });
        self.guard(Test::Match(criteria), place, outer, guard);
        Ok(())
    }

    fn host_line(
        &mut self,
        rest: &str,
        place: &ConfigLine,
        outer: Option<usize>,
        guard: &mut Option<usize>,
    ) -> Result<(), String> {
        let patterns = argv(rest)?;
        if patterns.iter().any(String::is_empty) {
            return Err("'Host' has an empty name".to_owned());
        }
        self.name(&patterns, place);
        self.guard(Test::Host(patterns), place, outer, guard);
        Ok(())
    }

    fn guard(
        &mut self,
        test: Test,
        place: &ConfigLine,
        outer: Option<usize>,
        guard: &mut Option<usize>,
    ) {
        let place = place.clone();
        self.config.guards.push(Guard { outer, test, place });
        *guard = Some(self.config.guards.len() - 1);
        self.begin(*guard);
    }

    fn include(
        &mut self,
        rest: &str,
        place: &ConfigLine,
        guard: Option<usize>,
    ) -> Result<(), String> {
        for arg in argv(rest)? {
            for path in self.find(&arg)? {
                // A pattern often means one along with the files.
                if path.is_dir() && path.ends_with(&arg) {
                    let arg = arg.escape_debug();
                    self.config.problems.push(format!(
                        "{place}: '{arg}' is a folder, of which ssh reads nothing; its files are '{arg}/*'"
                    ));
                }
                self.file(&path, guard, Some(place));
            }
        }
        self.begin(guard);
        Ok(())
    }

    fn setting(&mut self, keyword: String, rest: &str, place: &ConfigLine) -> Result<(), String> {
        let at = self.config.sections.len() - 1;
        let Some(section) = self.config.sections.last_mut() else {
            return Ok(());
        };
        let kind = kind_of(&keyword);
        let args = if kind.is_line() {
            vec![rest.trim_start_matches([' ', '\t', '=']).to_owned()]
        } else {
            argv(rest)?
        };
        if !keywords::is_known(&keyword) {
            let unknown = &mut self.config.unknown;
            if unknown.iter().all(|other| other.keyword != keyword) {
                unknown.push(Unknown {
                    keyword,
                    at: (at, section.settings.len()),
                    place: place.clone(),
                });
            }
            return Ok(());
        }
        if keyword == "proxyjump" {
            jump::parse(&args[0])?;
        }
        kind.check(&args)
            .map_err(|why| format!("'{keyword}' {why}"))?;
        section.settings.push(Setting {
            keyword,
            args,
            place: place.clone(),
        });
        Ok(())
    }

    /// A line that ssh would refuse is reported, and stops every host, as ssh would stop: what it was to say is not known,
    /// and may have been the way there.
    fn refuse(&mut self, problem: String) {
        self.config.refused.get_or_insert_with(|| problem.clone());
        self.config.problems.push(problem);
    }

    fn name(&mut self, patterns: &[String], place: &ConfigLine) {
        let in_system = |file: &PathBuf| {
            let system = self.system.as_ref();
            system.is_some_and(|system| file.starts_with(system))
        };
        let of_system = self.of_system || self.within.last().is_some_and(in_system);
        for name in patterns.iter().filter(|name| pattern::is_name(name)) {
            if let Entry::Vacant(vacant) = self.config.named.entry(name.clone()) {
                vacant.insert(self.config.names.len());
                self.config.names.push(Named {
                    name: name.clone(),
                    place: place.clone(),
                    of_system,
                });
            }
        }
    }

    /// The files that an `Include` means, in the order of their names: patterns allowed in any part, relative ones below
    /// `~/.ssh`, of the system's config below `/etc/ssh`.
    fn find(&self, arg: &str) -> Result<Vec<PathBuf>, String> {
        if arg.is_empty() {
            return Err("'Include' has an empty name".to_owned());
        }
        let home = &self.config.home;
        Ok(match arg.strip_prefix("~/") {
            Some(_) if self.of_system => {
                return Err(format!("'Include {}' names no user", arg.escape_debug()));
            }
            Some(rest) => include::files_of(home, Path::new(rest)),
            None if self.of_system => include::files_of(Path::new("/etc/ssh"), Path::new(arg)),
            None => include::files_of(&home.join(".ssh"), Path::new(arg)),
        })
    }
}

/// Why a file is not read: ssh reads no config that another user could have written.
fn writable_by_others(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    let own = rustix::process::getuid().as_raw();
    if meta.uid() != 0 && meta.uid() != own {
        let owner = meta.uid();
        return Some(format!(
            "it belongs to another user ({owner}), and ssh would refuse it: make it yours (chown)"
        ));
    }
    (meta.mode() & 0o022 != 0).then(|| {
        "others may write to it, and ssh would refuse it: take that right away (chmod go-w)"
            .to_owned()
    })
}
