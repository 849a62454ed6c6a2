//! make's own list of targets, asked in the safest way found and joined with the scan. For trusted projects alone.
//!
//! Every way of asking make runs `$(shell …)` and remakes included files. With `-q`, a goal without prerequisites and a
//! shell that has no effect, no recipe, no remake and no shell command ran in any trial; what would act all the same is
//! found in the text beforehand, and then make is not asked.

mod parse;

use std::{ffi::OsString, path::Path, process::Command, time::Duration};

use super::{
    argv::in_path,
    scan::{self, Reader, Stamps},
    short_command::{Answer, Limits, ask},
};
use crate::project::{Place, Scan};

/// How long make may take.
const TIME: Duration = Duration::from_secs(5);
/// As much as it may print, in bytes.
const BYTES: usize = 64 << 20;
/// A goal without prerequisites.
const GOAL: &str = ".__vmo";
const RULE: &str = ".PHONY: .__vmo\n.__vmo: ;\n";

/// What a trusted project's makefile offers, by make's own account: the scan, without the targets that make does not
/// know and with those that only make can find; and stamps that show whether it still holds. If make cannot be asked, the
/// plain scan with a problem that says why. Runs make, in the environment of a job; blocks for up to 5 s.
#[must_use]
pub fn database(dir: &Path, environment: &[(OsString, OsString)]) -> (Scan, Stamps) {
    let mut reader = scan::read(dir);
    let stamps = scan::stamps(&reader);
    if let Some(makefile) = scan::makefile(dir) {
        add(&mut reader, dir, makefile, environment);
    }
    (scan::list(reader), stamps)
}

/// Asks make, and adds what it says.
fn add(reader: &mut Reader, dir: &Path, makefile: &str, environment: &[(OsString, OsString)]) {
    let place = Place {
        file: makefile.to_owned(),
        line: 1,
    };
    if let Some((place, what)) = reader.active.clone() {
        let what = format!("{what}, so make is not asked for its targets");
        return reader.problem(place, what);
    }
    if in_path("make", environment).is_none() {
        return reader.problem(place, "there is no make in the PATH".to_owned());
    }
    let answer = ask_by_eval(dir, environment).and_then(|answer| {
        // make 3.81, as macOS has it.
        let too_old = answer.stdout.starts_with(b"make: unrecognized option");
        match too_old {
            true => ask_by_input(dir, environment, makefile),
            false => Some(answer),
        }
    });
    match answer {
        Some(answer) => join(reader, &answer, place),
        None => {
            let what = "make did not list its targets within 5 s and 64 MiB";
            reader.problem(place, what.to_owned());
        }
    }
}

fn join(reader: &mut Reader, answer: &Answer, place: Place) {
    let stdout = String::from_utf8_lossy(&answer.stdout);
    if let Some(error) = parse::error(&stdout) {
        // make may fail here only because its shell has no effect, or for want of a value that the form asks for; it may
        // not fail so when it runs.
        let is_asked_for = reader.asks_for.contains(&error.place);
        if !is_asked_for && !reader.has_asked_shell_before(&error.place) {
            reader.problem(error.place, error.what);
        }
        return;
    }
    // Its exit code says little: a makefile that cannot be remade just now is read to its end all the same.
    match parse::parse(&stdout, |name| reader.knows(name)) {
        Some(listing) => reader.join(listing.targets, listing.default_goal),
        None => reader.problem(place, "make did not list its targets".to_owned()),
    }
}

fn ask_by_eval(dir: &Path, environment: &[(OsString, OsString)]) -> Option<Answer> {
    let mut command = command(dir, environment);
    let rules = RULE.lines().map(|line| format!("--eval={line}"));
    ask(command.args(rules).arg(GOAL), &limits(b""))
}

fn ask_by_input(
    dir: &Path,
    environment: &[(OsString, OsString)],
    makefile: &str,
) -> Option<Answer> {
    let mut command = command(dir, environment);
    command.args(["-f", makefile, "-f", "-", GOAL]);
    ask(&mut command, &limits(RULE.as_bytes()))
}

fn limits(input: &[u8]) -> Limits<'_> {
    Limits {
        stderr: true,
        input,
        ..Limits::of(TIME, BYTES)
    }
}

fn command(dir: &Path, environment: &[(OsString, OsString)]) -> Command {
    let does_nothing = ["/bin/true", "/usr/bin/true"]
        .into_iter()
        .find(|program| Path::new(program).exists())
        .unwrap_or("true");
    let mut command = Command::new("make");
    command
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .env_remove("LANGUAGE")
        .env("LC_ALL", "C")
        .env("PWD", dir)
        .arg("-C")
        .arg(dir)
        .args(["--no-print-directory", "-pRrq"])
        .arg(format!("SHELL={does_nothing}"));
    command
}

#[cfg(test)]
mod tests;
