//! Shows jobs on our own outputs until they are over.

use std::{
    io::{self, ErrorKind, Write},
    time::Duration,
};

use orchestrator::{
    engine::{Engine, EngineError, Log, ReadError},
    job::{Job, JobId},
    log::{Chunk, Stream},
};

/// How long we wait at our end for a log to arrive in Postgres, while Postgres answers.
const ARCHIVING: Duration = Duration::from_secs(30);

/// Copies a job's log to our own outputs as it comes, and gives the job when it is over. That its log cannot be shown,
/// or that nobody reads what we write, is no reason to leave it.
pub(crate) async fn show(
    engine: &Engine,
    log: &Log,
    prefix: Option<String>,
) -> Result<Job, EngineError> {
    let mut shown = Shown {
        prefix,
        open: [Vec::new(), Vec::new()],
        deaf: [false, false],
    };
    if let Err(error) = shown.follow(log).await {
        eprintln!("vmo: {error}; the job goes on, and its log is kept");
    }
    over(engine, log).await
}

/// Says when what the job writes is not read, and when it is again; and why it is not archived, where that fails.
pub(crate) async fn tell_pauses(log: Log) {
    let Some(live) = log.live else { return };
    let mut changes = live.job_changes();
    let (mut told, mut kept_out) = (None, None);
    loop {
        let (paused, unarchived) = {
            let job = changes.borrow_and_update();
            (job.paused.clone(), job.unarchived.clone())
        };
        if let Some(why) = unarchived.as_ref().filter(|_| unarchived != kept_out) {
            eprintln!("vmo: not in the history yet, and tried again: {why}");
        }
        kept_out = unarchived;
        match (&told, &paused) {
            // The number of free bytes alone is no news.
            (None, Some(why)) => eprintln!("vmo: paused: {why}"),
            (Some(_), None) if !live.job_status().is_over() => eprintln!("vmo: it goes on"),
            _ => {}
        }
        told = paused;
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// The job, once it is over. A log that was made when the job was knows it, whatever becomes of Postgres.
pub(crate) async fn over(engine: &Engine, log: &Log) -> Result<Job, EngineError> {
    match log.over().await {
        Some(job) => Ok(job),
        None => engine.over(log.id).await,
    }
}

/// Output of one of several jobs: whole lines, each with its host before it. Of a single job: the bytes as they are.
struct Shown {
    prefix: Option<String>,
    open: [Vec<u8>; 2],
    /// Which of our outputs nobody reads any more.
    deaf: [bool; 2],
}

impl Shown {
    async fn follow(&mut self, log: &Log) -> Result<(), ReadError> {
        let mut growth = log.live.as_ref().map(|live| live.growth());
        let mut cursor = log.cursor(0);
        loop {
            // The job is over before its log is where a process that outlived it holds its output: that is not waited for.
            let live = log.live.as_ref();
            let over = live.is_none_or(|live| live.job_status().is_over());
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
                    _over = changes.wait_for(|job| job.state.status().is_over()) => {}
                }
            }
        }
    }

    fn write_all(&mut self, chunks: &[Chunk]) {
        for chunk in chunks {
            self.write(chunk.stream, &chunk.bytes);
        }
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        let Some(prefix) = self.prefix.clone() else {
            return self.put(stream, bytes);
        };
        let mut open = std::mem::take(&mut self.open[stream as usize]);
        open.extend_from_slice(bytes);
        let mut lines = open.split_inclusive(|byte| *byte == b'\n').peekable();
        let mut rest = Vec::new();
        while let Some(line) = lines.next() {
            if lines.peek().is_none() && !line.ends_with(b"\n") {
                rest = line.to_vec();
            } else {
                self.put(stream, &[prefix.as_bytes(), b": ", line].concat());
            }
        }
        self.open[stream as usize] = rest;
    }

    fn end(&mut self) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            if !self.open[stream as usize].is_empty() {
                self.write(stream, b"\n");
            }
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
                eprintln!(
                    "vmo: failed to write the log: {error}; the job goes on, and its log is kept"
                );
            }
        }
    }
}

fn put(stream: Stream, bytes: &[u8]) -> io::Result<()> {
    match stream {
        Stream::Stdout => {
            let mut out = io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()
        }
        Stream::Stderr => io::stderr().lock().write_all(bytes),
    }
}

/// Waits until the log is in Postgres, as long as Postgres answers; else says what becomes of it. Ctrl-C ends the wait.
pub(crate) async fn archived(engine: &Engine, id: JobId) {
    let folder = || engine.folders().jobs().join(id.to_string());
    tokio::select! {
        waited = tokio::time::timeout(ARCHIVING, engine.archived(id)) => if waited.is_err() {
            eprintln!("vmo: Postgres is slow; the log is kept in {} and archived later", folder().display());
        },
        () = engine.store_failed() => eprintln!(
            "vmo: Postgres is away; the log is kept in {} and archived when it is back",
            folder().display()
        ),
        () = engine.held(id) => {
            eprintln!("vmo: a process that outlived the job holds its output; what it still writes is kept");
        }
        _interrupted = tokio::signal::ctrl_c() => {
            eprintln!("vmo: the log is kept in {} and archived later", folder().display());
        }
    }
}
