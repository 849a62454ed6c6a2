//! A call that waits for its answer: it gets exactly one, whatever becomes of the task that is to give it.

use tokio::{runtime::Handle, sync::OwnedSemaphorePermit};

use super::{EngineError, Failure, FailureCode, Message, Outbox, Reply, send};

/// A call that waits for its answer. Dropped without one, as when a later call ends its task, or the task panics, the call
/// is answered with a failure that says so. Until then it has its place among those that are worked on at once.
#[derive(Debug)]
pub(super) struct Pending {
    outbox: Outbox,
    id: u32,
    is_answered: bool,
    room: Option<OwnedSemaphorePermit>,
}

impl Pending {
    pub(super) fn new(outbox: &Outbox, id: u32, room: OwnedSemaphorePermit) -> Self {
        Self {
            outbox: outbox.clone(),
            id,
            is_answered: false,
            room: Some(room),
        }
    }

    /// Where the page's messages go.
    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The same without its place: its answer may wait for the store, and the page's other calls need not.
    pub(super) fn without_room(mut self) -> Self {
        self.room = None;
        self
    }

    /// Answers with the outcome of this future.
    pub(super) async fn answer(self, answer: impl Future<Output = Result<Reply, EngineError>>) {
        self.reply(answer.await).await;
    }

    /// Answers the call.
    pub(super) async fn reply(mut self, answer: Result<Reply, EngineError>) {
        let id = self.id;
        let message = match answer {
            Ok(reply) => Message::Reply { id, reply },
            Err(error) => Message::Failed {
                id,
                failure: error.into(),
            },
        };
        send(&self.outbox, message).await;
        self.is_answered = true;
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Without a runtime the page is gone, too.
        let Some(runtime) = Handle::try_current().ok().filter(|_| !self.is_answered) else {
            return;
        };
        let message = if std::thread::panicking() {
            "this call hit a fault of the app itself: please report it, with what you did"
        } else {
            "a later call has ended this one"
        };
        let failure = Failure {
            code: FailureCode::Failed,
            message: message.into(),
            consent: None,
        };
        let (outbox, id) = (self.outbox.clone(), self.id);
        runtime.spawn(async move { send(&outbox, Message::Failed { id, failure }).await });
    }
}
