//! A person's editor, opened at a place in a file.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{EngineError, blocking::blocking};
use crate::environment;

/// Editors with windows of their own in the order in which they are looked for, each with the arguments by which it opens a
/// place.
const WINDOWS: [&str; 10] = [
    "code -g {file}:{line}:{column}",
    "codium -g {file}:{line}:{column}",
    "cursor -g {file}:{line}:{column}",
    "zed {file}:{line}:{column}",
    "subl {file}:{line}:{column}",
    "idea --line {line} {file}",
    "kate -l {line} -c {column} {file}",
    "gnome-text-editor {file}",
    "gedit +{line} {file}",
    "mousepad -l {line} {file}",
];

/// The same of editors that need a terminal.
const TERMINALS: [&str; 9] = [
    "nvim +{line} {file}",
    "vim +{line} {file}",
    "hx {file}:{line}:{column}",
    "helix {file}:{line}:{column}",
    "micro +{line}:{column} {file}",
    "kak +{line}:{column} {file}",
    "emacs -nw +{line}:{column} {file}",
    "nano +{line},{column} {file}",
    "vi +{line} {file}",
];

/// What opens whatever it is given in the program that a desktop has for it.
const DESKTOP: &str = "xdg-open";

/// A line and, if one is known, a column, from 1.
pub(super) type At = (u32, Option<u32>);

/// How an editor is opened.
#[derive(Debug, PartialEq, Eq)]
enum Editor {
    /// It has a window of its own: its program and arguments.
    Window(Vec<String>),
    /// It needs a terminal: a line for the shell.
    Terminal(String),
}

/// Opens a file at a place, by the editor that is wanted or one that is found. Gives the command line of one that needs a
/// terminal, which is not started here.
///
/// # Errors
/// If there is no editor, or its command line cannot be read.
pub(super) async fn open(
    wanted: Option<String>,
    file: PathBuf,
    at: At,
) -> Result<Option<String>, EngineError> {
    blocking(
        move || match choose(wanted.as_deref(), &own_editors(), &file, at, is_on_path)? {
            Editor::Window(words) => start(&words).map(|()| None),
            Editor::Terminal(line) => Ok(Some(line)),
        },
    )
    .await
}

/// Opens whatever it is in the program that the desktop has for it.
///
/// # Errors
/// If the desktop has no way to.
pub(super) async fn show(what: String) -> Result<(), EngineError> {
    blocking(move || start(&[DESKTOP.into(), what])).await
}

/// The editors that a person named for all programs, the first one first.
fn own_editors() -> Vec<String> {
    let named = ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(environment::var);
    named.filter_map(|line| line.into_string().ok()).collect()
}

/// The editor that opens a place: that of the settings, else the one that a person named for all programs, else the first
/// that is there.
fn choose(
    wanted: Option<&str>,
    own: &[String],
    file: &Path,
    at: At,
    is_there: impl Fn(&str) -> bool,
) -> Result<Editor, EngineError> {
    let own = own.iter().map(String::as_str);
    let own = own.filter(|line| is_there(program(line)));
    let known = WINDOWS.into_iter().chain(TERMINALS);
    let desktop = "xdg-open {file}";
    let line = match wanted {
        Some(line) => line,
        None => own
            .chain(
                known
                    .chain([desktop])
                    .filter(|line| is_there(program(line))),
            )
            .next()
            .ok_or_else(|| {
                EngineError::NotFound("no editor was found: name yours in the settings".into())
            })?,
    };
    // A name alone says where to only if we know it.
    let line = match known_as(line) {
        Some(known) if !line.contains("{file}") => {
            let arguments = known.split_once(' ').map_or("", |(_, rest)| rest);
            format!("{line} {arguments}")
        }
        _ => line.to_owned(),
    };
    let words = words(&line, file, at).ok_or_else(|| {
        EngineError::Refused(format!("the editor's command line cannot be read: {line}"))
    })?;
    if words.is_empty() {
        return Err(EngineError::Refused(
            "the editor's command line is empty".into(),
        ));
    }
    let needs_terminal = TERMINALS
        .iter()
        .any(|known| program(known) == program(&line));
    if !needs_terminal {
        return Ok(Editor::Window(words));
    }
    shlex::try_join(words.iter().map(String::as_str))
        .map(Editor::Terminal)
        .map_err(|_| EngineError::Refused(format!("no shell can be given {}", file.display())))
}

/// How an editor of this name opens a place.
fn known_as(line: &str) -> Option<&'static str> {
    let mut all = WINDOWS.into_iter().chain(TERMINALS);
    all.find(|known| program(known) == program(line))
}

/// The name of the program that a command line starts.
fn program(line: &str) -> &str {
    let first = line.split_whitespace().next().unwrap_or_default();
    first.rsplit('/').next().unwrap_or_default()
}

fn start(words: &[String]) -> Result<(), EngineError> {
    let [program, arguments @ ..] = words else {
        return Ok(());
    };
    let mut command = Command::new(program);
    environment::give_back(&mut command);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command
        .spawn()
        .map_err(|error| EngineError::NotFound(format!("failed to start {program}: {error}")))?;
    // It may stay for days; a thread that waits for it leaves no zombie.
    std::thread::spawn(move || drop(child.wait()));
    Ok(())
}

/// The editor's program and arguments. A command that names no file gets it as its last word.
fn words(line: &str, file: &Path, (at, column): At) -> Option<Vec<String>> {
    let file = file.to_str()?;
    let mut words = shlex::split(line)?;
    if !words.iter().any(|word| word.contains("{file}")) {
        words.push("{file}".into());
    }
    let column = column.unwrap_or(1).to_string();
    let filled = words.into_iter().map(|word| {
        word.replace("{line}", &at.to_string())
            .replace("{column}", &column)
            .replace("{file}", file)
    });
    Some(filled.collect())
}

fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_gets_the_place_and_no_shell_reads_it() {
        let argv = |line| words(line, Path::new("/a b/$(x).c"), (3, None)).unwrap_or_default();
        assert_eq!(
            argv("code -g {file}:{line}:{column}"),
            ["code", "-g", "/a b/$(x).c:3:1"]
        );
        assert_eq!(
            argv("'my editor' +{line}"),
            ["my editor", "+3", "/a b/$(x).c"]
        );
        assert_eq!(argv("unclosed '"), Vec::<String>::new());
    }

    #[test]
    fn the_editor_is_the_one_that_a_person_named() {
        let chosen = |wanted: Option<&str>, own: &[&str], there: &[&str]| {
            let own: Vec<String> = own.iter().map(|&line| line.into()).collect();
            choose(
                wanted,
                &own,
                Path::new("/x y/a.c"),
                (3, Some(7)),
                |program| there.contains(&program),
            )
        };
        let window =
            |words: &[&str]| Editor::Window(words.iter().map(|&word| word.into()).collect());
        let there = ["vim", "code", "nano", "xdg-open"];
        assert_eq!(
            chosen(Some("code"), &["vim"], &there).unwrap(),
            window(&["code", "-g", "/x y/a.c:3:7"])
        );
        assert_eq!(
            chosen(None, &["gone", "/usr/bin/vim"], &["vim", "code"]).unwrap(),
            Editor::Terminal("/usr/bin/vim +3 '/x y/a.c'".into())
        );
        assert_eq!(
            chosen(None, &[], &there).unwrap(),
            window(&["code", "-g", "/x y/a.c:3:7"])
        );
        assert_eq!(
            chosen(None, &[], &["nano", "xdg-open"]).unwrap(),
            Editor::Terminal("nano '+3,7' '/x y/a.c'".into())
        );
        assert_eq!(
            chosen(None, &[], &["xdg-open"]).unwrap(),
            window(&["xdg-open", "/x y/a.c"])
        );
        assert!(chosen(None, &[], &[]).is_err());
    }
}
