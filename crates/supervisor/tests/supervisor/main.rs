//! The supervisor with real children, seen from outside: by its folder, its socket, and the processes it leaves.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod cancel;
mod claim;
mod ending;
mod fork_server;
mod input;
mod job;
mod listeners;
mod output;
mod power;
mod room;
mod secrets;
mod start;
mod terminal;
mod timeout;
