//! `vmo batch`: batches and their hosts, and orders to them.

use std::{process::ExitCode, time::Duration};

use clap::Args;
use orchestrator::{
    batch::{Batch as OneBatch, Order},
    engine::Engine,
};

use super::{Failed, Outcome, many_hosts, out, settled};

/// Between two looks at whether somebody carries an order out.
const AGAIN: Duration = Duration::from_millis(50);
/// Between two looks at a batch that another program drives.
const LOOK: Duration = Duration::from_millis(250);

#[derive(Debug, Args)]
pub(crate) struct Batch {
    /// The batch: its id, the start of it, or `last`; without one, batches are listed, newest first
    batch: Option<String>,
    /// Print one JSON value
    #[arg(long)]
    json: bool,
    /// At most this many
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Show what has changed since the same command ran on its hosts the last time
    #[arg(long, requires = "batch")]
    changes: bool,
    /// Let its held hosts go, and go on with those that wait
    #[arg(long, requires = "batch")]
    let_go: bool,
    /// Drop its held hosts
    #[arg(long, requires = "batch", conflicts_with = "let_go")]
    drop: bool,
    /// End what runs of it, and start nothing more
    #[arg(long, requires = "batch", conflicts_with_all = ["let_go", "drop"])]
    cancel: bool,
}

pub(crate) async fn batch(wanted: Batch) -> Outcome {
    let engine = settled().await?;
    let Some(name) = &wanted.batch else {
        return list(&engine, &wanted).await;
    };
    let batch = engine.find_batch(name).await?;
    let order = match &wanted {
        Batch { let_go: true, .. } => Some(Order::LetGo),
        Batch { drop: true, .. } => Some(Order::Drop),
        Batch { cancel: true, .. } => Some(Order::Cancel { force: false }),
        _ => None,
    };
    match order {
        Some(order) => give(&engine, &batch, order, wanted.json).await,
        None if wanted.changes => changes(&engine, &batch, wanted.json).await,
        None if wanted.json => {
            out::json(&batch)?;
            Ok(ExitCode::SUCCESS)
        }
        None => show(&batch),
    }
}

async fn list(engine: &Engine, wanted: &Batch) -> Outcome {
    let all = engine.list_batches(wanted.limit).await?;
    if wanted.json {
        out::json(&all.iter().map(OneBatch::summary).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = all.iter().map(|batch| {
        [
            batch.id.to_string(),
            moment(batch),
            batch.status().word().to_owned(),
            many_hosts::folded(batch),
            batch.command.clone(),
        ]
    });
    out::listing(&rows.collect::<Vec<_>>())?;
    Ok(ExitCode::SUCCESS)
}

fn show(batch: &OneBatch) -> Outcome {
    out::line(format_args!("{} {}", batch.id, batch.status().word()))?;
    out::line(format_args!("{}  {}", moment(batch), batch.command))?;
    let rows = batch.hosts.iter().map(|host| {
        let job = host.job.map(|job| job.to_string()).unwrap_or_default();
        let why = host.why.clone().unwrap_or_default();
        [host.name.clone(), host.word().to_owned(), job, why]
    });
    out::table(&rows.collect::<Vec<_>>())?;
    out::line(many_hosts::folded(batch))?;
    if let Some(why) = many_hosts::held(batch) {
        out::line(why)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the hosts that answer differently since the last time wrote then, and write now.
async fn changes(engine: &Engine, batch: &OneBatch, json: bool) -> Outcome {
    let last_time = engine.batch_last_time(batch.id, true).await?;
    if json {
        out::json(&last_time)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(last_time) = last_time else {
        out::say("the same command has not run on these hosts before");
        return Ok(ExitCode::SUCCESS);
    };
    let answers = engine.batch_answers(batch.id, true).await?;
    let changed = last_time.hosts.iter().filter(|then| then.has_changed);
    let rows = changed.filter_map(|then| {
        let host = batch.hosts.get(then.host as usize)?;
        let now = answers.answers.iter().find(|now| now.host == then.host);
        let now = now.map_or("", |now| now.last.as_str());
        Some([
            host.name.clone(),
            format!("{} {}", then.state.word(), then.last),
            format!("{} {now}", host.state.word()),
        ])
    });
    let rows: Vec<[String; 3]> = rows.collect();
    if !rows.is_empty() {
        let head = ["host", "last time", "now"].map(ToOwned::to_owned);
        out::table(&[vec![head], rows].concat())?;
    }
    let since = last_time.queued_at.with_timezone(&chrono::Local);
    out::line(format_args!(
        "{} changed since {} (batch {})",
        last_time.changed(),
        since.format("%Y-%m-%d %H:%M:%S"),
        last_time.batch
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Leaves an order for the engine that drives the batch. If no engine does, this program carries it out, and stays
/// until the batch is over, held hosts aside.
async fn give(engine: &Engine, batch: &OneBatch, order: Order, json: bool) -> Outcome {
    let counts = batch.counts();
    let waits = order == Order::LetGo && counts.held == 0 && counts.queued > 0;
    if !waits {
        engine.order_batch(batch.id, order).await?;
    }
    let since = (!waits).then_some(batch.changes);
    loop {
        // Whoever is alone with a batch whose driver is gone holds it first, and an order lets it go.
        match engine.drive_batch(batch.id).await {
            Ok(true) => {
                let how = many_hosts::Shown {
                    json,
                    ..many_hosts::Shown::default()
                };
                return many_hosts::follow(engine, batch.id, how, since).await;
            }
            Ok(false) if engine.is_ordered(batch.id) => tokio::time::sleep(AGAIN).await,
            // Somebody drives it, or is done with it.
            Ok(false) => break,
            Err(_) if !engine.is_ordered(batch.id) => break,
            Err(error) => return Err(error.into()),
        }
    }
    let now = match order {
        Order::Drop => engine.find_batch(&batch.id.to_string()).await?,
        Order::LetGo | Order::Cancel { .. } => by_another(engine, batch).await?,
    };
    let outcome = many_hosts::ended(&now)?;
    Ok(match order {
        Order::LetGo => outcome,
        // What was wanted was done.
        Order::Drop | Order::Cancel { .. } => ExitCode::SUCCESS,
    })
}

/// Waits until a batch that another program drives is over, held hosts aside.
async fn by_another(engine: &Engine, batch: &OneBatch) -> Result<OneBatch, Failed> {
    let id = batch.id.to_string();
    let mut is_said = false;
    loop {
        let now = engine.find_batch(&id).await?;
        let counts = now.counts();
        if counts.running + counts.queued == 0 {
            return Ok(now);
        }
        if !is_said {
            out::say("another program goes on with it, and has what its hosts write");
            is_said = true;
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn moment(batch: &OneBatch) -> String {
    let local = batch.queued_at.with_timezone(&chrono::Local);
    local.format("%Y-%m-%d %H:%M:%S").to_string()
}
