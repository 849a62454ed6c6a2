//! W1, one target that prints a million lines; W2, a hundred jobs at once that print as many together.

use std::time::{Duration, Instant};

use crate::{
    Outcome,
    app::App,
    archive::Copy,
    bare,
    page::Page,
    table::{Goal, Table, median, shown},
    usage,
};

/// What one flood took. Its client has it when the last byte is there and the exit is known.
struct Took {
    to_client: Duration,
    archived: Duration,
    /// Processor time of ours: the server, the supervisor, make and its recipe.
    ours: Duration,
    postgres: Duration,
}

/// W1, and on what, if that is not our own Postgres.
pub(crate) async fn one(app: &App, on: &str, rounds: usize, table: &mut Table) -> Outcome<()> {
    let mut page = app.page().await?;
    let copy = Copy::of(app.printed.flood[0]);
    // Once each, so that files and code are in memory.
    bare::thrown_away(&app.work(), "w1")?;
    copy.run(app, &mut page).await?;
    run(app, &mut page).await?;
    let (mut bares, mut copies, mut floods) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        bares.push(bare::thrown_away(&app.work(), "w1")?);
        let flood = run(app, &mut page).await?;
        copies.push(copy.run(app, &mut page).await?);
        let last = |all: &[Duration]| all.last().copied().map_or_else(String::new, shown);
        eprintln!(
            "w1 {round}/{rounds}: bare {}, to client {}, archived {}, COPY {}",
            last(&bares),
            shown(flood.to_client),
            shown(flood.archived),
            last(&copies),
        );
        floods.push(flood);
    }
    let of = |what: fn(&Took) -> Duration| median(&floods.iter().map(what).collect::<Vec<_>>());
    let named = |what: &str| {
        if on.is_empty() {
            format!("W1 {what}")
        } else {
            format!("W1 {what}, {on}")
        }
    };
    table.add_ratio(
        &named("to client"),
        of(|it| it.to_client),
        (median(&bares), "make, thrown away"),
        Goal::AtMost(1.5),
    );
    table.add_ratio(
        &named("archived"),
        of(|it| it.archived),
        (median(&copies), "one COPY"),
        Goal::AtMost(1.5),
    );
    // Packing is what a server spends most on, and lz4 packs several times faster.
    let processor = if app.packs_fast().await? { 1.2 } else { 2.4 };
    let (ours, postgres) = (of(|it| it.ours), of(|it| it.postgres));
    eprintln!(
        "w1 processor: ours {}, Postgres {}",
        shown(ours),
        shown(postgres)
    );
    let (held, server) = memory(app, &mut page).await?;
    table.add_figure(
        &named("memory over idle, vmo and its supervisor"),
        held,
        "MiB",
        Goal::AtMost(32.0),
    );
    table.add_figure(
        &named("memory over idle, Postgres"),
        server,
        "MiB",
        Goal::None,
    );
    table.add_figure(
        &named("processor, ours and Postgres"),
        (ours + postgres).as_secs_f64(),
        "s",
        Goal::AtMost(processor),
    );
    Ok(())
}

/// Between two floods: what waits for a quiet moment has one.
const QUIET: Duration = Duration::from_secs(1);

/// How long floods take into the archive, one after the other for so long, each compared with what was printed.
pub(crate) async fn archived_for(app: &App, time: Duration) -> Outcome<Vec<Duration>> {
    let mut page = app.page().await?;
    run(app, &mut page).await?;
    let (begun, mut took) = (Instant::now(), Vec::new());
    while begun.elapsed() < time {
        took.push(run(app, &mut page).await?.archived);
        let quiet = async {
            tokio::time::sleep(QUIET).await;
            Ok(())
        };
        page.beside(quiet).await?;
    }
    Ok(took)
}

/// A flood from the click to the client and into the archive, compared with what was printed.
async fn run(app: &App, page: &mut Page) -> Outcome<Took> {
    let (ours, postgres) = used(app);
    let begun = Instant::now();
    let job = page.start("w1").await?;
    let subscription = page.subscribe(job, app.printed.flood).await?;
    let to_client = page.whole(subscription).await?.max(page.over(job).await?) - begun;
    let archived = app.archived(page, job).await? - begun;
    let (ours_then, postgres_then) = used(app);
    app.has(page, job, app.printed.flood).await?;
    Ok(Took {
        to_client,
        archived,
        ours: ours_then.saturating_sub(ours),
        postgres: postgres_then.saturating_sub(postgres),
    })
}

/// MiB over idle at the highest of all floods so far, and those of Postgres during one more, which is watched closely.
async fn memory(app: &App, page: &mut Page) -> Outcome<(f64, f64)> {
    let job = page.start("w1").await?;
    let subscription = page.subscribe(job, app.printed.flood).await?;
    let folder = app.jobs().join(job.to_string());
    let watched = async {
        let (mut supervisor, mut postgres) = (0, 0);
        while folder.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let ours = usage::tree(app.pid())
                .into_iter()
                .filter(|pid| usage::name(*pid).starts_with("vmo-superv"));
            supervisor = ours
                .filter_map(|pid| usage::peak(pid).ok())
                .chain([supervisor])
                .max()
                .unwrap_or(0);
            postgres = postgres.max(usage::of_tree(app.postgres));
        }
        Ok((supervisor, postgres))
    };
    let (supervisor, postgres) = page.beside(watched).await?;
    page.whole(subscription).await?;
    let ours = usage::peak(app.pid())?.saturating_sub(app.idle) + supervisor;
    Ok((
        ours as f64 / 1024.0,
        postgres.saturating_sub(app.idle_postgres) as f64 / 1024.0,
    ))
}

/// Jobs of W2.
const MANY: usize = 100;

/// W2: what is compared is as many of the bare command, all at once.
pub(crate) async fn many(app: &App, rounds: usize, table: &mut Table) -> Outcome<()> {
    let mut page = app.page().await?;
    let (mut bares, mut clients, mut archives) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        bares.push(bare::many_thrown_away(&app.work(), "w2", MANY)?);
        let begun = Instant::now();
        let mut jobs = Vec::with_capacity(MANY);
        for _ in 0..MANY {
            let job = page.start("w2").await?;
            jobs.push((job, page.subscribe(job, app.printed.many).await?));
        }
        let mut last = begun;
        for (job, subscription) in &jobs {
            last = last
                .max(page.whole(*subscription).await?)
                .max(page.over(*job).await?);
        }
        clients.push(last - begun);
        for (job, _) in &jobs {
            app.archived(&mut page, *job).await?;
        }
        archives.push(begun.elapsed());
        for (job, _) in jobs {
            app.has(&mut page, job, app.printed.many).await?;
        }
        let last = |all: &[Duration]| all.last().copied().map_or_else(String::new, shown);
        eprintln!(
            "w2 {round}/{rounds}: bare {}, to client {}, archived {}",
            last(&bares),
            last(&clients),
            last(&archives)
        );
    }
    table.add_ratio(
        "W2 to client",
        median(&clients),
        (median(&bares), "100 × make, thrown away"),
        Goal::None,
    );
    table.add_ratio(
        "W2 archived",
        median(&archives),
        (median(&bares), "100 × make, thrown away"),
        Goal::None,
    );
    Ok(())
}

/// The processor time of ours and of Postgres so far.
pub(crate) fn used(app: &App) -> (Duration, Duration) {
    let postgres = usage::processor_time(&[app.postgres]);
    let all = usage::processor_time(&[app.pid(), app.postgres]);
    (all.saturating_sub(postgres), postgres)
}
