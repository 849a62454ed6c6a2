//! What crosses the socket: requests, replies, events. `src/lib/wire.ts` is generated from here by a test, and checked.
//!
//! Everything is one JSON text message each, but for the bytes of a raw log subscription, which are binary frames: a
//! little-endian `u32`, the subscription, and then chunks, each a header of 24 bytes (`seq` u64, `at` i64 microseconds
//! since 1970, `length` u32, `stream` u32: 0 stdout, 1 stderr; all little-endian) and its bytes.
//! No request, reply or event is larger than 64 KiB on the way in.
//!
//! ```text
//! request    what the page can ask for            job        a job as it is shown
//! reply      answers, and why there is none       store      where logs are kept
//! event      what happened                        prompt     what a job asks of a person, and the answer
//! health     how the app is, and how much it keeps
//! ```
//! What is no matter of the socket alone is a noun of its own, and only named here: settings, launches, presets, projects.

mod event;
mod health;
mod job;
mod prompt;
mod reply;
mod request;
mod store;

use serde::{Deserialize, Serialize};

pub use self::{
    event::Event,
    health::{CopyEnd, Finding, Health, HistoryCopy, TriedDatabase},
    job::{Job, JobType, LastSignal, NextSignal},
    prompt::{Answer, Prompt, Question},
    reply::{CommandConsent, Extent, Failure, FailureCode, HitMarks, Overview, Reply},
    request::{
        BatchRequest, CatalogRequest, CompareRequest, FindRequest, HostRequest, JobRequest,
        LaunchRequest, LogRequest, Request, SaveAs, SearchRequest, SettingsRequest,
    },
    store::{SeenDatabase, StoreHealth, StoreState},
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

/// A message to the page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Message {
    /// What a request asked for.
    Reply {
        /// The call's id.
        id: u32,
        /// The reply.
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

#[cfg(test)]
mod tests;
#[cfg(test)]
mod typescript;
