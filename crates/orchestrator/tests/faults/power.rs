//! The power goes, or the disk is slow: what was told stays true (P4).

use std::{
    os::unix::fs::symlink,
    process::Command,
    time::{Duration, Instant},
};

use orchestrator::{
    job::{JobId, Status},
    wire::{JobRequest, Reply},
};
use rustix::process::{Signal, kill_process};

use crate::{
    home::{Home, eventually},
    loop_disk::LoopDisk,
    page::{App, Page},
    postgres::Postgres,
};

/// Kills everybody who was started for these folders, as a power loss does.
fn kill_all(home: &Home, disk: Option<&LoopDisk>) {
    eventually("nobody is left", || {
        let of_home = home.left().into_iter().map(|(pid, _)| pid);
        let left: Vec<_> = of_home
            .chain(disk.iter().flat_map(|disk| disk.users()))
            .collect();
        for pid in &left {
            kill_process(*pid, Signal::KILL).ok();
        }
        left.is_empty()
    });
}

fn known_as(postgres: &Postgres, id: JobId) -> String {
    let ask = format!("select status from jobs where id = '{id}'");
    postgres.psql("postgres", &ask).trim().to_owned()
}

async fn status(page: &mut Page, id: JobId) -> Option<Status> {
    match page.ask(JobRequest::Job { job: id }).await {
        Ok(Reply::Job(job)) => Some(job.status),
        _ => None,
    }
}

#[tokio::test]
async fn a_power_loss_leaves_no_job_running_and_none_without_a_trace() {
    let Some(disk) = LoopDisk::mount(300) else {
        return;
    };
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let data = disk.path().join("app");
    std::fs::create_dir(&data).unwrap();
    symlink(data, home.data()).unwrap();
    let mut app = App::start(home);
    // So that the disk has the folders that all jobs are in; a first start is another matter.
    assert!(
        Command::new("sync")
            .arg("-f")
            .arg(disk.path())
            .status()
            .unwrap()
            .success()
    );
    let mut page = app.page().await;
    page.until_ready_again().await;
    let mut ids = Vec::new();
    for command in ["sleep 1000", "while :; do echo line; sleep 0.05; done"] {
        for _ in 0..3 {
            ids.push(page.start(command).await.id);
        }
    }
    eventually("the store has them all", || {
        ids.iter().all(|id| known_as(&postgres, *id) == "running")
    });
    disk.cut();
    drop(page);
    app.kill();
    kill_all(&app.home, Some(&disk));
    disk.again();
    app.again();
    let (mut page, begun) = (app.page().await, Instant::now());
    for id in ids {
        while status(&mut page, id).await != Some(Status::Lost) {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{id} is not lost"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        eventually("the store knows it", || known_as(&postgres, id) == "lost");
    }
    eventually("all are archived", || app.home.job_folders().is_empty());
    app.kill();
}

#[tokio::test]
async fn an_end_is_archived_when_it_is_on_the_disk_and_not_before() {
    let can_trace = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status();
    if !can_trace.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: strace cannot make a disk slow here");
        return;
    }
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    // Each sync of ours takes a second and a half.
    let mut app = App::start_by(home, |vmo| {
        let mut slow = Command::new("strace");
        slow.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", "signal=none"]);
        slow.args(["-e", "trace=fsync,fdatasync"]);
        slow.args(["-e", "inject=fsync,fdatasync:delay_enter=1500000"]);
        slow.arg(vmo.get_program()).args(vmo.get_args());
        slow.current_dir(vmo.get_current_dir().unwrap());
        crate::home::same_variables(&vmo, &mut slow);
        slow
    });
    let mut page = app.page().await;
    page.until_ready_again().await;
    let id = page.start("echo out").await.id;
    assert_eq!(page.over(id).await.status, Status::Done);
    let folder = app.home.data().join("jobs").join(id.to_string());
    loop {
        // In this order: it may be written down in between.
        let status = known_as(&postgres, id);
        let is_kept = !folder.exists() || folder.join("exit.json").exists();
        assert!(
            is_kept || status != "done",
            "only the store knows how it ended"
        );
        if is_kept {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    eventually("it is archived", || known_as(&postgres, id) == "done");
    app.kill();
    kill_all(&app.home, None);
}
