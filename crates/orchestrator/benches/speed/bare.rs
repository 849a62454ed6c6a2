//! The same commands without us.

use std::{
    io::Read,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
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

/// As many at once, from the start of the first to the end of the last.
pub(crate) fn many_thrown_away(work: &Path, target: &str, count: usize) -> Outcome<Duration> {
    let begun = Instant::now();
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        all.push(
            Command::new("sh")
                .arg("-c")
                .arg(format!("make -s {target} 2>&1 | cat >/dev/null"))
                .current_dir(work)
                .spawn()?,
        );
    }
    for mut one in all {
        one.wait()?;
    }
    Ok(begun.elapsed())
}

/// A target's first byte of output.
pub(crate) fn first_byte(work: &Path, target: &str) -> Outcome<Duration> {
    let begun = Instant::now();
    let (mut child, mut output) = start(work, target)?;
    output.read_exact(&mut [0])?;
    let first = begun.elapsed();
    output.read_to_end(&mut Vec::new())?;
    child.wait()?;
    Ok(first)
}

/// A target, and what it printed.
pub(crate) fn to_its_end(work: &Path, target: &str) -> Outcome<Vec<u8>> {
    let (mut child, mut output) = start(work, target)?;
    let mut all = Vec::new();
    output.read_to_end(&mut all)?;
    child.wait()?;
    Ok(all)
}

/// A target whose output is read by us.
pub(crate) fn start(work: &Path, target: &str) -> Outcome<(Child, ChildStdout)> {
    let mut make = Command::new("make");
    let mut child = make
        .args(["-s", target])
        .current_dir(work)
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().ok_or("no output")?;
    Ok((child, output))
}
