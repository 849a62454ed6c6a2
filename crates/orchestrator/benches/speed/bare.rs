//! The same commands without us.

use std::{
    io::Read,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::Outcome;

/// A target whose output is read and thrown away, from start to end.
pub(crate) fn thrown_away(work: &Path, target: &str) -> Outcome<Duration> {
    let begun = Instant::now();
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("make -s {target} | cat >/dev/null"))
        .current_dir(work)
        .status()?;
    let took = begun.elapsed();
    if status.success() {
        Ok(took)
    } else {
        Err(format!("make {target}: {status}").into())
    }
}

/// A target's first byte of output, and its end.
pub(crate) fn first_byte(work: &Path, target: &str) -> Outcome<(Duration, Duration)> {
    let begun = Instant::now();
    let mut child = Command::new("make")
        .args(["-s", target])
        .current_dir(work)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut output = child.stdout.take().ok_or("no output")?;
    output.read_exact(&mut [0])?;
    let first = begun.elapsed();
    output.read_to_end(&mut Vec::new())?;
    child.wait()?;
    Ok((first, begun.elapsed()))
}
