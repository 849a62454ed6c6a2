//! A file of jobs into the store: each with its whole log in one transaction, or not at all.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio::{sync::mpsc, task::spawn_blocking};
use zip::ZipArchive;

use super::format::{Entry, FORMAT, HEAD, Head, PIECE, Piece, job_of, name};
use crate::{
    engine::{Engine, EngineError, blocking::blocking},
    job::JobId,
    log::{Chunk, lines},
    store::{ArchiveMark, Block, Part},
};

/// Bytes of one block, and of the blocks that are sent together.
const BLOCK_BYTES: usize = 64 * 1024;
const SENT_BYTES: usize = 1 << 20;
/// Bytes of a file's own entries that are read: none of ours is larger.
const ENTRY_BYTES: u64 = 64 << 20;

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Jobs that are in the store now and were not before.
    pub jobs: u64,
    /// Bytes of their logs.
    pub bytes: u64,
    /// Jobs that were there already, with the same log.
    pub known: u64,
    /// What could not be read or kept of which job; nothing of that job is in the store.
    pub failed: Vec<(JobId, String)>,
}

type Zip = ZipArchive<BufReader<File>>;

impl Engine {
    /// Brings the jobs of a file that [`Engine::export`] wrote into the store. A job that is there already stays as it is.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if it is no such file, or of a newer app; if the store does not answer.
    pub async fn import(&self, from: &Path) -> Result<Imported, EngineError> {
        let path = from.to_owned();
        let opened = blocking(move || open(&path)).await?;
        let (mut zip, jobs) = opened;
        let mut imported = Imported::default();
        for job in jobs {
            let (back, outcome) = self.import_job(zip, job).await?;
            zip = back;
            match outcome {
                Ok(Some(bytes)) => {
                    imported.jobs += 1;
                    imported.bytes += bytes;
                }
                Ok(None) => imported.known += 1,
                Err(why) => imported.failed.push((job, why)),
            }
        }
        Ok(imported)
    }

    /// One job: the bytes of its log, none if the store has it already, or why it cannot be taken.
    async fn import_job(
        &self,
        mut zip: Zip,
        id: JobId,
    ) -> Result<(Zip, Result<Option<u64>, String>), EngineError> {
        let read = blocking(move || {
            let entry = json::<Entry>(&mut zip, &name(id, "json"));
            Ok((zip, entry))
        });
        let (mut zip, entry) = read.await?;
        let entry = match entry {
            Ok(entry) if entry.job.id == id && entry.job.is_over() => entry,
            Ok(_) => {
                return Ok((
                    zip,
                    Err("its entry is another job's, or of one not over".into()),
                ));
            }
            Err(why) => return Ok((zip, Err(why))),
        };
        match self.jobs().get(id).await {
            Ok(_) => {
                let known = self.sha256(id).await? == entry.sha256;
                let why = "a job of this id with another log is in the history already";
                return Ok((zip, if known { Ok(None) } else { Err(why.into()) }));
            }
            Err(EngineError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        let (give, mut parts) = mpsc::channel(2);
        let wanted = entry.sha256.clone();
        let reading = spawn_blocking(move || {
            // If it fails, the store gets no end, and keeps nothing.
            let read = read_log(&mut zip, id, &wanted, give);
            (zip, read)
        });
        let mut job = entry.job;
        if entry.missing > 0 {
            let damage = format!(
                "{} bytes of it were gone when it was exported",
                entry.missing
            );
            job.damage.get_or_insert(damage);
        }
        let (job, note) = (&job, entry.note.as_ref());
        let link = &self.0.link;
        let stored = link.ask(async |store| store.import(job, note, &mut parts).await);
        let stored = stored.await;
        drop(parts);
        let (zip, read) = reading
            .await
            .map_err(|panic| EngineError::Io(panic.into()))?;
        let outcome = match (read, stored?) {
            (Err(why), _) => Err(why),
            (Ok(bytes), true) => Ok(Some(bytes)),
            (Ok(_), false) => Ok(None),
        };
        Ok((zip, outcome))
    }

    async fn sha256(&self, job: JobId) -> Result<String, EngineError> {
        let mut cursor = self.logs().of(job).cursor(0).reading(SENT_BYTES);
        let mut hash = Sha256::new();
        while let Some(piece) = cursor.piece().await? {
            piece.each(|_, _, _, bytes| hash.update(bytes));
        }
        Ok(HEXLOWER.encode(&hash.finalize()))
    }
}

fn open(path: &Path) -> Result<(Zip, Vec<JobId>), EngineError> {
    let refused = |why: String| EngineError::Refused(format!("{}: {why}", path.display()));
    let file = File::open(path).map_err(|error| refused(error.to_string()))?;
    let not_ours = "it is no exported history, or only the beginning of one";
    let zip = ZipArchive::new(BufReader::new(file));
    let mut zip = zip.map_err(|error| refused(format!("{not_ours} ({error})")))?;
    let head = json::<Head>(&mut zip, HEAD);
    let head = head.map_err(|why| refused(format!("{not_ours} ({why})")))?;
    if head.format > FORMAT {
        let why = format!(
            "version {} of the app wrote it, in format {}; this one reads up to {FORMAT}: update the app",
            head.app, head.format
        );
        return Err(refused(why));
    }
    let names = zip.file_names().flatten();
    let jobs = names.filter_map(|name| job_of(&name, "json"));
    let mut jobs: Vec<JobId> = jobs.collect();
    jobs.sort_unstable();
    Ok((zip, jobs))
}

fn json<T: serde::de::DeserializeOwned>(zip: &mut Zip, name: &str) -> Result<T, String> {
    let entry = zip.by_name(name);
    let entry = entry.map_err(|error| format!("{name} cannot be read: {error}"))?;
    serde_json::from_reader(entry.take(ENTRY_BYTES)).map_err(|error| format!("{name}: {error}"))
}

/// Gives a job's log as it is in the file, and its end if it is what was exported: how many bytes it has.
fn read_log(
    zip: &mut Zip,
    id: JobId,
    wanted: &str,
    give: mpsc::Sender<Part>,
) -> Result<u64, String> {
    let unread = |error: &dyn std::fmt::Display| format!("its log cannot be read: {error}");
    let pieces = pieces(zip, id).map_err(|error| unread(&error))?;
    let entry = zip.by_name(&name(id, "log"));
    let mut entry = BufReader::new(entry.map_err(|error| unread(&error))?);
    let mut blocks = Blocks::new(give);
    let mut hash = Sha256::new();
    for piece in pieces {
        // As long as the file says, if it has so much.
        let mut bytes = Vec::new();
        let read = (&mut entry)
            .take(piece.length.into())
            .read_to_end(&mut bytes);
        if read.map_err(|error| unread(&error))? < piece.length as usize {
            return Err(unread(&"it ends too early"));
        }
        hash.update(&bytes);
        blocks.chunk(piece, bytes)?;
    }
    let is_over = entry.read(&mut [0]).map_err(|error| unread(&error))? == 0;
    if !is_over || HEXLOWER.encode(&hash.finalize()) != wanted {
        return Err("its log is not the one that was exported: the file is damaged".into());
    }
    blocks.end()
}

/// The chunks of a job's log, without their bytes.
fn pieces(zip: &mut Zip, id: JobId) -> io::Result<Vec<Piece>> {
    let entry = zip.by_name(&name(id, "chunks"))?;
    let mut entry = BufReader::new(entry);
    let (mut pieces, mut bytes) = (Vec::new(), [0; PIECE]);
    loop {
        match entry.read_exact(&mut bytes) {
            Ok(()) => pieces.push(Piece::from_bytes(bytes)?),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(pieces),
            Err(error) => return Err(error),
        }
    }
}

/// Chunks on their way into the store.
struct Blocks {
    give: mpsc::Sender<Part>,
    mark: ArchiveMark,
    state: lines::State,
    blocks: Vec<Block>,
    /// Bytes of the last block, and of all.
    last: usize,
    size: usize,
}

impl Blocks {
    fn new(give: mpsc::Sender<Part>) -> Self {
        Self {
            give,
            mark: ArchiveMark::default(),
            state: lines::State::default(),
            blocks: Vec::new(),
            last: 0,
            size: 0,
        }
    }

    fn chunk(&mut self, piece: Piece, bytes: Vec<u8>) -> Result<(), String> {
        if self.blocks.is_empty() || self.last + bytes.len() > BLOCK_BYTES {
            self.blocks.push(Block {
                seq: self.mark.seq,
                chunks: Vec::new(),
                first_line: self.state.lines() + 1,
                state: self.state.to_bytes(),
            });
            self.last = 0;
        }
        self.state.advance(piece.stream, &bytes);
        (self.last, self.size) = (self.last + bytes.len(), self.size + bytes.len());
        self.mark.bytes += bytes.len() as u64;
        if let Some(block) = self.blocks.last_mut() {
            block.chunks.push(Chunk {
                seq: self.mark.seq,
                stream: piece.stream,
                at: piece.at,
                bytes,
            });
        }
        self.mark.seq += 1;
        match self.size >= SENT_BYTES {
            true => self.send(),
            false => Ok(()),
        }
    }

    /// Gives what there is, and the end.
    fn end(mut self) -> Result<u64, String> {
        self.send()?;
        self.part(Part::Whole)?;
        Ok(self.mark.bytes)
    }

    fn send(&mut self) -> Result<(), String> {
        let blocks = std::mem::take(&mut self.blocks);
        (self.last, self.size) = (0, 0);
        if blocks.is_empty() && self.mark.seq > 0 {
            return Ok(());
        }
        let mark = ArchiveMark {
            lines: self.state.lines(),
            state: self.state.to_bytes(),
            ..self.mark.clone()
        };
        self.part(Part::Blocks(blocks, mark))
    }

    fn part(&self, part: Part) -> Result<(), String> {
        let given = self.give.blocking_send(part);
        given.map_err(|_| "the history does not take it any more".into())
    }
}
