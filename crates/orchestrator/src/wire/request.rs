//! What the page can ask for.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Answer, Preset, Settings, Start};
#[cfg(doc)]
use super::{Event, Reply};
use crate::{
    job::{JobId, JobQuery},
    log::find::Query,
};

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
    /// Copies the sample of a project's missing dotenv file to its place (`.env.sample` to `.env`): [`Reply::Ok`].
    CopyDotenvSample {
        /// The project's name.
        project: String,
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
        /// As [`Start::Command`]'s; and the owner, of a job that this installation did not start as it now is, once a
        /// person has seen what it runs.
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
    /// Says whether the database that `DATABASE_URL` names keeps the history, from the next start on: [`Reply::Ok`].
    UseDatabase {
        /// Whether it does.
        used: bool,
    },
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
