//! What the page can ask of looking in a log.

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::wire::{Event, Reply};
use crate::{
    job::JobId,
    log::{Encoding, find::Query},
};

/// What the page can ask of looking in a log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum FindRequest {
    /// Looks for something in a log, and on as it grows: [`Reply::Ok`], and [`Event::Found`] from then on. A find of the
    /// same number is ended. Refused if it cannot be looked for, with its place.
    Find {
        /// The job.
        job: JobId,
        /// The find's number, chosen by the page.
        find: u32,
        /// What is looked for.
        query: Query,
        /// What its bytes are read in.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, as = "Option<Encoding>"))]
        encoding: Encoding,
    },
    /// Ends a find: [`Reply::Ok`].
    EndFind {
        /// The find's number.
        find: u32,
    },
    /// The next hit after a place, or the last one before it; from the other end if there is none and all has been
    /// looked at: [`Reply::Hit`].
    Hit {
        /// The find.
        find: u32,
        /// The place's line, 0 for before all.
        line: u64,
        /// The place's column, in UTF-16 units.
        start: u32,
        /// Whether the hit before is wanted.
        back: bool,
        /// As in [`FindRequest::HitLines`]: its place among those lines is sent with it.
        around: u32,
    },
    /// The hits in some lines: [`Reply::Hits`].
    Hits {
        /// The find.
        find: u32,
        /// The first line, from 1.
        first: u64,
        /// How many lines, at most 1000.
        count: u32,
    },
    /// Of the lines with hits and those near one, some, in order: [`Reply::HitLines`].
    HitLines {
        /// The find.
        find: u32,
        /// How many lines before and after each hit belong to it.
        around: u32,
        /// How many of them are left out at the start.
        skip: u64,
        /// How many are wanted, at most 1000.
        count: u32,
    },
    /// Which parts of the log have hits: [`Reply::HitMarks`].
    HitMarks {
        /// The find.
        find: u32,
    },
}
