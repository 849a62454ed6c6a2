//! The control socket of a job on a host, as a supervisor serves it for a local one.

use std::{sync::Arc, time::Duration};

use supervisor::control::{Decoder, News, ToSupervisor};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::watch,
};

use crate::{
    session::{asking::Asking, census::JobCounted, standing::Standing},
    ssh,
};

/// Between two looks at whether a command has read the input that waits for it.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What a listener is sent of a job, and where its orders go.
#[derive(Clone)]
pub(super) struct JobFeed {
    pub(super) standing: watch::Receiver<Standing>,
    pub(super) orders: ssh::Controls,
    pub(super) asking: Arc<Asking>,
    /// The process lives until everybody has heard of the end.
    #[expect(dead_code, reason = "held for as long as somebody listens")]
    pub(super) counted: Arc<JobCounted>,
}

impl JobFeed {
    /// Passes an order on.
    pub(super) fn obey(&self, order: ToSupervisor) {
        if let ToSupervisor::Answer(answer) = &order {
            return self.asking.answer(&answer.0);
        }
        let is_cancel = matches!(order, ToSupervisor::Cancel { .. });
        if let Err(error) = self.orders.send(order) {
            tracing::warn!(%error, "what was typed is dropped");
        }
        // Only then: whoever waits for an answer is to see why there is none.
        if is_cancel {
            self.asking.cancel();
        }
    }
}

/// Serves the control socket until the job is over and everyone has heard of it.
pub(super) async fn serve(listener: UnixListener, job: JobFeed) {
    let mut over = job.standing.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((connection, _)) => {
                    let job = job.clone();
                    tokio::spawn(async move {
                        job.asking.listens(true);
                        talk(connection, &job).await;
                        job.asking.listens(false);
                    });
                }
                Err(error) => tracing::warn!(%error, "a listener could not connect to an SSH job"),
            },
            _over = over.wait_for(|standing| standing.news.complete) => return,
        }
    }
}

async fn talk(connection: UnixStream, job: &JobFeed) {
    let mut standing = job.standing.clone();
    let (mut input, mut output) = connection.into_split();
    let mut decoder = Decoder::<ToSupervisor>::default();
    let mut buffer = vec![0; 16 * 1024];
    let (mut known, mut known_start) = (News::default(), None);
    loop {
        let now = standing.borrow_and_update().clone();
        if now.started_at != known_start {
            // A start is reported by how far the spool is, though that has not changed.
            (known_start, known.committed) = (now.started_at, None);
        }
        let news = News {
            input_paused: job.orders.is_filling(known.input_paused),
            ..now.news
        };
        if output.write_all(&news.changes_since(&known)).await.is_err() || news.complete {
            return;
        }
        known = news;
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN), if known.input_paused => {}
            changed = standing.changed() => if changed.is_err() { return },
            read = input.read(&mut buffer) => {
                let Ok(length @ 1..) = read else { return };
                decoder.push(&buffer[..length]);
                while let Ok(Some(order)) = decoder.next() {
                    job.obey(order);
                }
            }
        }
    }
}
