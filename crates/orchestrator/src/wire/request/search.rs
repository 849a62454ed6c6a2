//! What the page can ask of looking in the logs of many jobs.

use serde::{Deserialize, Serialize};

use crate::search::Wanted;
#[cfg(doc)]
use crate::wire::{Event, Reply};

/// What the page can ask of looking in the logs of many jobs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SearchRequest {
    /// Looks for something in the logs of many jobs as they are now: [`Reply::Ok`], and from then on [`Event::SearchFound`]
    /// and [`Event::SearchCame`]. Whatever this page searched before is ended. Refused if it cannot be looked for, with its
    /// place.
    SearchLogs {
        /// The search's number, chosen by the page.
        search: u32,
        /// What is looked for, and where; at most 5000 lines with hits are shown, also if it says 0, and 10 around each.
        wanted: Box<Wanted>,
    },
    /// Ends a search: [`Reply::Ok`].
    EndSearch {
        /// The search's number.
        search: u32,
    },
}
