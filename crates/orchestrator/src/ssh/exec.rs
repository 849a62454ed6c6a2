//! One command in a session: how it is wrapped, what its output reports, its input, and its cancel.

pub(super) mod cancel;
pub(super) mod channel;
mod complaint;
pub(super) mod job;
pub(super) mod known_raw;
pub(super) mod markers;
pub(super) mod orders;
mod raw;
pub(super) mod report;
pub(super) mod task;
pub(super) mod tree;
pub(super) mod wrapper;
