//! A server whose disks are full.

use crate::{load::Load, postgres::Postgres, small_disk::SmallDisk};

#[tokio::test]
async fn a_data_disk_that_is_full_for_a_while() {
    let (Some(data), Some(wal)) = (SmallDisk::mount(400), SmallDisk::mount(200)) else {
        return;
    };
    let settings = ["max_wal_size=32MB"];
    let postgres = Postgres::start_on(&settings, Some(data.path()), Some(wal.path()));
    let mut load = Load::start(postgres.url("postgres")).await;
    let ballast = data.fill();
    let why = load.told_of_trouble().await;
    assert!(
        why.contains("No space left") || why.contains("could not extend"),
        "{why}"
    );
    load.goes_on(10 << 20).await;
    drop(ballast);
    load.heals(true).await;
}

#[tokio::test]
async fn a_write_ahead_log_that_cannot_be_written() {
    let Some(wal) = SmallDisk::mount(200) else {
        return;
    };
    let mut postgres = Postgres::start_on(&["max_wal_size=32MB"], None, Some(wal.path()));
    let mut load = Load::start(postgres.url("postgres")).await;
    let ballast = wal.fill();
    load.told_of_trouble().await;
    // A PANIC, and another one while it recovers.
    postgres.ends();
    load.goes_on(10 << 20).await;
    drop(ballast);
    postgres.up();
    load.heals(true).await;
}
