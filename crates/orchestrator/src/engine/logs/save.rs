//! Saves a job's log as a file in the person's folder for downloads, however long it is.
//!
//! The window and the engine are on the same machine, so the log need not go through the window, which could not take a
//! log of any size.

mod html;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Local};
use directories::UserDirs;
use tokio::runtime::Handle;

use crate::{
    engine::{Cursor, EngineError, Logs, ReadError, blocking::blocking},
    job::{Job, JobId, What},
    log::{Encoding, Line, lines::Flow},
    wire::SaveAs,
};

/// Bytes of one line that are saved, unless the log is saved raw.
const LINE: usize = 16 * 1024 * 1024;

impl Logs {
    /// Saves a job's log, as far as it is there, in a new file, and returns its path. Its bytes are the same in any encoding;
    /// its text, in UTF-8, is as that shows it.
    ///
    /// # Errors
    /// If the log cannot be read or the file cannot be written; the unfinished file is then removed. If rows of the log are
    /// gone, the error names the file that has the rest.
    pub async fn save(
        &self,
        job: JobId,
        form: SaveAs,
        encoding: Encoding,
    ) -> Result<PathBuf, EngineError> {
        let job = self.jobs.find(&job.to_string()).await?;
        let log = self.of(job.id);
        let cursor = log.cursor(0);
        let folder = downloads(&self.home);
        let runtime = Handle::current();
        let saving = blocking(move || {
            fs::create_dir_all(&folder)?;
            let (path, file) = new_file(&folder, &name(&job), ending(form))?;
            let flow = Flow::new(LINE).in_encoding(encoding);
            let saved = write(BufWriter::new(file), cursor, &job, (form, flow), &runtime);
            if saved.is_err() {
                fs::remove_file(&path)?;
            }
            saved.map(|()| path)
        });
        let path = saving.await?;
        match log.missing().await? {
            0 => Ok(path),
            missing => Err(EngineError::Refused(format!(
                "what is left of the log is in {}: {}",
                path.display(),
                ReadError::Missing(missing)
            ))),
        }
    }
}

impl Logs {
    /// The person's folder for downloads.
    pub(in crate::engine) fn downloads(&self) -> PathBuf {
        downloads(&self.home)
    }
}

const fn ending(form: SaveAs) -> &'static str {
    match form {
        SaveAs::Raw => "log",
        SaveAs::Text | SaveAs::TextWithTimes => "txt",
        SaveAs::Html => "html",
    }
}

/// The person's folder for downloads; if there is none, one in their home.
fn downloads(home: &Path) -> PathBuf {
    let known = UserDirs::new().and_then(|folders| folders.download_dir().map(Into::into));
    known.unwrap_or_else(|| home.join("Downloads"))
}

/// A file name made of what ran and when: letters, digits, dots and dashes.
fn name(job: &Job) -> String {
    let what = match &job.what {
        What::Target { targets, .. } => targets.join("-"),
        What::Command => job.command.clone(),
    };
    let mut name = String::new();
    for char in what.chars().take(60) {
        if char.is_alphanumeric() {
            name.push(char);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let at = job.queued_at.with_timezone(&Local).format("%Y%m%d-%H%M%S");
    format!(
        "{}-{at}",
        if name.is_empty() {
            "log"
        } else {
            name.trim_end_matches('-')
        }
    )
}

/// A file that was not there before: `name.txt`, else `name (2).txt` and so on; 0600, as the log is.
fn new_file(folder: &Path, name: &str, ending: &str) -> io::Result<(PathBuf, File)> {
    for number in 1..1000 {
        let again = if number == 1 {
            String::new()
        } else {
            format!(" ({number})")
        };
        let path = folder.join(format!("{name}{again}.{ending}"));
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (path, file)),
        }
    }
    let why = format!("{} holds a thousand logs of this name", folder.display());
    Err(io::Error::other(why))
}

fn write(
    mut out: impl Write,
    mut cursor: Cursor,
    job: &Job,
    (form, mut flow): (SaveAs, Flow),
    runtime: &Handle,
) -> Result<(), EngineError> {
    if form == SaveAs::Html {
        html::head(&mut out, job)?;
    }
    while let Some(chunks) = runtime.block_on(cursor.next())? {
        for chunk in &chunks {
            if form == SaveAs::Raw {
                out.write_all(&chunk.bytes)?;
                continue;
            }
            for line in flow.feed(chunk.stream, chunk.at, &chunk.bytes) {
                write_line(&mut out, &line, form)?;
            }
        }
    }
    for line in flow.finish() {
        write_line(&mut out, &line, form)?;
    }
    if form == SaveAs::Html {
        html::foot(&mut out)?;
    }
    out.flush()?;
    Ok(())
}

fn write_line(out: &mut impl Write, line: &Line, form: SaveAs) -> io::Result<()> {
    if form == SaveAs::Html {
        return html::line(out, line);
    }
    if form == SaveAs::TextWithTimes {
        let at = DateTime::from_timestamp_micros(line.at).unwrap_or_default();
        let at = at.with_timezone(&Local);
        write!(out, "{}  ", at.format("%Y-%m-%d %H:%M:%S%.3f"))?;
    }
    for span in line.with_tabs().iter() {
        out.write_all(span.text.as_bytes())?;
    }
    if line.open {
        Ok(())
    } else {
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests;
