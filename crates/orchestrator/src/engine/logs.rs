//! ?

pub(super) mod edit;
pub(super) mod find;
pub(super) mod outline;
pub(super) mod reader;
pub(super) mod save;
