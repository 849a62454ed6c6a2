//! Opens a person's editor at the place in a file that a line of a log names, and the browser at an address in it.
//!
//! The page names a line and no path: the file is the one that we read in that line ourselves, and it must exist. An address
//! must be in the line or behind words of it, too.

mod file_url;

use std::path::{Path, PathBuf};

use crate::{
    engine::{EngineError, Logs, editor},
    job::JobId,
    log::{
        Line,
        outline::{Outline, SectionOf, Spot, spot_in},
    },
};

use super::lines::LINE_BYTES;

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
        let wanted = self.catalog.settings().editor;
        editor::open(wanted, file, (spot.line, spot.column)).await
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
        editor::show(url).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Stream, outline::Outliner};

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
