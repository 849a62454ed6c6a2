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
    /// Every connection ends, and so does each new one once its first bytes are there: a request for TLS, if it is made.
    EndingAtTls,
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
    /// How often it has forgotten its connections.
    age: Mutex<usize>,
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
            age: Mutex::default(),
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
        if matches!(mode, Mode::Refusing | Mode::EndingAtTls) {
            for open in self.shared.open.lock().unwrap().drain(..) {
                open.shutdown(Shutdown::Both).ok();
            }
        }
    }

    /// From now on nothing goes through the connections that are open, which stay so: as if one end were gone without a
    /// word. New ones are as the mode has it.
    pub(crate) fn forget(&self) {
        *self.shared.age.lock().unwrap() += 1;
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

    fn age(&self) -> usize {
        *self.age.lock().unwrap()
    }

    fn take(self: &Arc<Self>, mut client: TcpStream) {
        match self.mode() {
            Mode::Refusing => return,
            Mode::EndingAtTls => {
                // Whether it asks or leaves, the answer is the same.
                let _asked_or_left = client.read(&mut [0; 64]);
                return;
            }
            Mode::Open | Mode::Slow(_) | Mode::CutAtCommit => {}
        }
        let Ok(server) = TcpStream::connect(("127.0.0.1", self.upstream)) else {
            return;
        };
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
            self.open.lock().unwrap().push(stream.try_clone().unwrap());
        }
        let age = self.age();
        let commits = Arc::new(Mutex::new(false));
        let (shared, seen) = (Arc::clone(self), Arc::clone(&commits));
        let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || {
            pass(from, to, |bytes| {
                if shared.mode() == Mode::CutAtCommit && has_commit(bytes) {
                    *seen.lock().unwrap() = true;
                }
                if shared.age() == age {
                    Fate::Pass
                } else {
                    Fate::Vanish
                }
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
                match cuts {
                    true => Fate::End,
                    false if shared.age() == age => Fate::Pass,
                    false => Fate::Vanish,
                }
            });
        });
    }
}

/// Whether a simple query that is COMMIT is in here (PostgreSQL manual, "Message Formats").
fn has_commit(bytes: &[u8]) -> bool {
    let query = b"Q\0\0\0\x0bCOMMIT\0";
    bytes.windows(query.len()).any(|part| part == query)
}

/// What becomes of some bytes.
enum Fate {
    Pass,
    /// They go nowhere, and nobody learns it.
    Vanish,
    /// Their connection ends.
    End,
}

/// Passes bytes on until either end closes, or their fate is to end; closes both then.
fn pass(mut from: TcpStream, mut to: TcpStream, fate: impl Fn(&[u8]) -> Fate) {
    let mut buffer = vec![0; 256 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 {
            break;
        }
        let goes_on = match fate(&buffer[..read]) {
            Fate::Pass => to.write_all(&buffer[..read]).is_ok(),
            Fate::Vanish => true,
            Fate::End => false,
        };
        if !goes_on {
            break;
        }
    }
    from.shutdown(Shutdown::Both).ok();
    to.shutdown(Shutdown::Both).ok();
}
