//! Commands on hosts over SSH. The only place that names `ssh2`; it knows no store, no engine and no socket server.
//!
//! ```text
//! ~/.ssh/config ──Config──▶ Route ──Sessions──▶ dial ▶ handshake ▶ host key check ▶ login ▶ session (a thread)
//!                                                                                          └─ job … job (channels)
//! ```
//! A **session** is one login; its thread drives up to eight channels by readiness and never blocks in libssh2. A
//! **job** is one wrapped exec in it ([`wrapper`]): the wrapper's marks in the output say where the command's bytes
//! begin, who leads its process group and how it ended. Only the end mark makes an exit; all else is `lost`.
//!
//! No threads but the sessions' own and no runtime: [`Sessions::run`] blocks its caller until the command is over.

mod account;
mod config;
mod control;
mod dial;
mod ending;
mod failure;
mod handshake;
mod job;
mod keywords;
mod known_hosts;
mod link;
mod login;
mod marks;
mod patience;
mod pattern;
mod resolve;
mod route;
mod running;
mod seen;
mod session;
mod sessions;
mod tree;
mod wire;
mod wrapper;

pub use config::Config;
pub use control::{Control, Controls, InputFull, Orders, controls};
pub use failure::{Reason, Refusal};
pub use job::{Ended, Exec, Output, Remote};
#[cfg(fuzzing)]
pub use known_hosts::fuzz as fuzz_known_hosts;
pub use login::{Answer, Ask, Question};
pub use route::{Family, Route, Strict};
pub use sessions::Sessions;
