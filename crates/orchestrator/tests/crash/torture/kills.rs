//! `kill -9` of each process at random times, with jobs here and on a host.

use std::{
    fs,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{Tally, Tries};
use crate::{
    cast::{Cast, plan},
    dice::Dice,
    home::{Home, eventually},
    page::{App, Page},
    servers,
    sshd::Sshd,
    witness::{Plan, Witness},
};

/// How soon every status has to be right here: RELIABILITY.md's two seconds hold on a machine with nothing else to do, and
/// the other tests of `crash` hold to them.
const RIGHT_WITHIN: Duration = Duration::from_secs(10);
const HUNG_AFTER: Duration = Duration::from_secs(60);

/// What one app is asked to go through before another one is started.
const TOGETHER: u64 = 25;

/// Who can be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    App,
    Supervisor,
    ForkServer,
    Guardian,
    Postmaster,
    Backend,
    /// The process of a connection on the host.
    Session,
}

const VICTIMS: [Victim; 7] = [
    Victim::App,
    Victim::Supervisor,
    Victim::ForkServer,
    Victim::Guardian,
    Victim::Postmaster,
    Victim::Backend,
    Victim::Session,
];

struct Machine {
    app: App,
    page: Page,
    sshd: Sshd,
}

impl Machine {
    async fn new() -> Self {
        let sshd = Sshd::start();
        let home = Home::new(None);
        fs::copy(sshd.config(""), home.ssh_config()).unwrap();
        let app = App::start(home);
        let mut page = app.page().await;
        page.until_ready_again().await;
        Self { app, page, sshd }
    }

    /// The process to kill; none if it is not there just now.
    fn find(&self, victim: Victim, cast: &Cast, dice: &mut Dice) -> Option<Pid> {
        let home = &self.app.home;
        let any = |mut pids: Vec<Pid>, dice: &mut Dice| {
            (!pids.is_empty()).then(|| pids.swap_remove(dice.below(pids.len() as u64) as usize))
        };
        match victim {
            Victim::App => Pid::from_raw(self.app.pid().cast_signed()),
            Victim::Supervisor => cast.roles[0].supervisor_process(),
            Victim::ForkServer => {
                let shown = "jobs/00000000-0000-0000-0000-000000000000";
                let mut left = home.left().into_iter();
                left.find(|(_, line)| line.contains("--fork-server") && line.contains(shown))
                    .map(|(pid, _)| pid)
            }
            Victim::Guardian => servers::guardians(home).pop(),
            Victim::Postmaster => servers::postmaster(home),
            Victim::Backend => {
                let server = servers::postmaster(home)?.as_raw_pid();
                let children =
                    fs::read_to_string(format!("/proc/{server}/task/{server}/children")).ok()?;
                let pids = children
                    .split_ascii_whitespace()
                    .filter_map(|pid| Pid::from_raw(pid.parse().ok()?));
                any(pids.collect(), dice)
            }
            Victim::Session => {
                let pids = self.sshd.session_pids().into_iter();
                any(
                    pids.filter_map(|pid| Pid::from_raw(pid.cast_signed()))
                        .collect(),
                    dice,
                )
            }
        }
    }

    async fn start(&mut self, cast: &mut Cast, on_host: bool, plan: Plan, name: &str) {
        let witness = Witness::new(&self.app.home.work(), name, plan);
        let host = on_host.then_some("box");
        let job = self.page.start_on(host, &witness.command()).await;
        cast.roles
            .push(crate::cast::Role::new(&self.app.home, job.id, witness));
    }

    /// Kills one, and sees how the jobs come through it.
    async fn one(&mut self, mut dice: Dice, number: u64) -> (Tally, String) {
        let victim = VICTIMS[dice.below(VICTIMS.len() as u64) as usize];
        let mut cast = Cast::default();
        let first = plan(&mut dice);
        self.start(&mut cast, false, first, &format!("job{number}"))
            .await;
        let is_on_host = victim == Victim::Session || dice.one_in(3);
        if is_on_host {
            let second = plan(&mut dice);
            self.start(&mut cast, true, second, &format!("remote{number}"))
                .await;
        }
        std::thread::sleep(dice.moment(400));
        let spooled = cast.roles[0].spooled();
        let mut tally = Tally::default();
        let pid = self.find(victim, &cast, &mut dice);
        let begun = Instant::now();
        if let Some(pid) = pid {
            tally.faults += usize::from(kill_process(pid, Signal::KILL).is_ok());
        }
        match victim {
            Victim::App => {
                self.app.kill();
                self.app.again();
                self.page = self.app.page().await;
                cast.roles
                    .iter_mut()
                    .skip(1)
                    .for_each(|role| role.tried = true);
            }
            Victim::Supervisor if pid.is_some() => cast.roles[0].orphaned = Some(spooled),
            Victim::Session => cast.roles[1].tried = true,
            _ => {}
        }
        let right = cast
            .statuses_are_right_within(&mut self.page, begun, RIGHT_WITHIN)
            .await;
        match tokio::time::timeout(HUNG_AFTER, cast.verdict(&mut self.page)).await {
            Ok(counts) => tally += counts,
            Err(_) => tally.hung += 1,
        }
        for role in &cast.roles {
            role.witness.stop();
        }
        let many = servers::servers(&self.app.home).len();
        tally.other += many.saturating_sub(1);
        (
            tally,
            format!("{victim:?} {pid:?}; statuses right after {right:?}; {many} servers"),
        )
    }
}

#[tokio::test]
async fn processes_that_are_killed() {
    let Some(mut tries) = Tries::of("kills", 12) else {
        return;
    };
    let mut alone = tries
        .alone()
        .map(|number| number.parse::<u64>().expect("a number"));
    while let Some(number) = tries.next().map(|next| alone.unwrap_or(next)) {
        let mut machine = Machine::new().await;
        for number in number..number + if alone.is_some() { 1 } else { TOGETHER } {
            if tries.next().is_none() {
                break;
            }
            let dice = tries.dice(&number.to_string());
            let (tally, what) = machine.one(dice, number).await;
            tries.note(&number.to_string(), tally, &what);
        }
        let Machine {
            mut app,
            page,
            sshd,
        } = machine;
        drop(page);
        app.kill();
        eventually("the last one out stops the server", || {
            app.home.left().is_empty()
        });
        drop((app, sshd));
        if alone.take().is_some() {
            break;
        }
    }
    tries.end();
}
