//! A proxy before Postgres that knows its protocol's messages, and has one of them fail (PostgreSQL manual, "Frontend/Backend
//! Protocol").

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What becomes of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The connection ends before it.
    CutBefore,
    /// The connection ends in its middle.
    CutWithin,
    /// The connection ends after it.
    CutAfter,
    /// It comes later, by this.
    Late(Duration),
    /// The server says this of it, by its own hand: the transaction fails as it would.
    Refused(&'static str),
}

/// Which message it is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    /// How many go through before.
    pub(crate) after: u64,
    pub(crate) turn: Turn,
}

#[derive(Debug, Default)]
struct Shared {
    order: Mutex<Option<Order>>,
    hits: Mutex<Vec<String>>,
}

/// A proxy on a port of 127.0.0.1. It goes with the test's process.
pub(crate) struct Frames {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

impl Frames {
    pub(crate) fn before(upstream: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let taking = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", upstream)) {
                    take(&client, &server, &taking);
                }
            }
        });
        Self { port, shared }
    }

    /// Has a message fail that is still to come.
    pub(crate) fn order(&self, order: Order) {
        *self.shared.order.lock().unwrap() = Some(order);
    }

    /// What was hit since the last time.
    pub(crate) fn hits(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.hits.lock().unwrap())
    }

    /// From now on all goes through; what was hit since the last time.
    pub(crate) fn heal(&self) -> Vec<String> {
        *self.shared.order.lock().unwrap() = None;
        self.hits()
    }
}

impl Shared {
    /// What is to become of this message; each order is followed once.
    fn turn(&self, kind: u8, is_ours: bool) -> Option<Turn> {
        let mut order = self.order.lock().unwrap();
        let open = order.as_mut()?;
        if open.after > 0 {
            open.after -= 1;
            return None;
        }
        // Only what asks the server for something is refused.
        if matches!(open.turn, Turn::Refused(_)) && !(is_ours && b"QPBEd".contains(&kind)) {
            return None;
        }
        let turn = open.turn;
        *order = None;
        let from = if is_ours { "to" } else { "from" };
        let hit = format!("{:?} of {:?} {from} the server", turn, char::from(kind));
        self.hits.lock().unwrap().push(hit);
        Some(turn)
    }
}

/// One connection.
struct Connection {
    shared: Arc<Shared>,
    /// The next error of the server's is said to be this one.
    refused: Mutex<Option<&'static str>>,
}

fn take(client: &TcpStream, server: &TcpStream, shared: &Arc<Shared>) {
    let connection = Arc::new(Connection {
        shared: Arc::clone(shared),
        refused: Mutex::default(),
    });
    for is_ours in [true, false] {
        let (from, to) = if is_ours {
            (client, server)
        } else {
            (server, client)
        };
        from.set_nodelay(true).ok();
        let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else {
            return;
        };
        let connection = Arc::clone(&connection);
        thread::spawn(move || {
            drop(connection.pass(&mut from, &mut to, is_ours));
            from.shutdown(Shutdown::Both).ok();
            to.shutdown(Shutdown::Both).ok();
        });
    }
}

fn closed() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

impl Connection {
    fn pass(&self, from: &mut TcpStream, to: &mut TcpStream, is_ours: bool) -> io::Result<()> {
        let mut from = io::BufReader::with_capacity(64 << 10, from.try_clone()?);
        // The first message of a client has no letter; nothing else is like that where TLS is not asked for.
        let mut has_letter = !is_ours;
        loop {
            let mut message = Vec::new();
            if has_letter {
                message.push(byte(&mut from)?);
            }
            let mut length = [0; 4];
            from.read_exact(&mut length)?;
            message.extend(length);
            let head = message.len() - 4;
            let rest = (u32::from_be_bytes(length) as usize)
                .checked_sub(4)
                .ok_or_else(closed)?;
            message.resize(head + 4 + rest, 0);
            from.read_exact(&mut message[head + 4..])?;
            let kind = if has_letter { message[0] } else { b'0' };
            has_letter = true;
            if !is_ours && kind == b'E' {
                let refused = self.refused.lock().unwrap().take();
                if let Some(code) = refused {
                    message = error(code);
                }
            }
            match self.shared.turn(kind, is_ours) {
                None => to.write_all(&message)?,
                Some(Turn::CutBefore) => return Ok(()),
                Some(Turn::CutWithin) => return to.write_all(&message[..message.len() / 2]),
                Some(Turn::CutAfter) => return to.write_all(&message),
                Some(Turn::Late(by)) => {
                    thread::sleep(by);
                    to.write_all(&message)?;
                }
                Some(Turn::Refused(code)) => {
                    *self.refused.lock().unwrap() = Some(code);
                    to.write_all(&bad(kind))?;
                }
            }
        }
    }
}

fn byte(from: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    from.read_exact(&mut byte)?;
    Ok(byte[0])
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[kind][..], &length.to_be_bytes(), body].concat()
}

/// What the server refuses, in the place of a message of this kind.
fn bad(kind: u8) -> Vec<u8> {
    match kind {
        b'Q' => message(b'Q', b"no such statement\0"),
        b'd' => message(b'f', b"refused\0"),
        // A statement without a name that cannot be parsed: all up to the next Sync is left out.
        _ => message(b'P', b"\0no such statement\0\0\0"),
    }
}

fn error(code: &str) -> Vec<u8> {
    let severity = if matches!(&code[..2], "57" | "08") {
        "FATAL"
    } else {
        "ERROR"
    };
    let fields = format!("S{severity}\0V{severity}\0C{code}\0Mrefused by a test with {code}\0\0");
    message(b'E', fields.as_bytes())
}

/// One code of each class (PostgreSQL manual, "Appendix A. Error Codes"), and some more of those that are common.
pub(crate) const CODES: [&str; 49] = [
    "03000", "08006", "08P01", "09000", "0A000", "0B000", "0F000", "0L000", "0P000", "0Z000",
    "20000", "21000", "22012", "22021", "23505", "23514", "24000", "25006", "25P02", "26000",
    "27000", "28000", "28P01", "2B000", "2D000", "2F000", "34000", "38000", "39000", "3B000",
    "3D000", "3F000", "40001", "40P01", "42501", "42703", "42P01", "44000", "53100", "53200",
    "53300", "54000", "55P03", "57014", "57P01", "58030", "72000", "F0000", "XX000",
];
