//! `vmo doctor`: what is found and what is missing, each with what to do about it.

mod surroundings;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use orchestrator::{
    engine::{Engine, EngineError, Listed, Options},
    folders::{self, Folders},
    store::embedded,
    wire::StoreHealth,
};
use serde::Serialize;
use supervisor::disk::{self, FLOOR_VARIABLE};

use crate::{Outcome, db, index, job_words::size, out};

#[derive(Serialize)]
struct Check {
    what: &'static str,
    ok: bool,
    /// Whether nothing is broken if it is not.
    optional: bool,
    /// What was found, or what to do.
    found: String,
}

/// What can be missing without anything being broken. All else that is not as it should be is, and the exit code says so.
const OPTIONAL: [&str; 7] = [
    "git",
    "direnv",
    "psql",
    "demo project",
    "ssh agent",
    "SSH sessions",
    "jobs",
];

/// How long Postgres may take to write a row.
const TO_WRITE: Duration = Duration::from_secs(10);

impl Check {
    fn new(what: &'static str, ok: bool, found: String) -> Self {
        let optional = OPTIONAL.contains(&what);
        Self {
            what,
            ok,
            optional,
            found,
        }
    }

    fn word(&self) -> &'static str {
        match (self.ok, self.optional) {
            (true, _) => "ok     ",
            (false, true) => "missing",
            (false, false) => "broken ",
        }
    }
}

pub(crate) async fn doctor(json: bool) -> Outcome {
    let mut checks = vec![
        tool(
            "make",
            "install it: apt install make, or xcode-select --install",
        ),
        tool(
            "git",
            "optional: jobs then do not say which commit they ran on",
        ),
        tool("direnv", "optional: only for projects with an .envrc"),
        tool(
            "psql",
            "optional: vmo db then runs `-c STATEMENT` by itself, and nothing else",
        ),
    ];
    for (what, name) in [("supervisor", "vmo-supervisor"), ("vmo", "vmo")] {
        let program = folders::program(name);
        let ok = program.is_ok();
        let found =
            program.map_or_else(|error| error.to_string(), |path| path.display().to_string());
        checks.push(Check::new(what, ok, found));
    }
    match Folders::of_user() {
        Ok(folders) => {
            checks.extend(surroundings::checks(&folders).await?);
            checks.extend(folder_checks(&folders));
            checks.extend(engine_checks(folders).await);
        }
        // Nothing else can be looked at without them.
        Err(error) => checks.push(Check::new("folders", false, error.to_string())),
    }
    if json {
        out::json(&checks)?;
    } else {
        for check in &checks {
            let word = check.word();
            out::line(format_args!("{word} {:14} {}", check.what, check.found))?;
        }
    }
    let broken = checks.iter().any(|check| !check.ok && !check.optional);
    Ok(ExitCode::from(u8::from(broken)))
}

/// What lies in the folders and is not ours, and what came with the app.
fn folder_checks(folders: &Folders) -> Vec<Check> {
    let strange = folders.strange().into_iter();
    let mut checks: Vec<_> = strange
        .map(|line| Check::new("not ours", false, line))
        .collect();
    let demo = folders.demo();
    let is_there = demo.is_some();
    let place = shown(demo, "not installed");
    checks.push(Check::new("demo project", is_there, place));
    checks
}

async fn engine_checks(folders: Folders) -> Vec<Check> {
    let engine = match Engine::open(Options {
        folders,
        login_path: false,
        takes_over: false,
    })
    .await
    {
        Ok(engine) => engine,
        Err(error) => return vec![Check::new("Postgres", false, error.to_string())],
    };
    engine.settled().await;
    let catalog = engine.catalog();
    let settings = catalog.settings_problems();
    let in_force = if settings.is_empty() {
        "as the file has them".into()
    } else {
        settings.join("; ")
    };
    let postgres = postgres_check(&engine).await;
    // Without an index, searches read every log; a server that does not answer is not asked for it as well.
    let asking = tokio::time::timeout(TO_WRITE, engine.logs().index_progress());
    let progress = if postgres.ok {
        asking.await.ok().and_then(Result::ok)
    } else {
        None
    };
    let mut checks = vec![
        disk_check(&engine),
        Check::new("settings", settings.is_empty(), in_force),
        postgres,
    ];
    if let Some(progress) = progress {
        checks.push(Check::new("search", true, index::words(&progress)));
    }
    let database = catalog.seen_database();
    checks
        .extend(database.map(|database| Check::new("DATABASE_URL", true, db::not_used(&database))));
    let unreadable = engine.jobs().unreadable();
    let mut waiting = engine.jobs().skipped();
    waiting.retain(|line| !unreadable.contains(line));
    checks.extend(problem("jobs", &waiting));
    checks.extend(problem("job folders", &unreadable));
    let unarchived = engine.unarchived().await;
    let unarchived = unarchived.unwrap_or_else(|error| vec![error.to_string()]);
    checks.extend(problem("history", &unarchived));
    let state = engine.link().state();
    let account = state
        .embedded
        .then(|| embedded::shared_account(&engine.folders().data));
    let remarks = account.flatten().into_iter().chain(state.warning);
    checks.extend(remarks.map(|remark| Check::new("remark", true, remark)));
    let (projects, hosts) = (catalog.projects().await, catalog.hosts().await);
    checks.extend([listed("projects", projects), listed("hosts", hosts)]);
    checks
}

/// Whether the history can be read and written.
async fn postgres_check(engine: &Engine) -> Check {
    let state = engine.link().state();
    let kind = if state.embedded {
        "our own"
    } else {
        "configured"
    };
    let unwritten = unwritten(engine).await;
    let (ok, text) = match state.health {
        StoreHealth::Ready { .. } if unwritten.is_some() => (false, unwritten.unwrap_or_default()),
        StoreHealth::Ready { version } => (
            true,
            format!("{kind}, version {version}, {}", state.address),
        ),
        StoreHealth::Starting { step } => (false, format!("still starting: {step}")),
        StoreHealth::Away { why } | StoreHealth::Refused { why } => (false, why),
    };
    Check::new("Postgres", ok, text)
}

/// A failed check with these lines; none if there are none.
fn problem(what: &'static str, lines: &[String]) -> Option<Check> {
    (!lines.is_empty()).then(|| Check::new(what, false, lines.join("; ")))
}

/// Whether all of a list could be read.
fn listed<T>(what: &'static str, read: Result<Listed<T>, EngineError>) -> Check {
    match read {
        Ok(Listed { found, problems }) => {
            let is_whole = problems.is_empty();
            let found = [vec![format!("{} found", found.len())], problems].concat();
            Check::new(what, is_whole, found.join("; "))
        }
        Err(error) => Check::new(what, false, error.to_string()),
    }
}

/// Why Postgres does not take what is written to it; none if it does. What is written is taken back.
async fn unwritten(engine: &Engine) -> Option<String> {
    let written = engine.link().ask(async |store| store.try_writing().await);
    match tokio::time::timeout(TO_WRITE, written).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("failed to {error}")),
        Err(_) => Some(format!(
            "it is there and has written nothing for {} s: another program may hold a lock on our tables, or its disk is \
             very slow",
            TO_WRITE.as_secs()
        )),
    }
}

/// Whether jobs may write: how much is free, and how much they leave.
fn disk_check(engine: &Engine) -> Check {
    let (what, mib) = ("disk", 1024 * 1024);
    let floor = engine.catalog().disk_floor();
    let kept = format!(
        "jobs wait below {} MiB, which Postgres needs to empty their spools ({FLOOR_VARIABLE} in bytes, or disk_floor in \
         settings.json in MiB)",
        floor / mib
    );
    if let Ok(Some(files)) = disk::free_files(&engine.folders().jobs())
        && files < disk::FILES
    {
        let found = format!("only {files} more files can be made there (df -i): remove some");
        return Check::new(what, false, found);
    }
    let (ok, found) = match (
        disk::floor_of_environment(),
        disk::free(&engine.folders().jobs()),
    ) {
        (Err(odd), _) => (
            false,
            format!("{FLOOR_VARIABLE}={odd} is not a number of bytes and is ignored; {kept}"),
        ),
        (_, Err(error)) => (
            false,
            format!("its free space is not known: {error}; {kept}"),
        ),
        (_, Ok(free)) if free < floor => (
            false,
            format!("{} free, and {kept}: make room, or set less", size(free)),
        ),
        (_, Ok(free)) => (true, format!("{} free; {kept}", size(free))),
    };
    Check::new(what, ok, found)
}

fn tool(name: &'static str, otherwise: &str) -> Check {
    let program = folders::installed(name).ok();
    Check::new(name, program.is_some(), shown(program, otherwise))
}

fn shown(path: Option<PathBuf>, otherwise: &str) -> String {
    path.map_or_else(|| otherwise.to_owned(), |path| path.display().to_string())
}
