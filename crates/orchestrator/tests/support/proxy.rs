//! A proxy in front of a server that can be slow, refuse, or cut a connection in the middle of a COMMIT.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What becomes of what goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It goes through.
    Open,
    /// Each answer waits for this long.
    Slow(Duration),
    /// A connection that commits ends when the server has answered, before that answer.
    CutAtCommit,
    /// Every connection ends, and so does each new one.
    Refusing,
}

/// A proxy on a port of 127.0.0.1. It goes with the test's process.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: u16,
    mode: Mutex<Mode>,
    open: Mutex<Vec<TcpStream>>,
    cut: Mutex<usize>,
}

impl Proxy {
    /// In front of this port.
    pub(crate) fn before(upstream: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            upstream,
            mode: Mutex::new(Mode::Open),
            open: Mutex::default(),
            cut: Mutex::default(),
        });
        let taking = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                taking.take(client);
            }
        });
        Self { port, shared }
    }

    pub(crate) fn be(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap() = mode;
        if mode == Mode::Refusing {
            for open in self.shared.open.lock().unwrap().drain(..) {
                open.shutdown(Shutdown::Both).ok();
            }
        }
    }

    /// How many commits were cut.
    pub(crate) fn cut(&self) -> usize {
        *self.shared.cut.lock().unwrap()
    }
}

impl Shared {
    fn mode(&self) -> Mode {
        *self.mode.lock().unwrap()
    }

    fn take(self: &Arc<Self>, client: TcpStream) {
        if self.mode() == Mode::Refusing {
            return;
        }
        let Ok(server) = TcpStream::connect(("127.0.0.1", self.upstream)) else {
            return;
        };
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
            self.open.lock().unwrap().push(stream.try_clone().unwrap());
        }
        let commits = Arc::new(Mutex::new(false));
        let (shared, seen) = (Arc::clone(self), Arc::clone(&commits));
        let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || {
            pass(from, to, |bytes| {
                if shared.mode() == Mode::CutAtCommit && has_commit(bytes) {
                    *seen.lock().unwrap() = true;
                }
                true
            });
        });
        let shared = Arc::clone(self);
        thread::spawn(move || {
            pass(server, client, |_| {
                if let Mode::Slow(delay) = shared.mode() {
                    thread::sleep(delay);
                }
                let cuts = *commits.lock().unwrap();
                *shared.cut.lock().unwrap() += usize::from(cuts);
                !cuts
            });
        });
    }
}

/// Whether a simple query that is COMMIT is in here (PostgreSQL manual, "Message Formats").
fn has_commit(bytes: &[u8]) -> bool {
    let query = b"Q\0\0\0\x0bCOMMIT\0";
    bytes.windows(query.len()).any(|part| part == query)
}

/// Passes bytes on until either end closes, or `may_pass` says no; closes both then.
fn pass(mut from: TcpStream, mut to: TcpStream, may_pass: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 256 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 || !may_pass(&buffer[..read]) || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    from.shutdown(Shutdown::Both).ok();
    to.shutdown(Shutdown::Both).ok();
}
