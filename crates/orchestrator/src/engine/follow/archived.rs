//! How far a job's log is archived, as its folder has it once the start of the spool is dropped.

use supervisor::{folder::Folder, spool};

use super::live::Mark;
use crate::store;

/// What a job's folder says of the store: a mark up to which the log is safe there, and may be missing here.
pub(crate) const ARCHIVED: &str = "archived.json";

/// Where what is left of a spool begins whose start was archived and dropped; none if that is not written down.
pub(crate) fn dropped_before(folder: &Folder) -> Option<Mark> {
    let mark: Option<store::ArchiveMark> = folder.read_json(ARCHIVED).ok().flatten();
    mark.as_ref().map(mark_of_store)
}

/// A mark as the store keeps it, in ours; one that cannot be read counts as the log's start.
pub(crate) fn mark_of_store(mark: &store::ArchiveMark) -> Mark {
    crate::log::lines::State::from_bytes(&mark.state).map_or_else(
        |_| Mark::default(),
        |state| Mark {
            at: spool::Position {
                offset: mark.offset,
                seq: mark.seq,
            },
            bytes: mark.bytes,
            state,
        },
    )
}
