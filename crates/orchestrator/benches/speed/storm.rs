//! P6, memory in a storm: fifty jobs at once, each as fast as 10 MB/s, for a minute, while Postgres is away. Nothing can be
//! archived, so all of it stays on the disk: about 30 GB, or as much as its free space allows before jobs are paused. It
//! is measured only if it is asked for by name.

use std::{
    io::{self, Write},
    thread,
    time::{Duration, Instant},
};

use orchestrator::{job::JobId, wire::LogRequest};
use rustix::process::Signal;

use crate::{
    Outcome,
    app::App,
    page::Page,
    postgres::Postgres,
    table::{Goal, Table},
    usage,
};

const JOBS: usize = 50;
/// How long each of them prints.
const FOR: Duration = Duration::from_secs(60);
/// Bytes a second of each.
const RATE: usize = 10_000_000;
/// Bytes of one write.
const PIECE: usize = 64 << 10;

/// The printer: as much as is asked for, no faster than [`RATE`]; without a reader it waits, and does not catch up.
pub(crate) fn print() -> Outcome<()> {
    let line = b"a line of a hundred bytes that a build might have printed while it went about its business, no ..\n";
    let piece = line.repeat(PIECE / line.len());
    let every = Duration::from_secs_f64(piece.len() as f64 / RATE as f64);
    let (begun, mut out) = (Instant::now(), io::stdout().lock());
    let mut next = begun;
    while begun.elapsed() < FOR {
        out.write_all(&piece)?;
        next = (next + every).max(Instant::now());
        thread::sleep(next - Instant::now());
    }
    Ok(())
}

/// The highest memory of `vmo serve` over what it held idle; of each second of the storm and at its end.
pub(crate) async fn measure(programs: &std::path::Path, table: &mut Table) -> Outcome<()> {
    let mut server = Postgres::start_with(&[]);
    let address = (server.url("postgres"), server.pid());
    let app = App::start(programs, Some(address)).await?;
    let mut page = app.page().await?;
    server.down(Signal::QUIT);
    let mut jobs = Vec::with_capacity(JOBS);
    let begun = Instant::now();
    for _ in 0..JOBS {
        jobs.push(page.start("p6").await?);
    }
    // Somebody looks at one of them meanwhile, as a person would.
    page.ask(LogRequest::Follow {
        job: jobs[0],
        tail: 60,
        encoding: Default::default(),
    })
    .await?;
    for job in &jobs {
        page.over(*job).await?;
    }
    let took = begun.elapsed();
    let bytes = printed(&mut page, &jobs).await?;
    eprintln!(
        "p6: {:.0} MB/s in all over {:.0} s",
        bytes as f64 / 1e6 / took.as_secs_f64(),
        took.as_secs_f64()
    );
    let held = usage::peak(app.pid())?.saturating_sub(app.idle) as f64 / 1024.0;
    let supervisors = usage::tree(app.pid()).len();
    eprintln!("p6: {supervisors} processes below it at the end");
    table.add_figure(
        "P6 memory over idle, 50 jobs beside a database that is away",
        held,
        "MiB",
        Goal::AtMost(64.0),
    );
    Ok(())
}

/// Bytes that all of them have written, by their own account.
async fn printed(page: &mut Page, jobs: &[JobId]) -> Outcome<u64> {
    let mut bytes = 0;
    for id in jobs {
        bytes += page.bytes(*id).await?;
    }
    Ok(bytes)
}
