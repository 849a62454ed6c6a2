//! `vmo log`: a job's log, as text or byte for byte, whole or as it grows.

use std::{
    io::{BufWriter, Write},
    process::ExitCode,
};

use clap::Args;
use orchestrator::{
    engine::{Engine, LINE_BYTES, ReadError},
    job::{Job, JobId},
    log::{Line, Stream, lines::Flow},
};

use super::{Failed, Outcome, lines, out, settled};

/// Lines asked for at once.
const LINES: u64 = 1000;
/// Bytes of log asked for at once where all of it is read.
const AT_ONCE: usize = 1 << 20;

#[derive(Debug, Args)]
pub(crate) struct Log {
    /// The job: its id, the start of it, or `last`
    job: String,
    /// Go on until no more can come
    #[arg(long, short)]
    follow: bool,
    /// Exactly the bytes the job wrote
    #[arg(long)]
    raw: bool,
    /// Only this stream: stdout or stderr
    #[arg(long, value_parser = stream)]
    stream: Option<Stream>,
    /// Only these lines, from 1, as A..B
    #[arg(long, value_parser = range, conflicts_with_all = ["raw", "follow"])]
    lines: Option<(u64, u64)>,
}

impl Log {
    fn wants(&self, stream: Stream) -> bool {
        self.stream.is_none_or(|wanted| wanted == stream)
    }
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
                .map_err(|_| format!("'{text}' is no line number"))
        }
    };
    let (first, last) = (number(first, 1)?, number(last, u64::MAX)?);
    if first == 0 || last < first {
        return Err("lines count from 1, and A is not after B".into());
    }
    Ok((first, last))
}

pub(crate) async fn log(log: Log) -> Outcome {
    let engine = settled().await?;
    let job = engine.find_job(&log.job).await?;
    let written = if log.raw {
        write_raw(&engine, job.id, &log).await
    } else {
        write_lines(&engine, &job, &log).await
    };
    let whole = match written {
        Ok(()) => is_whole(&engine, job.id).await,
        not => not,
    };
    if let Some(damage) = job.damage.as_ref().filter(|_| whole.is_ok()) {
        out::say(format_args!("job {}: {damage}", job.id));
    }
    match whole {
        // Whoever reads us has had enough, as `head` does.
        Err(Unwritten::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Ok(ExitCode::SUCCESS)
        }
        Err(Unwritten::Io(error)) => Err(Failed::new(format!("failed to write the log: {error}"))),
        Err(Unwritten::Read(error)) => Err(Failed::new(error)),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

/// What was shown is not all that there was where rows of the history are gone.
async fn is_whole(engine: &Engine, id: JobId) -> Result<(), Unwritten> {
    match engine.log(id).missing().await? {
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

async fn write_raw(engine: &Engine, id: JobId, asked: &Log) -> Result<(), Unwritten> {
    let log = engine.log(id);
    let mut growth = log.live.as_ref().map(|live| live.growth());
    let mut cursor = log.cursor(0);
    let mut out = out::exact(Stream::Stdout);
    loop {
        let complete = growth
            .as_mut()
            .is_none_or(|growth| growth.borrow_and_update().complete);
        if let Some(chunks) = cursor.next().await? {
            for chunk in chunks.iter().filter(|chunk| asked.wants(chunk.stream)) {
                out.write_all(&chunk.bytes)?;
            }
            out.flush()?;
        } else if complete || !asked.follow {
            return Ok(());
        } else if let Some(growth) = &mut growth
            && growth.changed().await.is_err()
        {
            return Ok(());
        }
    }
}

/// Writes all lines in one pass: each is read and taken apart once, however many there are.
async fn write_all(engine: &Engine, id: JobId, asked: &Log) -> Result<(), Unwritten> {
    let log = engine.log(id);
    let mut growth = log.live.as_ref().map(|live| live.growth());
    let mut cursor = log.cursor(0).reading(AT_ONCE);
    let (mut flow, colored) = (Flow::new(LINE_BYTES), out::is_seen(Stream::Stdout));
    let mut out = BufWriter::with_capacity(64 * 1024, out::exact(Stream::Stdout));
    let mut write = |lines: Vec<Line>| -> Result<(), Unwritten> {
        for line in lines.iter().filter(|line| asked.wants(line.stream)) {
            lines::write(&mut out, line, colored)?;
        }
        // Once for all of them: a million lines are no million system calls.
        Ok(out.flush()?)
    };
    loop {
        let complete = growth
            .as_mut()
            .is_none_or(|growth| growth.borrow_and_update().complete);
        if let Some(chunks) = cursor.next().await? {
            let mut lines = Vec::new();
            for chunk in &chunks {
                lines.extend(flow.feed(chunk.stream, chunk.at, &chunk.bytes));
            }
            write(lines)?;
        } else if complete || !asked.follow {
            return write(flow.finish());
        } else if let Some(growth) = &mut growth
            && growth.changed().await.is_err()
        {
            return write(flow.finish());
        }
    }
}

async fn write_lines(engine: &Engine, job: &Job, asked: &Log) -> Result<(), Unwritten> {
    let log = engine.log(job.id);
    // Where rows are gone, what is left of a line must not become part of another.
    if asked.lines.is_none() && log.missing().await? == 0 {
        return write_all(engine, job.id, asked).await;
    }
    let (mut next, last) = asked.lines.unwrap_or((1, u64::MAX));
    let mut growth = log.live.as_ref().map(|live| live.growth());
    let colored = out::is_seen(Stream::Stdout);
    let mut out = BufWriter::new(out::exact(Stream::Stdout));
    while next <= last {
        let complete = growth
            .as_mut()
            .is_none_or(|growth| growth.borrow_and_update().complete);
        let count = LINES.min((last - next).saturating_add(1));
        let mut found = log.lines(next, count, LINE_BYTES).await?;
        if asked.follow && !complete {
            // An open line is written when it is whole.
            let open = found.iter().position(|line| line.open);
            found.truncate(open.unwrap_or(found.len()));
        }
        if let Some(line) = found.last() {
            next = line.number + 1;
            for line in found.iter().filter(|line| asked.wants(line.stream)) {
                lines::write(&mut out, line, colored)?;
            }
            out.flush()?;
        } else if log.live.is_none() && next + count <= job.lines {
            // Rows are gone; there may be some after them.
            next += count;
        } else if complete || !asked.follow {
            return Ok(());
        } else if let Some(growth) = &mut growth
            && growth.changed().await.is_err()
        {
            return Ok(());
        }
    }
    Ok(())
}
