//! What is around the app: whether its folders can be written to, what the environment says, the login shell, an agent for
//! keys, how many files may be open, the clock.

use std::{
    env,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process,
    time::{Duration, SystemTime},
};

use orchestrator::{confined, environment, folders::Folders, make, open_files};
use tokio::net::UnixStream;

use super::Check;
use crate::Failed;

/// The variable that names an agent's socket.
const AGENT: &str = "SSH_AUTH_SOCK";
/// How long an agent may take to accept a connection.
const TO_ACCEPT: Duration = Duration::from_secs(2);
/// Fewer open files than these leave no room for a Postgres of our own and some jobs.
const FEW_FILES: u64 = 256;
/// Seconds from 1970 to the beginning of 2026: no clock that is right has said less since this was written.
const WRITTEN: u64 = 1_767_225_600;

/// What of the surroundings is not what it seems.
pub(super) async fn checks(folders: &Folders) -> Result<Vec<Check>, Failed> {
    let mut checks = vec![
        folder("data folder", &folders.data),
        folder("config folder", &folders.config),
        clock(SystemTime::now()),
        open_files_check(open_files::open_files()),
        agent().await,
        confinement(),
    ];
    let apart = environment::names_apart();
    if !apart.is_empty() {
        let text = format!("{}: for jobs, and not for the history", apart.join(", "));
        checks.push(Check::new("PG variables", true, text));
    }
    checks.push(login_shell(folders).await?);
    Ok(checks)
}

/// By what a process is confined that holds the sessions with a host.
fn confinement() -> Check {
    match confined::available() {
        Ok(by) => {
            let text = format!("confined by {by} once they are logged in");
            Check::new("SSH sessions", true, text)
        }
        Err(why) => {
            let text = format!("not confined, so a hostile host may reach further: {why}");
            Check::new("SSH sessions", false, text)
        }
    }
}

async fn login_shell(folders: &Folders) -> Result<Check, Failed> {
    let data = folders.data.clone();
    let login = tokio::task::spawn_blocking(move || {
        let login = make::Login::ask(&data);
        login.wait();
        (login.known(), login.problem())
    });
    let (inherited, problem) = login.await?;
    let shell = env::var_os("SHELL").unwrap_or_default();
    // A service and a container have no login shell, and nothing to miss of it.
    let is_fine = problem.is_none() || shell.is_empty();
    let text = problem.unwrap_or_else(|| {
        let count = inherited.environment.len();
        format!("{}, with {count} variables", shell.display())
    });
    Ok(Check::new("login shell", is_fine, text))
}

/// Whether one of our folders takes what is written there: its disk may be full, have no room for more files, or only be
/// read.
fn folder(what: &'static str, folder: &Path) -> Check {
    match try_writing(folder) {
        Ok(()) => Check::new(what, true, folder.display().to_string()),
        Err(error) => {
            let text = format!(
                "{}: nothing can be written there: {error}",
                folder.display()
            );
            Check::new(what, false, text)
        }
    }
}

/// Writes something and takes it back.
fn try_writing(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!(".doctor-{}", process::id()));
    let mut open = OpenOptions::new();
    open.write(true).create(true).truncate(true).mode(0o600);
    let mut file = open.open(&path)?;
    let written = file.write_all(&[0; 4096]).and_then(|()| file.sync_all());
    let removed = fs::remove_file(&path);
    written.and(removed)
}

fn clock(now: SystemTime) -> Check {
    let since = now.duration_since(SystemTime::UNIX_EPOCH);
    let is_past = since.is_ok_and(|since| since.as_secs() >= WRITTEN);
    let text = match is_past {
        true => "it may be right",
        false => {
            "it is before 2026: certificates do not count yet, and the history says wrong times; set it (timedatectl \
             set-ntp true)"
        }
    };
    Check::new("clock", is_past, text.to_owned())
}

fn open_files_check(limit: Option<u64>) -> Check {
    let what = "open files";
    match limit {
        None => Check::new(what, true, "as many as are wanted".to_owned()),
        Some(few) if few < FEW_FILES => {
            let text = format!(
                "{few} at once are too few for Postgres and jobs; raise the limit (ulimit -H -n 4096)"
            );
            Check::new(what, false, text)
        }
        Some(limit) => Check::new(what, true, format!("{limit} at once")),
    }
}

/// Whether an agent holds keys for us. Without one, keys come from files.
async fn agent() -> Check {
    let what = "ssh agent";
    let socket = env::var_os(AGENT).filter(|socket| !socket.is_empty());
    let Some(socket) = socket else {
        let text = format!("optional: {AGENT} is not set; keys come from files alone");
        return Check::new(what, false, text);
    };
    let socket = Path::new(&socket);
    let why = match tokio::time::timeout(TO_ACCEPT, UnixStream::connect(socket)).await {
        Ok(Ok(_)) => return Check::new(what, true, socket.display().to_string()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it does not answer".to_owned(),
    };
    let at = socket.display();
    let text = format!("optional: {AGENT} names {at}: {why}; keys come from files alone");
    Check::new(what, false, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_lost_its_time_and_a_small_limit_are_broken() {
        assert!(clock(SystemTime::now()).ok);
        let lost = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400);
        for early in [lost, SystemTime::UNIX_EPOCH - Duration::from_secs(1)] {
            let check = clock(early);
            assert!(!check.ok && check.found.contains("before 2026"));
        }
        assert!(open_files_check(None).ok && open_files_check(Some(FEW_FILES)).ok);
        let few = open_files_check(Some(64));
        assert!(!few.ok && few.found.contains("ulimit"), "{}", few.found);
    }
}
