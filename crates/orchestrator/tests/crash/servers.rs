//! The embedded Postgres is killed, or its guardian, while jobs write and are archived.

use std::{
    fs,
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

use orchestrator::store::embedded;
use rustix::process::{Pid, Signal, kill_process};
use supervisor::stat::Stat;

use crate::{
    cast::{Cast, plan},
    dice::{Dice, kills},
    home::{Home, eventually},
    page::App,
};

/// The server itself, whose other processes go with it.
pub(crate) fn postmaster(home: &Home) -> Option<Pid> {
    let data = embedded::data_folder(&home.data()).unwrap();
    let note = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid = Pid::from_raw(note.lines().next()?.trim().parse().ok()?)?;
    servers(home).contains(&pid).then_some(pid)
}

/// All servers over the data of this home: one at most, whenever one looks.
///
/// What a server has just forked looks like it, and a backend does until it has heard from its client: where that was
/// killed, it is gone a moment later. A look takes its time, so who is gone at its end was none beside the others; and a
/// backend leads a session, which a server does not.
pub(crate) fn servers(home: &Home) -> Vec<Pid> {
    servers_of(&look_like_servers(home))
}

fn look_like_servers(home: &Home) -> Vec<Pid> {
    of(home, |line| line.contains("/postgres -D "))
}

/// Which of these, that were found a moment ago, are servers.
fn servers_of(found: &[Pid]) -> Vec<Pid> {
    let is_server = |pid: &&Pid| {
        let stat = fs::read(format!("/proc/{}/stat", pid.as_raw_pid())).ok();
        let Some(stat) = stat.and_then(|stat| Stat::parse(&stat)) else {
            return false;
        };
        let is_backend = stat.session == pid.as_raw_pid();
        let parent = Pid::from_raw(stat.ppid);
        let is_forked = parent.is_some_and(|parent| found.contains(&parent));
        !(stat.has_ended() || is_backend || is_forked)
    };
    found.iter().filter(is_server).copied().collect()
}

pub(crate) fn guardians(home: &Home) -> Vec<Pid> {
    of(home, |line| line.ends_with("vmo postgres "))
}

fn of(home: &Home, is_one: impl Fn(&str) -> bool) -> Vec<Pid> {
    let all = home.left().into_iter();
    all.filter(|(_, line)| is_one(line))
        .map(|(pid, _)| pid)
        .collect()
}

async fn again_and_again(mut dice: Dice, victim: impl Fn(&Home) -> Option<Pid>) {
    let mut app = App::start(Home::new(None));
    let mut page = app.page().await;
    page.until_ready_again().await;
    let mut cast = Cast::default();
    let (mut hit, mut slowest) = (0, Duration::ZERO);
    while hit < kills() {
        for _ in 0..=dice.below(2) {
            let plan = plan(&mut dice);
            cast.start(&app.home, &mut page, plan).await;
        }
        std::thread::sleep(dice.moment(300));
        if let Some(pid) = victim(&app.home) {
            kill_process(pid, Signal::KILL).unwrap();
            hit += 1;
        }
        let begun = Instant::now();
        cast.statuses_are_right(&mut page, begun).await;
        if dice.one_in(2) {
            page.until_ready_again().await;
            slowest = slowest.max(begun.elapsed());
        }
        assert!(servers(&app.home).len() <= 1, "two servers over one folder");
    }
    cast.judge(&mut page).await;
    println!(
        "{} jobs; Postgres was back {slowest:?} later at the latest",
        cast.roles.len()
    );
    app.kill();
    eventually("the last one out stops the server", || {
        app.home.left().is_empty()
    });
}

#[tokio::test]
async fn a_killed_server_loses_nothing() {
    again_and_again(Dice::new(), postmaster).await;
}

#[tokio::test]
async fn a_killed_guardian_loses_nothing_and_leaves_no_server() {
    again_and_again(Dice::new(), |home| guardians(home).pop()).await;
}

/// A client that comes and goes makes no second server of a look.
#[tokio::test]
async fn a_backend_whose_client_leaves_is_no_second_server() {
    let mut app = App::start(Home::new(None));
    app.page().await.until_ready_again().await;
    let data = embedded::data_folder(&app.home.data()).unwrap();
    let note = fs::read_to_string(data.join("postmaster.pid")).unwrap();
    let note: Vec<&str> = note.lines().map(str::trim).collect();
    let socket = format!("{}/.s.PGSQL.{}", note[4], note[3]);
    let client = UnixStream::connect(&socket).unwrap();
    // It has said nothing yet, so who is to serve it looks as the server does.
    let mut servers = Vec::new();
    eventually("somebody serves it", || {
        servers = look_like_servers(&app.home);
        servers.len() == 2
    });
    let server = postmaster(&app.home).unwrap();
    assert_eq!(servers_of(&servers), [server]);
    drop(client);
    eventually("that one leaves", || {
        look_like_servers(&app.home) == [server]
    });
    assert_eq!(servers_of(&servers), [server]);
    app.kill();
}
