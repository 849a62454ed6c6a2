//! Opens a person's editor at the place in a file that a line of a log names.
//!
//! The page names a line and no path: the file is the one that our own outline read in that line, and it must exist.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    engine::{EngineError, Logs, blocking::blocking},
    environment,
    job::JobId,
    log::outline::{Outline, Spot},
};

/// Editors in the order in which they are looked for, each with the arguments by which it opens a place.
const EDITORS: [&str; 11] = [
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
    "xdg-open {file}",
];

impl Logs {
    /// Opens the place in a file that a line of a job's log names as an error's.
    ///
    /// # Errors
    /// If the line names none, the file is not here, or there is no editor.
    pub async fn edit(&self, job: JobId, line: u64) -> Result<(), EngineError> {
        let outline = self.outline(job).await?;
        let job = self.jobs.get(job).await?;
        let no_place = || EngineError::NotFound(format!("line {line} names no place in a file"));
        let fault = outline.errors.iter().find(|fault| fault.line == line);
        let spot = fault
            .and_then(|fault| fault.spot.clone())
            .ok_or_else(no_place)?;
        if let Some(host) = job.host() {
            let why = format!("{} is on {host}, and the editor is here", spot.file);
            return Err(EngineError::Refused(why));
        }
        let folders = folders(&outline, line, job.cwd());
        let file = found(&spot.file, &folders).ok_or_else(|| {
            EngineError::NotFound(format!("{} is gone, or is in another folder", spot.file))
        })?;
        let editor = self.catalog.settings().editor;
        blocking(move || open(editor.as_deref(), &file, &spot)).await
    }
}

/// The folders a line's files may be relative to: those of its sections, the innermost first, and the job's own.
fn folders(outline: &Outline, line: u64, cwd: Option<&Path>) -> Vec<PathBuf> {
    let around =
        outline.sections.iter().rev().filter(|section| {
            section.first <= line && section.last.is_none_or(|last| line <= last)
        });
    around
        .map(|section| PathBuf::from(&section.folder))
        .chain(cwd.map(Into::into))
        .collect()
}

fn found(file: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let paths = folders.iter().map(|folder| folder.join(file));
    paths.into_iter().find(|path| path.is_file())
}

fn open(wanted: Option<&str>, file: &Path, spot: &Spot) -> Result<(), EngineError> {
    let line = match wanted {
        Some(line) => line,
        None => EDITORS
            .into_iter()
            .find(|line| is_on_path(line.split(' ').next().unwrap_or_default()))
            .ok_or_else(|| {
                EngineError::NotFound("no editor was found: name yours in the settings".into())
            })?,
    };
    let words = words(line, file, spot).ok_or_else(|| {
        EngineError::Refused(format!("the editor's command line cannot be read: {line}"))
    })?;
    let [program, arguments @ ..] = &words[..] else {
        return Err(EngineError::Refused(
            "the editor's command line is empty".into(),
        ));
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
    fn an_editor_is_told_of_the_place_and_no_shell_reads_it() {
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
    fn a_file_is_looked_for_where_its_make_was() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        std::fs::create_dir(path("sub")).unwrap();
        std::fs::write(path("sub/a.c"), "").unwrap();
        std::fs::write(path("b.c"), "").unwrap();
        let mut outliner = Outliner::new(Vec::new());
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
