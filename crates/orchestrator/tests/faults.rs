//! Postgres in every kind of trouble, under load (P5): no job fails for it, no byte is lost, the window is told, and it
//! heals by itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "faults/floods.rs"]
mod floods;
#[path = "support/home.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod home;
#[path = "faults/load.rs"]
mod load;
#[path = "support/loop_disk.rs"]
mod loop_disk;
#[path = "support/page.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod page;
#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod postgres;
#[path = "faults/power.rs"]
mod power;
#[path = "support/proxy.rs"]
mod proxy;
#[path = "faults/refusals.rs"]
mod refusals;
#[path = "faults/room.rs"]
mod room;
#[path = "faults/silence.rs"]
mod silence;
#[path = "support/small_disk.rs"]
mod small_disk;
#[path = "faults/spools.rs"]
mod spools;
#[path = "support/sshd.rs"]
mod sshd;
#[path = "support/witness.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod witness;
