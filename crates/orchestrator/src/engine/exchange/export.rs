//! Jobs into a file.

use std::{
    fs::{self, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use chrono::Local;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::format::{Entry, FORMAT, HEAD, Head, Piece, name};
use crate::{
    clock,
    engine::{Engine, EngineError, blocking::blocking},
    job::{Job, JobId, Note},
};

/// Jobs that a page can choose.
const AT_ONCE: usize = 500;
/// Bytes of a log that are read at once.
const READ_BYTES: usize = 1 << 20;

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many jobs.
    pub jobs: u64,
    /// Bytes of their logs.
    pub bytes: u64,
    /// Jobs that were left out, as they are not over.
    pub unended: u64,
    /// Jobs of whose logs the history has not all any more.
    pub torn: u64,
}

impl Engine {
    /// Writes jobs that are over with all that is known of them into a new file. Until it is whole it has another name.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if the file is there already; if a log is in the store and that does not answer, or the
    /// file cannot be written.
    pub async fn export(&self, jobs: Vec<JobId>, to: &Path) -> Result<Exported, EngineError> {
        let (engine, to, runtime) = (self.clone(), to.to_owned(), Handle::current());
        blocking(move || {
            if to.exists() {
                let why = format!("{} is there already: name another file", to.display());
                return Err(EngineError::Refused(why));
            }
            let part = to.with_added_extension("part");
            let written = write(&engine, &jobs, &part, &runtime);
            let named = written.and_then(|exported| {
                fs::rename(&part, &to).map_err(|error| unwritten(&to, error))?;
                Ok(exported)
            });
            if named.is_err() {
                drop(fs::remove_file(&part));
            }
            named
        })
        .await
    }
}

impl Engine {
    /// Writes jobs into a new file in the person's folder for downloads, and returns its path.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if there are more than 500, or none of them is over; as [`Self::export`].
    pub async fn export_to_downloads(&self, jobs: Vec<JobId>) -> Result<PathBuf, EngineError> {
        if jobs.len() > AT_ONCE {
            let why =
                format!("at most {AT_ONCE} jobs can be chosen: `vmo export --all` writes all");
            return Err(EngineError::Refused(why));
        }
        let folder = self.logs().downloads();
        fs::create_dir_all(&folder)?;
        let day = Local::now().format("%Y-%m-%d-%H%M%S");
        let to = folder.join(format!("vmo-history-{day}.zip"));
        let exported = self.export(jobs, &to).await?;
        if exported.jobs == 0 {
            fs::remove_file(&to)?;
            let why = "none of them is over: a job is exported with the whole of its log".into();
            return Err(EngineError::Refused(why));
        }
        Ok(to)
    }
}

fn unwritten(path: &Path, error: impl std::fmt::Display) -> EngineError {
    EngineError::Io(io::Error::other(format!(
        "failed to write {}: {error}",
        path.display()
    )))
}

fn write(
    engine: &Engine,
    jobs: &[JobId],
    part: &Path,
    runtime: &Handle,
) -> Result<Exported, EngineError> {
    // What was printed may be nobody else's business.
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(part)
        .map_err(|error| unwritten(part, error))?;
    let mut writing = Writing {
        engine,
        runtime,
        part,
        zip: ZipWriter::new(BufWriter::new(file)),
        exported: Exported::default(),
    };
    for job in jobs {
        let job = runtime.block_on(engine.jobs().get(*job))?;
        if job.is_over() {
            writing.job(&job)?;
        } else {
            writing.exported.unended += 1;
        }
    }
    writing.end()
}

struct Writing<'a> {
    engine: &'a Engine,
    runtime: &'a Handle,
    part: &'a Path,
    zip: ZipWriter<BufWriter<fs::File>>,
    exported: Exported,
}

impl Writing<'_> {
    fn job(&mut self, job: &Job) -> Result<(), EngineError> {
        let log = self.engine.logs().of(job.id);
        let missing = self.runtime.block_on(log.missing())?;
        let notes = self.runtime.block_on(self.engine.jobs().notes(&[job.id]))?;
        self.begin(&name(job.id, "log"))?;
        let (mut hash, mut pieces, mut bytes) = (Sha256::new(), Vec::new(), 0);
        let mut cursor = log.cursor(0).reading(READ_BYTES);
        while let Some(chunks) = self.runtime.block_on(cursor.next())? {
            for chunk in &chunks {
                hash.update(&chunk.bytes);
                self.put(&chunk.bytes)?;
                bytes += chunk.bytes.len() as u64;
                pieces.push(Piece {
                    at: chunk.at,
                    length: u32::try_from(chunk.bytes.len()).unwrap_or(u32::MAX),
                    stream: chunk.stream,
                });
            }
        }
        self.begin(&name(job.id, "chunks"))?;
        for piece in pieces {
            self.put(&piece.to_bytes())?;
        }
        let note: Option<Note> = notes.into_iter().next().map(|(_, note)| note);
        let entry = Entry {
            job: job.clone(),
            note,
            sha256: HEXLOWER.encode(&hash.finalize()),
            missing,
        };
        self.begin(&name(job.id, "json"))?;
        self.json(&entry)?;
        self.exported.jobs += 1;
        self.exported.bytes += bytes;
        self.exported.torn += u64::from(missing > 0);
        Ok(())
    }

    fn end(mut self) -> Result<Exported, EngineError> {
        self.begin(HEAD)?;
        self.json(&Head {
            format: FORMAT,
            app: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: clock::now(),
            jobs: self.exported.jobs,
        })?;
        let part = self.part;
        let file = self.zip.finish().map_err(|error| unwritten(part, error))?;
        let file = file
            .into_inner()
            .map_err(|error| unwritten(part, error.error()))?;
        file.sync_all().map_err(|error| unwritten(part, error))?;
        Ok(self.exported)
    }

    fn begin(&mut self, name: &str) -> Result<(), EngineError> {
        let options = SimpleFileOptions::default().large_file(true);
        let begun = self.zip.start_file(name, options);
        begun.map_err(|error| unwritten(self.part, error))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        let put = self.zip.write_all(bytes);
        put.map_err(|error| unwritten(self.part, error))
    }

    fn json(&mut self, value: &impl serde::Serialize) -> Result<(), EngineError> {
        let text = serde_json::to_vec_pretty(value).map_err(|error| unwritten(self.part, error))?;
        self.put(&text)
    }
}
