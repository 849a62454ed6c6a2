//! Those who read a log over the socket: cut off ten thousand times (P7), or never reading (P8).

use crate::{dice, home, page, postgres, witness};
use std::{
    collections::HashMap,
    fs,
    time::{Duration, Instant},
};

use dice::Dice;
use home::{Home, eventually};
use orchestrator::{
    job::{JobId, JobQuery},
    wire::{CatalogRequest, Event, FailureCode, JobRequest, LogRequest, Message, Reply, Request},
};
use page::App;
use postgres::Postgres;
use witness::{Counts, Plan, Witness};

/// How often all readers together are cut off; `VMO_CUTS` says otherwise.
const CUTS: usize = 10_000;
const READERS: usize = 4;

/// A reader of one log that goes on where it was each time it is cut off.
#[derive(Default)]
struct Reader {
    bytes: HashMap<u32, Vec<u8>>,
    seq: u64,
    cuts: usize,
    /// From the cut to the first byte after it.
    delays: Vec<Duration>,
}

impl Reader {
    async fn be_cut(&mut self, app: &App, job: JobId, dice: &mut Dice) {
        let begun = Instant::now();
        let mut page = loop {
            // The place of one that was cut a moment ago may not be free yet.
            match app.try_page().await {
                Ok(page) => break page,
                Err(error) => assert!(error.to_string().contains("503"), "{error}"),
            }
            tokio::task::yield_now().await;
        };
        self.cuts += 1;
        if dice.one_in(4) {
            // Gone before anything comes.
            page.say(LogRequest::Subscribe {
                job,
                seq: self.seq,
                tail: None,
            })
            .await;
            return;
        }
        let frames = 1 + dice.below(2) as usize;
        let (bytes, seq, first) = page.read_raw_timed(job, self.seq, frames).await;
        self.seq = seq;
        self.delays.extend(first.map(|first| first - begun));
        self.take(bytes);
    }

    fn take(&mut self, bytes: HashMap<u32, Vec<u8>>) {
        for (stream, bytes) in bytes {
            self.bytes.entry(stream).or_default().extend(bytes);
        }
    }

    async fn read_to_end(&mut self, app: &App, job: JobId) {
        let (bytes, seq) = app.page().await.read_raw(job, self.seq, usize::MAX).await;
        self.seq = seq;
        self.take(bytes);
    }
}

#[tokio::test]
async fn ten_thousand_cuts_leave_no_gap_and_no_double() {
    let cuts = std::env::var("VMO_CUTS").ok();
    let cuts = cuts.map_or(CUTS, |cuts| cuts.parse().unwrap());
    let postgres = Postgres::start();
    let app = App::start(Home::new(Some(postgres.url("postgres"))));
    let plan = Plan {
        seed: 7,
        size: 200,
        pace: 300,
        ..Plan::default()
    };
    let witness = Witness::new(&app.home.work(), "job", plan);
    let job = app.page().await.start(&witness.command()).await.id;
    let begun = Instant::now();
    let reading = (0..READERS).map(|_| async {
        let (mut reader, mut dice) = (Reader::default(), Dice::new());
        while reader.cuts < cuts / READERS {
            reader.be_cut(&app, job, &mut dice).await;
        }
        reader
    });
    let mut readers = futures_util::future::join_all(reading).await;
    let took = begun.elapsed();
    witness.stop();
    app.page().await.now_over(job).await;
    let mut counts = Counts::default();
    let mut delays = Vec::new();
    for reader in &mut readers {
        reader.read_to_end(&app, job).await;
        let kept = [0, 1].map(|stream| reader.bytes.get(&stream).map_or(&[][..], Vec::as_slice));
        counts += witness.compare(kept, true);
        delays.append(&mut reader.delays);
    }
    delays.sort();
    let share = |percent: usize| delays[delays.len() * percent / 100];
    let (half, most, last) = (share(50), share(99), delays.last().unwrap());
    println!(
        "{cuts} cuts in {took:?}; first byte after {half:?} (p50), {most:?} (p99), {last:?} at most"
    );
    assert_eq!(counts, Counts::default(), "{counts}");
    assert!(
        most <= Duration::from_millis(100),
        "the first byte comes late: {most:?}"
    );
}

/// Bytes of memory that are the process's own and there.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kibibytes = line.unwrap().trim().trim_end_matches(" kB");
    kibibytes.parse::<u64>().unwrap() * 1024
}

/// How many bytes of a log one page after the other is sent in this time.
async fn speed(app: &App, job: JobId, seq: &mut u64, time: Duration) -> usize {
    let begun = Instant::now();
    let mut all = 0;
    while begun.elapsed() < time {
        let (bytes, next) = app.page().await.read_raw(job, *seq, 64).await;
        *seq = next;
        all += bytes.values().map(Vec::len).sum::<usize>();
    }
    all
}

#[tokio::test]
async fn one_who_never_reads_costs_little_and_slows_nobody() {
    const FIRST: u64 = 4;
    const STUCK: u64 = 8;
    const WINDOW: Duration = Duration::from_secs(3);
    let postgres = Postgres::start();
    let app = App::start(Home::new(Some(postgres.url("postgres"))));
    let plan = Plan {
        seed: 8,
        size: 50_000,
        pace: 4_000,
        ..Plan::default()
    };
    let witness = Witness::new(&app.home.work(), "job", plan);
    let mut page = app.page().await;
    let job = page.start(&witness.command()).await.id;
    eventually("it floods", || witness.written() > 8 << 20);
    let mut seq = 0;
    speed(&app, job, &mut seq, WINDOW).await;
    let alone = speed(&app, job, &mut seq, WINDOW).await;
    let mut stuck = Vec::new();
    let mut get_stuck = async |count: u64| {
        for _ in 0..count {
            let mut one = app.page().await;
            one.say(LogRequest::Subscribe {
                job,
                seq: 0,
                tail: None,
            })
            .await;
            stuck.push(one);
        }
    };
    // What serves all who read at once, as the connections to the store and what the allocator keeps, is there from them on.
    get_stuck(FIRST).await;
    speed(&app, job, &mut seq, WINDOW).await;
    let without = resident(app.pid());
    get_stuck(STUCK).await;
    let beside = speed(&app, job, &mut seq, WINDOW).await;
    let with = resident(app.pid());
    witness.stop();
    let cost = with.saturating_sub(without) / STUCK;
    let mb = |bytes: usize| bytes as f64 / WINDOW.as_secs_f64() / 1e6;
    println!(
        "{} KiB of memory for each of {STUCK} that never read; {:.1} MB/s beside them, {:.1} without",
        cost / 1024,
        mb(beside),
        mb(alone)
    );
    assert!(cost <= 4 << 20, "each costs {cost} bytes");
    assert!(
        beside * 3 > alone * 2,
        "others are slower: {beside} bytes, {alone} alone"
    );
    drop(stuck);
    page.now_over(job).await;
}

/// Where a subscription begins that asks for the last megabyte, and from where on it is news.
async fn last_megabyte(app: &App, job: JobId) -> (u64, Option<u64>) {
    let subscribe = LogRequest::Subscribe {
        job,
        seq: 0,
        tail: Some(1 << 20),
    };
    match app.page().await.ask(subscribe).await {
        Ok(Reply::Subscribed { seq, live, .. }) => (seq, live),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_log_is_had_from_near_its_end() {
    const SIZE: u64 = 200_000 * 17;
    let postgres = Postgres::start();
    let mut app = App::start(Home::new(Some(postgres.url("postgres"))));
    let mut page = app.page().await;
    let script = "seq -f 'row %06.0f of it' 200000; read go";
    let job = page.start(script).await.id;
    page.ask(LogRequest::Follow {
        job,
        tail: 0,
        encoding: Default::default(),
    })
    .await
    .unwrap();
    page.until(|event| match event {
        Event::LogGrew { extent, .. } if extent.bytes == SIZE => Some(()),
        _ => None,
    })
    .await;
    let (running, live) = last_megabyte(&app, job).await;
    assert!(live.is_some_and(|live| live > running), "{live:?}");
    let text = "on\n".to_owned();
    let end = true;
    page.ask(JobRequest::Input { job, text, end })
        .await
        .unwrap();
    page.now_over(job).await;
    let mut begins = vec![running, last_megabyte(&app, job).await.0];
    // Once more from the store, when nothing is left of the folder.
    eventually("it is archived", || app.home.job_folders().is_empty());
    app.kill();
    app.again();
    app.page().await.until_ready_again().await;
    let (stored, live) = last_megabyte(&app, job).await;
    assert_eq!(live, None);
    begins.push(stored);
    for begin in begins {
        let mut reader = app.page().await;
        let (bytes, _) = reader.read_raw(job, begin, usize::MAX).await;
        let size = bytes[&0].len();
        assert!((1 << 20..3 << 19).contains(&size), "{size} from {begin} on");
        assert!(bytes[&0].ends_with(b"row 200000 of it\n"));
    }
}

#[tokio::test]
async fn every_call_has_one_answer_whatever_comes_right_after_it() {
    let postgres = Postgres::start();
    let app = App::start(Home::new(Some(postgres.url("postgres"))));
    let mut page = app.page().await;
    let job = page.start("echo one; sleep 0.2; echo two").await.id;
    let mut due = std::collections::BTreeSet::new();
    for _ in 0..50 {
        let calls = [
            LogRequest::Follow {
                job,
                tail: 5,
                encoding: Default::default(),
            },
            LogRequest::Unfollow { job },
            LogRequest::Follow {
                job,
                tail: 5,
                encoding: Default::default(),
            },
            LogRequest::Follow {
                job,
                tail: 7,
                encoding: Default::default(),
            },
            LogRequest::Unfollow { job },
            LogRequest::Subscribe {
                job,
                seq: 0,
                tail: None,
            },
        ];
        due.extend(page.say_all(calls.map(Request::from).into()).await);
        let numbers = due.len() as u32;
        let calls = (0..=numbers).map(|subscription| LogRequest::Unsubscribe { subscription });
        due.extend(
            page.say_all(calls.take(4).map(Request::from).collect())
                .await,
        );
    }
    while !due.is_empty() {
        // None is a piece of a log.
        let Some(Message::Reply { id: of, .. } | Message::Failed { id: of, .. }) =
            page.next().await
        else {
            continue;
        };
        assert!(due.remove(&of), "call {of} is answered twice");
    }
    page.over(job).await;
}

#[tokio::test]
async fn what_no_text_holds_is_refused_in_words() {
    let postgres = Postgres::start();
    let app = App::start(Home::new(Some(postgres.url("postgres"))));
    let mut page = app.page().await;
    page.until_ready_again().await;
    let nul = Some("a\0b".to_owned());
    let save = |command: &str| {
        Request::from(CatalogRequest::SaveCommand {
            host: None,
            command: command.into(),
        })
    };
    for request in [
        Request::from(JobRequest::Jobs(JobQuery {
            text: nul.clone(),
            ..JobQuery::default()
        })),
        Request::from(JobRequest::Jobs(JobQuery {
            owner: nul,
            ..JobQuery::default()
        })),
        save(""),
        save(" \n"),
        save("echo \0"),
        save(&"x".repeat(60_000)),
    ] {
        let refused = page.ask(request.clone()).await;
        assert!(
            matches!(refused, Err(FailureCode::Refused)),
            "{request:?}: {refused:?}"
        );
    }
    assert!(page.ask(save("echo one")).await.is_ok());
}

#[tokio::test]
async fn a_folder_that_only_waits_for_the_store_holds_no_file_open() {
    let mut postgres = Postgres::start();
    let app = App::start(Home::new(Some(postgres.url("postgres"))));
    let mut page = app.page().await;
    page.until_ready_again().await;
    postgres.down(rustix::process::Signal::QUIT);
    for _ in 0..20 {
        let job = page.start("echo one").await.id;
        page.over(job).await;
    }
    let jobs = app.home.data().join("jobs");
    let open = || {
        let all = fs::read_dir(format!("/proc/{}/fd", app.pid()))
            .unwrap()
            .flatten();
        let all = all.filter_map(|fd| fs::read_link(fd.path()).ok());
        // The folder itself is watched.
        all.filter(|path| path.starts_with(&jobs) && *path != jobs)
            .count()
    };
    eventually("none is open", || open() == 0);
    assert_eq!(app.home.job_folders().len(), 20);
    postgres.up();
    eventually("all are archived", || app.home.job_folders().is_empty());
}
