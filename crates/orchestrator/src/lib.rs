//! vm-orchestrator without its window: starts, follows and ends jobs, and keeps every byte they write.
//!
//! **The spool is the truth, Postgres is the archive, the socket is a window.**
//!
//! # Layout
//! ```text
//! job, project, host, log    the nouns; they import none of ours. log/ holds lines, escapes and styled text
//! visible                    what another wrote, as it may be shown: marks for what could deceive
//! folders, settings, kept    where things lie; what a person has set; JSON files of ours, the last good one in force
//! presets                    what the launch forms were filled in with
//! traces                     what may be written of what programs trace
//! limits                     how many files we may have open, and how many what we run
//! make/                      projects, targets, the exact command that runs one; scanning executes nothing
//! ssh/                       hosts, host keys, logins, commands on hosts           the only ssh2
//! store/                     jobs and logs in Postgres, our own server or another  the only sqlx
//! wire                       what crosses the socket; src/lib/wire.ts is generated from it
//! engine/                    starts, follows, archives and adopts jobs; reads logs wherever they lie
//! server/                    the WebSocket server and its walls                    the only hyper and tungstenite
//! bin/vmo/                   the command line
//! ```
//! The crate `supervisor` beside this one is the small process that owns one local job's child, and the format of what
//! it shares with the engine: a job's folder, its spool, its control socket, and the claims it holds while it runs.
//!
//! # Who may import whom
//! ```text
//! nouns ← make, ssh, store, wire ← engine ← server ← vmo, src-tauri
//! ```
//!
//! # The data's path
//! A click becomes a [`wire::Request`], which the server's desk hands to the [`engine`]. **A local job**: the engine
//! makes a job folder and, at the job's turn, starts a supervisor, a process in a session of its own; that starts make,
//! appends each read to the spool and pokes whoever listens at the folder's control socket. **A job on a host**: a thread
//! of this process reads the SSH channel into the same kind of folder. From there on there is no difference. The engine
//! indexes the spool once; readers of the log are cursors over spool and store, so a slow one lags and nothing queues up;
//! the archive copies the spool into the store, idempotently, and when the exit is in and all has arrived, the job is
//! settled and its folder dropped. An engine that is killed loses nothing: the next one finds the folders.

#[cfg(test)]
mod committed;
pub mod engine;
pub mod folders;
pub mod host;
pub mod job;
pub mod json_file;
pub mod log;
pub mod make;
pub mod open_files;
pub mod presets;
pub mod project;
pub mod server;
pub mod settings;
pub mod ssh;
pub mod store;
pub mod traces;
pub mod visible;
pub mod wire;
