//! The files that are ours: what comes of broken ones, and who may read them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "files/broken.rs"]
mod broken;
#[path = "files/damaged.rs"]
mod damaged;
#[path = "support/home.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod home;
#[path = "support/page.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod page;
#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod postgres;
#[path = "files/private.rs"]
mod private;
#[path = "files/strangers.rs"]
mod strangers;
