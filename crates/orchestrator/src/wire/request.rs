//! What the page can ask for, in ten groups: the server's desk has a file for each.

mod batch;
mod catalog;
mod compare;
mod find;
mod host;
mod job;
mod launch;
mod log;
mod search;
mod settings;

use serde::{Deserialize, Serialize};

pub use self::{
    batch::BatchRequest,
    catalog::CatalogRequest,
    compare::CompareRequest,
    find::FindRequest,
    host::HostRequest,
    job::JobRequest,
    launch::LaunchRequest,
    log::{LogRequest, SaveAs},
    search::SearchRequest,
    settings::SettingsRequest,
};

/// What the page can ask for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Request {
    /// Projects, hosts, and what is saved of them.
    Catalog(CatalogRequest),
    /// Hosts: which there are, whether they answer, and those of a person's own.
    Host(HostRequest),
    /// What is to be started.
    Launch(LaunchRequest),
    /// Jobs: how they are, and orders to them.
    Job(JobRequest),
    /// Batches: how they are, and orders to them.
    Batch(BatchRequest),
    /// A log.
    Log(LogRequest),
    /// Looking in a log.
    Find(FindRequest),
    /// Looking in the logs of many jobs.
    Search(SearchRequest),
    /// Comparing logs.
    Compare(CompareRequest),
    /// The settings.
    Settings(SettingsRequest),
}

impl From<CatalogRequest> for Request {
    fn from(request: CatalogRequest) -> Self {
        Self::Catalog(request)
    }
}

impl From<HostRequest> for Request {
    fn from(request: HostRequest) -> Self {
        Self::Host(request)
    }
}

impl From<LaunchRequest> for Request {
    fn from(request: LaunchRequest) -> Self {
        Self::Launch(request)
    }
}

impl From<JobRequest> for Request {
    fn from(request: JobRequest) -> Self {
        Self::Job(request)
    }
}

impl From<BatchRequest> for Request {
    fn from(request: BatchRequest) -> Self {
        Self::Batch(request)
    }
}

impl From<LogRequest> for Request {
    fn from(request: LogRequest) -> Self {
        Self::Log(request)
    }
}

impl From<FindRequest> for Request {
    fn from(request: FindRequest) -> Self {
        Self::Find(request)
    }
}

impl From<SearchRequest> for Request {
    fn from(request: SearchRequest) -> Self {
        Self::Search(request)
    }
}

impl From<CompareRequest> for Request {
    fn from(request: CompareRequest) -> Self {
        Self::Compare(request)
    }
}

impl From<SettingsRequest> for Request {
    fn from(request: SettingsRequest) -> Self {
        Self::Settings(request)
    }
}
