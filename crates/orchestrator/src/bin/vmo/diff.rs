//! `vmo diff`: what of a job's log differs from another's, as diff shows it; of a failed job, which lines are new beside the
//! runs before it that ended well.

use std::{
    io::{self, BufWriter, ErrorKind, Write},
    process::ExitCode,
};

use chrono::Local;
use clap::Args;
use orchestrator::{
    compare::{Comparison, Run, View, Wanted},
    engine::Engine,
    job::{Job, JobId, Status},
    log::{
        Stream,
        diff::{DiffLine, Side},
        normalise::Mask,
    },
    visible::{visible, visible_log},
    wire,
};
use serde_json::json;

use super::{Failed, Outcome, job_words, out, settled};

/// The exit code of an error, as diff has it.
const ERROR: u8 = 2;
/// Lines asked for at once, at most.
const AT_ONCE: u64 = 1000;

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The job: its id, the start of it, or `last`; of two, the earlier one
    job: String,
    /// The later job; without it, JOB is compared with the runs before it that ended well
    other: Option<String>,
    /// Only which lines are new, whatever their order; the usual for a failed job alone
    #[arg(long, conflicts_with = "lines")]
    new: bool,
    /// Line by line: what was removed, and what was added
    #[arg(long)]
    lines: bool,
    /// Lines shown around what differs
    #[arg(long, short = 'U', value_name = "N", default_value_t = 3)]
    context: u32,
    /// What counts as a difference although it may differ from run to run: int,time,…; or all
    #[arg(long, value_name = "WORDS", value_delimiter = ',', value_parser = masks)]
    count: Vec<Masked>,
    /// Print one JSON value a line: what was compared, then the lines that differ
    #[arg(long)]
    json: bool,
}

/// What one word of `--count` means.
#[derive(Debug, Clone)]
struct Masked(Vec<Mask>);

fn masks(word: &str) -> Result<Masked, String> {
    if word == "all" {
        return Ok(Masked(Mask::ALL.to_vec()));
    }
    let plain = word.replace(['-', '_'], " ");
    let found = Mask::ALL.into_iter().find(|mask| mask.word() == plain);
    found.map(|mask| Masked(vec![mask])).ok_or_else(|| {
        let all: Vec<_> = Mask::ALL.iter().map(|mask| mask.word()).collect();
        format!("give some of: {}; or all", all.join(", "))
    })
}

pub(crate) async fn diff(diff: Diff) -> Outcome {
    let outcome = compare(diff).await;
    outcome.map_err(|failed| Failed {
        code: if failed.message.is_some() {
            ERROR
        } else {
            failed.code
        },
        ..failed
    })
}

async fn compare(diff: Diff) -> Outcome {
    let engine = settled().await?;
    let first = engine.jobs().find(&diff.job).await?;
    let (job, with) = match &diff.other {
        Some(other) => (engine.jobs().find(other).await?, Some(first.id)),
        None => (first, None),
    };
    let failed_alone = with.is_none() && job.status() == Status::Error;
    let view = match diff.new || (failed_alone && !diff.lines) {
        true => View::New,
        false => View::Lines,
    };
    let wanted = Wanted {
        job: job.id,
        with,
        view,
        counted: diff.count.into_iter().flat_map(|masks| masks.0).collect(),
    };
    let found = engine.logs().compare(&wanted).await?;
    let Some(old) = found.with.first() else {
        return Err(Failed::new(format!(
            "no earlier run of {} ended well: name a job to compare with, as vmo diff EARLIER {}",
            job.command, job.id
        )));
    };
    let old = engine.jobs().get(*old).await?;
    let mut output = Output {
        out: BufWriter::with_capacity(64 * 1024, out::exact(Stream::Stdout)),
        colored: out::is_seen(Stream::Stdout),
        json: diff.json,
    };
    let shown = async {
        output.head(&wanted, &old, &job, &found)?;
        output
            .runs(&engine, &job, &found, diff.context.into())
            .await?;
        output.out.flush().map_err(Failed::from)
    };
    match shown.await {
        // The reader of our output closed it, as `head` does.
        Err(failed) if failed.message.is_none() => return Ok(ExitCode::SUCCESS),
        shown => shown?,
    }
    if found.cut {
        out::say("there are more differences than are shown; vmo log prints the whole logs");
    }
    Ok(ExitCode::from(u8::from(found.added + found.removed > 0)))
}

struct Output {
    out: BufWriter<Box<dyn Write>>,
    colored: bool,
    json: bool,
}

impl Output {
    /// What is compared, and what else differs.
    fn head(
        &mut self,
        wanted: &Wanted,
        old: &Job,
        job: &Job,
        found: &Comparison,
    ) -> Result<(), Failed> {
        if self.json {
            let value = json!({
                "type": "compared", "view": wanted.view, "job": wire::Job::from(job.clone()), "with": found.with,
                "lines": found.lines, "added": found.added, "removed": found.removed, "cut": found.cut,
                "masked": found.masked, "changes": found.changes,
            });
            return self.put(&out::json_text(&value)?, None);
        }
        self.put(&format!("--- {}", header(old)), Some("1"))?;
        self.put(&format!("+++ {}", header(job)), Some("1"))?;
        for change in &found.changes {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".into());
            let (before, after) = (value(&change.old), value(&change.new));
            self.put(&format!("{}: {before} → {after}", change.what), Some("33"))?;
        }
        let counts = match wanted.view {
            View::New => format!(
                "{} of {} lines are new beside {}",
                found.added,
                found.lines,
                match found.with.len() {
                    1 => "that run".into(),
                    runs => format!("the last {runs} runs that ended well"),
                }
            ),
            View::Lines => format!("{} lines removed, {} added", found.removed, found.added),
        };
        let masked = found
            .masked
            .iter()
            .filter(|(mask, count)| *count > 0 && !wanted.counted.contains(mask));
        let masked: Vec<_> = masked
            .map(|(mask, count)| format!("{} {count}×", mask.word()))
            .collect();
        let ignored = match masked.is_empty() {
            true => String::new(),
            false => format!(" (not compared: {})", masked.join(", ")),
        };
        self.put(&format!("{counts}{ignored}"), Some("2"))
    }

    /// The lines that differ, with those around them.
    async fn runs(
        &mut self,
        engine: &Engine,
        job: &Job,
        found: &Comparison,
        context: u64,
    ) -> Result<(), Failed> {
        let with = found.with.first().copied();
        let runs = &found.runs;
        for (at, run) in runs.iter().enumerate() {
            if run.side != Side::Same {
                self.lines(engine, job.id, with, *run).await?;
                continue;
            }
            if self.json {
                continue;
            }
            let (is_first, is_last) = (at == 0, at + 1 == runs.len());
            let before = if is_first { 0 } else { context };
            let after = if is_last { 0 } else { context };
            if before + after >= run.count {
                self.lines(engine, job.id, with, *run).await?;
                continue;
            }
            let count = before;
            self.lines(engine, job.id, with, Run { count, ..*run })
                .await?;
            let next = later(run, run.count - after);
            if !is_last {
                let line = next.new.unwrap_or_default();
                self.put(&format!("@@ line {line} @@"), Some("36"))?;
            }
            self.lines(engine, job.id, with, next).await?;
        }
        Ok(())
    }

    async fn lines(
        &mut self,
        engine: &Engine,
        job: JobId,
        with: Option<JobId>,
        mut run: Run,
    ) -> Result<(), Failed> {
        while run.count > 0 {
            let count = run.count.min(AT_ONCE);
            let part = Run { count, ..run };
            let lines = engine.logs().compared_lines(job, with, &[part]).await?;
            for line in &lines {
                self.line(line)?;
            }
            run = later(&run, count);
        }
        Ok(())
    }

    fn line(&mut self, line: &DiffLine) -> Result<(), Failed> {
        let text: String = line.parts.iter().map(|part| part.text.as_str()).collect();
        if self.json {
            let value = json!({
                "type": line.side, "old": line.old, "new": line.new, "text": text,
            });
            return self.put(&out::json_text(&value)?, None);
        }
        let (sign, color) = match line.side {
            Side::Same => (' ', None),
            Side::Removed => ('-', Some("31")),
            Side::Added => ('+', Some("32")),
        };
        let Some(color) = color.filter(|_| self.colored) else {
            return self.write(&format!("{sign}{}\n", visible_log(&text)));
        };
        let mut shown = format!("\x1b[{color}m{sign}");
        for part in &line.parts {
            // What changed in a line is inverse, as git's word diff of a terminal.
            let inverse = if part.changed { "\x1b[7m" } else { "\x1b[27m" };
            shown += &format!("{inverse}{}", visible_log(&part.text));
        }
        self.write(&format!("{shown}\x1b[0m\n"))
    }

    /// Writes a line of our own.
    fn put(&mut self, text: &str, color: Option<&str>) -> Result<(), Failed> {
        let text = visible(text);
        match color.filter(|_| self.colored) {
            Some(color) => self.write(&format!("\x1b[{color}m{text}\x1b[0m\n")),
            None => self.write(&format!("{text}\n")),
        }
    }

    fn write(&mut self, text: &str) -> Result<(), Failed> {
        let written = self.out.write_all(text.as_bytes());
        written.map_err(|error: io::Error| match error.kind() {
            ErrorKind::BrokenPipe => Failed::enough(),
            _ => Failed::new(format!("failed to write what differs: {error}")),
        })
    }
}

/// A job in a line: what, when, where, how it ended.
fn header(job: &Job) -> String {
    let when = job
        .queued_at
        .with_timezone(&Local)
        .format("%Y-%m-%d %H:%M:%S");
    let (place, end) = (job_words::place(job), job_words::end(job));
    format!("{}  {when}  {place}  {end}  {}", job.id, job.command)
}

/// A run without its first lines.
fn later(run: &Run, count: u64) -> Run {
    let on = |first: Option<u64>| first.map(|first| first + count);
    Run {
        side: run.side,
        old: on(run.old),
        new: on(run.new),
        count: run.count - count,
    }
}
