//! W4, from a click to the first byte; W5, many short jobs, one after the other.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    Outcome,
    app::App,
    bare, flood,
    page::Page,
    table::{Goal, Row, Table, median, shown},
};

/// Clicks of one turn.
const CLICKS: usize = 30;
/// Jobs of one turn.
const JOBS: usize = 200;

/// The bare figures alone, for who measures something else in turns with them: milliseconds to the first byte, jobs a
/// second.
pub(crate) fn bare_alone(work: &Path) -> Outcome<(f64, f64)> {
    let firsts = (0..CLICKS)
        .map(|_| bare::first_byte(work, "hello"))
        .collect::<Outcome<Vec<_>>>()?;
    let begun = Instant::now();
    for _ in 0..JOBS {
        bare::to_its_end(work, "hello")?;
    }
    Ok((
        median(&firsts).as_secs_f64() * 1e3,
        JOBS as f64 / begun.elapsed().as_secs_f64(),
    ))
}

/// W4: what is compared is `make` started and its first byte read.
pub(crate) async fn first_byte(app: &App, rounds: usize, table: &mut Table) -> Outcome<()> {
    let mut page = app.page().await?;
    let (mut bares, mut clicks) = (Vec::new(), Vec::new());
    // The first ones find nothing in memory.
    for turn in 0..rounds * CLICKS + 3 {
        let bare = bare::first_byte(&app.work(), "hello")?;
        let click = click(app, &mut page).await?;
        if turn >= 3 {
            bares.push(bare);
            clicks.push(click);
        }
    }
    table.add_ratio(
        "W4 click to first byte, p50",
        median(&clicks),
        (median(&bares), "make, its first byte"),
        Goal::AtMost(1.6),
    );
    Ok(())
}

async fn click(app: &App, page: &mut Page) -> Outcome<Duration> {
    let begun = Instant::now();
    let job = page.start("hello").await?;
    let subscription = page.subscribe(job, app.printed.hello).await?;
    let first = page.first(subscription).await? - begun;
    page.whole(subscription).await?;
    page.over(job).await?;
    // The next click finds nothing of this one under way.
    app.archived(page, job).await?;
    app.has(page, job, app.printed.hello).await?;
    Ok(first)
}

/// W5: the clock stops when the last job is archived with its status.
pub(crate) async fn short_jobs(app: &App, rounds: usize, table: &mut Table) -> Outcome<()> {
    let mut page = app.page().await?;
    let (mut bares, mut ours, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        let begun = Instant::now();
        for _ in 0..JOBS {
            bare::to_its_end(&app.work(), "hello")?;
        }
        bares.push(begun.elapsed());
        let (ours_before, postgres_before) = flood::used(app);
        let begun = Instant::now();
        let mut jobs = Vec::with_capacity(JOBS);
        for _ in 0..JOBS {
            let job = page.start("hello").await?;
            page.over(job).await?;
            jobs.push(job);
        }
        known.push(begun.elapsed());
        for job in &jobs {
            app.archived(&mut page, *job).await?;
        }
        ours.push(begun.elapsed());
        let (ours_then, postgres_then) = flood::used(app);
        for job in jobs {
            app.has(&mut page, job, app.printed.hello).await?;
        }
        let last = |all: &[Duration]| all.last().copied().map_or_else(String::new, shown);
        eprintln!(
            "w5 {round}/{rounds}: {JOBS} jobs bare {}, ours {}, archived {}; processor a job: ours {}, Postgres {}",
            last(&bares),
            last(&known),
            last(&ours),
            shown((ours_then - ours_before) / JOBS as u32),
            shown((postgres_then - postgres_before) / JOBS as u32),
        );
    }
    let rate = |times: &[Duration]| JOBS as f64 / median(times).as_secs_f64();
    table.add(Row {
        name: "W5 short jobs".into(),
        ours: format!("{:.0} jobs/s", rate(&ours)),
        beside: format!("{:.0} jobs/s (make)", rate(&bares)),
        figure: rate(&ours) / rate(&bares),
        unit: "×",
        goal: Goal::AtLeast(0.6),
    });
    Ok(())
}
