//! The grammar of what a page sends, for fuzzers: calls as the wire's types have them, with words that mean something, and
//! small changes to them. The wire's own tests hold it to every request there is.

use serde_json::{Map, Value, json};

/// Numbers below a limit: dice, or what a fuzzer would like to try.
pub(crate) trait Numbers {
    /// One below `limit`, which is not 0.
    fn below(&mut self, limit: u64) -> u64;
}

/// What of a real app's can be named.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// Jobs there are.
    pub(crate) jobs: Vec<String>,
    /// A folder with a makefile.
    pub(crate) folder: String,
    /// Whether it may start jobs and change settings: they come up far less often than the rest.
    pub(crate) may_change: bool,
}

const NOBODY: &str = "01890000-0000-7000-8000-000000000001";
/// Commands that harm nobody.
const COMMANDS: [&str; 6] = [
    "true",
    "echo a",
    "exit 3",
    "printf 'a\\nb'",
    "",
    "cat </dev/null",
];
const WORDS: [&str; 14] = [
    "",
    "a",
    "all",
    "work",
    "ERROR",
    "done",
    "é",
    "\u{202e}x",
    "\0",
    "../..",
    "a b",
    "$(true)",
    "'",
    "\u{1b}[31m",
];

/// The groups of requests, and in each the requests by name.
pub(crate) const GROUPS: [(&str, &[&str]); 9] = [
    (
        "catalog",
        &[
            "overview",
            "targets",
            "add_project",
            "remove_project",
            "trust_project",
            "distrust_project",
            "edit_makefile",
            "open_folder",
            "allow_command",
            "set_exclusive",
            "copy_dotenv_sample",
            "mark",
            "marks",
            "mark_production",
            "save_command",
            "forget_command",
        ],
    ),
    (
        "host",
        &[
            "choose_hosts",
            "probe_hosts",
            "probe_address",
            "try_host",
            "add_host",
            "edit_host",
            "remove_host",
            "import_hosts",
            "import_hosts_of_command",
            "inclusion",
            "include_own_hosts",
            "sets",
            "save_set",
            "tag_hosts",
        ],
    ),
    (
        "launch",
        &[
            "preview",
            "look_on_hosts",
            "copy",
            "start",
            "run_again",
            "presets",
            "save_preset",
            "forget_preset",
        ],
    ),
    (
        "job",
        &[
            "jobs",
            "job",
            "earlier",
            "earlier_of_each",
            "silence",
            "notes",
            "set_note",
            "delete_jobs",
            "export_jobs",
            "cancel",
            "input",
            "resize",
            "answer",
        ],
    ),
    (
        "log",
        &[
            "lines",
            "whole_line",
            "outline",
            "save_log",
            "edit",
            "browse",
            "follow",
            "unfollow",
            "subscribe",
            "unsubscribe",
        ],
    ),
    (
        "find",
        &["find", "end_find", "hit", "hits", "hit_lines", "hit_marks"],
    ),
    ("search", &["search_logs", "end_search"]),
    (
        "compare",
        &["compare_logs", "compared_lines", "try_masks", "failure"],
    ),
    (
        "settings",
        &[
            "settings",
            "change_settings",
            "kept",
            "outdated",
            "use_database",
            "try_database",
            "copy_history",
            "end_copy",
            "history_copy",
            "health",
        ],
    ),
];

/// What starts something, or writes a file, or stays changed.
const CHANGES: [&str; 22] = [
    "include_own_hosts",
    "mark",
    "save_set",
    "start",
    "try_host",
    "delete_jobs",
    "export_jobs",
    "copy_history",
    "run_again",
    "save_log",
    "change_settings",
    "use_database",
    "add_project",
    "save_preset",
    "save_command",
    "add_host",
    "edit_host",
    "remove_host",
    "import_hosts",
    "import_hosts_of_command",
    "look_on_hosts",
    "tag_hosts",
];

/// Makes calls.
pub(crate) struct Grammar<'a, N> {
    numbers: &'a mut N,
    known: &'a Known,
}

impl<'a, N: Numbers> Grammar<'a, N> {
    pub(crate) fn new(numbers: &'a mut N, known: &'a Known) -> Self {
        Self { numbers, known }
    }

    fn one<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.numbers.below(of.len() as u64) as usize]
    }

    /// Whether one in `many` comes up.
    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.numbers.below(many) == 0
    }

    /// A request as the wire has it.
    pub(crate) fn request(&mut self) -> Value {
        loop {
            let (group, names) = GROUPS[self.numbers.below(GROUPS.len() as u64) as usize];
            let name = self.one(names);
            let is_rare = CHANGES.contains(&name);
            if is_rare && !(self.known.may_change && self.numbers.below(40) == 0) {
                continue;
            }
            return self.named(group, name);
        }
    }

    /// The request of this name.
    pub(crate) fn named(&mut self, group: &str, name: &str) -> Value {
        let with = self.with(name);
        let mut request = Map::from_iter([("type".to_owned(), name.into())]);
        if !with.is_null() {
            request.insert("with".into(), with);
        }
        Value::Object(Map::from_iter([(group.to_owned(), request.into())]))
    }

    fn job(&mut self) -> Value {
        let there = self.known.jobs.len() as u64;
        match self.numbers.below(there + 1) {
            number if number < there => self.known.jobs[number as usize].as_str().into(),
            _ => NOBODY.into(),
        }
    }

    fn word(&mut self) -> Value {
        self.one(&WORDS).into()
    }

    fn flag(&mut self) -> Value {
        (self.numbers.below(2) == 0).into()
    }

    fn number(&mut self) -> Value {
        let most = [1, 2, 3, 50, 1000, 1001, 65_536, u64::from(u32::MAX)];
        let most = most[self.numbers.below(most.len() as u64) as usize];
        self.numbers.below(most).into()
    }

    fn none_or(&mut self, some: Value) -> Value {
        if self.numbers.below(2) == 0 {
            Value::Null
        } else {
            some
        }
    }

    fn start(&mut self) -> Value {
        if self.numbers.below(2) == 0 {
            return json!({"kind": "target", "project": self.word(), "targets": [self.word()],
                "variables": [[self.word(), self.word()]], "pty": self.flag()});
        }
        json!({"kind": "command", "command": self.one(&COMMANDS), "hosts": [], "cwd": self.known.folder, "pty": self.flag()})
    }

    fn with(&mut self, name: &str) -> Value {
        match name {
            "overview" | "settings" | "kept" | "health" | "end_copy" | "history_copy" => {
                Value::Null
            }
            "targets" | "copy_dotenv_sample" | "open_folder" => json!({"project": self.word()}),
            "add_project" => json!({"path": self.known.folder}),
            "remove_project" | "trust_project" | "distrust_project" => json!({"name": self.word()}),
            "edit_makefile" => {
                let target = self.word();
                json!({"project": self.word(), "target": self.none_or(target)})
            }
            "allow_command" => json!({"command": self.one(&COMMANDS)}),
            "set_exclusive" => json!({"name": self.word(), "exclusive": self.flag()}),
            "mark" => {
                let care = self.one(&["free", "ask", "always", "name"]);
                json!({"on": [self.word()], "change": {"care": care}})
            }
            "mark_production" => json!({"host": self.word(), "production": self.flag()}),
            "save_command" | "forget_command" => {
                let host = self.word();
                json!({"host": self.none_or(host), "command": self.one(&COMMANDS)})
            }
            "choose_hosts" => json!({"line": self.word()}),
            "probe_hosts" => json!({"hosts": [self.word()]}),
            // Nobody listens there.
            "probe_address" => json!({"address": "127.0.0.1", "port": 9}),
            "try_host" | "add_host" | "edit_host" => {
                json!({"host": {"name": self.word(), "address": self.word()}})
            }
            "remove_host" => json!({"name": self.word()}),
            "import_hosts" => json!({"path": self.known.folder}),
            "import_hosts_of_command" => json!({"command": self.one(&COMMANDS)}),
            "inclusion" | "include_own_hosts" | "sets" | "marks" => Value::Null,
            "save_set" => {
                let line = self.word();
                json!({"name": self.word(), "line": self.none_or(line)})
            }
            "tag_hosts" => {
                json!({"hosts": [self.word()], "tags": [self.word()], "given": self.flag()})
            }
            "preview" | "start" => self.start(),
            "look_on_hosts" => {
                let folder = self.word();
                json!({"project": self.word(), "targets": [self.word()], "hosts": [self.word()],
                    "folder": self.none_or(folder)})
            }
            "copy" => {
                let job = self.job();
                let by = ["plain", "vmo"][self.numbers.below(2) as usize];
                let what = match self.numbers.below(2) {
                    0 => json!({"kind": "job", "job": job}),
                    _ => json!({"kind": "start", "start": self.start()}),
                };
                json!({"what": what, "by": by})
            }
            "run_again" => json!({"job": self.job(), "seen": self.word(), "confirmed": []}),
            "presets" => json!({"project": self.word(), "target": self.word()}),
            "save_preset" => json!({"project": self.word(), "target": self.word(),
                "preset": {"name": self.word(), "filled": {"words": [self.word()], "pty": self.flag()}}}),
            "forget_preset" => {
                json!({"project": self.word(), "target": self.word(), "name": self.word()})
            }
            "change_settings" => {
                let url = "postgres://nobody@127.0.0.1:9/none".into();
                json!({"max_jobs": self.number(), "editor": "true", "terminal": "true",
                    "database_url": self.none_or(url), "error_rules": [self.word()]})
            }
            "outdated" => {
                json!({"retention": {"keep": {"days": self.number(), "jobs": self.number()}, "projects": {}}})
            }
            "try_database" | "copy_history" => {
                json!({"url": "postgres://ann:x@127.0.0.1:1/x", "schema": null})
            }
            "use_database" => json!({"used": self.flag()}),
            _ => self.with_of_jobs(name),
        }
    }

    fn with_of_jobs(&mut self, name: &str) -> Value {
        match name {
            "jobs" => {
                let (text, before) = (self.word(), self.job());
                json!({"status": self.one(&["done", "error", "running", "lost"]), "text": self.none_or(text),
                    "before": self.none_or(before), "limit": self.number(), "pinned": self.flag()})
            }
            "job" | "earlier" | "silence" | "failure" | "outline" | "unfollow" => {
                json!({"job": self.job()})
            }
            "notes" | "earlier_of_each" | "delete_jobs" | "export_jobs" => {
                json!({"jobs": [self.job(), self.job()]})
            }
            "set_note" => json!({"job": self.job(), "pinned": self.flag(), "text": self.word()}),
            "cancel" => json!({"job": self.job(), "force": self.flag()}),
            "input" => json!({"job": self.job(), "text": self.word(), "end": self.flag()}),
            "resize" => {
                let mut side = || self.numbers.below(65_536);
                json!({"job": NOBODY, "rows": side(), "cols": side()})
            }
            "answer" => json!({"prompt": NOBODY, "answer": {"kind": "text", "text": self.word()}}),
            "lines" => json!({"job": self.job(), "first": self.number(), "count": self.number()}),
            "whole_line" => json!({"job": self.job(), "number": self.number()}),
            "save_log" => {
                json!({"job": self.job(), "form": self.one(&["raw", "text", "text_with_times", "html"])})
            }
            "edit" => json!({"job": self.job(), "line": self.number()}),
            "browse" => {
                json!({"job": self.job(), "line": self.number(), "url": "http://127.0.0.1:1/"})
            }
            "follow" => json!({"job": self.job(), "tail": self.number()}),
            "subscribe" => {
                let tail = self.number();
                json!({"job": self.job(), "seq": self.number(), "tail": self.none_or(tail)})
            }
            "unsubscribe" => json!({"subscription": self.number()}),
            "find" => {
                json!({"job": self.job(), "find": self.numbers.below(4), "query": {"text": self.word(),
                "case": self.flag(), "word": self.flag(), "regex": self.flag()}})
            }
            "search_logs" => {
                json!({"search": self.numbers.below(4), "wanted": {
                    "query": {"text": self.word(), "case": self.flag(), "word": self.flag(), "regex": self.flag()},
                    "scope": {"project": self.word(), "hosts": [self.word()]}, "context": self.number(),
                    "per_job": self.numbers.below(4), "limit": self.numbers.below(9)}})
            }
            "end_search" => json!({"search": self.numbers.below(4)}),
            "compare_logs" => {
                let with = self.job();
                json!({"job": self.job(), "with": self.none_or(with), "view": self.one(&["new", "lines"]),
                    "counted": [self.one(&["time", "integer", "quoted"])]})
            }
            "compared_lines" => {
                let (with, old) = (self.job(), self.number());
                json!({"job": self.job(), "with": self.none_or(with), "runs": [{
                    "side": self.one(&["same", "removed", "added"]), "old": self.none_or(old),
                    "new": self.number(), "count": self.number()}]})
            }
            "try_masks" => json!({"rules": [self.word()], "line": self.word()}),
            "end_find" | "hit_marks" => json!({"find": self.numbers.below(4)}),
            "hit" => {
                json!({"find": self.numbers.below(4), "line": self.number(), "start": self.number(),
                "back": self.flag(), "around": self.numbers.below(9)})
            }
            "hits" => {
                json!({"find": self.numbers.below(4), "first": self.number(), "count": self.number()})
            }
            "hit_lines" => json!({"find": self.numbers.below(4), "around": self.numbers.below(9),
                "skip": self.number(), "count": self.number()}),
            other => unreachable!("{other} is not in the grammar"),
        }
    }

    /// A call with a change or two, as text: it may be a request no longer.
    pub(crate) fn changed(&mut self, mut call: Value) -> String {
        for _ in 0..=self.numbers.below(2) {
            let size = size(&call);
            let mut left = self.numbers.below(size);
            self.change(&mut call, &mut left);
        }
        let mut text = call.to_string();
        if self.numbers.below(8) == 0 {
            let at = self.numbers.below(text.len() as u64 + 1) as usize;
            let at = text.floor_char_boundary(at);
            match self.numbers.below(3) {
                0 => text.truncate(at),
                1 => text.insert_str(
                    at,
                    self.one(&["\"", "{", "[", "}", ",", "0", "\\u0000", "null"]),
                ),
                _ => text = text.replace(':', self.one(&["::", ",", ":"])),
            }
        }
        text
    }

    /// Changes the value that so many others come before; what names something to run stays as it is.
    fn change(&mut self, value: &mut Value, left: &mut u64) -> bool {
        if *left == 0 {
            *value = match self.numbers.below(6) {
                0 => Value::Null,
                1 => self.flag(),
                2 => self.number(),
                3 => json!([self.word()]),
                4 => json!({"type": "overview"}),
                _ => self.word(),
            };
            return true;
        }
        *left -= 1;
        match value {
            Value::Array(values) => values.iter_mut().any(|value| self.change(value, left)),
            Value::Object(fields) => {
                let mut fields = fields
                    .iter_mut()
                    .filter(|(name, _)| !RUNS.contains(&name.as_str()));
                fields.any(|(_, value)| self.change(value, left))
            }
            _ => false,
        }
    }
}

/// Fields whose value is run, or written to.
const RUNS: [&str; 5] = ["command", "editor", "terminal", "path", "cwd"];

fn size(value: &Value) -> u64 {
    1 + match value {
        Value::Array(values) => values.iter().map(size).sum(),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .filter(|(name, _)| !RUNS.contains(&name.as_str()));
            fields.map(|(_, value)| size(value)).sum()
        }
        _ => 0,
    }
}
