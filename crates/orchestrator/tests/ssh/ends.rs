//! How a job on a host ends if its command leaves processes behind, or its session is lost.

use super::*;

#[test]
fn what_a_command_leaves_running_does_not_hold_its_end_up() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let running = start(&sessions, &sshd, exec("(sleep 4; echo late) & echo now"));
    let (written, ended) = running.join();
    assert_eq!(written.out, b"now\n");
    assert_eq!(ended.exit, code(0));
    assert!(!ended.complete);
}

#[test]
fn what_a_command_leaves_running_is_named() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let naps = [nap(), nap(), nap(), nap()];
    let [plain, away, orphan, bare] = &naps;
    let quiet = "</dev/null >/dev/null 2>&1";
    // The last one has nothing of the command's but its output.
    let command = format!(
        "sleep {plain} {quiet} & setsid sleep {away} {quiet} & (setsid sh -c 'sleep {orphan} & wait' {quiet} &)
         (env -i setsid sleep {bare} &) ; sleep 0.3; exit 7"
    );
    let (_, ended) = run(&sessions, &sshd, &command);
    assert_eq!((ended.exit, ended.canceled), (code(7), false));
    for nap in [plain, away, orphan] {
        let named = format!("sleep {nap}");
        let is_named = ended.survivors.iter().any(|line| line.contains(&named));
        assert!(is_named, "{nap}: {:?}", ended.survivors);
    }
    let (_, ended) = run(
        &sessions,
        &sshd,
        &format!("env -i setsid sleep {bare}1 & exit 0"),
    );
    let named = format!("sleep {bare}1");
    let [one] = ended.survivors.as_slice() else {
        panic!("{:?}", ended.survivors);
    };
    assert!(one.ends_with(&named), "{one}");
    let (_, ended) = run(&sessions, &sshd, "sleep 0.1 & wait");
    assert_eq!(ended.survivors, Vec::<String>::new());
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let line = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        let is_ours =
            line.starts_with("sleep\0") && naps.iter().any(|nap| line.contains(nap.as_str()));
        if is_ours {
            let pid = entry.file_name().to_str().unwrap().parse().unwrap();
            let pid = rustix::process::Pid::from_raw(pid).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok();
        }
    }
}

#[test]
fn a_channel_that_is_closed_early_is_lost() {
    let sshd = Sshd::with("ChannelTimeout session:*=3s");
    let sessions = Sessions::new();
    let (written, ended) = run(&sessions, &sshd, "echo begun; sleep 8; exit 0");
    assert!(matches!(ended.exit, Exit::Lost { .. }), "{:?}", ended.exit);
    assert_eq!(written.out, b"begun\n");
}

#[test]
fn a_killed_session_is_lost_and_its_output_whole() {
    let sshd = Sshd::start();
    let sessions = Sessions::new();
    let running = start(&sessions, &sshd, exec("echo begun; sleep 30"));
    running
        .log
        .wait("start", |written| written.out == b"begun\n");
    let killed = Instant::now();
    sshd.signal_sessions("KILL");
    let (written, ended) = running.join();
    assert!(killed.elapsed() < Duration::from_secs(2));
    assert_eq!(written.out, b"begun\n");
    assert!(matches!(ended.exit, Exit::Lost { .. }), "{:?}", ended.exit);
    let (_, next) = run(&sessions, &sshd, "exit 5");
    assert_eq!(next.exit, code(5), "the next job gets a new session");
}
