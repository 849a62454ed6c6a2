//! What the page can ask of batches.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::batch::Order;
#[cfg(doc)]
use crate::wire::{Event, Reply};

/// What the page can ask of batches.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum BatchRequest {
    /// Batches, newest first: [`Reply::Batches`].
    Batches {
        /// At most this many, 1 to 500.
        limit: u32,
    },
    /// One batch with all its hosts: [`Reply::Batch`]. Worth asking again after [`Event::Batch`].
    Batch {
        /// Its id, the beginning of it, or `last`.
        batch: String,
    },
    /// What its hosts answered so far, and which of them the same: [`Reply::Answers`]. Worth asking again after
    /// [`Event::Batch`], and while something runs.
    Answers {
        /// The batch.
        batch: Uuid,
        /// Whether times, durations, process ids, temporary files and each host's own name make no difference.
        masked: bool,
    },
    /// A host's output beside that of most others: [`Reply::Difference`].
    Difference {
        /// The batch.
        batch: Uuid,
        /// The host's name.
        host: String,
        /// As in [`Self::Answers`].
        masked: bool,
    },
    /// What its hosts answered when the same command ran there the last time: [`Reply::LastTime`].
    LastTime {
        /// The batch.
        batch: Uuid,
        /// As in [`Self::Answers`].
        masked: bool,
    },
    /// The last lines of all its hosts, in the order in which they came: [`Reply::Merged`].
    Merged {
        /// The batch.
        batch: Uuid,
    },
    /// Lets held hosts go, drops them, or cancels all of it: [`Reply::Ok`], and [`Event::Batch`] once that is done.
    Order {
        /// The batch.
        batch: Uuid,
        /// What becomes of it.
        order: Order,
    },
}
