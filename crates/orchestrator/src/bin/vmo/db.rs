//! `vmo db`: psql on the history, or its address.

use std::{io::IsTerminal, process::ExitCode};

use orchestrator::wire::StoreHealth;
use secrecy::ExposeSecret;
use tokio::process::Command;

use super::{Failed, Outcome, engine};

pub(crate) async fn db(psql: Vec<String>) -> Outcome {
    let engine = engine().await?;
    engine.settled().await;
    let state = engine.link().state();
    if let StoreHealth::Away { why } | StoreHealth::Refused { why } = state.health {
        return Err(Failed::new(why));
    }
    // While the engine is open, an embedded server stays up.
    let store = engine.link().store().await;
    let uri = store.uri().expose_secret();
    let wants_psql = !psql.is_empty() || std::io::stdin().is_terminal();
    if wants_psql {
        match Command::new("psql").arg(uri).args(&psql).status().await {
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
    println!("{uri}");
    if state.embedded {
        eprintln!("The server stays up until Ctrl-C.");
        tokio::signal::ctrl_c().await?;
    }
    Ok(ExitCode::SUCCESS)
}
