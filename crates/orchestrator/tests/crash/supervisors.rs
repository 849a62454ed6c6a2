//! Supervisors are killed, now and then with the app (P3).

use std::time::{Duration, Instant};

use orchestrator::{job::Status, wire::Event};
use rustix::process::{Signal, kill_process};

use crate::{
    cast::{Cast, RIGHT_WITHIN, plan},
    dice::{Dice, kills},
    home::Home,
    page::{App, Page},
    postgres::Postgres,
    witness::Plan,
};

#[tokio::test]
async fn a_killed_supervisors_job_is_lost_with_its_log_whole_and_its_children_ended() {
    let mut dice = Dice::new();
    let postgres = Postgres::start();
    let mut app = App::start(Home::new(Some(postgres.url("postgres"))));
    let mut page = app.page().await;
    let mut cast = Cast::default();
    let (mut slowest, mut hit) = (Duration::ZERO, 0);
    for _ in 0..kills() {
        let plan = Plan {
            behind: dice.one_in(4),
            ..plan(&mut dice)
        };
        let victim = cast.start(&app.home, &mut page, plan).await;
        let other = self::plan(&mut dice);
        cast.start(&app.home, &mut page, other).await;
        std::thread::sleep(dice.moment(400));
        let role = &mut cast.roles[victim];
        let spooled = role.spooled();
        let Some(pid) = role.supervisor_process() else {
            role.witness.stop();
            continue;
        };
        // It may have ended in this moment.
        kill_process(pid, Signal::KILL).ok();
        role.orphaned = Some(spooled);
        hit += 1;
        let begun = Instant::now();
        if dice.one_in(5) {
            app.kill();
            app.again();
            page = app.page().await;
        }
        let took = is_over(&mut cast, victim, &mut page, begun).await;
        slowest = slowest.max(took);
    }
    cast.judge(&mut page).await;
    println!("{hit} supervisors killed; their jobs were over {slowest:?} later at the latest");
    assert!(
        hit * 2 > kills(),
        "most moments have to be ones at which a supervisor runs"
    );
}

/// Waits until the job is lost, or ended well in the last moment, and nothing of it runs.
async fn is_over(cast: &mut Cast, victim: usize, page: &mut Page, begun: Instant) -> Duration {
    let role = &cast.roles[victim];
    let told = tokio::time::timeout(RIGHT_WITHIN, async {
        let (asked, _) = crate::cast::all_jobs(page).await;
        if let Some(job) = asked.get(&role.id).filter(|job| job.status.is_over()) {
            return job.clone();
        }
        page.until(|event| match event {
            Event::Job(job) if job.id == role.id && job.status.is_over() => {
                Some(job.as_ref().clone())
            }
            _ => None,
        })
        .await
    });
    let told = told.await;
    let took = begun.elapsed();
    match told {
        Ok(job) if role.has_right_end(&job) => {
            let left = role.witness.left();
            assert!(
                job.status != Status::Lost || left.is_empty(),
                "{left:?} still run: {job:?}"
            );
        }
        wrong => {
            eprintln!("2 s later: {wrong:?}");
            cast.counts.wrong_status += 1;
        }
    }
    took
}
