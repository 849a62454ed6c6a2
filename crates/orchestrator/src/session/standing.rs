//! How a job on a host is just now.

use supervisor::control::News;

/// What listeners at the control socket are sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// When the command was seen to start, in microseconds since 1970.
    pub(super) started_at: Option<i64>,
    pub(super) news: News,
}
