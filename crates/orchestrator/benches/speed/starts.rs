//! A1, from the start to an app that answers; A2, the memory of one that does nothing.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Outcome,
    home::Home,
    page::Page,
    table::{Goal, Table, median},
    usage,
};

/// First starts, which make a cluster each.
const FIRST: usize = 3;
/// How long an app is left alone before its memory is looked at.
const IDLE: Duration = Duration::from_secs(2);
/// What the app traces when its window is there.
const SHOWN: &str = "the window is shown";

/// How long a start took.
#[derive(Clone, Copy)]
struct Start {
    /// Until the socket answered with all that the frame shows.
    answers: Duration,
    /// Until Postgres was ready.
    postgres: Duration,
}

/// A1 and A2 of `vmo serve`, and of the window if there is an X server to show it on.
pub(crate) async fn measure(programs: &Path, rounds: usize, table: &mut Table) -> Outcome<()> {
    let mut first = Vec::new();
    for _ in 0..FIRST {
        let home = Home::new(programs, None)?;
        first.push(serve(&home, false).await?.0);
    }
    let home = Home::new(programs, None)?;
    serve(&home, false).await?;
    let (mut later, mut memory) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        let (start, held) = serve(&home, round == rounds).await?;
        later.push(start);
        memory = held;
    }
    let of = |all: &[Start], what: fn(&Start) -> Duration| {
        median(&all.iter().map(what).collect::<Vec<_>>())
    };
    table.add_time(
        "A1 first start of vmo serve: answers",
        of(&first, |it| it.answers),
        None,
        Goal::AtMost(4000.0),
    );
    table.add_time(
        "A1 first start of vmo serve: Postgres ready",
        of(&first, |it| it.postgres),
        None,
        Goal::AtMost(4000.0),
    );
    table.add_time(
        "A1 later start of vmo serve: answers",
        of(&later, |it| it.answers),
        None,
        Goal::AtMost(1000.0),
    );
    table.add_time(
        "A1 later start of vmo serve: Postgres ready",
        of(&later, |it| it.postgres),
        None,
        Goal::None,
    );
    add_memory("vmo serve", &memory, table);
    window(programs, &home, rounds, table)
}

/// Starts serving, and ends it; gives what each process holds if that is asked for.
async fn serve(home: &Home, look: bool) -> Outcome<(Start, Vec<(String, u64)>)> {
    let begun = Instant::now();
    let (mut serving, door) = home.serve()?;
    let mut page = Page::open(&door).await?;
    page.overview().await?;
    let answers = begun.elapsed();
    page.ready().await?;
    let postgres = begun.elapsed();
    let mut held = Vec::new();
    if look {
        tokio::time::sleep(IDLE).await;
        held = memory(home, &serving);
    }
    home.end(&mut serving)?;
    Ok((Start { answers, postgres }, held))
}

/// KiB of each process of an app, by name; those of Postgres and of the webview together.
fn memory(home: &Home, app: &Child) -> Vec<(String, u64)> {
    let mut all: Vec<(String, u64)> = Vec::new();
    let mut roots = vec![app.id().cast_signed()];
    // The server's guardian, its parent, is no child of ours: it outlives us.
    roots.extend(home.postmaster().and_then(usage::parent));
    for pid in roots.into_iter().flat_map(usage::tree) {
        let (name, held) = (usage::name(pid), usage::proportional(pid));
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += held,
            None => all.push((name, held)),
        }
    }
    all
}

fn add_memory(what: &str, all: &[(String, u64)], table: &mut Table) {
    let total: u64 = all.iter().map(|(_, kib)| kib).sum();
    let parts: Vec<_> = all
        .iter()
        .map(|(name, kib)| format!("{name} {} MiB", kib / 1024))
        .collect();
    table.add_figure(
        &format!("A2 memory of {what}, idle ({})", parts.join(", ")),
        total as f64 / 1024.0,
        "MiB",
        Goal::None,
    );
}

/// The same of the window.
fn window(programs: &Path, home: &Home, rounds: usize, table: &mut Table) -> Outcome<()> {
    let Some(display) = Display::start() else {
        eprintln!("a1: there is no Xvfb; the window is not measured");
        return Ok(());
    };
    let first: Vec<_> = (0..FIRST)
        .map(|_| Ok(shows(&Home::new(programs, None)?, &display, false)?.0))
        .collect::<Outcome<_>>()?;
    let (mut later, mut memory) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        let (took, held) = shows(home, &display, round == rounds)?;
        later.push(took);
        memory = held;
    }
    table.add_time(
        "A1 first start of the window: shown",
        median(&first),
        None,
        Goal::AtMost(4000.0),
    );
    table.add_time(
        "A1 later start of the window: shown",
        median(&later),
        None,
        Goal::AtMost(1000.0),
    );
    add_memory("the window", &memory, table);
    Ok(())
}

fn shows(home: &Home, display: &Display, look: bool) -> Outcome<(Duration, Vec<(String, u64)>)> {
    let begun = Instant::now();
    let mut app = home
        .program("vm-orchestrator")
        .env("DISPLAY", &display.name)
        .env("RUST_LOG", "vm_orchestrator=info")
        .stderr(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(app.stderr.take().ok_or("no errors to read")?).lines();
    let is_shown = lines.any(|line| line.is_ok_and(|line| line.contains(SHOWN)));
    let took = begun.elapsed();
    // Whatever else it says must find a reader.
    thread::spawn(move || lines.for_each(drop));
    let mut held = Vec::new();
    if look {
        thread::sleep(IDLE);
        held = memory(home, &app);
    }
    home.end(&mut app)?;
    if is_shown {
        Ok((took, held))
    } else {
        Err("the window was not shown".into())
    }
}

/// An X server that nobody sees.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn start() -> Option<Self> {
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1500x1000x24",
                "-nolisten",
                "tcp",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut number = String::new();
        BufReader::new(server.stdout.take()?)
            .read_line(&mut number)
            .ok()?;
        let name = format!(":{}", number.trim());
        eprintln!("a1: the window is shown on {name}");
        Some(Self { server, name })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}
