//! The power goes before and after every call that changes something on the disk with the jobs' folders, and every sync.

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Signal, kill_process};

use super::{
    Tally, Tries,
    calls_table::Fault,
    orders::{Orders, Report, traced},
};
use crate::{
    cast::{Cast, Role, all_jobs},
    home::{Home, eventually},
    loop_disk::LoopDisk,
    page::App,
    postgres::Postgres,
    witness::{Plan, Witness},
};

/// How much a job may have written before the disk knows of it: 100 ms until its syncing begins, and that on a busy machine
/// (RELIABILITY.md, P4, has 200 ms of output).
const NOT_YET_KEPT: Duration = Duration::from_millis(500);

const HUNG_AFTER: Duration = Duration::from_secs(45);

/// One cut: whose call and what it is on, which of them, and when.
type Cut = (String, String, u32, String);

fn name(cut: &Cut) -> String {
    let (role, call, which, when) = cut;
    format!("{role}/{call}/{which}/{when}")
}

fn named(name: &str) -> Option<Cut> {
    let [role, call, which, when] = name.split('/').collect::<Vec<_>>()[..] else {
        return None;
    };
    Some((role.into(), call.into(), which.parse().ok()?, when.into()))
}

struct Machine {
    // In the order in which they go: nobody may have anything open on the disk.
    home: Home,
    disk: LoopDisk,
    postgres: Postgres,
}

impl Machine {
    /// None if no disk can be mounted.
    fn new() -> Option<Self> {
        let disk = LoopDisk::mount(128)?;
        let postgres = Postgres::start();
        let home = Home::new(Some(postgres.url("postgres")));
        let data = disk.path().join("app");
        fs::create_dir(&data).unwrap();
        symlink(data, home.data()).unwrap();
        // A first start is another matter.
        home.text(&["jobs"]);
        let synced = Command::new("sync").arg("-f").arg(disk.path()).status();
        assert!(synced.unwrap().success());
        Some(Self {
            disk,
            home,
            postgres,
        })
    }

    /// Runs a job, until the power goes.
    fn run(&self, number: u64, cut: Option<&Cut>) -> (Witness, Report) {
        let plan = Plan {
            seed: number,
            pieces: 200,
            pace: 20_000,
            code: if number.is_multiple_of(2) { 0 } else { 3 },
            ..Plan::default()
        };
        let witness = Witness::new(&self.home.work(), &format!("job{number}"), plan);
        let orders = Orders {
            fault: cut.cloned(),
            report: self.home.work().join(format!("report{number}")),
            disk: Some(self.disk.path().to_owned()),
            places: vec![self.disk.path().to_owned(), self.home.data()],
            deadline_ms: HUNG_AFTER.as_millis() as u64,
        };
        let words = File::create(self.home.work().join(format!("said{number}"))).unwrap();
        traced(&self.home.vmo(&["run", "--", &witness.command()]), &orders)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(words)
            .status()
            .unwrap();
        let report = fs::read(&orders.report).unwrap();
        (witness, serde_json::from_slice(&report).unwrap())
    }

    /// The machine is up again.
    fn up(&self) {
        eventually("nobody is left", || {
            let left: Vec<_> = self.home.left().into_iter().map(|(pid, _)| pid).collect();
            for pid in left.iter().chain(&self.disk.users()) {
                kill_process(*pid, Signal::KILL).ok();
            }
            left.is_empty()
        });
        self.disk.again();
    }
}

/// The same command as after a restart of the machine: in a mount namespace of its own, in which the boot is another one.
fn in_boot(vmo: &Command, boot: &Path) -> Command {
    let script = "mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script]).arg(boot);
    command.arg(vmo.get_program()).args(vmo.get_args());
    command.current_dir(vmo.get_current_dir().unwrap());
    crate::home::same_variables(vmo, &mut command);
    command
}

/// The app starts, and judges the job; it may need a moment to find that nobody has it.
async fn judge(machine: Machine, witness: Witness, tally: &mut Tally) -> (Machine, String) {
    let Machine {
        disk,
        home,
        postgres,
    } = machine;
    let boot = home.work().join("boot");
    fs::write(&boot, format!("{}\n", uuid::Uuid::now_v7())).unwrap();
    let app = App::start_by(home, |vmo| in_boot(&vmo, &boot));
    let mut page = app.page().await;
    page.until_ready_again().await;
    let command = witness.command();
    let begun = Instant::now();
    let job = loop {
        let (jobs, _) = all_jobs(&mut page).await;
        let job = jobs.into_values().find(|job| job.command == command);
        if job.as_ref().is_none_or(|job| job.status.is_over()) || begun.elapsed() > HUNG_AFTER {
            break job;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let what = format!(
        "{:?}",
        job.as_ref()
            .map(|job| (job.id, job.status, job.reason.clone()))
    );
    match job {
        None => tally.lost += usize::from(witness.wrote_for() > NOT_YET_KEPT),
        Some(job) => {
            let mut role = Role::new(&app.home, job.id, witness);
            role.tried = true;
            let mut cast = Cast::default();
            cast.roles.push(role);
            match tokio::time::timeout(HUNG_AFTER, cast.verdict(&mut page)).await {
                Ok(counts) => *tally += counts,
                Err(_) => tally.hung += 1,
            }
        }
    }
    drop(page);
    let home = app.stop();
    (
        Machine {
            disk,
            home,
            postgres,
        },
        what,
    )
}

#[tokio::test]
async fn power_that_goes() {
    let Some(mut tries) = Tries::of("power", 12) else {
        return;
    };
    let Some(mut machine) = Machine::new() else {
        return;
    };
    let all = match tries.alone() {
        Some(name) => vec![named(name).expect("ROLE/CALL/NUMBER/WHEN")],
        None => {
            // The first job of all makes more than the others.
            machine.run(1_000_000, None);
            let (_, report) = machine.run(1_000_001, None);
            let mut all = Vec::new();
            for (what, count) in &report.calls {
                let (role, call) = what.split_once('/').unwrap();
                for which in 1..=*count {
                    for when in [Fault::CutBefore, Fault::CutAfter] {
                        all.push((
                            role.to_owned(),
                            call.to_owned(),
                            which,
                            when.name().to_owned(),
                        ));
                    }
                }
            }
            println!("power: {} points at which it can go", all.len());
            let mut dice = tries.dice("order");
            for last in (1..all.len()).rev() {
                all.swap(last, dice.below(last as u64 + 1) as usize);
            }
            all
        }
    };
    while let Some(next) = tries.next() {
        let cut = &all[next as usize % all.len()];
        let (witness, report) = machine.run(next, Some(cut));
        let mut tally = Tally {
            faults: usize::from(report.hit.is_some()),
            panics: report.bad_ends.len(),
            hung: usize::from(!report.hung.is_empty()),
            ..Tally::default()
        };
        if report.hit.is_some() {
            machine.up();
        }
        let (again, what) = judge(machine, witness, &mut tally).await;
        machine = again;
        tries.note(&name(cut), tally, &format!("{:?} {what}", report.hit));
        if tries.alone().is_some() {
            break;
        }
    }
    tries.end();
}
