//! What a child is started with, and what a supervisor is.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::{Command, Stdio},
};

use rustix::io::{FdFlags, fcntl_setfd};
use supervisor::{
    control,
    exit::{Exit, ExitRecord},
    folder::{EXEC, EXIT, Folder, SUPERVISOR, Supervisor},
};

use crate::job::{self, Job, exec, folder, sh, supervisor};

#[test]
fn only_the_standard_descriptors_are_open() {
    let scratch = tempfile::tempdir().unwrap();
    let leak = fs::File::create(scratch.path().join("leak")).unwrap();
    for pty in [None, Some(supervisor::exec::Window { rows: 24, cols: 80 })] {
        let mut ls = exec("ls", &["/proc/self/fd"]);
        ls.pty = pty;
        let mut job = Job::start_in(&ls, |_, _| fcntl_setfd(&leak, FdFlags::empty()).unwrap());
        job.end();
        let open: Vec<String> = job.stdout().split_whitespace().map(str::to_owned).collect();
        // The last is the folder ls reads.
        assert_eq!(open, ["0", "1", "2", "3"]);
    }
}

#[test]
fn no_signal_is_blocked_or_ignored_and_the_umask_is_as_it_was() {
    let (_scratch, folder) = folder(&sh(
        "grep -E 'Sig(Blk|Ign)' /proc/self/status; umask; echo $MARK",
    ));
    let starter = "trap '' HUP USR1 QUIT; umask 027; exec \"$@\"";
    let mut starter_command = Command::new("sh");
    starter_command
        .args(["-c", starter, "sh"])
        .arg(env!("CARGO_BIN_EXE_vmo-supervisor"))
        .arg(folder.path());
    assert!(
        starter_command
            .env("MARK", "handed on")
            .stdin(Stdio::null())
            .status()
            .unwrap()
            .success()
    );
    let stdout: Vec<u8> = job::log(&folder)
        .into_iter()
        .flat_map(|(_, bytes)| bytes)
        .collect();
    let stdout = String::from_utf8(stdout).unwrap();
    let words = stdout.split_whitespace();
    let none = "0000000000000000";
    // Signals 32 and 33, which glibc keeps to itself, it has ignored in whatever it spawns.
    let words = words.map(|word| {
        if word == "0000000180000000" {
            none
        } else {
            word
        }
    });
    assert_eq!(
        words.collect::<Vec<_>>(),
        ["SigBlk:", none, "SigIgn:", none, "0027", "handed", "on"]
    );
    for name in [EXIT, SUPERVISOR, control::SOCKET, "spool"] {
        let mode = fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[test]
fn supervisor_and_child_are_in_groups_and_sessions_of_their_own() {
    let mut job = Job::start(&sh("ps -o pid= -o pgid= -p $$; read go"));
    job.stdout_has("\n");
    let who = job.who();
    let stdout = job.stdout();
    let [pid, pgid] = [0, 1].map(|n| {
        stdout
            .split_whitespace()
            .nth(n)
            .unwrap()
            .parse::<i32>()
            .unwrap()
    });
    assert_eq!((pid, pgid), (who.child.pid, who.pgid));
    assert_eq!(pid, pgid);
    let session =
        rustix::process::getsid(rustix::process::Pid::from_raw(who.supervisor.pid)).unwrap();
    assert_eq!(session.as_raw_nonzero().get(), who.supervisor.pid);
    job.listener
        .say(&supervisor::control::ToSupervisor::EndInput);
    job.end();
}

#[test]
fn it_binds_its_socket_itself_if_none_is_handed_to_it_and_paths_may_be_long() {
    let scratch = tempfile::tempdir().unwrap();
    let deep = scratch.path().join("d".repeat(100)).join("e".repeat(100));
    fs::create_dir_all(&deep).unwrap();
    let folder = Folder::create(deep.join("job")).unwrap();
    // As earlier versions had it.
    folder.write_json(EXEC, &sh("read go")).unwrap();
    let mut supervisor = supervisor(folder.path())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    job::patiently(|| folder.read_json::<Supervisor>(SUPERVISOR).unwrap());
    let mut listener = job::Listener::to(&folder);
    listener.say(&control::ToSupervisor::EndInput);
    assert_eq!(listener.complete().ended, Exit::Code { code: 1 });
    assert!(supervisor.wait().unwrap().success());
}

#[test]
fn a_folder_has_one_supervisor() {
    let job = Job::start(&sh("read go; exit 6"));
    job.who();
    let second = supervisor(job.folder.path())
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(!second.success());
    let mut late = job::Listener::to(&job.folder);
    late.say(&control::ToSupervisor::EndInput);
    assert_eq!(late.complete().ended, Exit::Code { code: 6 });
    assert!(
        job.complaints().contains("gave up: "),
        "{}",
        job.complaints()
    );
}

#[test]
fn a_later_format_is_refused_with_both_numbers() {
    let (_scratch, folder) = folder(&sh("echo no"));
    let later = serde_json::json!({ "format": 7, "what": "ever" });
    job::describe(&folder, &later);
    assert!(supervisor(folder.path()).status().unwrap().success());
    let exit: ExitRecord = folder.read_json(EXIT).unwrap().unwrap();
    let why = "the job has format 7, and its supervisor knows formats up to 1".to_owned();
    assert_eq!(exit.ended, Exit::CouldNotStart { why });
}

#[test]
fn it_says_how_it_is_called() {
    let output = Command::new(env!("CARGO_BIN_EXE_vmo-supervisor"))
        .arg0("vmo-supervisor")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .starts_with("usage: vmo-supervisor JOBDIR")
    );
}
