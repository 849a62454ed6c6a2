//! What the supervisor and the engine share: a job's folder, its spool and its control socket.
//!
//! A **supervisor** is the small process that owns one local job's child. It lives in a session of its own, so the job
//! goes on when the app is killed; it appends every byte to the spool before anything else sees it, and writes down how
//! the child ended. The engine reads what it leaves. For an SSH job the process that holds the host's session
//! writes the same folder.
//!
//! ```text
//! <data folder>/jobs/<job id>/          0700, files 0600
//!     job.json          what the engine knows of the job, what to run  exec
//!                       locked by the engine that archives the job     folder
//!     supervisor.json   who supervises it, who the child is            identity
//!     orphans.json      who lost its parent and is the supervisor's own child now
//!     spool/            the log, in segments named by where they start spool
//!     archived.json     the engine's: up to where the log is archived, once its start is dropped
//!     exit.json         how it ended                                   exit
//!     session.json      of an SSH job: who holds its host's session    apart
//!     remote.json       its process group there, once it runs
//!     control.sock      pokes out; cancel, input and window size in    control
//!     supervisor.log    the supervisor's own complaints, if it has any
//! <data folder>/claims      what only so many jobs may have at once     claims
//! <data folder>/sessions/<digest>/   a process for each way to a host: its lock, socket and session.json
//! <data folder>/guardian.json   who guards our Postgres                 apart
//! ```
//!
//! It knows no Postgres, SSH, make or socket server, and needs no runtime: libc, a checksum, JSON.

// A function of the product is at most as long as clippy.toml says.
#![cfg_attr(not(test), warn(clippy::too_many_lines))]

pub mod apart;
pub mod claims;
pub mod clock;
pub mod control;
pub mod disk;
pub mod exec;
pub mod exit;
pub mod folder;
pub mod fork_server;
pub mod identity;
pub mod inherited;
pub mod mask;
pub mod spool;
pub mod stat;
