//! vm-orchestrator without its window: starts, follows and ends jobs, and keeps every byte they write.
#![doc = ""]

pub mod host;
pub mod job;
pub mod log;
pub mod project;
pub mod ssh;
pub mod wire;
