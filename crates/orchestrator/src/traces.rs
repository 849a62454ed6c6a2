//! What may be written of what programs trace, whatever is asked for.
//!
//! Ours name no secret. At their finest level, libraries trace the bytes that they carry: the frames of the socket have a
//! form's secrets and the answers to prompts in them. That level is theirs, and is never written.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

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

/// Bytes of the log of our own: one that is larger is put aside as `app.log.1`, in place of the one before.
const LARGEST_LOG: u64 = 1 << 20;

/// Our own log, `app.log` in the data folder, for this user alone: what was traced before the app ended, however it ended.
#[derive(Debug, Clone)]
pub struct LogFile(Arc<Mutex<(PathBuf, File)>>);

impl LogFile {
    /// Opens it, to be written on.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(data: &Path) -> io::Result<Self> {
        let path = data.join("app.log");
        let file = append_to(&path)?;
        Ok(Self(Arc::new(Mutex::new((path, file)))))
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    if fs::metadata(path).is_ok_and(|about| about.len() > LARGEST_LOG) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    let mut open = File::options();
    open.create(true).append(true).mode(0o600).open(path)
}

impl io::Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.0.lock();
        if held.1.metadata()?.len() > LARGEST_LOG {
            held.1 = append_to(&held.0)?;
        }
        held.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
    fn the_log_is_ones_own_and_stays_small() {
        use std::{fs, io::Write, os::unix::fs::PermissionsExt};

        let data = tempfile::tempdir().unwrap();
        let mut log = super::LogFile::open(data.path()).unwrap();
        let line = [b'x'; 4096];
        for _ in 0..3 * super::LARGEST_LOG / 4096 {
            log.write_all(&line).unwrap();
        }
        for name in ["app.log", "app.log.1"] {
            let about = fs::metadata(data.path().join(name)).unwrap();
            assert_eq!(about.permissions().mode() & 0o777, 0o600, "{name}");
            assert!(
                about.len() <= super::LARGEST_LOG + 4096,
                "{name}: {}",
                about.len()
            );
        }
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 2);
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
