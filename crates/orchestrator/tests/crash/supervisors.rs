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
    let reported = tokio::time::timeout(RIGHT_WITHIN, async {
        let (jobs, _) = crate::cast::all_jobs(page).await;
        if let Some(job) = jobs.get(&role.id).filter(|job| job.status.is_over()) {
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
    let reported = reported.await;
    let took = begun.elapsed();
    match reported {
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

/// Whatever a job's processes do to hide: each is ended when the supervisor is killed, and named.
#[test]
fn children_that_hide_are_ended_and_named() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    // The last word says whether its supervisor has to have seen that it was orphaned.
    let hidden = "env -i PATH=$PATH sh -c 'echo $$ >pid.new; mv pid.new pid; exec sleep 1110'";
    let silent = "env -i PATH=$PATH setsid sh -c 'echo $$ >pid.new; mv pid.new pid; exec sleep 1111 >/dev/null 2>&1' </dev/null";
    for (script, orphaned) in [
        (hidden.to_owned(), false),
        (format!("exec {hidden}"), false),
        (format!("{hidden} >/dev/null 2>&1 & wait"), false),
        (hidden.replace("sh -c", "setsid sh -c"), false),
        (format!("({hidden} &); sleep 1112"), false),
        (
            format!(
                "({} &); sleep 1113",
                hidden.replace("sh -c", "setsid sh -c")
            ),
            false,
        ),
        (silent.to_owned(), false),
        (format!("({silent} &); sleep 1114"), true),
        (
            format!("bash -c \"set -m; {hidden} >/dev/null 2>&1 </dev/null &\"; sleep 1115"),
            false,
        ),
        (
            format!("({silent} &); sleep 0.5; exec env -i sleep 1116"),
            true,
        ),
    ] {
        let mut running = home.start(&["run", "--", &script]);
        let file = home.work().join("pid");
        crate::home::appears(&file);
        let pid: i32 = std::fs::read_to_string(&file)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        std::fs::remove_file(&file).unwrap();
        let [folder] = &home.job_folders()[..] else {
            panic!("{:?}", home.job_folders());
        };
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        if orphaned {
            crate::home::eventually("the orphan is written down", || {
                read("orphans.json").contains(&format!("\"pid\":{pid},"))
            });
        }
        let who: supervisor::folder::Supervisor =
            serde_json::from_str(&read("supervisor.json")).unwrap();
        let supervisor = rustix::process::Pid::from_raw(who.supervisor.pid).unwrap();
        kill_process(supervisor, Signal::KILL).unwrap();
        assert!(!running.child.wait().unwrap().success());
        assert!(!crate::home::is_alive(pid), "{script}");
        let row = &home.json(&["jobs", "--json"])[0];
        let reason = row["reason"].as_str().unwrap();
        assert!(reason.contains(&format!("(pid {pid})")), "{script}: {row}");
    }
}
