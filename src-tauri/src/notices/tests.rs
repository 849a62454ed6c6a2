use chrono::TimeDelta;
use orchestrator::job::{Exit, Job as Kept, Place, Prompt, State, What};

use super::*;

fn job(batch: Option<Uuid>, state: State) -> Kept {
    Kept {
        id: JobId::new(),
        what: What::Command,
        place: Place::Host {
            name: "web-1".into(),
            sudo: false,
            looks: false,
        },
        command: "uptime".into(),
        variables: Vec::new(),
        pty: false,
        batch,
        owner: "ann@here".into(),
        queued_at: orchestrator::clock::now(),
        state,
        cause: None,
        survivors: Vec::new(),
        notes: Vec::new(),
        damage: None,
        lines: 0,
        bytes: 0,
        is_silent: false,
        paused: None,
        unarchived: None,
        data_folder: None,
        unkillable: None,
        prompt: None,
        last_signal: None,
    }
}

fn over(running: &Kept, seconds: i64, code: i32) -> Job {
    let finished_at = running.queued_at + TimeDelta::seconds(seconds);
    let mut job = running.clone();
    job.state = State::Ended {
        started_at: Some(running.queued_at),
        finished_at,
        exit: Exit::Code { code },
        canceled: false,
    };
    job.into()
}

fn running(batch: Option<Uuid>) -> Kept {
    let started_at = orchestrator::clock::now();
    job(batch, State::Running { started_at })
}

fn text_of(watched: &mut Watched, job: &Job) -> Option<String> {
    watched
        .job(job, Rules::of(&Settings::default()))
        .map(|notice| format!("{}: {}", notice.title, notice.text))
}

#[test]
fn a_job_that_waits_for_input_is_reported_each_time_it_begins_to() {
    let mut watched = Watched::of("ann@here".into());
    let mut job = running(None);
    let mut hears = |prompt| {
        job.prompt = prompt;
        text_of(&mut watched, &job.clone().into())
    };
    let wanted = Some("uptime · web-1: waits for your input".to_owned());
    assert_eq!(hears(None), None);
    assert_eq!(hears(Some(Prompt::Text)), wanted);
    assert_eq!(hears(Some(Prompt::Secret)), None);
    assert_eq!(hears(None), None);
    assert_eq!(hears(Some(Prompt::Secret)), wanted);
}

#[test]
fn long_jobs_and_failures_are_reported_once() {
    let mut watched = Watched::of("ann@here".into());
    for (seconds, code, wanted) in [
        (3, 0, None),
        (75, 0, Some("uptime · web-1: done after 1:15")),
        (3, 7, Some("uptime · web-1: exit code 7")),
    ] {
        let job = running(None);
        let over = over(&job, seconds, code);
        // What is found over was not waited for.
        assert_eq!(text_of(&mut watched, &over), None);
        assert_eq!(text_of(&mut watched, &job.into()), None);
        assert_eq!(text_of(&mut watched, &over).as_deref(), wanted);
        assert_eq!(text_of(&mut watched, &over), None);
    }
    let mut others = running(None);
    others.owner = "bob@there".into();
    assert_eq!(text_of(&mut watched, &others.clone().into()), None);
    assert_eq!(text_of(&mut watched, &over(&others, 75, 1)), None);
    assert!(watched.running.is_empty());
}

#[test]
fn the_settings_say_which_ends_are_notified() {
    let rules = |notify, notify_after| {
        Rules::of(&Settings {
            notify,
            notify_after,
            ..Settings::default()
        })
    };
    let after = Duration::from_secs(60);
    for (of, seconds, done, failed) in [
        (Notify::Long, None, true, true),
        (Notify::Long, Some(90), false, true),
        (Notify::Failures, None, false, true),
        (Notify::None, None, false, false),
    ] {
        let rules = rules(of, seconds);
        assert_eq!(rules.want(Status::Done, after), done, "{of:?}");
        assert_eq!(rules.want(Status::Error, after), failed, "{of:?}");
        assert!(!rules.want(Status::Canceled, after));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_tray_names_what_runs() {
    assert!(format!("{:?}", Shown::of(&[], title)).contains("Passive"));
    let jobs: Vec<Job> = (0..8).map(|_| running(None).into()).collect();
    let shown = format!("{:?}", Shown::of(&jobs, title));
    assert!(
        shown.contains("8 jobs running") && shown.contains("and 2 more"),
        "{shown}"
    );
    assert!(
        shown.contains("uptime · web-1") && shown.contains("Active"),
        "{shown}"
    );
}

#[test]
fn a_batch_is_one_word() {
    let mut watched = Watched::of("ann@here".into());
    let batch = Some(Uuid::now_v7());
    let jobs = [running(batch), running(batch), running(batch)];
    for job in &jobs {
        assert_eq!(text_of(&mut watched, &job.clone().into()), None);
    }
    assert_eq!(text_of(&mut watched, &over(&jobs[1], 1, 0)), None);
    assert_eq!(text_of(&mut watched, &over(&jobs[0], 20, 3)), None);
    assert_eq!(
        text_of(&mut watched, &over(&jobs[2], 1, 0)).as_deref(),
        Some("uptime on 3 hosts: 2 done, 1 error")
    );
    assert!(watched.batches.is_empty());
}
