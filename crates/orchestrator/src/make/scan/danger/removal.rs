//! Which paths lie inside the project: what cleaning removes there can be made again, so that no confirmation is needed.

use std::collections::HashSet;

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

    /// Takes note of the recipe's line: each is a shell of its own.
    pub(super) fn begin(&mut self, line: usize) {
        if line != self.line {
            self.line = line;
            self.has_left = false;
            self.loops.clear();
            self.taking = None;
        }
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
                self.has_left |= !to.is_some_and(|to| self.is_inside(to) || *to == ".");
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
        for word in words.iter().take_while(is_set) {
            let Some((name, value)) = word.trim_start_matches(marks).split_once('=') else {
                continue;
            };
            // Brackets and backquotes part a command from what takes its output, but inside quotes.
            let command = value.trim_start_matches(['$', '(']);
            if command.is_empty() {
                self.taking = Some(name.to_owned());
            } else if command == "mktemp" || self.is_inside(value) {
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
        let path = path.trim_start_matches("./");
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
        let is_all = matches!(path, "" | "." | "*" | ".*" | ".git") || first == ".git";
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
