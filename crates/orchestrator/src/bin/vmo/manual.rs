//! `vmo completions` and `vmo manual`: what a shell completes and what `man` shows, made of the same description as `--help`.

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use clap::CommandFactory;
use clap_complete::Shell;
use orchestrator::log::Stream;

use super::{Cli, Failed, Outcome, out};

/// Prints the completions of a shell.
pub(crate) fn completions(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "vmo", &mut script);
    // A script keeps its line breaks and tabs, and nobody else's words are in it.
    out::exact(Stream::Stdout).write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a man page for each command into a folder that is there, for section 1.
pub(crate) fn manual(folder: &Path) -> Outcome {
    clap_mangen::generate_to(Cli::command(), folder).map_err(|error: io::Error| {
        Failed::new(format!("cannot write into {}: {error}", folder.display()))
    })?;
    Ok(ExitCode::SUCCESS)
}
