//! What may be written of what programs trace, whatever is asked for.
//!
//! Ours name no secret. At their finest level, libraries trace the bytes that they carry: the frames of the socket have a
//! form's secrets and the answers to prompts in them. That level is theirs, and is never written.

use std::{collections::VecDeque, io};

use parking_lot::Mutex;
use tracing::{Level, Metadata};

/// Traces that are held for a person to read, and bytes of each.
const HELD: usize = 300;
const LONGEST: usize = 2000;

static RECENT: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// Holds the last traces of this process; a subscriber writes each of them to it in one piece.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recent;

impl io::Write for Recent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]);
        let mut recent = RECENT.lock();
        if recent.len() == HELD {
            recent.pop_front();
        }
        recent.push_back(text.trim_end().to_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The last traces of this process, oldest first.
#[must_use]
pub fn recent() -> Vec<String> {
    RECENT.lock().iter().cloned().collect()
}

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
    fn the_last_traces_are_held_and_no_more() {
        let subscriber = tracing_subscriber::registry().with(
            fmt::layer()
                .with_ansi(false)
                .without_time()
                .with_writer(|| super::Recent),
        );
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..super::HELD + 5 {
                tracing::warn!("trouble {number}");
            }
            tracing::warn!("{}", "x".repeat(super::LONGEST * 2));
        });
        let recent = super::recent();
        assert_eq!(recent.len(), super::HELD);
        assert!(recent[0].ends_with("trouble 6"), "{}", recent[0]);
        assert!(recent[super::HELD - 1].len() <= super::LONGEST);
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
