//! The app is killed, again and again, with jobs running, ending and being archived (P1, P2).

use std::time::{Duration, Instant};

use crate::{
    cast::{Cast, plan},
    dice::{Dice, kills},
    home::Home,
    page::App,
    postgres::Postgres,
};

#[tokio::test]
async fn a_killed_app_loses_nothing() {
    let mut dice = Dice::new();
    let postgres = Postgres::start();
    let mut app = App::start(Home::new(Some(postgres.url("postgres"))));
    let mut cast = Cast::default();
    let mut slowest = Duration::ZERO;
    for kill in 0..kills() {
        let begun = Instant::now();
        if kill > 0 {
            app.again();
        }
        let mut page = app.page().await;
        slowest = slowest.max(cast.statuses_are_right(&mut page, begun).await);
        for _ in 0..=dice.below(3) {
            let plan = plan(&mut dice);
            cast.start(&app.home, &mut page, plan).await;
        }
        let one = dice.below(cast.roles.len() as u64) as usize;
        if dice.one_in(2) && cast.roles[one].is_supervised() {
            cast.read_on(&mut page, one, 2).await;
        }
        std::thread::sleep(dice.moment(600));
        app.kill();
    }
    let begun = Instant::now();
    app.again();
    let mut page = app.page().await;
    slowest = slowest.max(cast.statuses_are_right(&mut page, begun).await);
    cast.judge(&mut page).await;
    println!(
        "{} jobs; statuses were right {slowest:?} after a start at the latest",
        cast.roles.len()
    );
}
