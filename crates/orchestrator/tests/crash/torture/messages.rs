//! Every message between us and Postgres, cut, late, or answered with each class of errors in turn.

use std::time::{Duration, Instant};

use super::{
    Tally, Tries,
    frames::{CODES, Frames, Order, Turn},
};
use crate::{
    cast::{Cast, Role, plan},
    dice::Dice,
    home::Home,
    page::{App, Page},
    postgres::Postgres,
    witness::Witness,
};

/// When a wait is called one without a word.
const HUNG_AFTER: Duration = Duration::from_secs(60);

/// What is to become of a message: cuts, delays, and every code, each as often as the others of its sort together.
fn turn(dice: &mut Dice) -> Turn {
    match dice.below(6) {
        0 => Turn::CutBefore,
        1 => Turn::CutWithin,
        2 => Turn::CutAfter,
        3 => Turn::Late(dice.moment(800)),
        _ => Turn::Refused(CODES[dice.below(CODES.len() as u64) as usize]),
    }
}

/// Messages that come by while one short job is run and archived, about.
const OF_A_JOB: u64 = 60;

/// What one app is asked to go through before another one is started.
const TOGETHER: u64 = 50;

/// How many faults they meet.
const FAULTS: usize = 9;

/// How many jobs are run at once.
const JOBS: u64 = 2;

/// Runs some jobs, and has messages fail meanwhile; all have to end, be archived and be whole, all by themselves.
async fn one(
    app: &App,
    page: &mut Page,
    proxy: &Frames,
    dice: &mut Dice,
    number: u64,
) -> (Tally, String) {
    let mut cast = Cast::default();
    let mut hits = Vec::new();
    let next = |dice: &mut Dice| Order {
        after: dice.below(OF_A_JOB),
        turn: turn(dice),
    };
    proxy.order(next(dice));
    let begun = Instant::now();
    for of_these in 0..JOBS {
        let name = format!("job{number}-{of_these}");
        let witness = Witness::new(&app.home.work(), &name, plan(dice));
        let job = page.start(&witness.command()).await;
        cast.roles.push(Role::new(&app.home, job.id, witness));
    }
    let mut tally = Tally::default();
    while cast.roles.iter().any(|role| role.folder.exists()) {
        if begun.elapsed() > HUNG_AFTER {
            tally.hung += 1;
            break;
        }
        let more = proxy.hits();
        if !more.is_empty() {
            hits.extend(more);
            if hits.len() < FAULTS {
                proxy.order(next(dice));
            }
        }
        let pause = Duration::from_millis(5);
        tokio::time::timeout(pause, page.idle()).await.ok();
    }
    hits.extend(proxy.heal());
    tally.faults += hits.len();
    if tally.hung == 0 {
        tally += cast.verdict(page).await;
    }
    (tally, format!("{hits:?}, {:?}", begun.elapsed()))
}

#[tokio::test]
async fn messages_that_fail() {
    let Some(mut tries) = Tries::of("messages", 10) else {
        return;
    };
    let postgres = Postgres::start();
    let proxy = Frames::before(postgres.port());
    let url = format!(
        "postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable",
        proxy.port
    );
    let mut alone = tries
        .alone()
        .map(|number| number.parse::<u64>().expect("a number"));
    while let Some(number) = tries.next().map(|next| alone.unwrap_or(next)) {
        let app = App::start(Home::new(Some(url.clone())));
        let mut page = app.page().await;
        page.until_ready_again().await;
        for number in number..number + if alone.is_some() { 1 } else { TOGETHER } {
            if tries.next().is_none() {
                break;
            }
            let mut dice = tries.dice(&number.to_string());
            let (tally, what) = one(&app, &mut page, &proxy, &mut dice, number).await;
            tries.note(&number.to_string(), tally, &what);
        }
        drop(app.stop());
        if alone.take().is_some() {
            break;
        }
    }
    tries.end();
}
