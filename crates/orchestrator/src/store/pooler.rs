//! Recognises a connection pooler that gives one session of the server to several programs in turn, before anything is
//! written by it: what we prepare or listen to would be in somebody else's session, and theirs in ours.

use sqlx::{ConnectOptions, Connection, PgConnection, Row};

use super::{Address, Result, StoreError, time_limit::answer};

/// The text for a person about such a pooler.
pub(super) const SHARED: &str = "a connection pooler there gives each session to several programs in turn, as PgBouncer does \
     with pool_mode = transaction, and nothing was written; name a pool with pool_mode = session, or Postgres itself";
const NOT_RESET: &str = "a connection pooler there passes sessions on with what others have left in them, and nothing was \
     written; set its server_reset_query to DISCARD ALL, or name Postgres itself";

/// Which session of which server this is, and how many statements somebody has prepared in it. Asked without preparing
/// any.
const WHICH: &str = "select pg_backend_pid()::text || ' of ' || extract(epoch from pg_postmaster_start_time())::text as session,
     (select count(*) from pg_prepared_statements)::text as prepared";

/// Whose turn it is to ask, of two connections: a pool that goes round its sessions cannot give each of the two the same
/// one every time.
const TURNS: [usize; 6] = [0, 1, 0, 0, 1, 1];

/// Sees that what answers on this connection is one session of its own.
///
/// # Errors
/// [`StoreError::Refused`] if it is not; those of a second connection, which is closed again.
pub(super) async fn refuse(connection: &mut PgConnection, address: &Address) -> Result<()> {
    let at = address.shown();
    let fault = |error| StoreError::of(&at, error);
    let mut other = answer(address.options.connect()).await.map_err(fault)?;
    let refusal = look(connection, &mut other).await.map_err(fault);
    // The answers are in; how the parting went does not matter.
    drop(answer(other.close()).await);
    match refusal? {
        Some(why) => Err(StoreError::Refused {
            at,
            why: why.to_owned(),
        }),
        None => Ok(()),
    }
}

async fn look(
    one: &mut PgConnection,
    other: &mut PgConnection,
) -> sqlx::Result<Option<&'static str>> {
    let mut sessions: [Option<String>; 2] = [None, None];
    for turn in TURNS {
        let connection = if turn == 0 { &mut *one } else { &mut *other };
        let row = answer(sqlx::raw_sql(WHICH).fetch_one(connection)).await?;
        if row.try_get::<&str, _>("prepared")? != "0" {
            return Ok(Some(NOT_RESET));
        }
        let session: String = row.try_get("session")?;
        let first = sessions[turn].get_or_insert_with(|| session.clone());
        if *first != session || sessions[1 - turn].as_ref() == Some(&session) {
            return Ok(Some(SHARED));
        }
    }
    Ok(None)
}
