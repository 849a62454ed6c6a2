//! W3, how late a line is: from the moment a target prints it to the moment the client has it; alone, and beside a flood
//! that is started anew whenever the one before has reached its client.

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use orchestrator::job::JobId;
use supervisor::clock::boot_us as now;
use tokio::task::spawn_blocking;

use crate::{
    Outcome,
    app::App,
    arrivals::Arrivals,
    bare,
    home::Door,
    page::Page,
    printed::Log,
    table::{Goal, Table, median, percentile, shown},
};

/// Lines of one turn.
const TICKS: usize = 200;
/// The time between two.
const EVERY: Duration = Duration::from_millis(10);
/// The file that the printer leaves what it printed in.
const PRINTED: &str = "ticks.out";

/// The printer: lines that say when they were printed, each written at once. What it wrote it leaves in a file.
pub(crate) fn print() -> Outcome<()> {
    let mut all = Vec::new();
    let mut out = io::stdout().lock();
    for number in 0..TICKS {
        thread::sleep(EVERY);
        let line = format!("{number} {}\n", now());
        out.write_all(line.as_bytes())?;
        out.flush()?;
        all.extend_from_slice(line.as_bytes());
    }
    Ok(fs::write(PRINTED, all)?)
}

/// The middle one of a turn's delays, and the one that one in a hundred exceeds.
#[derive(Clone, Copy)]
struct Delay {
    p50: Duration,
    p99: Duration,
}

impl Delay {
    fn of(delays: &[Duration]) -> Self {
        Self {
            p50: median(delays),
            p99: percentile(delays, 99),
        }
    }
}

/// W3.
pub(crate) async fn measure(app: &App, rounds: usize, table: &mut Table) -> Outcome<()> {
    let mut page = app.page().await?;
    let (mut bare, mut alone, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        bare.push(Delay::of(&through_a_pipe(&app.work())?));
        alone.push(Delay::of(&run(app, &mut page).await?));
        let flood = Flood::start(app);
        let delays = run(app, &mut page).await;
        // The last flood may take its time, and who does not read for that long is cut off.
        let jobs = page.beside(flood.stop()).await?;
        beside.push(Delay::of(&delays?));
        for job in &jobs {
            app.archived(&mut page, *job).await?;
        }
        if let Some(job) = jobs.last() {
            app.has(&mut page, *job, app.printed.flood).await?;
        }
        let last = |all: &[Delay]| {
            all.last().map_or_else(String::new, |it| {
                format!("{} / {}", shown(it.p50), shown(it.p99))
            })
        };
        eprintln!(
            "w3 {round}/{rounds}: a pipe {}, alone {}, beside {} floods {}",
            last(&bare),
            last(&alone),
            jobs.len(),
            last(&beside)
        );
    }
    let p50 = |all: &[Delay]| median(&all.iter().map(|it| it.p50).collect::<Vec<_>>());
    let p99 = |all: &[Delay]| median(&all.iter().map(|it| it.p99).collect::<Vec<_>>());
    let rows = [
        ("W3 alone, p50", p50(&alone), p50(&bare), Goal::AtMost(0.3)),
        ("W3 alone, p99", p99(&alone), p99(&bare), Goal::AtMost(1.0)),
        ("W3 beside W1, p50", p50(&beside), p50(&bare), Goal::None),
        (
            "W3 beside W1, p99",
            p99(&beside),
            p99(&bare),
            Goal::AtMost(25.0),
        ),
    ];
    for (name, ours, pipe, goal) in rows {
        table.add_time(name, ours, Some((pipe, "a pipe, alone")), goal);
    }
    Ok(())
}

/// One turn through us: each line's delay. What Postgres has afterwards is what the printer says it printed.
async fn run(app: &App, page: &mut Page) -> Outcome<Vec<Duration>> {
    let job = page.start("w3").await?;
    let subscription = page.listen(job).await?;
    let arrivals = page.arrivals(subscription).await?;
    app.archived(page, job).await?;
    page.over(job).await?;
    let printed: Log = [fs::read(app.work().join(PRINTED))?.leak(), b""];
    if arrivals.bytes != printed[0] {
        return Err("the ticks that came are not those that were printed".into());
    }
    app.has(page, job, printed).await?;
    arrivals.delays(TICKS)
}

/// The same printer, read straight from its pipe.
fn through_a_pipe(work: &Path) -> Outcome<Vec<Duration>> {
    let (mut child, mut output) = bare::start(work, "w3")?;
    let mut arrivals = Arrivals::default();
    let mut buffer = [0; 4096];
    loop {
        match output.read(&mut buffer)? {
            0 => break,
            length => arrivals.take(&buffer[..length]),
        }
    }
    child.wait()?;
    arrivals.delays(TICKS)
}

/// Floods, one after the other, each with a client of its own on a thread of its own.
struct Flood {
    enough: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<JobId>, String>>,
}

impl Flood {
    fn start(app: &App) -> Self {
        let (door, log) = (app.door.clone(), app.printed.flood);
        let enough = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&enough);
        let thread =
            thread::spawn(move || flood(&door, log, &stop).map_err(|error| error.to_string()));
        Self { enough, thread }
    }

    /// The floods there were.
    async fn stop(self) -> Outcome<Vec<JobId>> {
        self.enough.store(true, Ordering::Relaxed);
        let ended = spawn_blocking(|| self.thread.join()).await?;
        Ok(ended.map_err(|_| "the flood panicked")??)
    }
}

fn flood(door: &Door, log: Log, enough: &AtomicBool) -> Outcome<Vec<JobId>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut page = Page::open(door).await?;
        let mut jobs = Vec::new();
        while !enough.load(Ordering::Relaxed) {
            let job = page.start("w1").await?;
            let subscription = page.subscribe(job, log).await?;
            page.whole(subscription).await?;
            jobs.push(job);
        }
        Ok(jobs)
    })
}
