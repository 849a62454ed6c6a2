//! What may be written of what programs trace, whatever is asked for.
//!
//! Ours name no secret. At their finest level, libraries trace the bytes that they carry: the frames of the socket have a
//! form's secrets and the answers to prompts in them. That level is theirs, and is never written.

use tracing::{Level, Metadata};

/// Whether a trace may be written: of ours each, of a library's all but its finest.
#[must_use]
pub fn may_be_written(metadata: &Metadata<'_>) -> bool {
    let ours = ["orchestrator", "supervisor", "vmo", "vm_orchestrator"];
    let name = metadata.target().split("::").next();
    name.is_some_and(|name| ours.contains(&name)) || *metadata.level() <= Level::DEBUG
}
