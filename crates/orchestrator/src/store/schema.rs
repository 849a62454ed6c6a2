//! Whose tables a database holds, and bringing ours up to date. No table is changed before it is sure that they are ours.

use std::{borrow::Cow, time::Duration};

use sqlx::{
    AssertSqlSafe, PgConnection, Row, SqlSafeStr,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use super::{Address, Result, StoreError, tables::Tables, time_limit::answer};

/// The oldest major version whose SQL we rely on (`fetch first … with ties`).
const OLDEST: i32 = 13;
/// Not sqlx's own name, so that another program that uses it can share the schema with us.
const LEDGER: &str = "vmo_migrations";
/// A migration may have a large table to go through; longer than this it is stuck.
const TO_MIGRATE: Duration = Duration::from_secs(600);

/// An applied migration is never edited: a change is a new one.
const MIGRATIONS: [(i64, &str, &str); 7] = [
    (
        1,
        "jobs and their logs",
        include_str!("../../../../migrations/0001_jobs_and_logs.sql"),
    ),
    (
        2,
        "who is there",
        include_str!("../../../../migrations/0002_job_owners.sql"),
    ),
    (
        3,
        "two filters at once",
        include_str!("../../../../migrations/0003_two_filters.sql"),
    ),
    (
        4,
        "the text of commands",
        include_str!("../../../../migrations/0004_text_of_commands.sql"),
    ),
    (
        5,
        "notes and pins",
        include_str!("../../../../migrations/0005_notes.sql"),
    ),
    (
        6,
        "batches",
        include_str!("../../../../migrations/0006_batches.sql"),
    ),
    (
        7,
        "an index of logs",
        include_str!("../../../../migrations/0007_log_index.sql"),
    ),
];

/// What was found.
pub(super) struct ServerInfo {
    /// The server's version, as `18.4`.
    pub(super) version: String,
    /// Where our tables are.
    pub(super) tables: Tables,
    /// What a person should know.
    pub(super) warnings: Vec<String>,
}

const ABOUT: &str = "select current_setting('server_version_num')::int as number,
    current_setting('server_version')          as version,
    current_setting('server_encoding')         as encoding,
    coalesce((select rolsuper from pg_roles where rolname = current_user), false) as super,
    current_user::text                         as role";

/// Looks at the server and at the schema, and brings our tables up to date.
pub(super) async fn settle(connection: &mut PgConnection, address: &Address) -> Result<ServerInfo> {
    let at = address.shown();
    let fault = |error| StoreError::of(&at, error);
    let about = answer(sqlx::query(ABOUT).fetch_one(&mut *connection))
        .await
        .map_err(fault)?;
    let number: i32 = about.try_get("number").map_err(fault)?;
    let encoding = about.try_get("encoding").map_err(fault)?;
    if let Some(why) = unfit(number, encoding) {
        return Err(StoreError::Refused { at, why });
    }
    let schema = schema_of(connection, address).await?;
    let tables = Tables::of(&schema);
    match version_there(connection, &at, &schema, &tables).await? {
        Some(version) if version >= newest() => is_known(&at, Some(version))?,
        _ => migrate(connection, &at, &tables).await?,
    }
    let version: String = about.try_get("version").map_err(fault)?;
    let mut warnings = Vec::new();
    if about.try_get("super").map_err(fault)? {
        warnings.push(format!(
            "'{}' is a superuser of this Postgres; a role of its own for these tables is safer",
            about.try_get::<&str, _>("role").map_err(fault)?
        ));
    }
    Ok(ServerInfo {
        // Distributions add their own words: `15.18 (Debian 15.18-0+deb12u1)`.
        version: version.split(' ').next().unwrap_or_default().to_owned(),
        tables,
        warnings,
    })
}

/// The version of our tables, as their ledger says.
pub(super) async fn version(
    connection: &mut PgConnection,
    tables: &Tables,
) -> sqlx::Result<Option<i64>> {
    let select = AssertSqlSafe(format!(
        "select max(version) from {}.{LEDGER}",
        tables.schema()
    ));
    sqlx::query_scalar(select).fetch_one(connection).await
}

/// Refuses tables of a newer app.
pub(super) fn is_known(at: &str, version: Option<i64>) -> Result<()> {
    match version {
        Some(found) if found > newest() => Err(StoreError::TooNew {
            at: at.to_owned(),
            found,
            known: newest(),
        }),
        _ => Ok(()),
    }
}

/// Whether our tables are in this database, in the schema they would be put in; without changing it. A stranger's
/// tables in that place are refused.
pub(super) async fn holds_ours(connection: &mut PgConnection, address: &Address) -> Result<bool> {
    let schema = match &address.schema {
        Some(name) => name.clone(),
        None => schema_of(connection, address).await?,
    };
    let tables = Tables::of(&schema);
    let version = version_there(connection, &address.shown(), &schema, &tables).await?;
    Ok(version.is_some())
}

fn newest() -> i64 {
    MIGRATIONS[MIGRATIONS.len() - 1].0
}

/// Why a server or database of this kind cannot keep logs, if it cannot.
fn unfit(version: i32, encoding: &str) -> Option<String> {
    let major = version / 10_000;
    if major < OLDEST {
        return Some(format!(
            "it is Postgres {major}, and {OLDEST} is the oldest that serves"
        ));
    }
    // SQL_ASCII keeps whatever bytes it is given; any other than these two would refuse most of Unicode.
    (!["UTF8", "SQL_ASCII"].contains(&encoding)).then(|| {
        format!(
            "its encoding is {encoding}, which cannot hold every log; create a database with: \
             createdb -T template0 -E UTF8 NAME"
        )
    })
}

/// The schema our tables belong in: the one that was asked for by name, created if it is missing, else the role's own
/// first one.
async fn schema_of(connection: &mut PgConnection, address: &Address) -> Result<String> {
    let at = address.shown();
    let fault = |error| StoreError::of(&at, error);
    if let Some(name) = &address.schema {
        let there = "select to_regnamespace(quote_ident($1)) is not null";
        let there = sqlx::query_scalar(there).bind(name);
        let there = answer(there.fetch_one(&mut *connection)).await;
        if !there.map_err(fault)? {
            let quoted = Tables::of(name);
            let create = format!("create schema if not exists {}", quoted.schema());
            let create = sqlx::query(AssertSqlSafe(create)).execute(&mut *connection);
            answer(create).await.map_err(fault)?;
        }
        return Ok(name.clone());
    }
    let first: Option<String> =
        answer(sqlx::query_scalar("select current_schema()::text").fetch_one(connection))
            .await
            .map_err(fault)?;
    first.ok_or_else(|| StoreError::Refused {
        at: address.shown(),
        why: "none of the schemas in the role's search_path exists; name one in the settings \
                  (database_schema), and it is created"
            .to_owned(),
    })
}

/// The version of our tables, or none if there are none yet; a stranger's tables are refused.
async fn version_there(
    connection: &mut PgConnection,
    at: &str,
    schema: &str,
    tables: &Tables,
) -> Result<Option<i64>> {
    let fault = |error| StoreError::of(at, error);
    // One statement, so one moment: another app may be creating our tables just now, the ledger first.
    let names: Vec<String> = answer(
        sqlx::query_scalar(
            "select relname::text from pg_class
             where relnamespace = to_regnamespace(quote_ident($1)) and relname in ('jobs', 'job_logs', $2)
             order by relname desc",
        )
        .bind(schema)
        .bind(LEDGER)
        .fetch_all(&mut *connection),
    )
    .await
    .map_err(fault)?;
    if names.iter().any(|name| name == LEDGER) {
        return answer(version(connection, tables)).await.map_err(fault);
    }
    match names.last() {
        None => Ok(None),
        Some(name) => Err(StoreError::Refused {
            why: format!(
                "it already has a table {schema}.{name} that is not ours, and it was left untouched; \
                 give our tables a schema of their own (database_schema in the settings, or \
                 ?options=-csearch_path%3DNAME in the address, for a schema that exists), or name another database"
            ),
            at: at.to_owned(),
        }),
    }
}

/// Migrations are written without a schema, and each gets ours as the search path of its own transaction.
async fn migrate(connection: &mut PgConnection, at: &str, tables: &Tables) -> Result<()> {
    let mut migrator = Migrator::with_migrations(
        MIGRATIONS
            .map(|(version, name, sql)| {
                let written = Migration::new(
                    version,
                    Cow::Borrowed(name),
                    MigrationType::Simple,
                    sql.into_sql_str(),
                    false,
                );
                let here = format!("set local search_path to {};\n{sql}", tables.schema());
                Migration {
                    sql: AssertSqlSafe(here).into_sql_str(),
                    // Its checksum is that of what is written.
                    ..written
                }
            })
            .into(),
    );
    migrator.dangerous_set_table_name(format!("{}.{LEDGER}", tables.schema()));
    let fault = |error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            StoreError::of(at, error)
        }
        error => StoreError::Refused {
            at: at.to_owned(),
            why: format!("its tables are not as this app left them: {error}"),
        },
    };
    // Two apps at once: the second waits for the first, which holds an advisory lock.
    match tokio::time::timeout(TO_MIGRATE, migrator.run_direct(None, connection, false)).await {
        Ok(outcome) => outcome.map_err(fault),
        Err(_) => Err(StoreError::Refused {
            at: at.to_owned(),
            why: "bringing its tables up to date took longer than 10 minutes; \
                  another program may hold a lock on them"
                .to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_server_or_a_narrow_encoding_is_refused_with_a_way_out() {
        assert!(unfit(120_022, "UTF8").unwrap().contains("Postgres 12"));
        assert!(unfit(150_004, "LATIN1").unwrap().contains("createdb"));
        assert_eq!(unfit(130_000, "UTF8"), None);
        assert_eq!(unfit(180_004, "SQL_ASCII"), None);
    }

    #[test]
    fn migrations_are_numbered_from_one_without_gaps() {
        let numbers: Vec<i64> = MIGRATIONS.iter().map(|(number, ..)| *number).collect();
        assert_eq!(numbers, (1..=newest()).collect::<Vec<_>>());
    }
}
