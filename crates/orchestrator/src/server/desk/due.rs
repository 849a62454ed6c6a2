//! The answer that is due to a call: exactly one, whatever becomes of the task that is to give it.

use tokio::{runtime::Handle, sync::OwnedSemaphorePermit};

use super::{EngineError, Failure, FailureCode, Message, Outbox, Reply, send};

/// A call that waits for its answer. Dropped without one, as when a later call ends its task, or the task panics, the call
/// is answered with a failure that says so.
#[derive(Debug)]
pub(super) struct Due {
    outbox: Outbox,
    id: u32,
    is_answered: bool,
    /// Its place among the calls that are worked on.
    _room: OwnedSemaphorePermit,
}

impl Due {
    pub(super) fn new(outbox: &Outbox, id: u32, room: OwnedSemaphorePermit) -> Self {
        Self {
            outbox: outbox.clone(),
            id,
            is_answered: false,
            _room: room,
        }
    }

    /// Answers the call.
    pub(super) async fn answer(mut self, answer: Result<Reply, EngineError>) {
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

impl Drop for Due {
    fn drop(&mut self) {
        // Without a runtime the page is gone, too.
        let Some(runtime) = Handle::try_current().ok().filter(|_| !self.is_answered) else {
            return;
        };
        let message = if std::thread::panicking() {
            "this call met a fault of the app itself: please report it, with what was asked"
        } else {
            "a later call has ended this one"
        };
        let failure = Failure {
            code: FailureCode::Failed,
            message: message.into(),
        };
        let (outbox, id) = (self.outbox.clone(), self.id);
        runtime.spawn(async move { send(&outbox, Message::Failed { id, failure }).await });
    }
}
