//! `vmo serve`: the whole app, for a browser on this machine.

use std::{io::IsTerminal, process::ExitCode};

use clap::Args;
use orchestrator::server::{self, Server};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::Outcome;

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
    let server = server::serve(engine.clone(), options).await?;
    if serve.json {
        let token = server.token();
        let served = Served {
            url: server.url_with_code(),
            port: server.port(),
            token: token.expose(),
            origin: server.origin(),
        };
        println!("{}", serde_json::to_string(&served)?);
    } else {
        say_address(&server);
    }
    until_told_to_stop(&server, serve.json).await;
    server.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

fn say_address(server: &Server) {
    println!("{}", server.url_with_code());
    println!("Open it within ten minutes, once; Enter prints a fresh address, Ctrl-C stops.");
}

/// Returns at Ctrl-C or SIGTERM; Enter prints a fresh address.
async fn until_told_to_stop(server: &Server, json: bool) {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut listens = !json && std::io::stdin().is_terminal();
    let mut terminate =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
    let mut terminated = async || match &mut terminate {
        Some(signal) => signal.recv().await,
        None => std::future::pending().await,
    };
    loop {
        tokio::select! {
            _interrupted = tokio::signal::ctrl_c() => return,
            _terminated = terminated() => return,
            line = lines.next_line(), if listens => match line {
                Ok(Some(_)) => say_address(server),
                _ => listens = false,
            },
        }
    }
}
