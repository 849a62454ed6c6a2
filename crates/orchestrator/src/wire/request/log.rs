//! What the page can ask of a log.

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::wire::{Event, Reply};
use crate::{job::JobId, log::Encoding};

/// What the page can ask of a log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum LogRequest {
    /// Lines of a log by number: [`Reply::Lines`]; fewer if the log ends before, or if more than 512 KiB would
    /// come together: then the rest is asked for again.
    Lines {
        /// The job.
        job: JobId,
        /// The first line wanted, from 1.
        first: u64,
        /// How many, at most 1000.
        count: u32,
        /// What its bytes are read in.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Encoding>"))]
        encoding: Encoding,
    },
    /// One whole line, however long, up to 16 MiB: [`Reply::Lines`].
    WholeLine {
        /// The job.
        job: JobId,
        /// Its number, from 1.
        number: u64,
        /// What its bytes are read in.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Encoding>"))]
        encoding: Encoding,
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
        /// The format.
        form: SaveAs,
        /// What its text is read in; its bytes are saved as they are.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Encoding>"))]
        encoding: Encoding,
    },
    /// Opens the person's editor at the place in a file that a line of a log names, or that is behind words of it:
    /// [`Reply::Edited`].
    Edit {
        /// The job.
        job: JobId,
        /// The line's number.
        line: u64,
        /// The address behind words of the line, a `file` on this machine; without it the place is the one that the line names.
        #[serde(default)]
        #[cfg_attr(test, ts(optional))]
        url: Option<String>,
    },
    /// Opens the desktop's browser at an address, `http` or `https`, that is in a line of a log: [`Reply::Ok`].
    Browse {
        /// The job.
        job: JobId,
        /// The line's number.
        line: u64,
        /// The address.
        url: String,
    },
    /// Follows a log: [`Reply::Extent`] at once, and [`Event::LogGrew`] at most once a frame from then on.
    /// Asking again for the same job changes how much of the tail is sent along.
    Follow {
        /// The job.
        job: JobId,
        /// How many of the last lines each event brings along, 0 to 500.
        tail: u32,
        /// What those are read in.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Encoding>"))]
        encoding: Encoding,
    },
    /// Ends following: [`Reply::Ok`].
    Unfollow {
        /// The job.
        job: JobId,
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
    /// One self-contained page with the colours.
    Html,
}
