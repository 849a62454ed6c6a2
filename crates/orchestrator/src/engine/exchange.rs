//! A history as one file, and back, or into another Postgres: jobs that are over with every byte of their logs, the times and streams of those, and
//! people's notes.
//!
//! The file is a zip archive that any program opens. `format` says what is in it; an engine reads all older formats, and
//! refuses newer ones.
//!
//! | entry | holds |
//! |---|---|
//! | `history.json` | the format's number, the app's version, when it was made, how many jobs it has |
//! | `jobs/ID.log` | the bytes of the job's log, in the order in which they were read |
//! | `jobs/ID.chunks` | of each chunk of these in turn 16 bytes, little-endian: when it was read (i64, microseconds since 1970), how many bytes it has (u32), its stream (u32: 0 stdout, 1 stderr) |
//! | `jobs/ID.json` | the job, its note, and the SHA-256 of its log |

pub(super) mod copy;
mod export;
mod format;
mod import;

pub use self::{copy::broke_off, export::Exported, import::Imported};
