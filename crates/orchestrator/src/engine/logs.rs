//! Reading logs, whether a line is still in the spool or already in the store.

pub(super) mod edit;
pub(super) mod find;
pub(super) mod outline;
pub(super) mod reader;
pub(super) mod save;
pub(super) mod source;
