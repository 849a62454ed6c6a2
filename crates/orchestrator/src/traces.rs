//! What may be written of what programs trace, whatever is asked for.
//!
//! Ours name no secret. At their finest level, libraries trace the bytes that they carry: the frames of the socket have a
//! form's secrets and the answers to prompts in them. That level is theirs, and is never written.

use tracing::{Level, Metadata};

/// Whether a trace may be written: of ours each, of a library's all but its finest.
#[must_use]
pub fn may_be_written(metadata: &Metadata<'_>) -> bool {
    let ours = ["orchestrator", "supervisor", "vmo", "vm_orchestrator"];
    let name = metadata.target().split("::").next();
    name.is_some_and(|name| ours.contains(&name)) || *metadata.level() <= Level::DEBUG
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use parking_lot::Mutex;
    use tracing_subscriber::{filter::filter_fn, fmt, layer::SubscriberExt};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_libraries_carry_is_not_written() {
        let written = Written::default();
        let to = written.clone();
        let subscriber = tracing_subscriber::registry()
            .with(filter_fn(super::may_be_written))
            .with(
                fmt::layer()
                    .with_ansi(false)
                    .with_writer(move || to.clone()),
            );
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!(target: "tungstenite::protocol", "Received message hunter2");
            tracing::trace!(target: "log", "writing frame hunter2");
            tracing::trace!(target: "orchestratory", "hunter2");
            tracing::debug!(target: "sqlx::query", "a query");
            tracing::trace!("of ours");
        });
        let written = String::from_utf8(written.0.lock().clone()).unwrap();
        assert!(!written.contains("hunter2"), "{written}");
        assert!(
            written.contains("a query") && written.contains("of ours"),
            "{written}"
        );
    }
}
