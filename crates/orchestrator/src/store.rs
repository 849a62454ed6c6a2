//! Where jobs and logs are kept: a Postgres, configured or our own embedded one. The only module that knows `sqlx`; it
//! must not know who runs jobs or who asks for them.
//!
//! ```text
//! address   what an address says                        error     how it fails, and what heals by itself
//! connect   a Store: its pool, its bounded waits       schema    whose tables are there; migrations
//! jobs      save, find and list jobs                   columns   a Job as a row
//! archive   blocks of a log in, and how far it is      archive_sql    the transactions behind that
//! block     chunks archived as one, and marks           short_job      a short job and all its log at once
//! read      blocks of a log out                        pack      chunks as rows, byte for byte
//! tables    where they are: each statement names it    pooler    who shares sessions, and is refused
//! moment    a time of a row                            owners    who is there to write theirs
//! changes   which jobs changed, as a hint              previous_runs  the jobs before one, of the same thing
//! notes     what people say of jobs                    batches        one command on many hosts
//! silences  when jobs wrote something
//! statement one of a person's own
//! sweep     the logs of many jobs, a large step at a time
//! copy      jobs into another store, row for row    copy_sql       the statements of that
//! log_index    an index of logs, asked              log_index_sql  and brought up to date, log_index_segments its slices
//! embedded  our own server: found, started, adopted, stopped
//! ```

mod address;
mod archive;
mod archive_sql;
mod batches;
mod block;
mod changes;
mod columns;
mod connect;
mod copy;
mod copy_sql;
pub mod embedded;
mod error;
mod import;
mod jobs;
mod log_index;
mod log_index_segments;
mod log_index_sql;
mod moment;
mod notes;
mod owners;
mod pack;
mod pooler;
mod previous_runs;
mod read;
mod retention;
mod roles;
mod schema;
mod short_job;
mod silences;
mod statement;
mod sweep;
mod tables;
mod time_limit;

pub use address::Address;
pub use block::{ArchiveMark, Block, Reach};
pub use changes::{Change, Changes};
pub use connect::Store;
pub use copy::CopyStep;
pub use error::{Interruption, StoreError};
pub use import::Part;
pub use log_index::{Coverage, LogSize, Segment};
pub use log_index_sql::{Arrived, Lease, Progress as IndexProgress};
pub use retention::Retention;
pub use statement::Answer;
pub use sweep::{RawBlock, Step};

/// What the store answers.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
