//! The embedded server: one for all who come, gone when the last has gone, back when it was killed.

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use orchestrator::store::{Address, Store, StoreError, embedded};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::{leavings::Leavings, postgres, target};

const PATIENCE: Duration = Duration::from_secs(60);

/// An app's data folder. What a server leaves elsewhere goes with it.
struct App {
    _leavings: Leavings,
    folder: tempfile::TempDir,
}

impl App {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("vmo-").tempdir().unwrap();
        let data = folder.path().join("app");
        fs::create_dir(&data).unwrap();
        Self {
            _leavings: Leavings::of(folder.path(), &data),
            folder,
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    async fn start(&self) -> Result<embedded::Running, StoreError> {
        let steps = std::sync::Mutex::new(Vec::new());
        let progress = |step: &str| steps.lock().unwrap().push(step.to_owned());
        let started = embedded::start(&self.data(), &guardian(), progress).await;
        eprintln!("{:?}", steps.lock().unwrap());
        started
    }

    /// The lines of the server's own note.
    fn note(&self) -> Option<Vec<String>> {
        let file = embedded::data_folder(&self.data())
            .unwrap()
            .join("postmaster.pid");
        let text = fs::read_to_string(file).ok()?;
        Some(text.lines().map(|line| line.trim().to_owned()).collect())
    }

    fn server(&self) -> Pid {
        Pid::from_raw(self.note().unwrap()[0].parse().unwrap()).unwrap()
    }

    /// The guardian: the one process that was started for this folder as `vmo postgres`.
    fn guardian(&self) -> Option<Pid> {
        let here = format!("VMO_DATA_DIR={}", self.data().display());
        fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
            let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
            let line = fs::read(entry.path().join("cmdline")).ok()?;
            let about = fs::read(entry.path().join("environ")).ok()?;
            let ours = line.ends_with(b"vmo\0postgres\0") && contains(&about, here.as_bytes());
            ours.then_some(pid)
        })
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // Whoever held it has been dropped by now, so it stops by itself.
        let begun = Instant::now();
        while self.guardian().is_some() && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

/// The command of a guardian that does not linger for long.
fn guardian() -> Vec<OsString> {
    guardian_with("VMO_POSTGRES_LINGER_MS=100")
}

fn guardian_with(variable: &str) -> Vec<OsString> {
    ["env", variable, env!("CARGO_BIN_EXE_vmo"), "postgres"]
        .map(OsString::from)
        .into()
}

/// Waits for what no event tells of: another process's death, seen from afar.
async fn until(mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "it never came about");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Gone, or dead and not buried yet.
fn gone(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())).unwrap_or_default();
    test_kill_process(pid).is_err()
        || stat
            .rsplit(')')
            .next()
            .is_some_and(|rest| rest.starts_with(" Z"))
}

async fn answers(address: &Address) -> Store {
    let begun = Instant::now();
    loop {
        match Store::connect(address).await {
            Ok(store) => return store,
            Err(error) if error.is_transient() && begun.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// A process of its own that holds the server.
fn holder(app: &App) -> Child {
    let mut child = Command::new("flock")
        .args(["--shared", "--no-fork"])
        .arg(app.data().join("postgres/holders.lock"))
        .args(["sh", "-c", "echo held; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next();
    assert_eq!(line.unwrap().unwrap(), "held");
    child
}

#[tokio::test]
async fn the_first_start_makes_it_and_the_next_finds_what_was_kept() {
    let app = App::new();
    let running = app.start().await.unwrap();
    let store = answers(&running.address).await;
    assert!(
        store.warnings().is_empty(),
        "our role is no superuser: {:?}",
        store.warnings()
    );
    let job = target("api", "deploy");
    store.save_job(&job).await.unwrap();
    store.close().await;
    let server = app.server();
    drop(running);
    until(|| gone(server)).await;
    until(|| app.note().is_none()).await;

    let running = app.start().await.unwrap();
    assert_ne!(app.server(), server);
    assert_eq!(
        answers(&running.address).await.job(job.id).await.unwrap(),
        Some(job)
    );
}

#[tokio::test]
async fn nobody_else_gets_in() {
    let app = App::new();
    let running = app.start().await.unwrap();
    let note = app.note().unwrap();
    let (port, sockets, listens) = (&note[3], Path::new(&note[4]), &note[5]);
    assert_eq!(listens, "", "it listens on no network");
    assert_eq!(fs::metadata(sockets).unwrap().mode() & 0o777, 0o700);
    let socket = fs::metadata(sockets.join(format!(".s.PGSQL.{port}"))).unwrap();
    assert_eq!(socket.mode() & 0o777, 0o700);
    let data = embedded::data_folder(&app.data()).unwrap();
    assert_eq!(fs::metadata(&data).unwrap().mode() & 0o777, 0o700);
    let folder = fs::metadata(app.data().join("postgres")).unwrap().mode() & 0o777;
    assert_eq!(folder, 0o700, "{folder:o}");

    // Not even we as the superuser it was made by, nor into another database.
    for (user, database) in [("postgres", "postgres"), ("postgres", "vmo")] {
        let address = Address::socket(sockets, port.parse().unwrap(), user, database);
        let error = Store::connect(&address).await.unwrap_err();
        assert!(matches!(error, StoreError::AuthFailed { .. }), "{error}");
    }
    let store = answers(&running.address).await;
    assert!(store.address_shown().starts_with("vmo@"));
    let psql = Command::new(postgres::bin("psql"))
        .args(["-XAtqc", "show fsync", "-d", &running.address.uri().0])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&psql.stdout).trim(),
        "on",
        "{}",
        String::from_utf8_lossy(&psql.stderr)
    );
}

#[tokio::test]
async fn neither_guardian_nor_server_keeps_what_the_starter_has_open() {
    let app = App::new();
    let leak = tempfile::NamedTempFile::new().unwrap();
    rustix::io::fcntl_setfd(&leak, rustix::io::FdFlags::empty()).unwrap();
    let running = app.start().await.unwrap();
    let has_open = |pid: Pid| {
        let open = fs::read_dir(format!("/proc/{}/fd", pid.as_raw_pid())).unwrap();
        let files = open.map(|fd| fs::read_link(fd.unwrap().path()).unwrap_or_default());
        files.collect::<Vec<_>>()
    };
    for pid in [app.guardian().unwrap(), app.server()] {
        let open = has_open(pid);
        assert!(
            open.len() > 3 && !open.contains(&leak.path().to_owned()),
            "{open:?}"
        );
    }
    drop(running);
}

#[tokio::test]
async fn the_data_is_where_its_server_can_reach_it_whatever_becomes_of_the_folder() {
    let app = App::new();
    let home = if postgres::other_user().is_some() {
        PathBuf::from("/var/lib/vm-orchestrator")
    } else {
        app.data().canonicalize().unwrap()
    };
    // The guardian closes to others what its starter may find open.
    for mode in [0o700, 0o711] {
        fs::set_permissions(app.data(), fs::Permissions::from_mode(mode)).unwrap();
        let data = embedded::data_folder(&app.data()).unwrap();
        assert!(data.starts_with(&home), "{}", data.display());
        let running = app.start().await.unwrap();
        answers(&running.address).await.ping().await.unwrap();
        assert_eq!(embedded::data_folder(&app.data()).unwrap(), data);
        let server = app.server();
        drop(running);
        until(|| gone(server)).await;
        until(|| app.guardian().is_none()).await;
    }
}

#[tokio::test]
async fn many_starters_at_once_get_one_server() {
    let app = App::new();
    let starts: Vec<_> = (0..5)
        .map(|_| {
            let data = app.data();
            tokio::spawn(async move { embedded::start(&data, &guardian(), |_| ()).await })
        })
        .collect();
    let mut running = Vec::new();
    for start in starts {
        running.push(start.await.unwrap().unwrap());
    }
    let server = app.server();
    for one in &running {
        answers(&one.address).await;
    }
    assert_eq!(app.server(), server);
    drop(running);
    until(|| gone(server)).await;
}

#[tokio::test]
async fn a_starter_that_is_gone_before_the_server_is_ready_leaves_it_to_the_next() {
    let app = App::new();
    let (tell, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let data = app.data();
    let first = tokio::spawn(async move {
        let progress = move |_: &str| tell.send(()).unwrap_or_default();
        embedded::start(&data, &guardian(), progress)
            .await
            .map(drop)
    });
    receiver.recv().await.unwrap();
    let guardian = app.guardian().unwrap();
    first.abort();
    let running = app.start().await.unwrap();
    answers(&running.address).await.ping().await.unwrap();
    assert_eq!(app.guardian(), Some(guardian));
}

#[tokio::test]
async fn the_server_goes_when_the_last_holder_was_killed() {
    let app = App::new();
    let running = app.start().await.unwrap();
    let server = app.server();
    let (mut one, mut two) = (holder(&app), holder(&app));
    drop(running);
    one.kill().unwrap();
    one.wait().unwrap();
    // Longer than it lingers, and still there for the other.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!gone(server));
    two.kill().unwrap();
    two.wait().unwrap();
    until(|| gone(server)).await;
    until(|| app.guardian().is_none()).await;
}

#[tokio::test]
async fn the_server_goes_although_the_folder_went_first() {
    let app = App::new();
    let running = app.start().await.unwrap();
    let server = app.server();
    fs::remove_file(app.data().join("postgres/holders.lock")).unwrap();
    fs::rename(app.data(), app.data().with_extension("away")).unwrap();
    drop(running);
    until(|| gone(server)).await;
    until(|| app.guardian().is_none()).await;
}

#[tokio::test]
async fn a_guardian_that_is_told_to_go_takes_the_server_along() {
    let app = App::new();
    let running = app.start().await.unwrap();
    let mut held = holder(&app);
    let (server, guardian) = (app.server(), app.guardian().unwrap());
    drop(running);
    kill_process(guardian, Signal::TERM).unwrap();
    until(|| gone(server)).await;
    until(|| app.guardian().is_none()).await;
    held.kill().unwrap();
    held.wait().unwrap();
}

#[tokio::test]
async fn a_postgres_of_the_system_serves_and_its_data_asks_for_it_again() {
    let app = App::new();
    let system = PathBuf::from(postgres::bin("postgres"));
    let folder = system.ancestors().nth(2).unwrap();
    let major = folder.file_name().unwrap().to_str().unwrap();
    let theirs = guardian_with(&format!("VMO_POSTGRES={}", folder.display()));
    let running = embedded::start(&app.data(), &theirs, |_| ()).await.unwrap();
    let store = answers(&running.address).await;
    assert!(
        store.version().starts_with(&format!("{major}.")),
        "{}",
        store.version()
    );
    store.close().await;
    drop(running);
    until(|| app.guardian().is_none()).await;
    // Whatever would be taken for new data.
    let programs = embedded::Programs::find(&app.data()).unwrap();
    assert_eq!(programs.major.to_string(), major);
}

#[tokio::test]
async fn who_comes_while_it_lingers_keeps_it() {
    let app = App::new();
    let first = app.start().await.unwrap();
    let server = app.server();
    for _ in 0..5 {
        let next = app.start().await.unwrap();
        drop(next);
    }
    drop(first);
    let again = app.start().await.unwrap();
    answers(&again.address).await.ping().await.unwrap();
    drop(again);
    until(|| gone(server)).await;
}

#[tokio::test]
async fn a_killed_server_comes_back_by_itself_with_what_was_on_disk() {
    let app = App::new();
    let running = app.start().await.unwrap();
    let store = answers(&running.address).await;
    let job = target("api", "deploy");
    store.save_job(&job).await.unwrap();
    let server = app.server();
    kill_process(server, Signal::KILL).unwrap();

    // The same store, the same address.
    let begun = Instant::now();
    let found = loop {
        match store.job(job.id).await {
            Ok(found) if app.note().is_some() && app.server() != server => break found,
            Ok(_) => {}
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(found, Some(job));
}

#[tokio::test]
async fn a_killed_guardian_is_replaced_and_the_server_goes_on() {
    let app = App::new();
    let running = app.start().await.unwrap();
    let store = answers(&running.address).await;
    let (server, first) = (app.server(), app.guardian().unwrap());
    kill_process(first, Signal::KILL).unwrap();
    until(|| app.guardian().is_some_and(|guardian| guardian != first)).await;
    assert_eq!(app.server(), server);
    store.ping().await.unwrap();

    // The adopted server is stopped like any other.
    store.close().await;
    drop(running);
    until(|| gone(server)).await;
    until(|| app.guardian().is_none()).await;
}

#[tokio::test]
async fn guardian_and_server_killed_at_once_start_again() {
    let app = App::new();
    let running = app.start().await.unwrap();
    let (server, guardian) = (app.server(), app.guardian().unwrap());
    kill_process(guardian, Signal::KILL).unwrap();
    kill_process(server, Signal::KILL).unwrap();
    until(|| app.guardian().is_some_and(|now| now != guardian)).await;
    answers(&running.address).await.ping().await.unwrap();
    assert_ne!(app.server(), server);
}

/// The folder of the server's socket file, by its own note.
fn sockets(app: &App) -> Option<PathBuf> {
    app.note()?.get(4).map(PathBuf::from)
}

#[tokio::test]
async fn a_socket_folder_that_is_swept_away_comes_back_while_others_hold_the_server() {
    let app = App::new();
    let running = app.start().await.unwrap();
    answers(&running.address).await.ping().await.unwrap();
    let (server, folder) = (app.server(), sockets(&app).unwrap());
    fs::remove_dir_all(&folder).unwrap();
    until(|| {
        app.note()
            .is_some_and(|note| note[0] != server.as_raw_pid().to_string())
    })
    .await;
    until(|| sockets(&app).is_some_and(|folder| folder.join(".s.PGSQL.5432").exists())).await;
    let again = app.start().await.unwrap();
    answers(&again.address).await.ping().await.unwrap();
    assert!(gone(server), "two servers over one folder");
}

#[tokio::test]
async fn somebody_elses_folder_at_the_sockets_place_is_left_alone() {
    let app = App::new();
    let usual = {
        let running = app.start().await.unwrap();
        answers(&running.address).await.ping().await.unwrap();
        sockets(&app).unwrap()
    };
    until(|| app.guardian().is_none()).await;
    // Whoever can write to /tmp knows the name before.
    let name = usual.file_name().unwrap();
    let squatted = [usual.clone(), Path::new("/tmp").join(name)];
    for folder in &squatted {
        fs::create_dir(folder).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let running = app.start().await.unwrap();
    answers(&running.address).await.ping().await.unwrap();
    let other = sockets(&app).unwrap();
    assert!(!squatted.contains(&other), "{other:?}");
    assert_eq!(fs::metadata(&other).unwrap().mode() & 0o777, 0o700);
    for folder in &squatted {
        assert_eq!(fs::read_dir(folder).unwrap().count(), 0, "{folder:?}");
        fs::remove_dir(folder).unwrap();
    }
}

#[tokio::test]
async fn a_stale_note_with_a_strangers_pid_is_no_obstacle() {
    let app = App::new();
    let running = app.start().await.unwrap();
    let mut note = app.note().unwrap();
    let server = app.server();
    let data = embedded::data_folder(&app.data()).unwrap();
    drop(running);
    until(|| gone(server)).await;
    until(|| app.note().is_none()).await;

    let mut stranger = Command::new("sleep").arg("1000").spawn().unwrap();
    note[0] = stranger.id().to_string();
    fs::write(data.join("postmaster.pid"), note.join("\n") + "\n").unwrap();
    if let Some((uid, gid)) = postgres::other_user() {
        std::os::unix::fs::chown(data.join("postmaster.pid"), Some(uid), Some(gid)).unwrap();
    }
    let running = app.start().await.unwrap();
    answers(&running.address).await.ping().await.unwrap();
    assert_ne!(
        app.server().as_raw_pid().to_string(),
        stranger.id().to_string()
    );
    assert_eq!(
        stranger.try_wait().unwrap(),
        None,
        "the stranger was left alone"
    );
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

/// What a crash, or whoever cleaned up after one, can leave of a server's note of itself.
#[tokio::test]
async fn a_note_that_is_torn_is_set_aside_and_the_server_starts() {
    let app = App::new();
    let data = embedded::data_folder(&app.data()).unwrap();
    let running = app.start().await.unwrap();
    let (whole, server) = (app.note().unwrap().join("\n"), app.server());
    drop(running);
    until(|| gone(server)).await;
    until(|| app.note().is_none()).await;
    let file = data.join("postmaster.pid");
    let torn: [&[u8]; 8] = [
        b"",
        b"\n",
        b"\0\0\0\0\0\0\0\0",
        b"\xff\xfe not a number\n\x80",
        b"0\n",
        b"-1\n",
        b"99999999999999999999\n",
        &whole.as_bytes()[..0],
    ];
    for (at, torn) in torn.into_iter().enumerate() {
        if at == 0 {
            fs::create_dir_all(file.join("a folder")).unwrap();
        } else if at == 1 {
            // Whoever opens it to read waits for somebody who writes.
            let status = Command::new("mkfifo").arg(&file).status();
            assert!(status.unwrap().success());
        } else {
            fs::write(&file, torn).unwrap();
        }
        let running = app.start().await.unwrap();
        answers(&running.address).await.ping().await.unwrap();
        assert!(data.join("postmaster.pid.torn").exists(), "{torn:?}");
        let server = app.server();
        drop(running);
        until(|| gone(server)).await;
        until(|| !file.exists()).await;
    }
}

#[tokio::test]
async fn data_of_another_major_version_is_refused_and_not_touched() {
    let app = App::new();
    let data = embedded::data_folder(&app.data()).unwrap();
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "9.6\n").unwrap();
    match app.start().await.unwrap_err() {
        StoreError::OtherMajor {
            folder,
            found,
            known,
        } => {
            assert_eq!(
                (Path::new(&folder), found.as_str()),
                (data.as_path(), "9.6")
            );
            assert!(!known.is_empty() && !known.contains("9.6"), "{known}");
        }
        error => panic!("{error}"),
    }
    // A folder that is no data of Postgres at all is as little ours to fill.
    fs::remove_file(data.join("PG_VERSION")).unwrap();
    let error = app.start().await.unwrap_err();
    assert!(error.to_string().contains("PG_VERSION"), "{error}");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 0);
}

#[tokio::test]
async fn a_first_start_that_was_killed_in_the_middle_is_made_again() {
    let app = App::new();
    let data = embedded::data_folder(&app.data()).unwrap();
    let fresh = data.with_file_name("data.new");
    fs::create_dir_all(fresh.join("base")).unwrap();
    fs::write(fresh.join("PG_VERSION"), "15\n").unwrap();
    let running = app.start().await.unwrap();
    answers(&running.address).await.ping().await.unwrap();
    assert!(!fresh.exists());
}

#[tokio::test]
async fn no_postgres_at_all_is_said_with_what_to_do() {
    let app = App::new();
    let nowhere = guardian_with("VMO_POSTGRES=/nowhere");
    let error = embedded::start(&app.data(), &nowhere, |_| ())
        .await
        .unwrap_err();
    let words = error.to_string();
    assert!(
        words.contains("/nowhere") && words.contains("DATABASE_URL"),
        "{words}"
    );
}
