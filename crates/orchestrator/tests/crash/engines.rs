//! Several engines on one data folder, killed at random: one server, each job archived once, everybody sees everything,
//! and the last one out stops the server.

use std::{
    process::{Child, Stdio},
    time::Instant,
};

use crate::{
    cast::{Cast, Role, plan},
    dice::{Dice, kills},
    home::{Home, eventually},
    page::{App, Page},
    servers,
    witness::Witness,
};

#[tokio::test]
async fn several_engines_are_killed_and_share_all_there_is() {
    let mut dice = Dice::new();
    let mut app = App::start(Home::new(None));
    let mut other = app.beside();
    let mut pages = [app.page().await, other.page().await];
    let mut cast = Cast::default();
    let mut command_lines = Vec::new();
    for _ in 0..kills() {
        let plan = plan(&mut dice);
        if dice.one_in(2) {
            let page = &mut pages[dice.below(2) as usize];
            cast.start(&app.home, page, plan).await;
        } else {
            let witness = Witness::new(
                &app.home.work(),
                &format!("run{}", command_lines.len()),
                plan,
            );
            let mut vmo = app.home.vmo(&["run", "--", &witness.command()]);
            vmo.stdout(Stdio::null()).stderr(Stdio::null());
            let vmo = vmo.spawn().unwrap();
            command_lines.push((vmo, Some(witness)));
        }
        std::thread::sleep(dice.moment(300));
        match dice.below(4) {
            0 => {
                app.kill();
                app.again();
                pages[0] = app.page().await;
            }
            1 => {
                other.kill();
                other = app.beside();
                pages[1] = other.page().await;
            }
            _ => {
                if let Some((vmo, _)) = command_lines.last_mut() {
                    vmo.kill().unwrap();
                }
            }
        }
        assert!(
            servers::servers(&app.home).len() <= 1,
            "two servers over one folder"
        );
        assert!(
            servers::guardians(&app.home).len() <= 2,
            "one, and one that comes or goes"
        );
    }
    for (vmo, _) in &mut command_lines {
        vmo.wait().unwrap();
    }
    for page in &mut pages {
        page.until_ready_again().await;
    }
    claim_jobs(&mut cast, &app.home, &mut pages[0], &mut command_lines).await;
    for page in &mut pages {
        cast.statuses_are_right(page, Instant::now()).await;
        let begun = Instant::now();
        cast.judge(page).await;
        println!("{} jobs judged in {:?}", cast.roles.len(), begun.elapsed());
        cast.forget_seen();
    }
    app.kill();
    assert!(
        servers::postmaster(&app.home).is_some(),
        "the other still holds it"
    );
    other.kill();
    eventually("the last one out stops the server", || {
        app.home.left().is_empty()
    });
}

/// Finds the jobs of command lines; those of none that was killed before there was a job.
async fn claim_jobs(
    cast: &mut Cast,
    home: &Home,
    page: &mut Page,
    command_lines: &mut [(Child, Option<Witness>)],
) {
    let (jobs, _) = crate::cast::all_jobs(page).await;
    for (_, witness) in command_lines {
        let witness = witness.take().unwrap();
        let command = witness.command();
        match jobs.values().find(|job| job.command == command) {
            Some(job) => cast.roles.push(Role::new(home, job.id, witness)),
            None => assert!(!witness.has_begun(), "a job that ran is nowhere"),
        }
    }
}
