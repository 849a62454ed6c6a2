//! The one channel on which everything that happens is sent, once.

use tokio::sync::broadcast;

use crate::wire::Event;

/// Events that wait for a slow listener. Past that it misses some, and gets [`Event::Missed`].
const EVENTS: usize = 4096;

/// The channel. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Events(broadcast::Sender<Event>);

impl Default for Events {
    fn default() -> Self {
        Self(broadcast::Sender::new(EVENTS))
    }
}

impl Events {
    /// Sends an event to everyone who listens. No listener at all is no error.
    pub(in crate::engine) fn report(&self, event: Event) {
        let _listeners = self.0.send(event).unwrap_or_default();
    }

    /// Everything that happens from now on.
    pub(in crate::engine) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }
}
