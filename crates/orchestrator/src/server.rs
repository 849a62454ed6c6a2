//! The WebSocket server: one port on 127.0.0.1 for the page's files and the socket. A client of the socket owns
//! the user's account, so most of this is walls.
//!
//! ```text
//! accept    one task for all, one task for each connection
//!        → http       head within 2 s; page, POST /session, GET /ws
//!            guard   Host, Origin, subprotocols: pure
//!            codes   a single-use code → the token
//!            page    files embedded by build.rs, content security policy
//!        → connection one socket: calls in, what waits in the outbox out
//!            outbox  bounded; a full one makes its senders wait
//!            pulse   a client that shows no life is dropped
//!            desk    one socket's side of the engine: calls to it, replies and events back
//! ```
//!
//! But for the desk it knows the wire and what a [`Service`] is, and no job, store or engine. No other module names hyper or tungstenite.

mod accept;
mod codes;
mod connection;
mod desk;
mod guard;
mod http;
mod liveness;
mod outbox;
mod page;
mod responses;
mod token;

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
};

use self::{
    codes::Codes,
    guard::Guard,
    http::{Pages, Walls},
    page::Page,
};
pub use self::{
    outbox::{Closed, Outbox},
    token::Token,
};
use crate::wire::Call;

/// What to serve, and to whom.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// Origins that may open the socket, as browsers send them: `tauri://localhost`. That of a development server
    /// belongs here in debug builds alone.
    pub origins: Vec<String>,
    /// Whether the embedded page is served; `http://127.0.0.1:PORT` is an origin then too.
    pub page: bool,
    /// How much a client may ask for.
    pub limits: Limits,
}

/// How much a client may ask for. The defaults are the promises of the product; tests shorten them.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open sockets; a further one is answered 503. 16.
    pub sockets: usize,
    /// The time for a request's head, and for its body. 2 s.
    pub handshake: Duration,
    /// A client that shows no life for this long is dropped; a ping goes out three times as often. 30 s.
    pub silence: Duration,
    /// A connection that is sent a page and takes no byte of it for this long is dropped. 5 s.
    pub stuck: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sockets: 16,
            handshake: Duration::from_secs(2),
            silence: Duration::from_secs(30),
            stuck: Duration::from_secs(5),
        }
    }
}

/// What serves the sockets.
pub trait Service: Clone + Send + Sync + 'static {
    /// What serves one of them.
    type Session: Session;

    /// A socket was opened; what is sent to `outbox` goes out on it.
    fn open(&self, outbox: Outbox) -> Self::Session;
}

/// What serves one socket.
pub trait Session: Send + 'static {
    /// A client asks for something. The answer goes to the outbox, now or later. The next call waits until this one is
    /// through, so what takes long belongs in a task.
    fn call(&mut self, call: Call) -> impl Future<Output = ()> + Send;

    /// The socket has ended, in whatever way; the outbox takes no more messages.
    fn closed(&mut self);
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Something else listens there.
    #[error(
        "listen on port {port} of 127.0.0.1: another program uses it; choose another, or 0 for any"
    )]
    PortTaken {
        /// The port asked for.
        port: u16,
    },
    /// The system would not have it.
    #[error("listen on port {port} of 127.0.0.1: {source}")]
    Listen {
        /// The port asked for.
        port: u16,
        /// The message.
        source: io::Error,
    },
}

/// A server that runs until it is shut down or dropped.
#[derive(Debug)]
pub struct Server {
    port: u16,
    walls: Arc<Walls>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

/// Starts a server on 127.0.0.1, with a token of its own.
///
/// # Errors
/// [`ServeError`] if the port cannot be had.
pub async fn serve<S: Service>(service: S, options: Options) -> Result<Server, ServeError> {
    let (listener, port) = accept::listen(options.port).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortTaken { port: options.port },
        _ => ServeError::Listen {
            port: options.port,
            source,
        },
    })?;
    let mut origins = options.origins;
    if options.page {
        origins.push(origin(port));
    }
    let walls = Arc::new(Walls {
        guard: Guard::new(port, origins, Token::new()),
        codes: Mutex::new(Codes::default()),
        page: options.page.then(|| Page::new(port)),
        sockets: Arc::new(Semaphore::new(options.limits.sockets)),
        limits: options.limits,
        pages: Pages::default(),
    });
    let (stop, stopped) = watch::channel(false);
    let accepting = tokio::spawn(accept::run(listener, service, walls.clone(), stopped));
    Ok(Server {
        port,
        walls,
        stop,
        accepting,
    })
}

impl Server {
    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The secret of this launch.
    #[must_use]
    pub fn token(&self) -> Token {
        self.walls.guard.token().clone()
    }

    /// The origin of the page it serves: `http://127.0.0.1:PORT`. It shows no page if the server was started without one.
    #[must_use]
    pub fn origin(&self) -> String {
        origin(self.port)
    }

    /// An address that opens the page in a browser, once, within ten minutes: `http://127.0.0.1:PORT/#code=…`.
    #[must_use]
    pub fn url_with_code(&self) -> String {
        let mut codes = self.walls.codes.lock();
        format!("{}/#code={}", self.origin(), codes.issue(Instant::now()))
    }

    /// Stops listening and closes every socket with code 1001; takes 2 s at most.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.accepting.await {
            tracing::error!(%error, "the server did not stop in order");
        }
    }
}

fn origin(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
