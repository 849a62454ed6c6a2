//! How fast it is: `make bench`. Starts the release build of `vmo serve` on fresh folders, drives it over its socket as the
//! page does, and prints one table. docs/performance.md says what each row means.
//!
//! Ours and what it is compared with take turns in one run, so that a busy machine is busy for both; figures are medians,
//! and ratios say more than times. Every workload checks that what is in Postgres is what was printed, byte for byte, in
//! order within each stream: a mismatch ends the run and there is no table.
//!
//! ```text
//! asked     what the command line asks for           table     the rows, and whether each goal is met
//! app       vmo serve, on fresh folders              page      a client of its socket
//! printed   what targets print, known beforehand     bare      the same commands without us
//! archive   what is in Postgres; one COPY            usage     processor time and memory, from /proc
//! flood     W1, W2        ticks  W3                  clicks    W4, W5
//! ```

mod app;
mod archive;
mod asked;
mod bare;
mod clicks;
mod flood;
mod page;
mod printed;
mod table;
mod ticks;
mod usage;

use std::{error::Error, process::ExitCode};

use crate::{app::App, asked::Asked, table::Table};

/// What every part of a bench gives back: a failure ends the run.
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    if Asked::is_printer() {
        return if ticks::print().is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    let ran = Asked::of_command_line().and_then(|asked| {
        // One thread: what the client costs is not ours, and two cores are few.
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(measure(&asked))
    });
    match ran {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(asked: &Asked) -> Outcome<Table> {
    let mut table = Table::default();
    let app = App::start(&asked.programs).await?;
    if asked.wants("w1") {
        flood::one(&app, asked.rounds, &mut table).await?;
    }
    if asked.wants("w2") {
        flood::many(&app, asked.rounds, &mut table).await?;
    }
    if asked.wants("w3") {
        ticks::measure(&app, asked.rounds, &mut table).await?;
    }
    if asked.wants("w4") {
        clicks::first_byte(&app, asked.rounds, &mut table).await?;
    }
    if asked.wants("w5") {
        clicks::short_jobs(&app, asked.rounds, &mut table).await?;
    }
    app.stop()?;
    Ok(table)
}
