//! Which paths lie inside the project: what cleaning removes there can be made again, so that no confirmation is needed.

use std::collections::HashSet;

use super::Lead;

/// Programs that run elsewhere what is behind them, so that a path there is none of the project's.
const ELSEWHERE: [&str; 13] = [
    "ansible",
    "docker",
    "docker-compose",
    "kubectl",
    "lxc",
    "machinectl",
    "multipass",
    "nerdctl",
    "oc",
    "podman",
    "ssh",
    "vagrant",
    "virsh",
];

/// What is known where a command is.
#[derive(Debug, Default)]
pub(super) struct Whereabouts {
    /// Whether paths are the project's at all.
    in_project: bool,
    /// The recipe's line, and whether it has left the project by `cd`.
    line: usize,
    has_left: bool,
    /// Whether a `cd` has entered a folder inside, whether what runs now runs only if it did, and whether the rest of the
    /// line does: `cd build || exit 1`.
    has_entered: bool,
    is_below: bool,
    stays_below: bool,
    /// Shell variables whose values are all inside: `for d in a b`.
    loops: HashSet<String>,
    /// Whether the command before looked for files inside.
    found_inside: bool,
    /// The shell variable that takes what the next command prints.
    taking: Option<String>,
}

impl Whereabouts {
    pub(super) fn new(in_project: bool) -> Self {
        Self {
            in_project,
            ..Self::default()
        }
    }

    /// Takes note of the recipe's line, since each is a shell of its own, and of what is before a command.
    pub(super) fn begin(&mut self, line: usize, lead: Lead, words: &[String]) {
        if line != self.line {
            self.line = line;
            self.has_left = false;
            (self.has_entered, self.is_below, self.stays_below) = (false, false, false);
            self.loops.clear();
            self.taking = None;
        }
        let ends = words.first().is_some_and(|word| word == "exit");
        self.stays_below |= self.has_entered && lead == Lead::Or && ends;
        self.is_below = match lead {
            Lead::And => self.has_entered || self.is_below,
            Lead::Or | Lead::Pipe | Lead::Then => self.stays_below,
        };
        self.has_entered &= lead == Lead::And;
    }

    /// Takes note of a command before what follows it.
    pub(super) fn pass(&mut self, words: &[String]) {
        self.values(words);
        let mut rest = words.iter().skip_while(|word| is_keyword(word));
        let first = rest.next().map(String::as_str);
        let rest: Vec<&String> = rest.collect();
        match (
            first.map(|word| word.trim_start_matches(['@', '-', '+'])),
            rest.first(),
        ) {
            (Some("cd" | "pushd"), to) => {
                let is_inside = to.is_some_and(|to| self.is_inside(to));
                self.has_left |= !is_inside && to.is_none_or(|to| *to != ".");
                self.has_entered |= is_inside;
            }
            (Some("for"), Some(name)) if rest.get(1).is_some_and(|word| *word == "in") => {
                if rest[2..].iter().all(|word| self.is_inside(word)) {
                    self.loops.insert((*name).clone());
                } else {
                    self.loops.remove(*name);
                }
            }
            _ => {}
        }
        self.found_inside = first.is_some_and(|first| {
            (first.trim_start_matches(['@', '-']) == "find" && self.starts_inside(&rest))
                || first.trim_start_matches(['@', '-']) == "ls"
        });
    }

    /// Takes note of the shell variables that a command sets: `D=build/x`, `T=$(mktemp -d)`.
    fn values(&mut self, words: &[String]) {
        let taking = self.taking.take();
        if words.first().is_some_and(|word| word == "mktemp") {
            self.loops.extend(taking);
        }
        let is_set = |word: &&String| word.contains('=') || *word == "export" || *word == "local";
        let marks = ['@', '-', '+'];
        let words = words.iter().skip_while(|word| is_keyword(word));
        for word in words.take_while(is_set) {
            let Some((name, value)) = word.trim_start_matches(marks).split_once('=') else {
                continue;
            };
            // Brackets and backquotes part a command from what takes its output, but inside quotes.
            let command = value.trim_start_matches(['$', '(']);
            if command.is_empty() {
                self.taking = Some(name.to_owned());
            } else if command == "mktemp" || command.starts_with("mktemp ") || self.is_inside(value)
            {
                self.loops.insert(name.to_owned());
            } else {
                self.loops.remove(name);
            }
        }
    }

    /// Whether `find` starts at folders inside alone.
    fn starts_inside(&self, rest: &[&String]) -> bool {
        let mut starts = rest
            .iter()
            .take_while(|word| !word.starts_with(['-', '(', '!', '\\']));
        starts.all(|word| word.as_str() == "." || self.is_inside(word))
    }

    /// Whether a command at `at` of these words works on nothing outside the project.
    pub(super) fn spares(&self, words: &[String], at: usize) -> bool {
        if !self.in_project || self.has_left {
            return false;
        }
        let before = &words[..at];
        let name = |word: &String| {
            word.rsplit('/')
                .next()
                .unwrap_or(word)
                .trim_start_matches(['@', '-', '+'])
                .to_owned()
        };
        if before
            .iter()
            .any(|word| ELSEWHERE.contains(&name(word).as_str()))
        {
            return false;
        }
        let is_file_of = |at: usize| at > 0 && words[at - 1].ends_with('>');
        let paths = words.iter().enumerate().skip(at + 1).filter(|(at, word)| {
            !word.starts_with('-') && !is_redirection(word) && !is_file_of(*at)
        });
        let by_find = before.iter().any(|word| name(word) == "find") && {
            let rest: Vec<&String> = before
                .iter()
                .skip_while(|word| name(word) != "find")
                .skip(1)
                .collect();
            self.starts_inside(&rest)
        };
        let is_given = before.iter().any(|word| name(word) == "xargs");
        let by_xargs = self.found_inside && is_given;
        let mut count = 0;
        let all = paths.into_iter().all(|(_, path)| {
            count += 1;
            self.is_inside(path)
                || (by_find && matches!(path.as_str(), "{}" | "+" | "\\;" | ";" | "{}+"))
        });
        // Without any it removes nothing.
        all && (count > 0 || by_find || by_xargs || !is_given)
    }

    /// Whether `find` at `at` starts inside.
    pub(super) fn finds_inside(&self, words: &[String], at: usize) -> bool {
        let rest: Vec<&String> = words[at + 1..].iter().collect();
        self.in_project && !self.has_left && self.starts_inside(&rest)
    }

    /// Whether `git clean` at `at` is given paths that are all inside.
    pub(super) fn cleans_inside(&self, words: &[String], at: usize) -> bool {
        let rest = words[at + 1..].iter();
        let behind = rest.skip_while(|word| *word != "clean").skip(1);
        let mut paths = behind.filter(|word| !word.starts_with('-')).peekable();
        self.in_project
            && !self.has_left
            && paths.peek().is_some()
            && paths.all(|path| self.is_inside(path))
    }

    /// Whether what a program works on, by words as `of=disk.img`, lies inside.
    pub(super) fn writes_inside(&self, rest: &[String]) -> bool {
        let paths = rest
            .iter()
            .map(|word| word.strip_prefix("of=").unwrap_or(word));
        let mut paths = paths.filter(|word| !word.starts_with('-') && !word.contains('='));
        self.in_project && !self.has_left && paths.all(|path| self.is_inside(path))
    }

    /// Whether a path is one of the project's own, and not all of it.
    pub(super) fn is_inside(&self, path: &str) -> bool {
        // `.//sdk` is what `$(TOP)/sdk` becomes.
        let mut path = path;
        while let Some(rest) = path.strip_prefix("./") {
            path = rest.trim_start_matches('/');
        }
        if let Some(path) = path.strip_prefix("/tmp/") {
            let mut parts = path.split('/');
            let own = parts.next().unwrap_or_default();
            return !own.is_empty()
                && !own.starts_with(['*', '.', '$'])
                && parts.all(|part| part != "..");
        }
        let first = path.split('/').next().unwrap_or(path);
        if let Some(name) = path.strip_prefix('$') {
            let name = name.trim_start_matches('{');
            let end = name.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
            let name = &name[..end.unwrap_or(name.len())];
            return self.loops.contains(name) && !path.contains("..");
        }
        let is_whole = matches!(path, "" | "." | ".*") || (path == "*" && !self.is_below);
        let is_all = is_whole || first == ".git";
        let leaves = path.split('/').any(|part| part == "..");
        !is_all && !leaves && !path.starts_with(['/', '~', '`', '(']) && !path.starts_with("${")
    }
}

/// Whether all that a command prints is inside the project, or the name of a new temporary file.
pub(super) fn answers_inside(command: &str) -> bool {
    let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    let place = Whereabouts::new(true);
    let rest: Vec<&String> = words.iter().skip(1).collect();
    let is_one = !command.contains(['|', ';', '&', '$', '`']);
    match words.first().map(String::as_str) {
        _ if command.contains("mktemp ") => true,
        Some("find") => is_one && place.starts_inside(&rest),
        Some("ls") => {
            let mut paths = rest.iter().filter(|word| !word.starts_with('-'));
            is_one && paths.all(|path| place.is_inside(path))
        }
        _ => false,
    }
}

fn is_keyword(word: &str) -> bool {
    matches!(word, "then" | "do" | "else" | "if" | "!" | "{" | "time")
}

fn is_redirection(word: &str) -> bool {
    word.contains(['>', '<'])
}
