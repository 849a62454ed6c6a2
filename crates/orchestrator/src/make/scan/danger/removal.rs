//! Which paths lie inside the project: what cleaning removes there can be made again, and nobody has to be asked.

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
        }
    }

    /// Takes note of a command before what follows it.
    pub(super) fn pass(&mut self, words: &[String]) {
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
        let paths = words[at + 1..]
            .iter()
            .filter(|word| !word.starts_with('-') && !is_redirection(word));
        let by_find = before.iter().any(|word| name(word) == "find") && {
            let rest: Vec<&String> = before
                .iter()
                .skip_while(|word| name(word) != "find")
                .skip(1)
                .collect();
            self.starts_inside(&rest)
        };
        let by_xargs = self.found_inside && before.iter().any(|word| name(word) == "xargs");
        let mut count = 0;
        let all = paths.into_iter().all(|path| {
            count += 1;
            self.is_inside(path)
                || (by_find && matches!(path.as_str(), "{}" | "+" | "\\;" | ";" | "{}+"))
        });
        all && (count > 0 || by_find || by_xargs)
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
    fn is_inside(&self, path: &str) -> bool {
        let path = path.trim_start_matches("./");
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

fn is_keyword(word: &str) -> bool {
    matches!(word, "then" | "do" | "else" | "if" | "!" | "{" | "time")
}

fn is_redirection(word: &str) -> bool {
    word.contains(['>', '<'])
}
