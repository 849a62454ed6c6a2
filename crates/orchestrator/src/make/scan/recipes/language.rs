//! What a recipe's lines are handed to: a shell, or the interpreter of another language (`SHELL = python3`), and whether
//! all of them at once (`.ONESHELL`). What is known of shell code says nothing of another language's.

use super::shell::{commands, without_comments};

/// Interpreters of other languages; a version may be behind their names.
const OTHERS: [&str; 25] = [
    "awk",
    "bun",
    "cmd",
    "cmd.exe",
    "deno",
    "elixir",
    "gawk",
    "ghci",
    "groovy",
    "guile",
    "ipython",
    "irb",
    "julia",
    "lua",
    "node",
    "nodejs",
    "octave",
    "osascript",
    "perl",
    "php",
    "pwsh",
    "python",
    "rscript",
    "ruby",
    "tclsh",
];
/// Interpreters of SQL.
const OF_SQL: [&str; 6] = ["duckdb", "mariadb", "mysql", "psql", "sqlcmd", "sqlite"];
/// Programs and tools that run the one behind them.
const RUNNING: [&str; 5] = ["env", "exec", "poetry", "run", "uv"];

/// The language of a recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::make::scan) enum Language {
    /// A shell's, or unknown, which is taken for one.
    #[default]
    Shell,
    /// SQL, by this interpreter.
    Sql(String),
    /// Another one, by this interpreter.
    Other(String),
}

impl Language {
    /// The language of what `SHELL` names.
    pub(in crate::make::scan) fn of(shell: &str) -> Self {
        let name = |word: &str| word.rsplit(['/', '\\']).next().unwrap_or(word).to_owned();
        let skipped = |name: &String| {
            RUNNING.contains(&name.as_str()) || name.starts_with('-') || name.contains('=')
        };
        let mut words = shell.split_whitespace().map(name);
        let Some(program) = words.find(|name| !skipped(name)) else {
            return Self::Shell;
        };
        let lower = program.to_ascii_lowercase();
        let lower = lower.strip_suffix(".exe").unwrap_or(&lower);
        let bare = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let is = |known: &[&str]| known.contains(&bare) || known.contains(&lower);
        if is(&OF_SQL) {
            Self::Sql(program)
        } else if is(&OTHERS) || lower.starts_with("powershell") {
            Self::Other(program)
        } else {
            Self::Shell
        }
    }

    /// The interpreter, if it is no shell.
    pub(in crate::make::scan) fn interpreter(&self) -> Option<&str> {
        match self {
            Self::Shell => None,
            Self::Sql(name) | Self::Other(name) => Some(name),
        }
    }
}

/// Programs that run what they are given to read.
const READING: [&str; 9] = [
    "bash", "docker", "kubectl", "mariadb", "mysql", "psql", "sh", "ssh", "sudo",
];

/// The lines of a recipe that one shell gets as one line, as `.ONESHELL` has it, without comments, and without the texts
/// that `<<END` hands to a program that does not run them.
pub(in crate::make::scan) fn in_one(text: &str) -> String {
    let text = without_comments(text);
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push_str(if ends_open(line) { "\n" } else { "; " });
        let Some(end) = here_text(line) else {
            continue;
        };
        let first = commands(line).pop();
        let is_run = first.is_some_and(|one| {
            let program = one.program().unwrap_or_default();
            READING.contains(&program.rsplit('/').next().unwrap_or(program))
        });
        for inner in lines.by_ref().take_while(|line| line.trim() != end) {
            if is_run {
                out.push_str(inner);
                out.push_str("; ");
            }
        }
    }
    out
}

/// Whether a line goes on in the next by a backslash.
fn ends_open(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// The word that ends a text which begins on the next line: `END` behind `<<END` or `<<-'END'`.
fn here_text(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("<<")?;
    let rest = rest
        .trim_start_matches('-')
        .trim_start()
        .trim_start_matches(['"', '\'', '\\']);
    let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
    let word = &rest[..end.unwrap_or(rest.len())];
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn an_interpreter_is_known_however_it_is_named() {
        for shell in [
            "python",
            "/usr/bin/python3.11",
            "/usr/bin/env -S python3 -B",
            "node",
            "perl",
            "Rscript",
            "pwsh.exe",
            "powershell",
            ".venv/bin/python",
            "uv run python",
        ] {
            assert!(matches!(Language::of(shell), Language::Other(_)), "{shell}");
        }
        for shell in ["psql", "/usr/bin/sqlite3", "mysql"] {
            assert!(matches!(Language::of(shell), Language::Sql(_)), "{shell}");
        }
        for shell in [
            "",
            "/bin/bash",
            "bash -euo pipefail",
            "/usr/bin/env zsh",
            "./in-docker.sh",
            "$(BASH)",
            "nix-shell",
            "busybox sh",
        ] {
            assert_eq!(Language::of(shell), Language::Shell, "{shell}");
        }
    }
}
