//! The segments of an index of logs: slices of units in a row, of which small ones are made one from time to time.

use sqlx::{Connection, PgConnection};

use super::tables::Tables;
use crate::log_index::{Entry, Slices, Unit};

/// It need not wait for the disk: what a crash loses of it is merged again.
const QUICK: &str = "begin; set local synchronous_commit = off";

/// Units of a segment from which on it stays as it is until there are enough for the next size.
const SIZES: [usize; 3] = [64, 512, 8192];

pub(super) async fn add(
    connection: &mut PgConnection,
    tables: &Tables,
    first: i64,
    units: &[Unit],
) -> sqlx::Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    let entries: Vec<Vec<u8>> = units
        .iter()
        .map(|unit| Entry::write(&unit.entries))
        .collect();
    let sql = "insert into ours.log_index_units
      select $1 + place - 1, entries from unnest($2::bytea[]) with ordinality as made (entries, place)";
    let sql = sqlx::query(tables.sql(sql)).bind(first).bind(entries);
    sql.execute(&mut *connection).await?;
    segment(connection, tables, first, Unit::slices(units)).await
}

async fn segment(
    connection: &mut PgConnection,
    tables: &Tables,
    first: i64,
    slices: Slices,
) -> sqlx::Result<()> {
    let sql = "insert into ours.log_index_segments values ($1, $2, $3)";
    let sql = sqlx::query(tables.sql(sql))
        .bind(first)
        .bind(slices.units as i32)
        .bind(slices.bytes);
    sql.execute(connection).await.map(drop)
}

/// Makes one segment of the last ones if they are small and together make one of the next size.
pub(super) async fn merge(
    connection: &mut PgConnection,
    tables: &Tables,
    by: &str,
) -> sqlx::Result<()> {
    let sizes = "select first, units from ours.log_index_segments order by first desc";
    let sizes = sqlx::query_as(tables.sql(sizes));
    let sizes: Vec<(i64, i32)> = sizes.fetch_all(&mut *connection).await?;
    let count = SIZES.iter().rev().find_map(|size| {
        let small = sizes
            .iter()
            .take_while(|(_, units)| (*units as usize) < *size);
        let sums = small.scan(0, |sum, (_, units)| {
            *sum += *units as usize;
            Some(*sum)
        });
        let count = sums.collect::<Vec<_>>().iter().position(|sum| sum >= size);
        count.filter(|last| *last > 0).map(|last| last + 1)
    });
    let Some(count) = count else {
        return Ok(());
    };
    let first = sizes[count - 1].0;
    let mut transaction = connection.begin_with(QUICK).await?;
    // Who has lost the lease merges nothing.
    let held = "select true from ours.log_index where leased_by = $1 for update";
    let held = sqlx::query(tables.sql(held)).bind(by);
    if held.fetch_optional(&mut *transaction).await?.is_none() {
        return Ok(());
    }
    let parts =
        "delete from ours.log_index_segments where first >= $1 returning first, units, bits";
    let parts = sqlx::query_as(tables.sql(parts)).bind(first);
    let mut parts: Vec<(i64, i32, Vec<u8>)> = parts.fetch_all(&mut *transaction).await?;
    parts.sort_unstable_by_key(|(first, ..)| *first);
    let follows = |pair: &[(i64, i32, Vec<u8>)]| pair[0].0 + i64::from(pair[0].1) == pair[1].0;
    let are_whole = parts.windows(2).all(follows);
    let parts: Vec<Slices> = parts
        .into_iter()
        .map(|(_, units, bytes)| Slices {
            units: units as usize,
            bytes,
        })
        .collect();
    // If one is not as it was written, all stays as it is; a search then finds that out.
    if let Some(merged) = Slices::merge(&parts).filter(|_| are_whole) {
        segment(&mut transaction, tables, first, merged).await?;
        transaction.commit().await?;
    }
    Ok(())
}
