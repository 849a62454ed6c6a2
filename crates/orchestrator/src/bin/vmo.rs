//! The command line.

use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    // Not for people: the guardian of the embedded Postgres, started by whoever needs it first.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == "postgres")
    {
        let Some(data) = std::env::var_os("VMO_DATA_DIR") else {
            return ExitCode::from(2);
        };
        if let Err(error) = orchestrator::store::embedded::guardian(Path::new(&data)) {
            eprintln!("vmo postgres: failed to {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
