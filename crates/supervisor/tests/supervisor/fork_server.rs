//! The fork server: a supervisor without a job, which becomes those of others.

use std::{
    ffi::OsStr,
    fs::{self, File},
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::Path,
    process::{Child, Command},
};

use supervisor::{
    control::{self, ToSupervisor},
    exit::Exit,
    folder::{Folder, SUPERVISOR, Supervisor},
    fork_server,
};

use crate::job::{self, Listener, describe, patiently, runs, sh};

/// A fork server for job folders with names as long as this one.
fn hatch(place: &Path) -> (Child, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmo-supervisor"));
    command
        .arg("--fork-server")
        .arg(place)
        .env("OF_THE_FORK_SERVER", "1");
    (command.stdin(OwnedFd::from(theirs)).spawn().unwrap(), ours)
}

/// Asks for a supervisor, and listens to it.
fn ask(fork_server: &UnixStream, folder: &Folder, mark: &str) -> Listener {
    let socket = control::bind(folder.path()).unwrap();
    let listener = Listener::to(folder);
    let claims = File::create(folder.path().join("claims")).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let environment = [
        ("PATH", path.as_os_str()),
        ("MARK", OsStr::new(mark)),
        ("VMO_DISK_FLOOR", OsStr::new("0")),
    ];
    let environment = environment.map(|(name, value)| (OsStr::new(name), value));
    fork_server::ask(
        fork_server,
        folder.path(),
        environment,
        [socket.as_fd(), claims.as_fd()],
    )
    .unwrap();
    listener
}

#[test]
fn it_becomes_the_supervisor_of_each_job_and_leaves_them_when_it_ends() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let folder = Folder::create(scratch.path().join(name)).unwrap();
        describe(&folder, &sh("env; ls /proc/self/fd; read go; exit 4"));
        folder
    };
    let folders = [folder("job 1"), folder("job 2")];
    let claims = folders
        .each_ref()
        .map(|folder| folder.lock_blocking().unwrap());
    let (mut process, socket) = hatch(&scratch.path().join("job 0"));
    let mut listeners = [
        ask(&socket, &folders[0], "one"),
        ask(&socket, &folders[1], "two"),
    ];

    for (folder, mark) in folders.iter().zip(["MARK=one", "MARK=two"]) {
        let text = patiently(|| {
            let log = job::log(folder).into_iter().flat_map(|(_, bytes)| bytes);
            let text = String::from_utf8(log.collect()).unwrap();
            text.ends_with("3\n").then_some(text)
        });
        assert!(text.lines().any(|line| line == mark), "{text}");
        assert!(!text.contains("OF_THE_FORK_SERVER"), "{text}");
        assert!(
            text.ends_with("\n0\n1\n2\n3\n"),
            "only its own are open: {text}"
        );
        let who: Supervisor = folder.read_json(SUPERVISOR).unwrap().unwrap();
        let line = fs::read(format!("/proc/{}/cmdline", who.supervisor.pid)).unwrap();
        let shown = [b"\0", folder.path().as_os_str().as_encoded_bytes(), b"\0"].concat();
        assert!(line.ends_with(&shown), "{}", String::from_utf8_lossy(&line));
    }
    drop(socket);
    assert!(process.wait().unwrap().success());
    for (folder, listener) in folders.iter().zip(&mut listeners) {
        let who: Supervisor = folder.read_json(SUPERVISOR).unwrap().unwrap();
        assert!(who.supervisor.is_alive() && who.child.is_alive());
        listener.say(&ToSupervisor::EndInput);
        assert_eq!(listener.complete().ended, Exit::Code { code: 4 });
        patiently(|| (!runs(who.supervisor.pid)).then_some(()));
    }
    drop(claims);
}

#[test]
fn it_buries_the_supervisors_it_became() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = Folder::create(scratch.path().join("job")).unwrap();
    describe(&folder, &sh("exit 0"));
    let _claim = folder.lock_blocking().unwrap();
    let (mut process, socket) = hatch(&scratch.path().join("another length"));
    let mut listener = ask(&socket, &folder, "x");
    let who: Supervisor = patiently(|| folder.read_json(SUPERVISOR).unwrap());
    listener.complete();
    patiently(|| (!Path::new(&format!("/proc/{}", who.supervisor.pid)).exists()).then_some(()));
    drop(socket);
    assert!(process.wait().unwrap().success());
}
