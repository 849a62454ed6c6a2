//! What a scan reads from the disk: a makefile, what it includes, and what these names match.
//!
//! ```text
//! source   files and include paths, with limits        glob     shell patterns against one name
//! stamps   whether they are still what they were       missing  included files that are not there
//! ```

pub(super) mod glob;
pub(super) mod missing;
pub(super) mod source;
pub(super) mod stamps;
