//! Commands on hosts over SSH. The only place that names `ssh2`; it knows no store, no engine and no socket server.
//!
//! ```text
//! ~/.ssh/config ──config──▶ Route ──login──▶ way ▶ handshake ▶ host key check ▶ login ──session──▶ (a thread)
//!                                                                                └─exec── job … job (channels)
//! ```
//! A **session** is one login; its thread drives up to eight channels by readiness and never blocks in libssh2. A
//! **job** is one wrapped exec in it ([`exec`]): the wrapper's marks in the output say where the command's bytes
//! begin, who leads its process group and how it ended. Only the end mark makes an exit; all else is `lost`.
//!
//! The **way** is what the bytes go over: a connection, a channel in a session with another host (`ProxyJump`), or a
//! command's input and output (`ProxyCommand`).
//!
//! What only the user's own `ssh` can do, that does, once a person has allowed it ([`own`]): a process of it is then the **line**
//! that a channel is elsewhere.
//!
//! Whether a host answers at all, without a login, is found out by [`probe`].
//!
//! No threads but the sessions' own, and one for each host or command on the way: [`Sessions::submit`] returns at once, and
//! its [`Handle`] is waited for.

mod algorithms;
mod channel;
mod config;
mod exec;
mod failure;
mod inbox;
mod line;
mod login;
mod own;
mod poll;
mod probe;
mod session;

pub use config::route::{Algorithms, Bind, Family, OwnSsh, Route, Strict, Via};
pub use config::{Config, Purpose};
pub use exec::orders::{Controls, InputFull, Orders, controls};
pub use exec::task::{Exec, InBatch, Output, Remote, RemoteExit, Unfinished};
pub use failure::{Reason, Refusal, Unallowed};
pub use login::ask::{Answer, Ask, Hint, Question};
#[cfg(fuzzing)]
pub use login::known_hosts::fuzz as fuzz_known_hosts;
pub use own::askpass::answer_as_askpass;
pub use probe::probe;
pub use session::pool::{Handle, Sessions};
