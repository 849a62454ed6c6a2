//! `vmo serve`: the whole app, for a browser on this machine.

use std::{process::ExitCode, time::Duration};

use clap::Args;
use orchestrator::server::{self, Server};
use serde::Serialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    signal::unix::{Signal, SignalKind, signal},
};

use super::{Failed, Outcome, out, terminal};

/// How long leaving may take for the logs of jobs that have just ended.
const ARCHIVING: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Print {url, port, token, origin} as one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Served<'a> {
    url: String,
    port: u16,
    token: &'a str,
    origin: String,
}

pub(crate) async fn serve(serve: Serve) -> Outcome {
    let engine = super::open(true).await?;
    let options = server::Options {
        port: serve.port,
        page: true,
        ..server::Options::default()
    };
    let stop = Stop::catch()?;
    let server = server::serve(engine.clone(), options)
        .await
        .map_err(|error| Failed::new(format!("failed to {error}")))?;
    if serve.json {
        let token = server.token();
        let served = Served {
            url: server.url_with_code(),
            port: server.port(),
            token: token.expose(),
            origin: server.origin(),
        };
        out::json_line(&served)?;
    } else {
        say_address(&server);
    }
    until_asked_to_stop(&server, stop, serve.json).await;
    server.shutdown().await;
    // What is over and not archived by then waits for the next start.
    let _archived = tokio::time::timeout(ARCHIVING, engine.all_archived())
        .await
        .is_ok();
    Ok(ExitCode::SUCCESS)
}

/// If its reader is gone, serving goes on.
fn say_address(server: &Server) {
    out::line(server.url_with_code()).ok();
    out::line("Open it within ten minutes, once; Enter prints a fresh address, Ctrl-C stops.").ok();
}

/// The signals that stop us.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Catches them from now on: before anybody can know that we run.
    fn catch() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }
}

/// Returns at Ctrl-C or SIGTERM; Enter prints a fresh address.
async fn until_asked_to_stop(server: &Server, mut stop: Stop, json: bool) {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    // In the background we would be stopped for reading the terminal.
    let mut listens = !json && terminal::has_typist();
    loop {
        tokio::select! {
            _interrupted = stop.interrupt.recv() => return,
            _terminated = stop.terminate.recv() => return,
            line = lines.next_line(), if listens => match line {
                Ok(Some(_)) => say_address(server),
                _ => listens = false,
            },
        }
    }
}
