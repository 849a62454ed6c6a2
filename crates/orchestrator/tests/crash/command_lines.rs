//! `vmo run` is killed, while others beside it go on (P1).

use std::{
    fs::{self, File},
    path::PathBuf,
    process::Child,
};

use orchestrator::job::JobId;

use crate::{
    cast::{Cast, Role, plan},
    dice::{Dice, kills},
    home::{Home, eventually},
    page::App,
    postgres::Postgres,
    witness::{Counts, Witness},
};

/// A `vmo run` with its outputs in files.
struct Shown {
    vmo: Child,
    witness: Witness,
    outputs: [PathBuf; 2],
}

impl Shown {
    fn start(home: &Home, number: usize, dice: &mut Dice) -> Self {
        let witness = Witness::new(&home.work(), &format!("job{number}"), plan(dice));
        let outputs = ["out", "err"].map(|name| home.work().join(format!("{name}{number}")));
        let [out, err] = outputs.each_ref().map(|path| File::create(path).unwrap());
        let vmo = home
            .vmo(&["run", "--", &witness.command()])
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap();
        Self {
            vmo,
            witness,
            outputs,
        }
    }

    /// What it showed has to be what the child wrote, all of it if it was not killed. What `vmo` says itself comes
    /// after all the child wrote.
    fn judge(&mut self, killed: bool) -> Counts {
        let status = self.vmo.wait().unwrap();
        let [out, mut err] = self.outputs.each_ref().map(|path| fs::read(path).unwrap());
        let own = err.windows(5).rposition(|part| part == b"vmo: ");
        err.truncate(own.unwrap_or(err.len()));
        let mut counts = self.witness.compare([&out, &err], !killed);
        let code = Some(self.witness.code());
        counts.wrong_status += usize::from(!killed && status.code() != code);
        counts
    }
}

#[tokio::test]
async fn a_killed_command_line_loses_nothing() {
    let mut dice = Dice::new();
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let (mut counts, mut cast) = (Counts::default(), Cast::default());
    let mut shown: Vec<Shown> = Vec::new();
    let mut killed = Vec::new();
    for _ in 0..kills() {
        for _ in 0..=dice.below(2) {
            shown.push(Shown::start(&home, shown.len(), &mut dice));
            killed.push(false);
        }
        std::thread::sleep(dice.moment(300));
        let alive: Vec<usize> = (0..shown.len())
            .filter(|number| !killed[*number] && shown[*number].vmo.try_wait().unwrap().is_none())
            .collect();
        if !alive.is_empty() {
            let victim = alive[dice.below(alive.len() as u64) as usize];
            shown[victim].vmo.kill().unwrap();
            killed[victim] = true;
        }
    }
    let mut never = 0;
    for (one, killed) in shown.iter_mut().zip(&killed) {
        let verdict = one.judge(*killed);
        if verdict != Counts::default() {
            eprintln!("{:?}: {verdict}", one.witness);
        }
        counts += verdict;
    }
    // Killed ones' jobs run on, and their supervisors have them archived, or whoever comes by next.
    eventually("all are archived", || {
        home.text(&["jobs"]);
        home.job_folders().is_empty()
    });
    let jobs = home.json(&["jobs", "--json", "--limit", "500"]);
    for one in shown {
        let command = one.witness.command();
        let job = jobs
            .as_array()
            .unwrap()
            .iter()
            .find(|job| job["command"] == command);
        match job {
            Some(job) => {
                let id: JobId = job["id"].as_str().unwrap().parse().unwrap();
                cast.roles.push(Role::new(&home, id, one.witness));
            }
            // Killed before there was a job.
            None => never += usize::from(!one.witness.has_begun()),
        }
    }
    assert_eq!(
        cast.roles.len() + never,
        killed.len(),
        "some jobs are nowhere"
    );
    let app = App::start(home);
    let mut page = app.page().await;
    cast.counts = counts;
    cast.judge(&mut page).await;
    let kills = killed.iter().filter(|killed| **killed).count();
    println!(
        "{} jobs, {kills} of them left by a killed vmo run",
        cast.roles.len()
    );
    assert!(
        kills * 2 > self::kills(),
        "most moments have to be ones at which somebody runs"
    );
}
