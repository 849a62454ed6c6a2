use supervisor::{control, folder::Folder};
use tokio::net::UnixListener;

use super::{connection::connect, live::Mark, *};
use crate::{engine::start::draft, make};

/// Somebody whom no news interests.
struct Nobody;

impl Tell for Nobody {
    fn job(&self, _job: Job) {}

    fn asks(&self, _job: JobId, _asks: Option<&str>) {}
}

#[tokio::test]
async fn a_supervisor_that_has_not_written_down_that_it_is_there_is_connected_to_again() {
    let home = tempfile::tempdir().unwrap();
    let folder = Folder::create(home.path().join("job")).unwrap();
    let supervisor = control::bind(folder.path()).unwrap();
    supervisor.set_nonblocking(true).unwrap();
    let supervisor = UnixListener::from_std(supervisor).unwrap();
    let shell = make::Command {
        program: "true".into(),
        args: Vec::new(),
        cwd: home.path().into(),
        shown: "true".into(),
        env: Vec::new(),
    };
    let job = draft::of_shell(&shell, "true".into(), false).job();
    let (live, orders) = Live::new(job, folder, Some(Mark::default()));
    let live = Arc::new(live);
    let connection = connect(&live).await.unwrap();
    let indexer = Indexer::new(Arc::clone(&live), Mark::default());
    let mut followed = tokio::spawn(follow(indexer, connection, orders, Arc::new(Nobody), ()));

    let (broken, _) = supervisor.accept().await.unwrap();
    drop(broken);
    let connection = tokio::select! {
        accepted = supervisor.accept() => accepted.unwrap().0,
        gone = &mut followed => panic!("given up: {gone:?}, {:?}", live.job()),
    };
    assert!(!live.job_status().is_over());

    // Once its socket refuses, there is none.
    drop((supervisor, connection));
    followed.await.unwrap();
    assert!(live.job_status().is_over());
}
