//! `vmo index`: brings the index of logs up to date, or builds it anew.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Args;
use orchestrator::{engine::Indexed, store::IndexProgress};
use serde_json::json;

use super::{Failed, Outcome, job_words::size, out, settled};

/// Time between two reports of how far it is.
const BETWEEN: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(crate) struct Index {
    /// Drop it, and build it anew
    #[arg(long)]
    rebuild: bool,
    /// Print one JSON value
    #[arg(long)]
    json: bool,
}

pub(crate) async fn index(index: Index) -> Outcome {
    let engine = settled().await?;
    let mut last = Instant::now();
    let done = engine.logs().index(true, index.rebuild, |bytes| {
        if last.elapsed() >= BETWEEN {
            out::say(format_args!("{} of log are in the index", size(bytes)));
            last = Instant::now();
        }
    });
    if done.await? == Indexed::Elsewhere {
        return Err(Failed::new(
            "another app brings the index up to date just now: try again in a while",
        ));
    }
    let progress = engine.logs().index_progress().await?;
    if index.json {
        let IndexProgress { bytes, size } = progress;
        out::json(&json!({"indexed": bytes.0, "of": bytes.1, "size": size}))?;
    } else {
        out::line(words(&progress))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How far it is, as `1.2 GB of 1.3 GB of log; it takes 30 MB (2.5 %)`. Empty tables have a size, too, which is no share of
/// a few lines.
pub(crate) fn words(progress: &IndexProgress) -> String {
    let (bytes, of) = progress.bytes;
    // Logs that went from the history are in it until it is built anew.
    let share = progress.size as f64 * 100.0 / bytes.max(1) as f64;
    let share = match share {
        ..=100.0 => format!(" ({share:.1} %)"),
        _ => String::new(),
    };
    format!(
        "{} of {} of log are in the index; it takes {}{share}",
        size(bytes.min(of)),
        size(of),
        size(progress.size)
    )
}
