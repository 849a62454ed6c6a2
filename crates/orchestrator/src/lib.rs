//! vm-orchestrator without its window: starts, follows and ends jobs, and keeps every byte they write.
//!
//! **The spool is the truth, Postgres is the archive, the socket is a window.**
//!
//! # Layout
//! ```text
//! job, project, host, log    the nouns; log/ holds lines, escapes and styled text
//! visible                    what another wrote, as it may be shown: marks for what could deceive
//! batch                      one command on many hosts: rules, waves, what is next; a value without tasks
//! search                     what is looked for in every log, and how one log is looked through; a value without tasks
//! log_index                  which units of text cannot hold what is looked for; a value, too
//! compare                    which lines of one log are new, or differ from another's, and what else does; a value, too
//! ids, clock                 ids that sort by when they were made, and the time now, whatever the clock says
//! folders, json_file         where everything is; JSON files of ours, the last good one in force
//! environment                what we were started with; Postgres' variables are kept from us, for jobs
//! fleet/                     which of many hosts a line means: ranges, globs, tags; their names folded into one
//! did_you_mean               names that come near a mistyped one
//! confined                   what a process that has met a host may still do, and who does the rest
//! open_files, runtime        how many files may be open; a program's runtime, made without a panic
//! traces                     what may be written of what programs trace
//! launch, settings, presets  what is to be started; what a person has set; what launch forms were filled in with
//! make/                      projects, targets, the exact command that runs one; make/scan reads makefiles, and runs nothing
//! hosts/                     the machines of inventories, states and contexts, as one list
//! ssh/                       hosts, host keys, logins, commands on hosts           the only ssh2
//! session/                   a process for each way to a host, which outlives the app: its sessions and its jobs' folders
//! store/                     jobs and logs in Postgres, our own server or another  the only sqlx
//! wire                       what crosses the socket; src/lib/wire.ts is generated from it
//! engine/                    starts, follows, archives and lists jobs; reads logs, here or in the store
//! server/                    the WebSocket server and its walls                    the only hyper and tungstenite
//! bin/vmo/                   the command line                                      the only clap
//! ```
//! The crate `supervisor` beside this one is the small process that owns one local job's child, and the format of what
//! it and a host's process share with the engine: a job's folder, its spool, its control socket, and the claims it holds
//! while it runs.
//!
//! # Who may import whom
//! ```text
//! environment, fleet, ids, clock, confined, did_you_mean, folders, open_files, runtime, traces, log, host, project, visible, job,
//!     json_file
//!   ← batch, search, log_index, compare ← launch, settings, presets, make, hosts, ssh ← session, store ← wire ← engine ← server ← vmo, src-tauri
//! ```
//! `tests/house.rs` has the same as a table, module by module, and forbids that two files lean on each other.
//!
//! # The data's path
//! A click becomes a [`wire::Request`], which the server's desk hands to the [`engine`]. **A local job**: the engine
//! makes a job folder and, at the job's turn, starts a supervisor, a process in a session of its own; that starts make,
//! appends each read to the spool and pokes all listeners at the folder's control socket. **A job on a host**: the
//! process that holds the host's session reads the SSH channel into the same kind of folder. From there on there is no
//! difference. The engine indexes the spool once; readers of the log are cursors over spool and store, so a slow one lags
//! and no backlog builds up; the archive copies the spool into the store, idempotently, and when the exit is in and all
//! has arrived, the job is settled and its folder dropped. A killed engine loses no job: the next one finds the
//! folders.

// A function of the product is at most as long as clippy.toml says.
#![cfg_attr(not(test), warn(clippy::too_many_lines))]

pub mod batch;
pub mod clock;
#[cfg(test)]
mod committed;
pub mod compare;
pub mod confined;
mod did_you_mean;
pub mod engine;
pub mod environment;
pub mod fleet;
pub mod folders;
pub mod host;
pub mod hosts;
pub mod ids;
pub mod job;
pub mod json_file;
pub mod launch;
pub mod log;
pub mod log_index;
pub mod make;
pub mod open_files;
pub mod presets;
pub mod project;
pub mod runtime;
pub mod search;
pub mod server;
pub mod session;
pub mod settings;
pub mod ssh;
pub mod store;
pub mod traces;
pub mod visible;
pub mod wire;
