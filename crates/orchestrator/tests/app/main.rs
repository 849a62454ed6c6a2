//! The app as a person has it: `vmo` and the page's socket, with real make, Postgres and sshd. One
//! binary for all of them, since linking the crate takes longer than compiling a test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "../support/dice.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod dice;
#[path = "../support/home.rs"]
mod home;
#[path = "../support/page.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod page;
#[path = "../support/postgres.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod postgres;
#[path = "../support/small_disk.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod small_disk;
#[path = "../support/sshd.rs"]
mod sshd;
#[path = "../support/witness.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod witness;

mod chosen;
mod cli;
mod compare;
mod copying;
mod docs;
mod exchange;
mod files;
mod fork_server;
mod hosts;
mod limits;
mod owners;
mod queue;
mod retention;
mod round_trip;
mod search;
mod search_index;
mod secrets;
mod subscribers;
mod takeover;
mod targets;
