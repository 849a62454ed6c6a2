//! `vmo db`: psql on the history, or its address; and which database keeps it.

mod copy;

use std::{io::IsTerminal, process::ExitCode};

use clap::{Args, Subcommand};
use orchestrator::{
    engine::Engine,
    folders,
    store::Store,
    wire::{SeenDatabase, StoreHealth},
};
use secrecy::ExposeSecret;
use tokio::{
    process::Command,
    signal::unix::{SignalKind, signal},
};

use super::{Failed, Outcome, engine, out};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Db {
    #[command(subcommand)]
    about: Option<About>,
    /// Arguments for psql; `-c STATEMENT` also works where there is no psql
    #[arg(last = true)]
    psql: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum About {
    /// Keep the history in the database that DATABASE_URL names, whenever it names that one
    Use {
        /// Keep it in the private server although DATABASE_URL is set, and do not ask again
        #[arg(long)]
        private: bool,
    },
    /// Print the SQL that makes roles for a team: one that only looks, and one that writes its own jobs and notes alone
    ///
    /// Nothing is changed: an administrator runs it, as in `vmo db roles | psql ADDRESS`.
    Roles,
    /// Copy the whole history into another Postgres; this one stays as it is, and what is there already is left out
    Copy {
        /// Its address, postgres://user@host/name; `-` reads it from standard input, so that nobody sees its password
        to: String,
        /// The schema for the tables; without, the first one in the role's search path
        #[arg(long)]
        schema: Option<String>,
        /// Print what was copied as JSON
        #[arg(long)]
        json: bool,
    },
}

/// The note about a database that is not used.
pub(crate) fn not_used(database: &SeenDatabase) -> String {
    let both = "`vmo db use` takes that database, `vmo db use --private` ends this line";
    let ends = "`vmo db use --private` ends this line";
    format!(
        "{} ({})",
        database.why,
        if database.fits { both } else { ends }
    )
}

async fn choose(private: bool) -> Outcome {
    let engine = super::silent().await?;
    let name = engine.catalog().use_database(!private).await?;
    out::line(match private {
        false => format!("the history goes to {name} from now on, whenever DATABASE_URL names it"),
        true => format!("the history stays in the private server when DATABASE_URL names {name}"),
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn roles() -> Outcome {
    let engine = super::silent().await?;
    let store = store(&engine).await?;
    if engine.link().state().embedded {
        return Err(Failed::new(
            "the private server is yours alone: roles are for a database that a team shares, as VMO_DATABASE_URL names it",
        ));
    }
    store.roles().lines().try_for_each(out::line)?;
    Ok(ExitCode::SUCCESS)
}

/// The store, as soon as it is there.
async fn store(engine: &Engine) -> Result<Store, Failed> {
    engine.settled().await;
    tokio::select! {
        store = engine.link().store() => Ok(store),
        () = engine.store_failed() => Err(away(engine)),
    }
}

pub(crate) async fn db(db: Db) -> Outcome {
    let psql = match db.about {
        Some(About::Use { private }) => return choose(private).await,
        Some(About::Copy { to, schema, json }) => return copy::copy(to, schema, json).await,
        Some(About::Roles) => return roles().await,
        None => db.psql,
    };
    let engine = engine().await?;
    // While the engine is open, an embedded server stays up.
    let store = store(&engine).await?;
    let uri = store.uri();
    let wants_psql = !psql.is_empty() || std::io::stdin().is_terminal();
    if wants_psql {
        // Ctrl-C is psql's while it runs: without us it would lose its server.
        let _ours = signal(SignalKind::interrupt())?;
        // Everybody can read the arguments of a process, and its user alone its environment.
        let password = store.password().map(ExposeSecret::expose_secret);
        let password = password.map(|password| ("PGPASSWORD", password));
        let ran = match folders::installed("psql") {
            Ok(program) => {
                let mut command = Command::new(program);
                command.envs(password).arg(uri).args(&psql).status().await
            }
            Err(error) => Err(error),
        };
        match ran {
            Ok(status) => {
                return Ok(ExitCode::from(
                    status
                        .code()
                        .and_then(|code| u8::try_from(code).ok())
                        .unwrap_or(1),
                ));
            }
            Err(_) if psql.is_empty() => {}
            Err(error) => match statements(&psql) {
                Some(statements) => return answer(&store, &statements).await,
                None => {
                    return Err(Failed::new(format!(
                        "{error}; install postgresql-client, or connect to {uri}; without it, -c STATEMENT alone is understood"
                    )));
                }
            },
        }
    }
    out::line(uri)?;
    if store.password().is_some() {
        out::say("the password is not shown: psql takes it from PGPASSWORD or ~/.pgpass");
    }
    if engine.link().state().embedded {
        out::say("the server stays up until Ctrl-C");
        tokio::signal::ctrl_c().await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The statements of `-c`, if that is all that psql is asked for.
fn statements(psql: &[String]) -> Option<Vec<&str>> {
    let mut words = psql.iter().map(String::as_str);
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        found.push(match word {
            "-c" | "--command" => words.next()?,
            _ => word
                .strip_prefix("--command=")
                .or_else(|| word.strip_prefix("-c"))?,
        });
    }
    Some(found)
}

/// Prints what statements answer, as psql does with `-A`.
async fn answer(store: &Store, statements: &[&str]) -> Outcome {
    for statement in statements {
        let answer = store.run_statement(statement).await?;
        if !answer.columns.is_empty() {
            out::line(answer.columns.join("|"))?;
        }
        for row in &answer.rows {
            let cells: Vec<&str> = row
                .iter()
                .map(|cell| cell.as_deref().unwrap_or(""))
                .collect();
            out::line(cells.join("|"))?;
        }
        let rows = if answer.affected == 1 { "row" } else { "rows" };
        out::line(format_args!("({} {rows})", answer.affected))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn away(engine: &Engine) -> Failed {
    match engine.link().state().health {
        StoreHealth::Away { why } | StoreHealth::Refused { why } => Failed::new(why),
        StoreHealth::Starting { .. } | StoreHealth::Ready { .. } => {
            Failed::new("Postgres went away a moment ago; try again")
        }
    }
}
