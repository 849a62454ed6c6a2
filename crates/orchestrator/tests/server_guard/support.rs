//! A small service behind a real server, and clients to try its walls with.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use orchestrator::{
    server::{self, Limits, Options, Outbox, Server, Service, Session},
    wire::{Call, LogRequest, Message as Answer, Reply, Request},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::watch,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

/// Long enough for a busy machine, short enough for a test that hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What one piece of a flood holds.
pub(crate) const PIECE: usize = 64 * 1024;

/// Answers `overview` at once, floods on `subscribe`, and sends one large message on `unsubscribe`, as many bytes as
/// the subscription's number says.
#[derive(Clone, Default)]
pub(crate) struct Probe {
    /// Bytes of floods that the outboxes took.
    pub(crate) flooded: Arc<AtomicU64>,
    /// Sessions that were told of their end.
    pub(crate) closed: watch::Sender<usize>,
    /// Floods that ended because the client was gone.
    pub(crate) stopped: watch::Sender<usize>,
}

pub(crate) struct Line {
    probe: Probe,
    outbox: Outbox,
}

impl Service for Probe {
    type Session = Line;

    fn open(&self, outbox: Outbox) -> Line {
        Line {
            probe: self.clone(),
            outbox,
        }
    }
}

impl Session for Line {
    async fn call(&mut self, call: Call) {
        match call.request {
            Request::Log(LogRequest::Subscribe { .. }) => {
                tokio::spawn(flood(self.probe.clone(), self.outbox.clone()));
            }
            Request::Log(LogRequest::Unsubscribe { subscription }) => {
                let bytes = Bytes::from(vec![7; subscription as usize]);
                self.outbox.send_bytes(bytes).await.ok();
            }
            _ => {
                let answer = Answer::Reply {
                    id: call.id,
                    reply: Reply::Ok,
                };
                self.outbox.send(answer).await.ok();
            }
        }
    }

    fn closed(&mut self) {
        self.probe.closed.send_modify(|count| *count += 1);
    }
}

async fn flood(probe: Probe, outbox: Outbox) {
    let piece = Bytes::from(vec![0; PIECE]);
    while outbox.send_bytes(piece.clone()).await.is_ok() {
        probe.flooded.fetch_add(PIECE as u64, Ordering::Relaxed);
    }
    probe.stopped.send_modify(|count| *count += 1);
}

/// A server with a page, and what stands behind it.
pub(crate) async fn start(limits: Limits) -> (Server, Probe) {
    let probe = Probe::default();
    let options = Options {
        page: true,
        limits,
        ..Options::default()
    };
    (server::serve(probe.clone(), options).await.unwrap(), probe)
}

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it takes too long")
}

/// The head of a handshake that is let in.
pub(crate) fn handshake(server: &Server) -> String {
    let (port, token) = (server.port(), server.token());
    format!(
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: vmo.v1, auth.{}\r\n\r\n",
        token.expose()
    )
}

/// A connection whose receive buffer stays small, so that a flood cannot hide in it.
pub(crate) async fn connect(port: u16) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(PIECE as u32).unwrap();
    socket.connect(([127, 0, 0, 1], port).into()).await.unwrap()
}

/// An answer: its status, its head in lower case, its body.
pub(crate) struct Plain {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Plain {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (own, value) = line.split_once(": ")?;
            own.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Sends bytes as they are and reads one answer; a body as long as `Content-Length` says, but for HEAD.
pub(crate) async fn exchange(port: u16, request: &str) -> Plain {
    within(async {
        let mut stream = connect(port).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let end = loop {
            assert!(
                stream.read_buf(&mut bytes).await.unwrap() > 0,
                "no whole head"
            );
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let mut body = bytes.split_off(end);
        let head = String::from_utf8(bytes).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut plain = Plain {
            status,
            head,
            body: vec![],
        };
        let length = plain
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        while !request.starts_with("HEAD") && body.len() < length {
            assert!(
                stream.read_buf(&mut body).await.unwrap() > 0,
                "no whole body"
            );
        }
        plain.body = body;
        plain
    })
    .await
}

/// A client that speaks WebSocket.
pub(crate) type Client = WebSocketStream<TcpStream>;

pub(crate) async fn open(server: &Server) -> Client {
    try_open(server).await.unwrap()
}

pub(crate) async fn try_open(server: &Server) -> Result<Client, tungstenite::Error> {
    let port = server.port();
    let mut request = format!("ws://127.0.0.1:{port}/ws").into_client_request()?;
    let protocols = format!("vmo.v1, auth.{}", server.token().expose());
    let headers = request.headers_mut();
    headers.insert("origin", server.origin().parse().unwrap());
    headers.insert("sec-websocket-protocol", protocols.parse().unwrap());
    let (client, response) = within(client_async(request, connect(port).await)).await?;
    assert_eq!(response.headers()["sec-websocket-protocol"], "vmo.v1");
    Ok(client)
}

pub(crate) async fn say(client: &mut Client, text: impl Into<String>) {
    within(client.send(Message::text(text.into())))
        .await
        .unwrap();
}

/// The next message that is not a ping.
pub(crate) async fn hear(client: &mut Client) -> Message {
    within(async {
        loop {
            match client.next().await.unwrap().unwrap() {
                Message::Ping(_) => {}
                message => return message,
            }
        }
    })
    .await
}

pub(crate) async fn hear_answer(client: &mut Client) -> Answer {
    let message = hear(client).await;
    serde_json::from_str(message.to_text().unwrap()).unwrap()
}

/// Asks and waits for the answer.
pub(crate) async fn ask(client: &mut Client, id: u32) {
    say(
        client,
        format!(r#"{{"id":{id},"request":{{"catalog":{{"type":"overview"}}}}}}"#),
    )
    .await;
    let answer = hear_answer(client).await;
    assert!(
        matches!(answer, Answer::Reply { id: own, reply: Reply::Ok } if own == id),
        "{answer:?}"
    );
}

pub(crate) const SUBSCRIBE: &str = r#"{"id":1,"request":{"log":{"type":"subscribe","with":{"job":"01980000-0000-7000-8000-000000000000","seq":0}}}}"#;

/// Reads until the other end closes or resets; returns how many bytes came.
pub(crate) async fn drain(stream: &mut TcpStream) -> io::Result<usize> {
    let mut scrap = vec![0; PIECE];
    let mut all = 0;
    loop {
        match stream.read(&mut scrap).await? {
            0 => return Ok(all),
            read => all += read,
        }
    }
}
