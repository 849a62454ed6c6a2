//! `vmo log`: a job's log, as text or byte for byte, whole or as it grows.

use std::{
    io::{BufWriter, Write},
    mem,
    process::ExitCode,
};

use clap::Args;
use orchestrator::{
    engine::{Cursor, Engine, LINE_BYTES, Piece, ReadError},
    job::{Job, JobId},
    log::{Line, Stream, lines::Flow},
};

use super::{Failed, Outcome, log_lines, out, settled, show_jobs::tell_pauses};

/// Lines asked for at once.
const LINES: u64 = 1000;
/// Bytes of log asked for at once if all of it is read.
const AT_ONCE: usize = 1 << 20;

#[derive(Debug, Args)]
pub(crate) struct Log {
    /// The job: its id, the start of it, or `last`
    job: String,
    /// Follow the log until no more can come
    #[arg(long, short)]
    follow: bool,
    /// Print exactly the bytes that the job wrote
    #[arg(long)]
    raw: bool,
    /// Only this stream: stdout or stderr
    #[arg(long, value_parser = stream)]
    stream: Option<Stream>,
    /// Only these lines, from 1, as A..B
    #[arg(long, value_parser = range, conflicts_with_all = ["raw", "follow"])]
    lines: Option<(u64, u64)>,
}

fn stream(word: &str) -> Result<Stream, String> {
    match word {
        "stdout" => Ok(Stream::Stdout),
        "stderr" => Ok(Stream::Stderr),
        _ => Err("a stream is stdout or stderr".into()),
    }
}

fn range(text: &str) -> Result<(u64, u64), String> {
    let (first, last) = text
        .split_once("..")
        .ok_or("give lines as A..B, as 120..140")?;
    let number = |text: &str, or: u64| {
        if text.is_empty() {
            Ok(or)
        } else {
            text.parse()
                .map_err(|_| format!("'{text}' is not a line number"))
        }
    };
    let (first, last) = (number(first, 1)?, number(last, u64::MAX)?);
    if first == 0 || last < first {
        return Err("lines are counted from 1, and A must not be after B".into());
    }
    Ok((first, last))
}

pub(crate) async fn log(log: Log) -> Outcome {
    let engine = settled().await?;
    let job = engine.jobs().find(&log.job).await?;
    if log.follow {
        tokio::spawn(tell_pauses(engine.logs().of(job.id)));
    }
    let written = if log.raw {
        write_raw(&engine, job.id, &log).await
    } else if log.follow {
        flow_lines(&engine, job.id, &log).await
    } else {
        write_lines(&engine, &job, &log).await
    };
    let whole = match written {
        Ok(()) => is_whole(&engine, job.id).await,
        not => not,
    };
    if let Some(why) = job.paused.as_ref().filter(|_| !log.follow) {
        out::say(format_args!("paused: {why}; there is more to come"));
    }
    if let Some(damage) = job.damage.as_ref().filter(|_| whole.is_ok()) {
        out::say(format_args!("job {}: {damage}", job.id));
    }
    match whole {
        // The reader of our output closed it, as `head` does.
        Err(Unwritten::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Ok(ExitCode::SUCCESS)
        }
        Err(Unwritten::Io(error)) => Err(Failed::new(format!("failed to write the log: {error}"))),
        Err(Unwritten::Read(error)) => Err(Failed::new(error)),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

/// What was shown is not all that there was if rows of the history are gone.
async fn is_whole(engine: &Engine, id: JobId) -> Result<(), Unwritten> {
    match engine.logs().of(id).missing().await? {
        0 => Ok(()),
        missing => Err(ReadError::Missing(missing).into()),
    }
}

#[derive(Debug)]
enum Unwritten {
    Io(std::io::Error),
    Read(ReadError),
}

impl From<std::io::Error> for Unwritten {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ReadError> for Unwritten {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

async fn write_raw(engine: &Engine, id: JobId, wanted: &Log) -> Result<(), Unwritten> {
    let mut cursor = engine.logs().of(id).cursor(0);
    let mut out = out::exact(Stream::Stdout);
    while let Some(piece) = wanted.next(&mut cursor).await? {
        let mut written = Ok(());
        piece.each(|_, stream, _, bytes| {
            if written.is_ok() && wanted.shows(stream) {
                written = out.write_all(bytes);
            }
        });
        written?;
        out.flush()?;
    }
    Ok(())
}

/// Writes the lines in one pass, as they come, each when it is whole.
async fn flow_lines(engine: &Engine, id: JobId, wanted: &Log) -> Result<(), Unwritten> {
    let mut cursor = engine.logs().of(id).cursor(0).reading(AT_ONCE);
    let mut flow = Flow::new(LINE_BYTES);
    let mut out = Lines::new(wanted);
    while let Some(piece) = wanted.next(&mut cursor).await? {
        if let Some(state) = cursor.take_jump() {
            // Rows are gone: what is open before them does not go on after them.
            out.write(&mem::replace(&mut flow, Flow::from(state, LINE_BYTES)).finish())?;
        }
        let mut ended = Vec::new();
        piece.each(|_, stream, at, bytes| ended.extend(flow.feed(stream, at, bytes)));
        out.write(&ended)?;
    }
    Ok(out.write(&flow.finish())?)
}

/// Writes the lines that are there.
async fn write_lines(engine: &Engine, job: &Job, wanted: &Log) -> Result<(), Unwritten> {
    let log = engine.logs().of(job.id);
    // If rows are gone, what is left of a line must not become part of another.
    if wanted.lines.is_none() && log.missing().await? == 0 {
        return flow_lines(engine, job.id, wanted).await;
    }
    let (mut next, last) = wanted.lines.unwrap_or((1, u64::MAX));
    let mut out = Lines::new(wanted);
    while next <= last {
        let count = LINES.min((last - next).saturating_add(1));
        let lines = log.lines(next, count, LINE_BYTES).await?;
        if let Some(line) = lines.last() {
            next = line.number + 1;
            out.write(&lines)?;
        } else if log.live.is_none() && next + count <= job.lines {
            // Rows are gone; there may be some after them.
            next += count;
        } else {
            return Ok(());
        }
    }
    Ok(())
}

/// Our standard output, for lines.
struct Lines<'a> {
    wanted: &'a Log,
    out: BufWriter<Box<dyn Write>>,
    colored: bool,
}

impl<'a> Lines<'a> {
    fn new(wanted: &'a Log) -> Self {
        Self {
            wanted,
            out: BufWriter::with_capacity(64 * 1024, out::exact(Stream::Stdout)),
            colored: out::is_seen(Stream::Stdout),
        }
    }

    fn write(&mut self, lines: &[Line]) -> std::io::Result<()> {
        for line in lines.iter().filter(|line| self.wanted.shows(line.stream)) {
            log_lines::write(&mut self.out, line, self.colored)?;
        }
        self.out.flush()
    }
}

impl Log {
    /// The next piece of the log: of one that is followed, as soon as there is one.
    async fn next(&self, cursor: &mut Cursor) -> Result<Option<Piece>, ReadError> {
        if self.follow {
            cursor.next_or_wait().await
        } else {
            cursor.piece().await
        }
    }

    fn shows(&self, stream: Stream) -> bool {
        self.stream.is_none_or(|only| only == stream)
    }
}
