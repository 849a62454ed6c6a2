//! What crosses the socket: requests, replies, events. `src/lib/wire.ts` is generated from here by a test, and checked.
//!
//! Everything is one JSON text message each, but for the bytes of a raw log subscription, which are binary frames: a
//! little-endian `u32`, the subscription, and then chunks, each a header of 24 bytes (`seq` u64, `at` i64 microseconds
//! since 1970, `length` u32, `stream` u32: 0 stdout, 1 stderr; all little-endian) and its bytes.
//! No request, reply or event is larger than 64 KiB on the way in.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    host::Host,
    job::{
        self, Commit, Earlier, EnvironmentChange, Exit, JobId, JobQuery, MakeOptions, Note, State,
        Status, What,
    },
    log::{
        Line,
        find::{Hit, Query},
        outline::Outline,
    },
    project::{Project, Scan},
};

/// A message from the page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Call {
    /// Chosen by the page; the reply carries it.
    pub id: u32,
    /// What it wants.
    pub request: Request,
}

/// What the page can ask for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Request {
    /// Everything the frame shows: answered by [`Reply::Overview`]. Events follow from then on.
    Overview,
    /// The targets of a project, from a scan that runs nothing: [`Reply::Scan`].
    Targets {
        /// Its name.
        project: String,
    },
    /// Adds a folder with a makefile: [`Reply::Project`].
    AddProject {
        /// The folder, absolute or starting with `~/`.
        path: String,
    },
    /// Takes an added project off the list; nothing on disk changes: [`Reply::Ok`].
    RemoveProject {
        /// Its name.
        name: String,
    },
    /// Allows the targets of a project to be run: [`Reply::Ok`].
    TrustProject {
        /// Its name.
        name: String,
    },
    /// Says whether at most one job of a project runs at once: [`Reply::Ok`].
    SetExclusive {
        /// Its name.
        name: String,
        /// Whether.
        exclusive: bool,
    },
    /// What exactly a launch would run, and what to think of before; nothing is started: [`Reply::Preview`].
    Preview(Start),
    /// What was last filled in for a target, and what was kept under a name: [`Reply::Presets`].
    Presets {
        /// The project's name.
        project: String,
        /// The target.
        target: String,
    },
    /// Keeps what is filled in for a target under a name, in the place of what had that name: [`Reply::Presets`].
    SavePreset {
        /// The project's name.
        project: String,
        /// The target.
        target: String,
        /// It.
        preset: Preset,
    },
    /// Drops what was kept under a name: [`Reply::Presets`].
    ForgetPreset {
        /// The project's name.
        project: String,
        /// The target.
        target: String,
        /// The preset's name.
        name: String,
    },
    /// Says whether a host is in production, so that what is dangerous asks for its name: [`Reply::Ok`].
    MarkProduction {
        /// The host's name in the SSH config.
        host: String,
        /// Whether.
        production: bool,
    },
    /// Keeps a command in a host's row of saved commands: [`Reply::Ok`].
    SaveCommand {
        /// The host; none means every host.
        host: Option<String>,
        /// The shell command.
        command: String,
    },
    /// Drops a saved command: [`Reply::Ok`].
    ForgetCommand {
        /// The host it was saved for; none means every host.
        host: Option<String>,
        /// The shell command.
        command: String,
    },
    /// Starts a job, or one on each of several hosts: [`Reply::Started`].
    Start(Start),
    /// Starts the same again: [`Reply::Started`].
    RunAgain {
        /// The job to repeat.
        job: JobId,
        /// As [`Start::Command`]'s; and the owner, of a job that somebody else started.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Vec<String>>"))]
        confirmed: Vec<String>,
    },
    /// Ends a job's whole tree: INT, then TERM, then KILL: [`Reply::Ok`].
    Cancel {
        /// The job.
        job: JobId,
        /// KILL at once.
        force: bool,
    },
    /// Types into a job: [`Reply::Ok`].
    Input {
        /// The job.
        job: JobId,
        /// What was typed, as UTF-8; control characters included.
        text: String,
        /// Whether its input ends after that.
        end: bool,
    },
    /// Tells a job in a terminal how large its window is, and how large those of the next ones will be: [`Reply::Ok`].
    Resize {
        /// The job.
        job: JobId,
        /// Height in characters.
        rows: u16,
        /// Width in characters.
        cols: u16,
    },
    /// Jobs, newest first: [`Reply::Jobs`].
    Jobs(JobQuery),
    /// The jobs before one, of the same thing: [`Reply::Earlier`].
    Earlier {
        /// The job.
        job: JobId,
    },
    /// What people say of jobs: [`Reply::Notes`].
    Notes {
        /// At most 500.
        jobs: Vec<JobId>,
    },
    /// Says something of a job, in the place of what was said: [`Reply::Ok`], and [`Event::Noted`] to every page.
    SetNote {
        /// The job.
        job: JobId,
        /// Whether it is pinned.
        pinned: bool,
        /// The text, at most 8,000 bytes; empty for none.
        text: String,
    },
    /// One job: [`Reply::Job`].
    Job {
        /// Its id.
        job: JobId,
    },
    /// Follows a log: [`Reply::Extent`] at once, and [`Event::LogGrew`] at most once a frame from then on.
    /// Asking again for the same job changes how much of the tail is sent along.
    Follow {
        /// The job.
        job: JobId,
        /// How many of the last lines each event brings along, 0 to 500.
        tail: u32,
    },
    /// Ends following: [`Reply::Ok`].
    Unfollow {
        /// The job.
        job: JobId,
    },
    /// Lines of a log by number: [`Reply::Lines`]; fewer where the log ends before, or where more than 512 KiB would
    /// come together: then the rest is asked for again.
    Lines {
        /// The job.
        job: JobId,
        /// The first line wanted, from 1.
        first: u64,
        /// How many, at most 1000.
        count: u32,
    },
    /// One whole line, however long, up to 16 MiB: [`Reply::Lines`].
    WholeLine {
        /// The job.
        job: JobId,
        /// Its number, from 1.
        number: u64,
    },
    /// What stands out in a log, as far as it is there: [`Reply::Outline`]. Worth asking again when it has grown.
    Outline {
        /// The job.
        job: JobId,
    },
    /// Saves a log, as far as it is there, in the person's folder for downloads: [`Reply::Saved`].
    SaveLog {
        /// The job.
        job: JobId,
        /// How.
        form: SaveAs,
    },
    /// Opens the person's editor at the place in a file that a line of a log names as an error's: [`Reply::Ok`].
    Edit {
        /// The job.
        job: JobId,
        /// The line's number.
        line: u64,
    },
    /// Looks for something in a log, and on as it grows: [`Reply::Ok`], and [`Event::Found`] from then on. A search of the
    /// same number is ended. Refused where it cannot be looked for, with its place.
    Find {
        /// The job.
        job: JobId,
        /// The search's number, chosen by the page.
        search: u32,
        /// What is looked for.
        query: Query,
    },
    /// The next hit after a place, or the last one before it; from the other end where there is none and all has been
    /// looked at: [`Reply::Hit`].
    Hit {
        /// The search.
        search: u32,
        /// The place's line, 0 for before all.
        line: u64,
        /// The place's column, in UTF-16 units.
        start: u32,
        /// Whether the hit before is wanted.
        back: bool,
        /// As in [`Request::HitLines`]: its place among those lines is told with it.
        around: u32,
    },
    /// The hits in some lines: [`Reply::Hits`].
    Hits {
        /// The search.
        search: u32,
        /// The first line, from 1.
        first: u64,
        /// How many lines, at most 1000.
        count: u32,
    },
    /// Of the lines with hits and those near one, some, in order: [`Reply::HitLines`].
    HitLines {
        /// The search.
        search: u32,
        /// How many lines before and after each hit belong to it.
        around: u32,
        /// How many of them are left out at the start.
        skip: u64,
        /// How many are wanted, at most 1000.
        count: u32,
    },
    /// Which parts of the log have hits: [`Reply::HitMarks`].
    HitMarks {
        /// The search.
        search: u32,
    },
    /// Ends a search: [`Reply::Ok`].
    EndFind {
        /// It.
        search: u32,
    },
    /// Every byte of a log from a chunk on, as binary frames: [`Reply::Subscribed`], then [`Event::SubscriptionEnded`].
    Subscribe {
        /// The job.
        job: JobId,
        /// The first chunk wanted: one more than the last one seen, 0 for all.
        seq: u64,
        /// About how many bytes are wanted of what is there already, at most; what is before them is left out.
        #[serde(default)]
        #[cfg_attr(test, ts(optional))]
        tail: Option<u64>,
    },
    /// Ends a subscription: [`Reply::Ok`].
    Unsubscribe {
        /// Its number.
        subscription: u32,
    },
    /// Answers what a job asked: [`Reply::Ok`].
    Answer {
        /// The prompt.
        prompt: Uuid,
        /// The answer.
        answer: Answer,
    },
    /// The settings: [`Reply::Settings`].
    Settings,
    /// Changes the settings; a changed database is used from the next start on: [`Reply::Settings`].
    ChangeSettings(Settings),
}

/// What to start.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Start {
    /// Targets of a project, as one job here.
    Target {
        /// The project's name.
        project: String,
        /// At least one.
        targets: Vec<String>,
        /// Names and values for make, in order.
        variables: Vec<(String, String)>,
        /// Whether it gets a terminal.
        pty: bool,
        /// What to do where it is exclusive and runs already; none means as the settings say.
        #[serde(default)]
        #[cfg_attr(test, ts(optional))]
        when_busy: Option<WhenBusy>,
        /// How make is asked.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<MakeOptions>"))]
        options: MakeOptions,
    },
    /// A shell command.
    Command {
        /// The command line.
        command: String,
        /// The hosts, one job each; none means one job here.
        hosts: Vec<String>,
        /// The folder of a job here, absolute; none means the home folder.
        #[serde(default)]
        cwd: Option<String>,
        /// Whether it gets a terminal.
        pty: bool,
        /// The names of hosts in production that a person typed: without its name, nothing dangerous runs on one.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Vec<String>>"))]
        confirmed: Vec<String>,
    },
}

/// What a launch would run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Preview {
    /// The line a person would type, without secrets.
    pub line: String,
    /// The exact program and arguments, without secrets; empty for a command on a host.
    pub argv: Vec<String>,
    /// The folder it would run in; none for a command on a host.
    pub cwd: Option<String>,
    /// The recipe of the targets named, with the values known so far in it: as far as can be told without running
    /// anything.
    pub recipe: Vec<String>,
    /// Why it asks before it runs, where it does.
    pub danger: Option<String>,
    /// Of the hosts, those marked as production: where something is dangerous, their names are to be typed.
    pub production: Vec<String>,
    /// What else is worth knowing, in sentences: an `override` in the makefile that goes before a value given here.
    pub notes: Vec<String>,
    /// The rule that forbids it, where one does.
    pub refusal: Option<String>,
}

/// What a launch form was filled in with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Filled {
    /// Values by name; a secret one has none.
    pub variables: Vec<(String, Option<String>)>,
    /// More targets, or words a target takes, after it.
    pub words: Vec<String>,
    /// How make is asked.
    pub options: MakeOptions,
    /// Whether it gets a terminal.
    pub pty: bool,
}

/// What was kept under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Preset {
    /// Its name: 1 to 60 characters, no control characters.
    pub name: String,
    /// It.
    pub filled: Filled,
}

/// What is known of earlier launches of a target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Presets {
    /// What it was last started with; none where it never was.
    pub last: Option<Filled>,
    /// What was kept under names, in their order.
    pub named: Vec<Preset>,
}

/// What becomes of a job that wants for itself what another job has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum WhenBusy {
    /// It waits in the queue.
    #[default]
    Wait,
    /// It is not started.
    Refuse,
}

/// The answer to a prompt.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Answer {
    /// Yes: the host key is right.
    Accept,
    /// No: nothing is sent, the job does not start.
    Refuse,
    /// A secret, or one answer of several.
    Text {
        /// It.
        text: String,
    },
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Accept => "Accept",
            Self::Refuse => "Refuse",
            Self::Text { .. } => "Text(…)",
        })
    }
}

/// A message to the page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Message {
    /// What a request asked for.
    Reply {
        /// The call's id.
        id: u32,
        /// It.
        reply: Reply,
    },
    /// Why a request could not be answered.
    Failed {
        /// The call's id.
        id: u32,
        /// Why.
        failure: Failure,
    },
    /// What happened.
    Event(Event),
}

/// Answers to requests.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Reply {
    /// It is done.
    Ok,
    /// Everything the frame shows.
    Overview(Box<Overview>),
    /// A project.
    Project(Project),
    /// What a makefile holds.
    Scan(Scan),
    /// What would be run.
    Preview(Box<Preview>),
    /// What is known of earlier launches.
    Presets(Presets),
    /// The jobs that were started, in the order of the hosts asked for.
    Started {
        /// At least one.
        jobs: Vec<Job>,
    },
    /// A page of jobs.
    Jobs {
        /// Newest first.
        jobs: Vec<Job>,
        /// Whether there are older ones.
        more: bool,
        /// Why the list may be short: Postgres cannot be asked just now.
        incomplete: Option<String>,
    },
    /// One job.
    Job(Box<Job>),
    /// The jobs before one, of the same thing, newest first.
    Earlier {
        /// At most 12.
        jobs: Vec<Earlier>,
    },
    /// What people say of jobs.
    Notes {
        /// Those of which something is said.
        notes: Vec<(JobId, Note)>,
    },
    /// How large a log is.
    Extent(Extent),
    /// Lines of a log.
    Lines {
        /// The lines, consecutive.
        lines: Vec<Line>,
    },
    /// What stands out in a log.
    Outline(Box<Outline>),
    /// A log was saved.
    Saved {
        /// The file.
        path: String,
    },
    /// A hit.
    Hit {
        /// It; none where there is none.
        hit: Option<Hit>,
        /// Its number among all, from 1; 0 where there is none.
        index: u64,
        /// How many of the lines near hits come before its own.
        row: u64,
    },
    /// Hits, in order.
    Hits {
        /// At most 10,000.
        hits: Vec<Hit>,
    },
    /// Lines near hits.
    HitLines {
        /// The lines, in order and with gaps.
        lines: Vec<Line>,
        /// The hits in them, at most 10,000.
        hits: Vec<Hit>,
        /// How many there are in all.
        total: u64,
    },
    /// Which parts of a log have hits.
    HitMarks(HitMarks),
    /// A raw subscription has begun.
    Subscribed {
        /// Its number, in each of its frames.
        subscription: u32,
        /// The first chunk that comes; later than the one asked for where something is left out.
        seq: u64,
        /// The first chunk that was not there yet; none where no more will come.
        live: Option<u64>,
    },
    /// The settings.
    Settings(Settings),
}

/// Why a request could not be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Failure {
    /// For the page to branch on.
    pub code: FailureCode,
    /// For a person: what happened, where, what to try.
    pub message: String,
}

/// Kinds of failure a page tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum FailureCode {
    /// There is no such project, target, host or job.
    NotFound,
    /// The request makes no sense or breaks a rule.
    Refused,
    /// The project has to be trusted first.
    Untrusted,
    /// Postgres cannot be asked just now.
    StoreAway,
    /// Anything else.
    Failed,
}

/// Everything the frame shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Overview {
    /// The projects.
    pub projects: Vec<Project>,
    /// What could not be read of mkcli's registry or our own list, with its place.
    pub project_problems: Vec<String>,
    /// The hosts.
    pub hosts: Vec<Host>,
    /// What could not be read of the SSH config, with its place.
    pub host_problems: Vec<String>,
    /// What else a person should see to: settings that cannot be read, with their place, jobs that wait for another store.
    pub problems: Vec<String>,
    /// Jobs that are not over, newest first.
    pub active: Vec<Job>,
    /// Questions that wait for an answer.
    pub prompts: Vec<Prompt>,
    /// Where logs are kept.
    pub store: StoreState,
    /// The app's version.
    pub version: String,
    /// The home folder, so that paths can be shown as `~/…`.
    pub home: String,
    /// Who starts jobs here: `user@machine`.
    pub owner: String,
}

/// A job as the page and `--json` show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whether its command runs here or on a host.
    #[serde(rename = "type")]
    pub kind: JobType,
    /// The project's name, of a target.
    pub project: Option<String>,
    /// The targets, separated by spaces.
    pub target: Option<String>,
    /// The host; none means this machine.
    pub host: Option<String>,
    /// The command line as a person would type it.
    pub command: String,
    /// Where it stands.
    pub status: Status,
    /// Its exit code, where it exited.
    pub exit_code: Option<i32>,
    /// The signal that ended it, without `SIG`.
    pub signal: Option<String>,
    /// How it ended, in words; none while it has not or has ended well.
    pub reason: Option<String>,
    /// What a queued one waits for, in words, where that is not a matter of an instant.
    pub waits: Option<String>,
    /// Processes of it that were still there when it was over, as `sleep 1000 (pid 123)`.
    pub survivors: Vec<String>,
    /// When it was asked for.
    pub queued_at: DateTime<Utc>,
    /// When it started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub finished_at: Option<DateTime<Utc>>,
    /// Lines in its log.
    pub lines: u64,
    /// Bytes in its log.
    pub bytes: u64,
    /// Its batch.
    pub batch: Option<Uuid>,
    /// The exact program and arguments, of a local job.
    pub argv: Vec<String>,
    /// The variables given to make; a secret one has no value here.
    pub variables: Vec<(String, Option<String>)>,
    /// How make was asked, of targets.
    pub options: MakeOptions,
    /// The working directory of a local job.
    pub cwd: Option<String>,
    /// How the environment of a local job differs from the app's own, by name.
    pub environment: Vec<EnvironmentChange>,
    /// Whether it runs in a terminal.
    pub pty: bool,
    /// Where its git work tree stood.
    pub commit: Option<Commit>,
    /// Who owns it: `user@machine`.
    pub owner: String,
    /// Whether nothing has been heard of its owner for half a minute, so that it may stand otherwise by now.
    pub is_silent: bool,
    /// Why what it writes is not read just now, so that it waits; none while it is read.
    pub paused: Option<String>,
}

impl From<job::Job> for Job {
    fn from(job: job::Job) -> Self {
        let (started_at, finished_at, exit) = match &job.state {
            State::Queued { .. } => (None, None, None),
            State::Running { started_at } => (Some(*started_at), None, None),
            State::Ended {
                started_at,
                finished_at,
                exit,
                ..
            } => (*started_at, Some(*finished_at), Some(exit)),
        };
        let (project, target, options) = match &job.what {
            What::Target {
                project,
                targets,
                options,
                ..
            } => (
                Some(project.clone()),
                Some(targets.join(" ")),
                options.clone(),
            ),
            What::Command { .. } => (None, None, MakeOptions::default()),
        };
        let host = job.host().map(ToOwned::to_owned);
        Self {
            id: job.id,
            kind: if host.is_some() {
                JobType::Ssh
            } else {
                JobType::Local
            },
            project,
            target,
            host,
            status: job.state.status(),
            exit_code: exit.and_then(|exit| {
                if let Exit::Code { code } = exit {
                    Some(*code)
                } else {
                    None
                }
            }),
            signal: exit.and_then(|exit| match exit {
                Exit::Signal { signal, .. } => Some(signal.clone()),
                Exit::TimedOut { signal, .. } => signal.clone(),
                _ => None,
            }),
            reason: job.reason(),
            survivors: job.survivors.iter().map(job::survivor).collect(),
            waits: match &job.state {
                State::Queued { waits } => waits.clone(),
                _ => None,
            },
            command: job.command,
            queued_at: job.queued_at,
            started_at,
            finished_at,
            lines: job.lines,
            bytes: job.bytes,
            batch: job.batch,
            argv: job.argv,
            variables: job.variables,
            options,
            cwd: job.cwd.map(|cwd| cwd.display().to_string()),
            environment: job.environment,
            pty: job.pty,
            commit: job.commit,
            owner: job.owner,
            is_silent: job.is_silent,
            paused: job.paused,
        }
    }
}

/// Where a job's command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum JobType {
    /// On this machine.
    Local,
    /// On a host.
    Ssh,
}

/// How large a log is just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Extent {
    /// Lines, open ones included.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
    /// Whether what runs has the whole screen of its terminal just now; not known of a job that is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub full_screen: bool,
    /// Whether no more will come.
    pub complete: bool,
}

/// How a log is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SaveAs {
    /// Exactly the bytes that were written, in the order in which they were read.
    Raw,
    /// The text as it is shown.
    Text,
    /// The text, each line with its time before it.
    TextWithTimes,
    /// One page with the colours, that needs nothing else.
    Html,
}

/// Which parts of a log have hits, for a ruler beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HitMarks {
    /// Lines in each part.
    pub every: u64,
    /// The parts with hits, from 0, at most 1000.
    pub parts: Vec<u32>,
}

/// What happened, told to every page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Event {
    /// A job is new, or its status or anything else of it changed.
    Job(Box<Job>),
    /// A followed log has grown or is complete.
    LogGrew {
        /// The job.
        job: JobId,
        /// How large it is now.
        extent: Extent,
        /// The last lines, as many as were asked for.
        tail: Vec<Line>,
    },
    /// A search has come on; told to the page that asked, at most 20 times a second.
    Found {
        /// The search.
        search: u32,
        /// Hits so far; the places of the first 1,000,000 are kept.
        hits: u64,
        /// Lines looked at so far.
        lines: u64,
        /// Whether all that there is of the log has been looked at.
        caught_up: bool,
        /// Whether no more of the log will come.
        complete: bool,
        /// Why it stopped early.
        why: Option<String>,
    },
    /// A raw subscription has sent its last frame.
    SubscriptionEnded {
        /// Its number.
        subscription: u32,
        /// Why, where it is not that the log is complete.
        why: Option<String>,
    },
    /// The list of projects changed.
    Projects {
        /// All of them.
        projects: Vec<Project>,
        /// What could not be read.
        problems: Vec<String>,
    },
    /// A project's makefile changed; its targets are worth asking for again.
    TargetsChanged {
        /// The project's name.
        project: String,
    },
    /// The list of hosts changed.
    Hosts {
        /// All of them.
        hosts: Vec<Host>,
        /// What could not be read.
        problems: Vec<String>,
    },
    /// The settings in force changed, here or by hand in their file.
    Settings(Settings),
    /// What a person should see to changed.
    Problems {
        /// All of it.
        problems: Vec<String>,
    },
    /// Somebody said something of a job.
    Noted {
        /// The job.
        job: JobId,
        /// It.
        note: Note,
    },
    /// A job needs an answer.
    Asked(Prompt),
    /// A prompt is over, answered here or elsewhere.
    Answered {
        /// It.
        prompt: Uuid,
    },
    /// Postgres came or went.
    Store(StoreState),
    /// The page was too slow and missed events: it should ask for the overview again.
    Missed,
}

impl Event {
    /// A job as it is now.
    #[must_use]
    pub fn job(job: job::Job) -> Self {
        Self::Job(Box::new(job.into()))
    }
}

/// A question of a job that waits for a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Prompt {
    /// Its id.
    pub id: Uuid,
    /// The job that waits.
    pub job: JobId,
    /// The host.
    pub host: String,
    /// The question.
    pub question: Question,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Question {
    /// Whether an unknown host key is the right one.
    HostKey {
        /// `SHA256:…`.
        fingerprint: String,
        /// As `ssh-ed25519`.
        key_type: String,
        /// The address it was shown by.
        address: String,
    },
    /// A passphrase, a password, or one line of a login dialog.
    Secret {
        /// The words to ask with.
        label: String,
        /// Whether what is typed may be seen.
        echo: bool,
    },
}

/// Where logs are kept, and whether it can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StoreState {
    /// Whether it is our own private server; else it is a configured one.
    pub embedded: bool,
    /// Its address without the password.
    pub address: String,
    /// How it is.
    pub health: StoreHealth,
    /// What draws a warning and no refusal: a superuser role, a connection without TLS.
    pub warning: Option<String>,
}

/// How the store is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum StoreHealth {
    /// It is being started or connected to.
    Starting {
        /// What is being done, in words.
        step: String,
    },
    /// It answers.
    Ready {
        /// As `18.4`.
        version: String,
    },
    /// It does not answer; logs wait in the spool and nothing is lost.
    Away {
        /// Why, and what to try.
        why: String,
    },
    /// It answers and must not be used as it is.
    Refused {
        /// Why, and what to try.
        why: String,
    },
}

/// What a person can set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Settings {
    /// A Postgres to keep history in; none means our own private one. `DATABASE_URL` goes before it.
    pub database_url: Option<String>,
    /// The schema of our tables in a configured Postgres; none means the role's own first one.
    pub database_schema: Option<String>,
    /// How many jobs may run at once here; 0 means 128.
    pub max_jobs: u32,
    /// What becomes of a job that is exclusive and runs already.
    pub when_busy: WhenBusy,
    /// Whether a project has to be trusted anew when its makefiles have changed.
    pub trust_again: bool,
    /// The program that opens a terminal; none means the first one found.
    pub terminal: Option<String>,
    /// The command that opens an editor, with `{file}`, `{line}` and `{column}` in it; none means the first one found.
    pub editor: Option<String>,
    /// Regular expressions; a line of a log in which one is found tells of an error. Case does not matter.
    pub error_rules: Vec<String>,
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod typescript;
