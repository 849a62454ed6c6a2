//! `vmo db`: psql on the history, or its address.

use std::{io::IsTerminal, process::ExitCode};

use orchestrator::{engine::Engine, wire::StoreHealth};
use secrecy::ExposeSecret;
use tokio::{
    process::Command,
    signal::unix::{SignalKind, signal},
};

use super::{Failed, Outcome, engine, out};

pub(crate) async fn db(psql: Vec<String>) -> Outcome {
    let engine = engine().await?;
    engine.settled().await;
    // While the engine is open, an embedded server stays up.
    let store = tokio::select! {
        store = engine.link().store() => store,
        () = engine.store_failed() => return Err(away(&engine)),
    };
    let uri = store.uri();
    let wants_psql = !psql.is_empty() || std::io::stdin().is_terminal();
    if wants_psql {
        // Ctrl-C is psql's while it runs: without us it would lose its server.
        let _ours = signal(SignalKind::interrupt())?;
        let mut command = Command::new("psql");
        // Everybody can read the arguments of a process, and its user alone its environment.
        let password = store.password().map(ExposeSecret::expose_secret);
        command.envs(password.map(|password| ("PGPASSWORD", password)));
        match command.arg(uri).args(&psql).status().await {
            Ok(status) => {
                return Ok(ExitCode::from(
                    status
                        .code()
                        .and_then(|code| u8::try_from(code).ok())
                        .unwrap_or(1),
                ));
            }
            Err(_) if psql.is_empty() => {}
            Err(error) => {
                return Err(Failed::new(format!(
                    "psql: {error}; install postgresql-client, or connect to {uri}"
                )));
            }
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

fn away(engine: &Engine) -> Failed {
    match engine.link().state().health {
        StoreHealth::Away { why } | StoreHealth::Refused { why } => Failed::new(why),
        StoreHealth::Starting { .. } | StoreHealth::Ready { .. } => {
            Failed::new("Postgres went away a moment ago; try again")
        }
    }
}
