//! Every system call that touches a file or a socket, made to fail in turn: of `vmo run`, of its job's supervisor, of who
//! archives the log of a job that was left, and of the guardian of our own Postgres.

use std::{
    fs::{self, File},
    process::Stdio,
    time::Duration,
};

use orchestrator::job::JobId;
use regex_automata::meta::Regex;

use super::{
    Tally, Tries,
    calls_table::call_named,
    orders::{Orders, Report, traced},
};
use crate::{
    cast::{Cast, Role, all_jobs},
    home::Home,
    page::App,
    postgres::Postgres,
    witness::{Plan, Witness},
};

/// When a command that has said nothing more is called hung.
const HUNG_AFTER: Duration = Duration::from_secs(45);

/// What is run while something fails.
const SCENES: [&str; 3] = ["run", "detach", "own"];

/// Faults that were met once, tried first.
const MET: [&str; 1] = [
    // A folder that could not be removed was archived again for ever.
    "detach/archive/unlinkat:path/3/ENOSPC",
];

/// One fault: the scene, the role, the call and what it is on, which of them, and how it fails.
#[derive(Debug, Clone)]
struct Try {
    scene: &'static str,
    fault: (String, String, u32, String),
}

impl Try {
    fn name(&self) -> String {
        let (role, call, which, fault) = &self.fault;
        format!("{}/{role}/{call}/{which}/{fault}", self.scene)
    }

    fn named(name: &str) -> Option<Self> {
        let [scene, role, call, which, fault] = name.split('/').collect::<Vec<_>>()[..] else {
            return None;
        };
        let scene = SCENES.into_iter().find(|one| *one == scene)?;
        let fault = (role.into(), call.into(), which.parse().ok()?, fault.into());
        Some(Self { scene, fault })
    }
}

/// All faults of a run that was seen, in an order of their own.
fn faults_of(scene: &'static str, found: &Report) -> Vec<Try> {
    let mut all = Vec::new();
    for (what, count) in &found.calls {
        let (role, on) = what.split_once('/').unwrap();
        let (call, sort) = on.split_once(':').unwrap_or((on, ""));
        for fault in call_named(call).unwrap().faults(sort) {
            all.extend((1..=*count).map(|which| Try {
                scene,
                fault: (role.into(), on.into(), which, fault.name().into()),
            }));
        }
    }
    all
}

/// One command that was traced.
struct Ran {
    code: Option<i32>,
    words: String,
    report: Report,
    witness: Witness,
    outputs: [Vec<u8>; 2],
}

fn run(home: &Home, number: usize, scene: &str, fault: Option<&Try>) -> Ran {
    let plan = Plan {
        seed: number as u64,
        pieces: 60,
        code: if number.is_multiple_of(2) { 0 } else { 3 },
        ..Plan::default()
    };
    let witness = Witness::new(&home.work(), &format!("job{number}"), plan);
    let file = |name: &str| home.work().join(format!("{name}{number}"));
    let orders = Orders {
        fault: fault.map(|one| one.fault.clone()),
        report: file("report"),
        disk: None,
        places: Vec::new(),
        deadline_ms: HUNG_AFTER.as_millis() as u64,
    };
    let command = witness.command();
    let args: &[&str] = match scene {
        "detach" => &["run", "--detach", "--", &command],
        _ => &["run", "--", &command],
    };
    let (out, err) = (file("out"), file("err"));
    let ended = traced(&home.vmo(args), &orders)
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .status()
        .unwrap();
    let report = fs::read(&orders.report).unwrap_or_default();
    let [out, err] = [out, err].map(|path| fs::read(path).unwrap());
    let (err, words) = own_words(&err);
    Ran {
        code: ended.code(),
        words,
        report: serde_json::from_slice(&report).unwrap(),
        witness,
        outputs: [out, err],
    }
}

/// Takes the lines apart that `vmo` wrote itself, as `vmo: …` or as a trace, from those of its job.
fn own_words(all: &[u8]) -> (Vec<u8>, String) {
    let syntax = regex_automata::util::syntax::Config::new()
        .utf8(false)
        .unicode(false);
    let own = r"vmo: [^\n]*\n|[0-9T:.-]{20,40}Z +(?:ERROR|WARN) [^\n]*\n";
    let own = Regex::builder().syntax(syntax).build(own).unwrap();
    let (mut rest, mut words, mut at) = (Vec::new(), Vec::new(), 0);
    for found in own.find_iter(all) {
        rest.extend(&all[at..found.start()]);
        words.extend(&all[found.range()]);
        at = found.end();
    }
    rest.extend(&all[at..]);
    (rest, String::from_utf8_lossy(&words).into_owned())
}

impl Ran {
    /// What the command itself showed: all of the job's output and its code, or words of its own.
    fn judge(&self, scene: &str, tally: &mut Tally) {
        tally.faults += usize::from(self.report.hit.is_some());
        tally.panics += self.report.bad_ends.len();
        if !self.report.hung.is_empty() {
            tally.hung += 1;
            return;
        }
        let spoke = !self.words.is_empty() || self.code == Some(127);
        if scene == "detach" {
            tally.other += usize::from(self.code != Some(0) && !spoke);
            return;
        }
        let is_right = self.code == Some(self.witness.code()) && self.witness.has_ended();
        tally.other += usize::from(!is_right && !spoke);
        let [out, err] = self.outputs.each_ref().map(Vec::as_slice);
        *tally += self.witness.compare([out, err], is_right && !spoke);
    }

    fn what(&self) -> String {
        let Report {
            hit,
            bad_ends,
            hung,
            ..
        } = &self.report;
        format!(
            "{hit:?}; code {:?}, bad ends {bad_ends:?}, hung {hung:?}, said {:?}",
            self.code,
            self.words.chars().take(300).collect::<String>()
        )
    }
}

/// All is well again: the app starts, and judges the job.
async fn judge(home: Home, ran: &mut [(Try, Ran, Tally)]) -> Home {
    let app = App::start(home);
    let mut page = app.page().await;
    page.until_ready_again().await;
    let (jobs, _) = all_jobs(&mut page).await;
    for (number, (_, ran, tally)) in ran.iter_mut().enumerate() {
        let command = ran.witness.command();
        let Some(job) = jobs.values().find(|job| job.command == command) else {
            // It may never have been.
            tally.lost += usize::from(ran.witness.has_begun());
            continue;
        };
        let id: JobId = job.id;
        let again = Witness::again(
            &app.home.work(),
            &format!("job{number}"),
            ran.witness.plan(),
        );
        let mut role = Role::new(&app.home, id, again);
        role.tried = true;
        let mut cast = Cast::default();
        cast.roles.push(role);
        let verdict = tokio::time::timeout(HUNG_AFTER, cast.verdict(&mut page)).await;
        match verdict {
            Ok(counts) => *tally += counts,
            Err(_) => tally.hung += 1,
        }
        let left = ran.witness.left();
        tally.other += left.len();
        if left.is_empty() {
            continue;
        }
        eprintln!("left running: {left:?}");
        ran.witness.stop();
    }
    app.stop()
}

/// How many commands are run before the app looks at what they left.
const TOGETHER: usize = 16;

#[tokio::test]
async fn calls_that_fail() {
    let Some(mut tries) = Tries::of("calls", 24) else {
        return;
    };
    let postgres = Postgres::start();
    let place = |scene: &str| (scene != "own").then(|| postgres.url("postgres"));
    let all = match tries.alone() {
        Some(name) => vec![Try::named(name).expect("SCENE/ROLE/CALL/NUMBER/FAULT")],
        None => {
            let mut all = Vec::new();
            let mut dice = tries.dice("order");
            for scene in SCENES {
                let home = Home::new(place(scene));
                // Once for the first start of all, which makes the database.
                home.text(&["jobs"]);
                let found = run(&home, 0, scene, None);
                assert!(found.report.hung.is_empty(), "{}", found.what());
                let mut faults = faults_of(scene, &found.report);
                println!("calls: {} faults in the scene {scene}", faults.len());
                faults.retain(|one| {
                    scene == "run" || one.fault.0 != "supervisor" || scene == "detach"
                });
                // A server of our own takes its time to come up.
                if scene == "own" {
                    faults.retain(|one| one.fault.0 == "postgres" || dice.one_in(8));
                }
                all.extend(faults);
            }
            for last in (1..all.len()).rev() {
                all.swap(last, dice.below(last as u64 + 1) as usize);
            }
            let met = MET.map(|name| Try::named(name).expect("it is one of them"));
            met.into_iter().chain(all).collect()
        }
    };
    while let Some(first) = tries.next() {
        let first = if tries.alone().is_some() {
            0
        } else {
            first as usize
        };
        let together: Vec<_> = all
            .iter()
            .cycle()
            .skip(first % all.len())
            .take(TOGETHER.min(all.len()))
            .collect();
        for scene in SCENES {
            let of_scene = together.iter().filter(|one| one.scene == scene);
            let of_scene: Vec<(usize, Try)> =
                of_scene.map(|one| (*one).clone()).enumerate().collect();
            if of_scene.is_empty() {
                continue;
            }
            let home = Home::new(place(scene));
            home.text(&["jobs"]);
            let one = |(number, one): &(usize, Try)| {
                let ran = run(&home, *number, scene, Some(one));
                let mut tally = Tally::default();
                ran.judge(scene, &mut tally);
                (one.clone(), ran, tally)
            };
            // What is left alone mostly waits for somebody to come by.
            let mut ran: Vec<_> = if scene == "detach" {
                std::thread::scope(|scope| {
                    let running: Vec<_> = of_scene
                        .iter()
                        .map(|each| scope.spawn(|| one(each)))
                        .collect();
                    running
                        .into_iter()
                        .map(|each| each.join().unwrap())
                        .collect()
                })
            } else {
                of_scene.iter().map(one).collect()
            };
            drop(judge(home, &mut ran).await);
            for (one, ran, tally) in ran {
                tries.note(&one.name(), tally, &ran.what());
            }
        }
        if tries.alone().is_some() {
            break;
        }
    }
    tries.end();
}
