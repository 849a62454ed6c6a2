//! Shows jobs on our own outputs until they are over.

use std::{
    io::{self, ErrorKind, Write},
    time::Duration,
};

use orchestrator::{
    engine::{Engine, EngineError, LINE_BYTES, Log, ReadError},
    job::{Job, JobId},
    log::{Chunk, Line, Stream, lines::Flow},
    wire::StoreHealth,
};

use super::{log_lines, out};

/// How long we wait at our end for a log to arrive in Postgres, while Postgres answers.
pub(crate) const ARCHIVING: Duration = Duration::from_secs(30);

/// Copies a job's log to our own outputs as it comes, and gives the job when it is over. That its log cannot be shown,
/// or that the reader of our output is gone, is no reason to leave it. With a `prefix`, which may be empty, it is shown line
/// by line, as `vmo log` does, and the prefix is before each.
pub(crate) async fn show(
    engine: &Engine,
    log: &Log,
    prefix: Option<String>,
) -> Result<Job, EngineError> {
    let mut shown = Shown {
        lines: prefix.map(|prefix| Prefixed {
            prefix,
            flow: Flow::at_once(LINE_BYTES),
        }),
        deaf: [false, false],
    };
    if let Err(error) = shown.follow(log).await {
        out::say(format_args!(
            "{error}; the job goes on, and its log is kept"
        ));
    }
    over(engine, log).await
}

/// Says when what the job writes is not read, and when it is again; and why it is not archived, if that fails.
pub(crate) async fn tell_pauses(log: Log) {
    let Some(live) = log.live else { return };
    let mut changes = live.job_changes();
    let (mut pause, mut kept_out, mut was_unkillable) = (None, None, None);
    loop {
        let (paused, unarchived, unkillable) = {
            let job = changes.borrow_and_update();
            (
                job.paused.clone(),
                job.unarchived.clone(),
                job.unkillable.clone(),
            )
        };
        if let Some(why) = unkillable.as_ref().filter(|_| unkillable != was_unkillable) {
            out::say(format_args!(
                "not canceled: {why}; Ctrl-C leaves it running"
            ));
        }
        was_unkillable = unkillable;
        if let Some(why) = unarchived.as_ref().filter(|_| unarchived != kept_out) {
            out::say(format_args!(
                "not in the history yet, and tried again: {why}"
            ));
        }
        kept_out = unarchived;
        match (&pause, &paused) {
            // The number of free bytes alone is no news.
            (None, Some(why)) => out::say(format_args!("paused: {why}")),
            (Some(_), None) if !live.job_status().is_over() => out::say("it goes on"),
            _ => {}
        }
        pause = paused;
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// The job, once it is over. A log that was made when the job was knows it, whatever becomes of Postgres.
pub(crate) async fn over(engine: &Engine, log: &Log) -> Result<Job, EngineError> {
    match log.over().await {
        Some(job) => Ok(job),
        None => engine.jobs().over(log.id).await,
    }
}

/// A job's output. Of a single job: the bytes as they are. Of one of several: its lines as `vmo log` shows them, each with
/// its host before it, so that no host's line is taken for another's.
struct Shown {
    lines: Option<Prefixed>,
    /// Which of our outputs have lost their reader.
    deaf: [bool; 2],
}

/// The lines of one of several jobs.
struct Prefixed {
    prefix: String,
    flow: Flow,
}

impl Shown {
    async fn follow(&mut self, log: &Log) -> Result<(), ReadError> {
        let mut growth = log.live.as_ref().map(|live| live.growth());
        let mut cursor = log.cursor(0);
        loop {
            // The job is over before its log is if a process that outlived it holds its output: that is not waited for, and
            // so this is not `Cursor::next_or_wait`.
            let live = log.live.as_ref();
            let ended = live.is_none_or(|live| live.job_status().is_over());
            let over = ended && live.is_none_or(|live| live.extent().reaches_end());
            if let Some(growth) = &mut growth {
                growth.borrow_and_update();
            }
            if let Some(chunks) = cursor.next().await? {
                self.write_all(&chunks);
            } else if over {
                self.end();
                return Ok(());
            } else if let (Some(growth), Some(live)) = (&mut growth, live) {
                let mut changes = live.job_changes();
                tokio::select! {
                    _grown = growth.changed() => {}
                    _over = changes.wait_for(|job| job.state.status().is_over()), if !ended => {}
                }
            }
        }
    }

    fn write_all(&mut self, chunks: &[Chunk]) {
        for Chunk {
            stream, at, bytes, ..
        } in chunks
        {
            match &mut self.lines {
                None => self.put(*stream, bytes),
                Some(Prefixed { flow, .. }) => {
                    let ended = flow.feed(*stream, *at, bytes);
                    self.write_lines(&ended);
                }
            }
        }
    }

    fn end(&mut self) {
        if let Some(Prefixed { flow, .. }) = &mut self.lines {
            let rest = std::mem::replace(flow, Flow::at_once(LINE_BYTES)).finish();
            self.write_lines(&rest);
        }
    }

    /// Writes lines, those that follow one another on one stream in one go.
    fn write_lines(&mut self, ended: &[Line]) {
        for lines in ended.chunk_by(|one, other| one.stream == other.stream) {
            let mut rows = Vec::new();
            for line in lines {
                if let Some(Prefixed { prefix, .. }) = &self.lines {
                    rows.extend_from_slice(prefix.as_bytes());
                }
                // A vector takes everything.
                log_lines::write(&mut rows, line, out::is_seen(line.stream)).ok();
            }
            self.put(lines[0].stream, &rows);
        }
    }

    fn put(&mut self, stream: Stream, bytes: &[u8]) {
        let deaf = &mut self.deaf[stream as usize];
        if *deaf {
            return;
        }
        // Who reads us may be slow; the job is archived meanwhile.
        if let Err(error) = tokio::task::block_in_place(|| put(stream, bytes)) {
            *deaf = true;
            if error.kind() != ErrorKind::BrokenPipe {
                out::say(format_args!(
                    "failed to write the log: {error}; the job goes on, and its log is kept"
                ));
            }
        }
    }
}

fn put(stream: Stream, bytes: &[u8]) -> io::Result<()> {
    let mut out = out::exact(stream);
    out.write_all(bytes)?;
    out.flush()
}

/// Why no job is archived just now, and which command says more.
pub(crate) fn away(engine: &Engine) -> String {
    match engine.link().state().health {
        StoreHealth::Away { why } => format!("Postgres is away: {why}; see vmo doctor"),
        StoreHealth::Refused { why } => format!("Postgres is not used: {why}; see vmo doctor"),
        StoreHealth::Starting { .. } | StoreHealth::Ready { .. } => {
            "Postgres was away for a moment".into()
        }
    }
}

/// Waits until the log is in Postgres, as long as Postgres answers; else says what becomes of it. Ctrl-C ends the wait.
pub(crate) async fn archived(engine: &Engine, id: JobId) {
    let folder = || engine.folders().jobs().join(id.to_string());
    tokio::select! {
        waited = tokio::time::timeout(ARCHIVING, engine.archived(id)) => if waited.is_err() {
            out::say(format_args!("Postgres is slow; the log is kept in {} and archived later", folder().display()));
        },
        () = engine.store_failed() => out::say(format_args!(
            "{}; the log is kept in {} and archived later",
            away(engine),
            folder().display()
        )),
        () = engine.jobs().held(id) => {
            out::say("a process that outlived the job holds its output; what it still writes is kept");
        }
        _interrupted = tokio::signal::ctrl_c() => {
            out::say(format_args!("the log is kept in {} and archived later", folder().display()));
        }
    }
}
