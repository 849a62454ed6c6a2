//! Disks that are full: a server's, and the one that jobs are spooled to.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::symlink,
    process::Stdio,
};

use crate::{
    home::{Home, eventually},
    load::Load,
    page::App,
    postgres::Postgres,
    small_disk::SmallDisk,
    sshd::Sshd,
    witness::{Counts, Plan, Witness},
};

use orchestrator::{job::Status, wire::Event};

#[tokio::test]
async fn a_data_disk_that_is_full_for_a_while() {
    let (Some(data), Some(wal)) = (SmallDisk::mount(400), SmallDisk::mount(200)) else {
        return;
    };
    let settings = ["max_wal_size=32MB"];
    let postgres = Postgres::start_on(&settings, Some(data.path()), Some(wal.path()));
    let mut load = Load::start(postgres.url("postgres")).await;
    let ballast = data.fill();
    let why = load.until_trouble().await;
    assert!(
        why.contains("No space left") || why.contains("could not extend"),
        "{why}"
    );
    let text = load.doctor();
    assert!(text.contains("broken  Postgres"), "{text}");
    load.goes_on(10 << 20).await;
    drop(ballast);
    load.heals(true).await;
}

#[tokio::test]
async fn a_write_ahead_log_that_cannot_be_written() {
    let Some(wal) = SmallDisk::mount(200) else {
        return;
    };
    let mut postgres = Postgres::start_on(&["max_wal_size=32MB"], None, Some(wal.path()));
    let mut load = Load::start(postgres.url("postgres")).await;
    let ballast = wal.fill();
    load.until_trouble().await;
    // A PANIC, and another one while it recovers.
    postgres.ends();
    load.goes_on(10 << 20).await;
    drop(ballast);
    postgres.up();
    load.heals(true).await;
}

/// Folders whose jobs are spooled to this disk, on which so much is to be left free.
const FLOOR: (&str, &str) = ("VMO_DISK_FLOOR", "20000000");

fn home_on(disk: &SmallDisk, postgres: &Postgres) -> Home {
    let home = Home::new(Some(postgres.url("postgres")));
    let data = disk.path().join("app");
    std::fs::create_dir(&data).unwrap();
    symlink(data, home.data()).unwrap();
    home
}

fn writes_on() -> Plan {
    Plan {
        seed: 1,
        size: 20_000,
        pace: 10_000,
        ..Plan::default()
    }
}

#[tokio::test]
async fn a_job_waits_while_its_disk_is_full_and_the_window_says_so() {
    waits_while_its_disk_is_full(None).await;
}

#[tokio::test]
async fn a_command_on_a_host_waits_while_the_disk_is_full() {
    waits_while_its_disk_is_full(Some(Sshd::start())).await;
}

/// A job here, or on a host.
async fn waits_while_its_disk_is_full(sshd: Option<Sshd>) {
    let Some(disk) = SmallDisk::mount(200) else {
        return;
    };
    let postgres = Postgres::start();
    let home = home_on(&disk, &postgres);
    if let Some(sshd) = &sshd {
        std::fs::copy(sshd.config(""), home.ssh_config()).unwrap();
    }
    let app = App::start_by(home, |mut command| {
        command.env(FLOOR.0, FLOOR.1);
        command
    });
    let mut page = app.page().await;
    let witness = Witness::new(&app.home.work(), "job", writes_on());
    let host = sshd.as_ref().map(|_| "box");
    let id = page.start_on(host, &witness.command()).await.id;
    crate::home::eventually("it writes", || witness.written() > 1 << 20);
    let ballast = disk.fill();
    let paused = |event: &Event| match event {
        Event::Job(job) if job.id == id => Some(job.paused.clone()),
        _ => None,
    };
    let why = page.until(|event| paused(event).flatten()).await;
    assert!(why.starts_with("disk full"), "{why}");
    // What the pipe holds it may still write; then it waits.
    let mut written = 0;
    crate::home::eventually("it waits", || {
        std::thread::sleep(std::time::Duration::from_millis(500));
        std::mem::replace(&mut written, witness.written()) == written
    });
    drop(ballast);
    page.until(|event| paused(event).filter(Option::is_none))
        .await;
    crate::home::eventually("it goes on", || witness.written() > written + (1 << 20));
    witness.stop();
    let job = page.now_over(id).await;
    assert_eq!((job.status, job.paused), (Status::Done, None));
    let (kept, _) = page.read_raw(id, 0, usize::MAX).await;
    let kept = [0, 1].map(|stream| kept.get(&stream).map_or(&[][..], Vec::as_slice));
    assert_eq!(witness.compare(kept, true), Counts::default());
    crate::home::eventually("it is archived", || app.home.job_folders().is_empty());
}

#[test]
fn a_command_line_says_that_its_job_waits() {
    let Some(disk) = SmallDisk::mount(100) else {
        return;
    };
    let postgres = Postgres::start();
    let home = home_on(&disk, &postgres);
    let witness = Witness::new(&home.work(), "job", writes_on());
    let mut vmo = home.vmo(&["run", "--", &witness.command()]);
    vmo.env(FLOOR.0, FLOOR.1)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut vmo = vmo.spawn().unwrap();
    crate::home::eventually("it writes", || witness.written() > 1 << 20);
    let ballast = disk.fill();
    let mut lines = BufReader::new(vmo.stderr.take().unwrap())
        .split(b'\n')
        .map(Result::unwrap);
    // The job writes there too.
    let mut says =
        |text: &[u8]| lines.any(|line| line.windows(text.len()).any(|part| part == text));
    assert!(says(b"vmo: paused: disk full"));
    let log = home.run(&["log", "last"]);
    let of_log = String::from_utf8_lossy(&log.stderr).into_owned();
    assert!(of_log.contains("vmo: paused: disk full"), "{of_log}");
    let mut following = home.vmo(&["log", "last", "--follow"]);
    following.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut following = following.spawn().unwrap();
    let mut followed = BufReader::new(following.stderr.take().unwrap()).lines();
    let mut follower_says = |text: &str| followed.any(|line| line.unwrap().contains(text));
    assert!(follower_says("vmo: paused: disk full"));
    drop(ballast);
    assert!(says(b"vmo: it goes on") && follower_says("vmo: it goes on"));
    witness.stop();
    while lines.next().is_some() {}
    assert!(vmo.wait().unwrap().success() && following.wait().unwrap().success());
}

#[test]
fn the_doctor_writes_to_a_disk_of_which_nothing_is_kept_free() {
    let Some(disk) = SmallDisk::mount(20) else {
        return;
    };
    let postgres = Postgres::start();
    let home = home_on(&disk, &postgres);
    let doctor = || {
        let mut vmo = home.vmo(&["doctor"]);
        let output = vmo.env_remove("SHELL").output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), printed)
    };
    let (code, said) = doctor();
    assert!(
        code == Some(0) && said.contains("ok      data folder"),
        "{said}"
    );
    let ballast = disk.fill();
    let (code, said) = doctor();
    assert!(
        code == Some(1) && said.contains("broken  data folder"),
        "{said}"
    );
    assert!(said.contains("nothing can be written there"), "{said}");
    drop(ballast);
    assert_eq!(doctor().0, Some(0));
}

#[test]
fn a_disk_without_room_for_files_starts_nothing_and_says_so() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    fs::create_dir_all(home.data()).unwrap();
    let Some(_disk) = SmallDisk::mount_on_for(&home.data(), 200) else {
        return;
    };
    assert_eq!(home.text(&["run", "--", "echo here"]), "here\n");
    eventually("it is archived", || home.job_folders().is_empty());
    let mut files = Vec::new();
    for number in 0.. {
        let file = home.data().join(format!("file-{number}"));
        if fs::write(&file, "").is_err() {
            break;
        }
        files.push(file);
    }
    files
        .drain(..20)
        .for_each(|file| fs::remove_file(file).unwrap());
    let output = home.run(&["run", "--", "echo here"]);
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && output.stdout.is_empty(),
        "{why}"
    );
    assert!(why.contains("more files can be made on its disk"), "{why}");
    let doctor = home.run(&["doctor"]);
    assert!(!doctor.status.success());
    let found = String::from_utf8(doctor.stdout).unwrap();
    assert!(found.contains("more files can be made there"), "{found}");
    for file in files {
        fs::remove_file(file).unwrap();
    }
    assert_eq!(home.text(&["run", "--", "echo here"]), "here\n");
    eventually("it is archived", || home.job_folders().is_empty());
}
