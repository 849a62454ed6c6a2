//! What the page can ask of the settings.

use serde::{Deserialize, Serialize};

use crate::settings::{Retention, Settings};
#[cfg(doc)]
use crate::wire::{Event, Reply};

/// What the page can ask of the settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "with", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SettingsRequest {
    /// The settings: [`Reply::Settings`].
    Settings,
    /// Changes the settings; a changed database is used from the next start on: [`Reply::Settings`].
    ChangeSettings(Settings),
    /// How much of the history there is: [`Reply::Kept`].
    Kept,
    /// What of the own history these rules would let go now: [`Reply::Outdated`].
    Outdated {
        /// The rules.
        retention: Retention,
    },
    /// Says whether the database that `DATABASE_URL` names keeps the history, from the next start on: [`Reply::Ok`].
    UseDatabase {
        /// Whether it does.
        used: bool,
    },
    /// Asks a Postgres whether it can keep the history; nothing is changed: [`Reply::TriedDatabase`].
    TryDatabase {
        /// Its address, `postgres://user:password@host/name`.
        url: String,
        /// The schema for the tables; none means the role's own first one.
        schema: Option<String>,
    },
    /// Begins to copy the whole history into another Postgres, one copy at a time: [`Reply::Ok`] once that has our tables, and
    /// then [`Event::HistoryCopy`]. This history stays as it is.
    CopyHistory {
        /// Its address, `postgres://user:password@host/name`.
        url: String,
        /// The schema for the tables; none means the role's own first one.
        schema: Option<String>,
    },
    /// Ends the copy that goes on; what is there stays there, and the next copy leaves it out: [`Reply::Ok`].
    EndCopy,
    /// The latest copy: [`Reply::HistoryCopy`].
    HistoryCopy,
    /// Looks at what the app needs, which takes some seconds: [`Reply::Health`].
    Health,
}
