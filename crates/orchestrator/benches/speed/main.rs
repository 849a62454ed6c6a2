//! How fast it is: `make bench`. Starts the release build of `vmo serve` on fresh folders, drives it over its socket as the
//! page does, and prints one table. docs/performance.md says what each row means.
//!
//! Ours and what it is compared with take turns in one run, so that a busy machine is busy for both; figures are medians,
//! and ratios say more than times. Every workload checks that what is in Postgres is what was printed, byte for byte, in
//! order within each stream: a mismatch ends the run and there is no table.
//!
//! ```text
//! asked     what the command line asks for           table     the rows, and whether each goal is met
//! home      fresh folders, and our programs in them  page      a client of the socket
//! app       vmo serve there, with a project          bare      the same commands without us
//! printed   what targets print, known beforehand     usage     processor time and memory, from /proc
//! arrivals  when lines came
//! archive   what is in Postgres; one COPY
//! flood     W1, W2        ticks  W3                  clicks    W4, W5
//! history   H1, H3        starts A1, A2             storm     P6
//! search    H2            many_jobs  which it searches, too
//! writing   W1 beside H2's index
//! hosts     S1, S2, S3, S5        fleet  S4, P11, grouping, a list of hosts
//! ```

mod app;
mod archive;
mod arrivals;
mod bare;
mod clicks;
mod fleet;
mod flood;
mod history;
mod home;
mod hosts;
mod many_jobs;
mod options;
mod page;
#[path = "../../tests/support/postgres.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "the tests use more of it, and a server that does not start ends them"
)]
mod postgres;
mod printed;
mod search;
#[path = "../../tests/support/sshd.rs"]
mod sshd;
mod starts;
mod storm;
mod table;
mod ticks;
mod usage;
mod writing;

use std::{error::Error, path::Path, process::ExitCode};

use crate::{app::App, options::Options, postgres::Postgres, printed::Printed, table::Table};

/// What every part of a bench gives back: a failure ends the run.
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // What a target of the project runs.
        ["ticks"] => ticks::print(),
        ["steady"] => storm::print(),
        // The project alone, for who measures something else with it.
        ["--project", folder] => Printed::write_into(Path::new(folder)).map(drop),
        ["--bare", work] => {
            clicks::bare_alone(Path::new(work)).map(|(ms, rate)| println!("{ms} {rate}"))
        }
        _ => Options::of(words).and_then(|options| {
            // One thread: what the client costs is not ours, and two cores are few.
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(measure(&options))
                .map(|table| print!("{table}"))
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(options: &Options) -> Outcome<Table> {
    let mut table = Table::default();
    let (programs, rounds) = (options.programs.as_path(), options.rounds);
    if ["w1", "w2", "w3", "w4", "w5"]
        .iter()
        .any(|row| options.wants(row))
    {
        let app = App::start(programs, None).await?;
        workloads(options, &app, &mut table).await?;
    }
    if options.wants("w1") && options.server {
        // As people have it, which the tests' servers are not.
        let server =
            Postgres::start_with(&["fsync=on", "shared_buffers=128MB", "max_wal_size=1GB"]);
        let address = (server.url("postgres"), server.pid());
        let app = App::start(programs, Some(address)).await?;
        flood::one(&app, "the system's Postgres", rounds, &mut table).await?;
    }
    if options.wants("h1") || options.wants("h3") {
        let app = App::start(programs, None).await?;
        if options.wants("h1") {
            history::lists(&app, &mut table).await?;
        }
        if options.wants("h3") {
            history::drops(&app, rounds, &mut table).await?;
        }
    }
    if options.wants("h2") {
        let app = App::start(programs, None).await?;
        search::everywhere(&app, (options.lines, options.jobs), rounds, &mut table).await?;
    }
    if options.names("writing") {
        writing::beside_index(programs, &mut table).await?;
    }
    if options.wants("a1") || options.wants("a2") {
        starts::measure(programs, rounds, &mut table).await?;
    }
    if ["s1", "s2", "s3", "s5"]
        .iter()
        .any(|row| options.wants(row))
    {
        hosts::measure(rounds, &mut table).await?;
    }
    if ["s4", "p11", "groups"].iter().any(|row| options.wants(row)) {
        fleet::measure(options, &mut table).await?;
    }
    if options.names("p6") {
        storm::measure(programs, &mut table).await?;
    }
    Ok(table)
}

async fn workloads(options: &Options, app: &App, table: &mut Table) -> Outcome<()> {
    if options.wants("w1") {
        flood::one(app, "", options.rounds, table).await?;
    }
    if options.wants("w2") {
        flood::many(app, options.rounds, table).await?;
    }
    if options.wants("w3") {
        ticks::measure(app, options.rounds, table).await?;
    }
    if options.wants("w4") {
        clicks::first_byte(app, options.rounds, table).await?;
    }
    if options.wants("w5") {
        clicks::short_jobs(app, options.rounds, table).await?;
    }
    Ok(())
}
