//! `vmo search`: a text in every log, as grep shows it: hits below their job, newest job first.

use std::{
    io::{self, BufWriter, ErrorKind, Write},
    process::ExitCode,
};

use chrono::{DateTime, Local, Utc};
use clap::Args;
use orchestrator::{
    engine::{Engine, Names},
    job::{Job, JobId, JobQuery, Status},
    log::{
        Color, Line, Span, Stream, Style,
        find::{Hit, Query},
    },
    make::projects,
    search::{End, Found, Progress, Wanted},
    visible::visible,
    wire,
};
use serde_json::json;

use super::{Failed, Outcome, job_words, log_lines, out, settled, times};

/// The exit code of an error, as grep has it.
const ERROR: u8 = 2;

#[derive(Debug, Args)]
pub(crate) struct Search {
    /// What is looked for, in lines as they are shown: colours do not part a word
    text: String,
    /// TEXT is a regular expression, as Rust's regex crate has it
    #[arg(long, short = 'e')]
    regex: bool,
    /// Only whole words
    #[arg(long, short)]
    word: bool,
    /// Upper and lower case are distinguished
    #[arg(long, short)]
    case: bool,
    /// Only jobs of this project: its name or its folder
    #[arg(short, long)]
    project: Option<String>,
    /// Only jobs of this target
    #[arg(long)]
    target: Option<String>,
    /// Only jobs on these hosts: web1,db1, web[01-37,!07], @tag, 'all,!db*', @last
    #[arg(long, value_name = "SET")]
    on: Option<String>,
    /// Only jobs of this status
    #[arg(long)]
    status: Option<Status>,
    /// Only jobs asked for since then: 2026-11-23, '2026-11-23 14:02', 6h, 3d, yesterday
    #[arg(long, value_name = "TIME", value_parser = times::time)]
    since: Option<DateTime<Utc>>,
    /// Only jobs asked for before then
    #[arg(long, value_name = "TIME", value_parser = times::time)]
    until: Option<DateTime<Utc>>,
    /// Lines shown before and after each, at most 100
    #[arg(long, short = 'C', value_name = "N", default_value_t = 0)]
    context: u32,
    /// Stop after this many lines; 0 for all
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: u32,
    /// Print one JSON value a line: what is found, and how it ended at last
    #[arg(long)]
    json: bool,
}

pub(crate) async fn search(search: Search) -> Outcome {
    let outcome = find(search).await;
    outcome.map_err(|failed| match failed.message {
        Some(message) => Failed {
            message: Some(message),
            code: ERROR,
        },
        None => failed,
    })
}

async fn find(search: Search) -> Outcome {
    let engine = settled().await?;
    let wanted = Wanted {
        scope: scope(&engine, &search).await?,
        query: Query {
            text: search.text,
            case: search.case,
            word: search.word,
            regex: search.regex,
        },
        context: search.context,
        per_job: 0,
        limit: search.limit,
    };
    let mut searching = engine.logs().search(&wanted)?;
    let progress = searching.progress();
    let mut output = Output::new(search.json, search.context > 0);
    while let Some(found) = searching.next().await {
        if let Err(error) = output.found(&found) {
            return match error.kind() {
                // The reader of our output closed it, as `head` does.
                ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
                _ => Err(Failed::new(format!(
                    "failed to write what was found: {error}"
                ))),
            };
        }
    }
    let progress = progress.borrow().clone();
    output.end(&progress)?;
    let end = progress.end.clone().unwrap_or_default();
    if end.full {
        out::say(format_args!(
            "these are the first {}: --limit shows more",
            counted(search.limit.into(), "line")
        ));
    }
    if let Some(failed) = incomplete(&end, &progress) {
        return Err(Failed::new(failed));
    }
    Ok(ExitCode::from(u8::from(!output.has_any)))
}

async fn scope(engine: &Engine, search: &Search) -> Result<JobQuery, Failed> {
    let project = match &search.project {
        Some(name) => Some(project(engine, name).await?),
        None => None,
    };
    let hosts = match &search.on {
        Some(set) => engine.choose_hosts(set, Names::Any).await?.hosts,
        None => Vec::new(),
    };
    Ok(JobQuery {
        project,
        hosts,
        target: search.target.clone(),
        status: search.status,
        since: search.since,
        until: search.until,
        ..JobQuery::default()
    })
}

/// The name of a project: one that is on the list no more may still have jobs.
async fn project(engine: &Engine, name: &str) -> Result<String, Failed> {
    let known = engine.catalog().projects().await?.found;
    let here = std::env::current_dir()?;
    match projects::find(&known, name, &here) {
        Ok(project) => Ok(project.name),
        Err(_) if !name.contains('/') => Ok(name.to_owned()),
        Err(error) => Err(Failed::new(error)),
    }
}

/// What was not searched, and why; none if all was.
fn incomplete(end: &End, progress: &Progress) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(why) = &end.why {
        let searched = counted(progress.jobs, "job");
        let of = progress.of.map(|(jobs, _)| format!(" of {jobs}"));
        let back = progress.since.map(|since| {
            let since = since.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S");
            format!(", back to {since}")
        });
        let (of, back) = (of.unwrap_or_default(), back.unwrap_or_default());
        parts.push(format!(
            "{why}; searched {searched}{of}{back}, and no others"
        ));
    }
    if end.gone > 0 {
        let gone = counted(end.gone, "job");
        parts.push(format!(
            "{gone} went from the history while it was searched"
        ));
    }
    if end.torn > 0 {
        parts.push(format!(
            "of {} a part of the log is in the history no more, and was not searched",
            counted(end.torn, "job")
        ));
    }
    (!parts.is_empty()).then(|| parts.join("\n"))
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Our standard output, for what is found.
struct Output {
    out: BufWriter<Box<dyn Write>>,
    json: bool,
    colored: bool,
    /// Whether lines that do not follow one another are parted.
    parted: bool,
    has_any: bool,
    /// The job whose lines are written, and the last of them.
    at: Option<(JobId, u64)>,
}

impl Output {
    fn new(json: bool, parted: bool) -> Self {
        Self {
            out: BufWriter::with_capacity(64 * 1024, out::exact(Stream::Stdout)),
            json,
            colored: out::is_seen(Stream::Stdout),
            parted,
            has_any: false,
            at: None,
        }
    }

    fn found(&mut self, found: &Found) -> io::Result<()> {
        self.has_any = true;
        if self.json {
            return self.value(found);
        }
        if self.at.map(|(job, _)| job) != Some(found.job.id) {
            let before = if self.at.is_some() { "\n" } else { "" };
            let header = header(&found.job);
            let header = visible(&header);
            match self.colored {
                true => writeln!(self.out, "{before}\x1b[1;35m{header}\x1b[0m")?,
                false => writeln!(self.out, "{before}{header}")?,
            }
            self.at = Some((found.job.id, 0));
        }
        let mut hits = found.hits.iter().peekable();
        for line in &found.lines {
            let mut own = Vec::new();
            while let Some(hit) = hits.next_if(|hit| hit.line == line.number) {
                own.push(*hit);
            }
            self.line(found.job.id, line, &own)?;
        }
        self.out.flush()
    }

    fn line(&mut self, job: JobId, line: &Line, hits: &[Hit]) -> io::Result<()> {
        let last = self.at.map_or(0, |(_, last)| last);
        if self.parted && last > 0 && line.number != last + 1 {
            writeln!(self.out, "--")?;
        }
        self.at = Some((job, line.number));
        let sign = if hits.is_empty() { '-' } else { ':' };
        match self.colored {
            true => write!(self.out, "\x1b[32m{}\x1b[0m{sign} ", line.number)?,
            false => write!(self.out, "{}{sign} ", line.number)?,
        }
        log_lines::write(&mut self.out, &marked(line, hits), self.colored)
    }

    fn value(&mut self, found: &Found) -> io::Result<()> {
        let lines: Vec<_> = found
            .lines
            .iter()
            .map(|line| value(line, &found.hits))
            .collect();
        let job = wire::Job::from(Job::clone(&found.job));
        let value = json!({"type": "found", "job": job, "lines": lines, "count": found.count});
        let text = out::json_text(&value).map_err(io::Error::other)?;
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }

    fn end(&mut self, progress: &Progress) -> Result<(), Failed> {
        if !self.json {
            return Ok(());
        }
        out::json_line(&json!({"type": "end", "progress": progress}))
    }
}

fn value(line: &Line, hits: &[Hit]) -> serde_json::Value {
    let text: String = line.spans.iter().map(|span| span.text.as_str()).collect();
    let own = hits.iter().filter(|hit| hit.line == line.number);
    let hits: Vec<_> = own.map(|hit| [hit.start, hit.end]).collect();
    json!({
        "number": line.number, "stream": line.stream, "at": line.at, "text": text, "hits": hits, "cut": line.cut,
    })
}

/// The line above a job's hits.
fn header(job: &Job) -> String {
    let when = job
        .queued_at
        .with_timezone(&Local)
        .format("%Y-%m-%d %H:%M:%S");
    let (place, end) = (job.host().unwrap_or("here"), job_words::end(job));
    format!("{}  {when}  {place}  {end}  {}", job.id, job.command)
}

/// The line with its hits in a style of their own.
fn marked(line: &Line, hits: &[Hit]) -> Line {
    let mut spans: Vec<Span> = Vec::new();
    let (mut column, mut hits) = (0, hits.iter().peekable());
    for span in &line.spans {
        let mut last = None;
        for char in span.text.chars() {
            while hits.next_if(|hit| hit.end <= column).is_some() {}
            let now = hits.peek().is_some_and(|hit| hit.start <= column);
            if last.replace(now) != Some(now) {
                let style = if now {
                    Some(mark(span.style))
                } else {
                    span.style
                };
                let text = String::new();
                spans.push(Span { text, style });
            }
            if let Some(span) = spans.last_mut() {
                span.text.push(char);
            }
            // A character has one or two.
            column += char.len_utf16() as u32;
        }
    }
    Line {
        spans,
        ..line.clone()
    }
}

/// As grep marks what it found: red and bold.
fn mark(style: Option<Style>) -> Style {
    Style {
        fg: Some(Color::Palette(9)),
        bold: true,
        dim: false,
        ..style.unwrap_or_default()
    }
}
