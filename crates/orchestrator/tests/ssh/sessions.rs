//! Sessions that jobs share: when another is opened, how one is kept alive, and when it is closed.

use super::*;

#[test]
fn new_keys_in_mid_stream_change_nothing() {
    let sshd = Sshd::with("RekeyLimit 1M");
    let (written, ended) = run(
        &Sessions::new(),
        &sshd,
        "seq 1 2000000; seq 1 100000 >&2; exit 3",
    );
    assert_eq!(ended.exit, code(3));
    let expected = |last: u32| (1..=last).map(|n| format!("{n}\n")).collect::<String>();
    assert!(written.out == expected(2_000_000).as_bytes());
    assert!(written.err == expected(100_000).as_bytes());
}

#[test]
fn jobs_share_a_session() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let slow = start(
        &sessions,
        &sshd,
        exec("echo ready; read line; echo \"$line\""),
    );
    slow.log.wait("start", |written| written.out == b"ready\n");
    let first = sshd.session_pids();
    let many: Vec<_> = (0..7)
        .map(|n| start(&sessions, &sshd, exec(&format!("echo {n}; exit {n}"))))
        .collect();
    for (n, running) in many.into_iter().enumerate() {
        let (written, ended) = running.join();
        assert_eq!(written.out, format!("{n}\n").as_bytes());
        assert_eq!(ended.exit, code(i32::try_from(n).unwrap()));
    }
    assert_eq!(sshd.session_pids().len(), first.len(), "one connection");
    slow.controls
        .send(Control::Input(b"bye\n".to_vec()))
        .unwrap();
    let (written, _) = slow.join();
    assert_eq!(written.out, b"ready\nbye\n");
}

#[test]
fn jobs_that_are_started_at_once_take_no_answer_for_anothers() {
    // It takes none of the variables, and says so to each.
    let sshd = Sshd::start();
    let config = sshd.config("Host box\n  SetEnv Q=1 R=2 S=3 T=4 VMO_TEST_X=x");
    let nobody = Person::who(Answer::Refuse);
    let sessions = Sessions::new();
    start_as(&sessions, &config, exec("true"), &nobody).join();
    for round in 0..5 {
        let jobs: Vec<_> = (0..32)
            .map(|n| {
                let command = format!("echo $VMO_TEST_X-{n}$Q; exit {n}");
                start_as(&sessions, &config, exec(&command), &nobody)
            })
            .collect();
        for (n, job) in jobs.into_iter().enumerate() {
            let (written, ended) = job.join();
            assert_eq!(ended.exit, code(i32::try_from(n).unwrap()), "{round}");
            assert_eq!(written.out, format!("x-{n}\n").as_bytes(), "{round}");
        }
    }
}

#[test]
fn more_jobs_than_a_server_allows_get_another_session() {
    let sshd = Sshd::with("MaxSessions 2");
    let sessions = Sessions::new();
    let jobs: Vec<_> = (0..5)
        .map(|_| start(&sessions, &sshd, exec("echo in; read line; echo out")))
        .collect();
    for job in &jobs {
        job.log.wait("start", |written| written.out == b"in\n");
    }
    for job in jobs {
        job.controls.send(Control::Input(b"x\n".to_vec())).unwrap();
        let (written, ended) = job.join();
        assert_eq!(
            (written.out.as_slice(), ended.exit),
            (&b"in\nout\n"[..], code(0))
        );
    }
}

/// A server lets ten into a session unless it is told otherwise, and a cancel needs a place too.
#[test]
fn at_most_eight_jobs_share_a_connection() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let wait = || {
        let running = start(&sessions, &sshd, exec("echo in; read line"));
        running.log.wait("start", |written| written.out == b"in\n");
        running
    };
    let mut all: Vec<_> = (0..8).map(|_| wait()).collect();
    let one = sshd.session_pids().len();
    all.push(wait());
    assert_eq!(sshd.session_pids().len(), 2 * one);
    for running in all {
        running
            .controls
            .send(Control::Input(b"x\n".to_vec()))
            .unwrap();
        assert_eq!(running.join().1.exit, code(0));
    }
}

#[test]
fn a_frozen_host_is_noticed() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let running = start(&sessions, &sshd, exec("echo begun; sleep 60"));
    running
        .log
        .wait("start", |written| written.out == b"begun\n");
    sshd.signal_sessions("STOP");
    let frozen = Instant::now();
    let (_, ended) = running.join();
    assert!(
        frozen.elapsed() < Duration::from_secs(20),
        "{:?}",
        frozen.elapsed()
    );
    assert!(matches!(ended.exit, Exit::Lost { .. }), "{:?}", ended.exit);
}

#[test]
fn a_host_that_is_asked_every_second_is_not_taken_for_a_frozen_one() {
    let sshd = Sshd::start();
    let config = sshd.config("ServerAliveInterval 1\nServerAliveCountMax 1");
    let nobody = Person::who(Answer::Refuse);
    let (written, ended) = start_as(
        &Sessions::new(),
        &config,
        exec("sleep 9; echo awake"),
        &nobody,
    )
    .join();
    assert_eq!((ended.exit, &*written.out), (code(0), &b"awake\n"[..]));
}

#[test]
fn a_session_without_a_job_is_closed_in_time() {
    let sshd = Sshd::start();
    let sessions = Sessions::kept_for(Duration::from_secs(1));
    let (_, ended) = run(&sessions, &sshd, "exit 3");
    assert_eq!(ended.exit, code(3));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let closed = async { tokio::time::timeout(Duration::from_secs(20), sessions.ended()).await };
    assert!(runtime.unwrap().block_on(closed).is_ok());
    let (_, ended) = run(&sessions, &sshd, "exit 4");
    assert_eq!(ended.exit, code(4));
}

#[test]
fn a_quiet_command_is_not_taken_for_a_frozen_host() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let (written, ended) = run(&sessions, &sshd, "sleep 18; echo awake");
    assert_eq!(ended.exit, code(0));
    assert_eq!(written.out, b"awake\n");
}

/// Hundredths of a second of processor time that this process's sessions have taken.
fn session_ticks() -> u64 {
    let mut ticks = 0;
    for task in fs::read_dir("/proc/self/task").unwrap().flatten() {
        let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        // utime and stime, the 14th and 15th field; the name before them is in brackets.
        if let Some((_, rest)) = stat.split_once("(ssh box) ") {
            let fields: Vec<&str> = rest.split(' ').collect();
            ticks += fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        }
    }
    ticks
}

#[test]
fn a_session_without_a_job_rests_and_still_listens() {
    // The server asks for signs of life, and closes a connection that gives none.
    let sshd = Sshd::with("ClientAliveInterval 2\nClientAliveCountMax 2");
    let kept = Sessions::new();
    let (_, ended) = run(&kept, &sshd, "seq 200000; echo end >&2");
    assert_eq!(ended.exit, code(0));
    let before = sshd.session_pids();
    // Others whose last channel was closed before it was read to its end, or was a terminal.
    let canceled = Sessions::new();
    let flood = start(&canceled, &sshd, exec("yes"));
    flood.log.wait("output", |written| !written.out.is_empty());
    flood
        .controls
        .send(Control::Cancel { force: true })
        .unwrap();
    flood.join();
    let terminal = Sessions::new();
    let mut in_terminal = exec("echo hi");
    in_terminal.pty = Some((24, 80));
    start(&terminal, &sshd, in_terminal).join();
    // And one whose server goes away meanwhile.
    let gone = Sshd::start();
    let dropped = Sessions::new();
    run(&dropped, &gone, "true");
    drop(gone);

    let ticks = session_ticks();
    // Long enough for both sides to have asked for signs of life, and for the server to have lost patience twice.
    thread::sleep(Duration::from_secs(12));
    let ticks_used = session_ticks() - ticks;
    assert!(
        ticks_used <= 12,
        "{ticks_used} hundredths of a second in twelve seconds of rest"
    );
    let (_, ended) = run(&kept, &sshd, "exit 4");
    assert_eq!(ended.exit, code(4));
    let after = sshd.session_pids();
    assert!(
        before.iter().all(|pid| after.contains(pid)),
        "{before:?} {after:?}"
    );
}

#[test]
fn a_crowd_at_the_door_gets_in() {
    let sshd = Sshd::with("MaxStartups 3:50:6");
    let failures = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..20)
        .map(|n| {
            let config = fs::canonicalize(sshd.config("")).unwrap();
            let own = config.with_file_name(format!("config{n}"));
            fs::copy(&config, &own).unwrap();
            let failures = Arc::clone(&failures);
            thread::spawn(move || {
                let nobody = Person::who(Answer::Refuse);
                let (_, ended) = start_as(&Sessions::new(), &own, exec("exit 1"), &nobody).join();
                if ended.exit != code(1) {
                    println!("{:?}", ended.exit);
                    failures.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(failures.load(Ordering::Relaxed), 0);
}
