//! Twelve jobs that print more than their disk holds, with our own Postgres on the same disk: what it fills must never be the
//! room that Postgres needs to empty it.

use std::{
    env, fs,
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use orchestrator::{
    job::{JobId, Status},
    store::embedded,
    wire::{JobRequest, Reply},
};
use rustix::process::{Pid, Signal, kill_process};
use supervisor::{disk, stat::Stat};

use crate::{
    home::{Home, eventually},
    page::{App, Page},
    small_disk::SmallDisk,
};

const FLOODS: u64 = 12;

/// Mebibytes of the disk; `VMO_FLOODS` says another number.
const DISK: u64 = 600;

/// What one of them does. Every other one prints what Postgres packs well, as `yes` does, and more of it; the rest cannot be
/// packed, and is in the history as large as in the spool.
fn flood(number: u64, disk: u64) -> String {
    let mebibyte = 1 << 20;
    if number.is_multiple_of(2) {
        let bytes = disk * mebibyte / 8;
        format!("yes 'flood {number} says it again and again' | head -c {bytes}")
    } else {
        let (vmo, bytes) = (env!("CARGO_BIN_EXE_vmo"), disk * mebibyte / 24);
        let from = number * 4099;
        format!("cat {vmo} {vmo} {vmo} | tail -c +{from} | base64 | head -c {bytes}")
    }
}

/// The postmaster and all of its.
fn postgres(data: &Path) -> Vec<Pid> {
    let note = fs::read_to_string(data.join("postmaster.pid")).unwrap();
    let first: i32 = note.lines().next().unwrap().trim().parse().unwrap();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let stats = entries.filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        Some((
            pid,
            Stat::parse(&fs::read(entry.path().join("stat")).ok()?)?,
        ))
    });
    let its = stats.filter(|(pid, stat)| *pid == first || stat.ppid == first);
    its.filter_map(|(pid, _)| Pid::from_raw(pid)).collect()
}

/// Waits until nobody goes on, for want of room.
async fn all_wait(page: &mut Page, jobs: &[JobId]) {
    loop {
        let (mut waiting, mut going) = (0, 0);
        for id in jobs {
            let answer = page.ask(JobRequest::Job { job: *id }).await;
            let Ok(Reply::Job(job)) = answer else {
                panic!("{answer:?}");
            };
            match &job.paused {
                Some(why) => {
                    assert!(why.starts_with("disk full: "), "{why}");
                    waiting += 1;
                }
                // A short one may have come to its end before.
                None => going += u32::from(!job.status.is_over()),
            }
        }
        if waiting > 0 && going == 0 {
            return;
        }
        let pause = Duration::from_millis(100);
        tokio::time::timeout(pause, page.idle()).await.ok();
    }
}

/// The least that was free, looked at until this is asked.
struct Least {
    over: Arc<AtomicBool>,
    looks: thread::JoinHandle<u64>,
}

impl Least {
    fn of(folder: PathBuf) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&over);
        let looks = thread::spawn(move || {
            let mut least = u64::MAX;
            while !until.load(Ordering::Relaxed) {
                least = least.min(disk::free(&folder).unwrap());
                thread::sleep(Duration::from_millis(5));
            }
            least
        });
        Self { over, looks }
    }

    fn bytes(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        self.looks.join().unwrap()
    }
}

/// Whether both print the same, to their ends.
fn is_same(mut one: ChildStdout, mut other: ChildStdout) -> bool {
    let mut buffers = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let n = one.read(&mut buffers.0).unwrap();
        if n == 0 {
            return other.read(&mut buffers.1).unwrap() == 0;
        }
        if other.read_exact(&mut buffers.1[..n]).is_err() || buffers.0[..n] != buffers.1[..n] {
            return false;
        }
    }
}

fn printed(command: &mut Command) -> ChildStdout {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().unwrap().stdout.unwrap()
}

#[tokio::test]
async fn twelve_floods_on_a_disk_that_is_too_small_for_them_lose_nothing_and_go_on() {
    let size = env::var("VMO_FLOODS").map_or(DISK, |size| size.parse().unwrap());
    let home = Home::new(None);
    let data = embedded::data_folder(&home.data()).unwrap();
    let Some(disk) = SmallDisk::mount_on(&home.data(), size) else {
        return;
    };
    // Root's server has its data elsewhere.
    let (there, here) = (data.parent().unwrap(), home.data().join(".server"));
    fs::create_dir(&here).unwrap();
    fs::set_permissions(&here, fs::Permissions::from_mode(0o711)).unwrap();
    let Some(same) = SmallDisk::bind(&here, there) else {
        return;
    };
    let least = Least::of(home.data());
    let app = App::start_by(home, |mut command| {
        match env::var_os("VMO_FLOODS_FLOOR") {
            Some(floor) => command.env("VMO_DISK_FLOOR", floor),
            // As it is for everybody.
            None => command.env_remove("VMO_DISK_FLOOR"),
        };
        command
    });
    let mut page = app.page().await;
    page.until_ready_again().await;
    // It stands still for a while, and then all of it is gone at once.
    let server = postgres(&data);
    for pid in &server {
        kill_process(*pid, Signal::STOP).unwrap();
    }
    let mut jobs = Vec::new();
    for number in 0..FLOODS {
        jobs.push(page.start(&flood(number, size)).await.id);
    }
    all_wait(&mut page, &jobs).await;
    for pid in &server {
        kill_process(*pid, Signal::KILL).ok();
    }
    // However long that takes while others use the machine.
    while !app.home.job_folders().is_empty() {
        let pause = Duration::from_millis(200);
        tokio::time::timeout(pause, page.idle()).await.ok();
    }
    for id in &jobs {
        let job = page.now_over(*id).await;
        assert_eq!(
            (job.status, job.exit_code),
            (Status::Done, Some(0)),
            "{job:?}"
        );
    }
    println!("at least {} KiB were free", least.bytes() / 1024);
    let log = fs::read_to_string(app.home.data().join("postgres/server.log")).unwrap();
    assert!(
        !log.contains("PANIC") && !log.contains("No space left"),
        "{log}"
    );
    for (number, id) in (0..).zip(&jobs) {
        let id = id.to_string();
        let kept = printed(&mut app.home.vmo(&["log", &id, "--raw"]));
        let whole = printed(Command::new("sh").args(["-c", &flood(number, size)]));
        assert!(is_same(kept, whole), "flood {number}");
    }
    drop(page);
    let home = app.stop();
    eventually("all have gone", || home.left().is_empty());
    drop((same, disk));
}
