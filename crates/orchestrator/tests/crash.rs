//! `kill -9` at random moments, of each who has a part in a job: nothing is lost, doubled or out of order, and every
//! status is right. Each job's child keeps its own record to compare with.
//!
//! `VMO_SEED` has the same dice again, `VMO_KILLS` says how often each victim is killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "crash/apps.rs"]
mod apps;
#[path = "crash/cast.rs"]
mod cast;
#[path = "crash/command_lines.rs"]
mod command_lines;
#[path = "support/dice.rs"]
mod dice;
#[path = "crash/engines.rs"]
mod engines;
#[path = "support/home.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod home;
#[path = "support/loop_disk.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod loop_disk;
#[path = "support/page.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod page;
#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod postgres;
#[path = "crash/servers.rs"]
mod servers;
#[path = "support/sshd.rs"]
mod sshd;
#[path = "crash/supervisors.rs"]
mod supervisors;
#[path = "crash/torture/mod.rs"]
mod torture;
#[path = "support/witness.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod witness;
