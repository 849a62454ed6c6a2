//! Opens a person's editor at the place in a file that a line of a log names, and the browser at an address in it.
//!
//! The page names a line and no path: the file is the one that we read in that line ourselves, and it must exist. An address
//! must be in the line or behind words of it, too.

mod file_url;

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    engine::{EngineError, Logs, blocking::blocking},
    environment,
    job::JobId,
    log::{
        Line,
        outline::{Outline, SectionOf, Spot, spot_in},
    },
};

use super::lines::LINE_BYTES;

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

/// How an editor is opened.
#[derive(Debug, PartialEq, Eq)]
enum Editor {
    /// It has a window of its own: its program and arguments.
    Window(Vec<String>),
    /// It needs a terminal: a line for the shell.
    Terminal(String),
}

impl Logs {
    /// Opens the place in a file that a line of a job's log names: the one of the error that it reports, else the first in
    /// it; or that an address behind words of the line leads to. Gives the command line of an editor that needs a terminal,
    /// which is not started here.
    ///
    /// # Errors
    /// If the line names none, the file is not here, or there is no editor.
    pub async fn edit(
        &self,
        job: JobId,
        line: u64,
        url: Option<String>,
    ) -> Result<Option<String>, EngineError> {
        let outline = self.outline(job).await?;
        let fault = outline.errors.iter().find(|fault| fault.line == line);
        let spot = match (url, fault.and_then(|fault| fault.spot.clone())) {
            (Some(url), _) => self.spot_behind(job, line, &url).await?,
            (None, Some(spot)) => Some(spot),
            (None, None) => spot_in(&self.text_of(job, line).await?),
        };
        let spot = spot.ok_or_else(|| {
            EngineError::NotFound(format!("line {line} names no place in a file"))
        })?;
        let job = self.jobs.get(job).await?;
        if let Some(host) = job.host() {
            let why = format!("{} is on {host}, and the editor is here", spot.file);
            return Err(EngineError::Refused(why));
        }
        let folders = folders(&outline, line, job.cwd());
        let file = found(&spot.file, &folders).ok_or_else(|| {
            EngineError::NotFound(format!("{} is gone, or is in another folder", spot.file))
        })?;
        let editor = self.catalog.settings().editor;
        blocking(move || {
            match choose(editor.as_deref(), &own_editors(), &file, &spot, is_on_path)? {
                Editor::Window(words) => start(&words).map(|()| None),
                Editor::Terminal(line) => Ok(Some(line)),
            }
        })
        .await
    }

    /// Opens an address of the web that is in a line of a job's log, in the browser of the desktop.
    ///
    /// # Errors
    /// If it is no such address or not in the line, or there is nothing to open it with.
    pub async fn browse(&self, job: JobId, line: u64, url: String) -> Result<(), EngineError> {
        let is_web = url.starts_with("http://") || url.starts_with("https://");
        let lines = self.of(job).lines(line.max(1), 1, LINE_BYTES).await?;
        let is_behind = |line: &Line| line.links.iter().any(|link| link.url == url);
        let is_there = lines.iter().any(is_behind) || text(lines).contains(&url);
        if !is_web || !is_there {
            let why = format!("line {line} names no such address");
            return Err(EngineError::NotFound(why));
        }
        blocking(move || start(&[DESKTOP.into(), url])).await
    }

    /// The place that an address behind words of a line leads to; none if it is not there, or leads to no file.
    async fn spot_behind(
        &self,
        job: JobId,
        line: u64,
        url: &str,
    ) -> Result<Option<Spot>, EngineError> {
        let lines = self.of(job).lines(line.max(1), 1, LINE_BYTES).await?;
        let mut links = lines.iter().flat_map(|line| &line.links);
        if !links.any(|link| link.url == url) {
            return Ok(None);
        }
        let name = rustix::system::uname();
        file_url::spot(url, &name.nodename().to_string_lossy()).map_err(EngineError::Refused)
    }

    async fn text_of(&self, job: JobId, line: u64) -> Result<String, EngineError> {
        let lines = self.of(job).lines(line.max(1), 1, LINE_BYTES).await?;
        Ok(text(lines))
    }
}

fn text(lines: Vec<Line>) -> String {
    let spans = lines.into_iter().flat_map(|line| line.spans);
    spans.map(|span| span.text).collect()
}

/// The folders a line's files may be relative to: those of its sections, the innermost first, and the job's own.
fn folders(outline: &Outline, line: u64, cwd: Option<&Path>) -> Vec<PathBuf> {
    let around = outline.sections.iter().rev().filter(|section| {
        section.of == SectionOf::Folder
            && section.first <= line
            && section.last.is_none_or(|last| line <= last)
    });
    around
        .map(|section| PathBuf::from(&section.name))
        .chain(cwd.map(Into::into))
        .collect()
}

fn found(file: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let paths = folders.iter().map(|folder| folder.join(file));
    paths.into_iter().find(|path| path.is_file())
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
    spot: &Spot,
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
    let words = words(&line, file, spot).ok_or_else(|| {
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
fn words(line: &str, file: &Path, spot: &Spot) -> Option<Vec<String>> {
    let file = file.to_str()?;
    let mut words = shlex::split(line)?;
    if !words.iter().any(|word| word.contains("{file}")) {
        words.push("{file}".into());
    }
    let column = spot.column.unwrap_or(1).to_string();
    let filled = words.into_iter().map(|word| {
        word.replace("{line}", &spot.line.to_string())
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
    use crate::log::{Stream, outline::Outliner};

    #[test]
    fn an_editor_gets_the_place_and_no_shell_reads_it() {
        let spot = Spot {
            file: "a.c".into(),
            line: 3,
            column: None,
        };
        let argv = |line| words(line, Path::new("/a b/$(x).c"), &spot).unwrap_or_default();
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
        let spot = Spot {
            file: "a.c".into(),
            line: 3,
            column: Some(7),
        };
        let chosen = |wanted: Option<&str>, own: &[&str], there: &[&str]| {
            let own: Vec<String> = own.iter().map(|&line| line.into()).collect();
            choose(wanted, &own, Path::new("/x y/a.c"), &spot, |program| {
                there.contains(&program)
            })
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

    #[test]
    fn a_file_is_looked_for_where_its_make_was() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        std::fs::create_dir(path("sub")).unwrap();
        std::fs::write(path("sub/a.c"), "").unwrap();
        std::fs::write(path("b.c"), "").unwrap();
        let mut outliner = Outliner::new(Vec::new(), Vec::new());
        let sub = path("sub").display().to_string();
        let log = format!("x\nmake[1]: Entering directory '{sub}'\na.c:1:2: error: x\n");
        outliner.feed(Stream::Stdout, 0, log.as_bytes());
        let folders = folders(&outliner.outline(), 3, Some(home.path()));
        assert_eq!(found("a.c", &folders), Some(path("sub/a.c")));
        assert_eq!(found("b.c", &folders), Some(path("b.c")));
        assert_eq!(found("sub", &folders), None);
        assert_eq!(
            found(&path("b.c").display().to_string(), &folders),
            Some(path("b.c"))
        );
    }
}
