//! The bounded way out of one connection.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::wire;

/// At most this many bytes wait for one client: two pieces of log. What the writer and the allocator hold beside them
/// makes it more, and a client that never reads may cost 4 MiB in all.
pub(super) const ROOM: usize = 512 * 1024;

/// At most this many messages wait for one client, however small they are.
const MESSAGES: usize = 1024;

/// The way to one client. Clones share its room.
///
/// At most 512 KiB and 1,024 messages wait. A sender of more waits for room, so a producer that reads by a cursor lags
/// behind instead of filling memory. A larger message waits until it is the only one.
/// What one task sends arrives in the order it was sent.
#[derive(Clone, Debug)]
pub struct Outbox {
    way: mpsc::Sender<Queued>,
    room: Arc<Semaphore>,
}

/// The client is gone: whatever was being sent to it can stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client is gone")]
pub struct Closed;

impl Outbox {
    /// Sends a message as one JSON text, after waiting for room.
    ///
    /// # Errors
    /// [`Closed`] if the connection has ended; the message may be lost even if this is `Ok`.
    pub async fn send(&self, message: wire::Message) -> Result<(), Closed> {
        let text =
            serde_json::to_vec(&message).expect("wire types have string keys and no failing parts");
        self.push(text.into(), Kind::Text).await
    }

    /// Sends a binary message, after waiting for room.
    ///
    /// # Errors
    /// [`Closed`] if the connection has ended.
    pub async fn send_bytes(&self, bytes: Bytes) -> Result<(), Closed> {
        self.push(bytes, Kind::Binary).await
    }

    /// Waits until the connection has ended.
    pub async fn closed(&self) {
        self.way.closed().await;
    }

    async fn push(&self, bytes: Bytes, kind: Kind) -> Result<(), Closed> {
        let room = u32::try_from(bytes.len().clamp(1, ROOM)).map_err(|_| Closed)?;
        let room = self
            .room
            .clone()
            .acquire_many_owned(room)
            .await
            .map_err(|_| Closed)?;
        let waiting = Queued {
            bytes,
            kind,
            _room: room,
        };
        self.way.send(waiting).await.map_err(|_| Closed)
    }
}

/// How a message goes over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// UTF-8.
    Text,
    /// Anything.
    Binary,
}

/// A message that waits; its room is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) bytes: Bytes,
    pub(super) kind: Kind,
    _room: OwnedSemaphorePermit,
}

/// The connection's end of an outbox. Dropping it ends every sender's wait, those for room too.
#[derive(Debug)]
pub(super) struct Queue {
    queue: mpsc::Receiver<Queued>,
    room: Arc<Semaphore>,
}

impl Queue {
    /// The next message; none if all outboxes are gone.
    pub(super) async fn next(&mut self) -> Option<Queued> {
        self.queue.recv().await
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.room.close();
    }
}

/// A new way and its end.
pub(super) fn pair() -> (Outbox, Queue) {
    let room = Arc::new(Semaphore::new(ROOM));
    let (way, queue) = mpsc::channel(MESSAGES);
    (
        Outbox {
            way,
            room: room.clone(),
        },
        Queue { queue, room },
    )
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_full_outbox_waits_for_room() {
        let (outbox, mut queue) = pair();
        outbox.send_bytes(Bytes::from(vec![0; ROOM])).await.unwrap();
        let mut second = Box::pin(outbox.send_bytes(Bytes::from_static(b"x")));
        assert!(second.as_mut().now_or_never().is_none());
        drop(queue.next().await);
        second.await.unwrap();
        assert_eq!(queue.next().await.unwrap().bytes, "x");
    }

    #[tokio::test]
    async fn a_message_larger_than_the_room_goes_alone() {
        let (outbox, mut queue) = pair();
        outbox
            .send_bytes(Bytes::from(vec![0; 3 * ROOM]))
            .await
            .unwrap();
        assert!(
            outbox
                .send_bytes(Bytes::from_static(b"x"))
                .now_or_never()
                .is_none()
        );
        assert_eq!(queue.next().await.unwrap().bytes.len(), 3 * ROOM);
    }

    #[tokio::test]
    async fn senders_learn_that_the_client_is_gone() {
        let (outbox, queue) = pair();
        outbox.send_bytes(Bytes::from(vec![0; ROOM])).await.unwrap();
        let waiting = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.send_bytes(Bytes::from_static(b"x")).await }
        });
        drop(queue);
        assert_eq!(waiting.await.unwrap(), Err(Closed));
        assert_eq!(outbox.send_bytes(Bytes::new()).await, Err(Closed));
        outbox.closed().await;
    }
}
