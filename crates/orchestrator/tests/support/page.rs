//! A page's side of the socket, in front of a real `vmo serve`.

use std::{collections::HashMap, process::Command, time::Duration};

use futures_util::{SinkExt, StreamExt};
use orchestrator::{
    job::JobId,
    wire::{
        Call, Event, FailureCode, Job, Message, Reply, Request, Start, StoreHealth, StoreState,
    },
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, client::IntoClientRequest},
};

use crate::home::{Home, Running};

const PATIENCE: Duration = Duration::from_secs(60);

/// `vmo serve` on fresh folders.
pub(crate) struct App {
    serving: Running,
    pub(crate) home: Home,
    port: u16,
    token: String,
    origin: String,
}

impl App {
    pub(crate) fn start(home: Home) -> Self {
        Self::start_by(home, |command| command)
    }

    /// The same, by a command made of the one that would be run.
    pub(crate) fn start_by(home: Home, by: impl FnOnce(Command) -> Command) -> Self {
        let (serving, port, token, origin) = serve(by(home.vmo(SERVE)));
        Self {
            serving,
            home,
            port,
            token,
            origin,
        }
    }

    /// Starts it once more, on the same folders.
    pub(crate) fn again(&mut self) {
        (self.serving, self.port, self.token, self.origin) = serve(self.home.vmo(SERVE));
    }

    /// `kill -9`, and the folders it leaves.
    pub(crate) fn stop(mut self) -> Home {
        self.serving.kill();
        self.home
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.serving.kill();
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.serving.child.id()
    }

    pub(crate) async fn page(&self) -> Page {
        let mut request = format!("ws://127.0.0.1:{}/ws", self.port)
            .into_client_request()
            .unwrap();
        let headers = request.headers_mut();
        headers.insert("Origin", self.origin.parse().unwrap());
        headers.insert(
            "Sec-WebSocket-Protocol",
            format!("vmo.v1, auth.{}", self.token).parse().unwrap(),
        );
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let (socket, _) = client_async(request, stream).await.unwrap();
        Page {
            socket,
            next: 1,
            events: Vec::new(),
            frames: Vec::new(),
        }
    }
}

/// Starts `vmo serve`; its port, token and origin.
const SERVE: &[&str] = &["serve", "--json"];

fn serve(command: Command) -> (Running, u16, String, String) {
    let mut serving = Home::start_command(command);
    let said: serde_json::Value = serde_json::from_str(&serving.line()).unwrap();
    let text = |name: &str| said[name].as_str().unwrap().to_owned();
    let port = u16::try_from(said["port"].as_u64().unwrap()).unwrap();
    (serving, port, text("token"), text("origin"))
}

/// What a page does with its socket.
pub(crate) struct Page {
    socket: WebSocketStream<TcpStream>,
    next: u32,
    events: Vec<Event>,
    frames: Vec<Vec<u8>>,
}

impl Page {
    pub(crate) async fn next(&mut self) -> Option<Message> {
        tokio::time::timeout(PATIENCE, self.message())
            .await
            .expect("something comes in time")
    }

    /// The next message; none for a frame, which is kept.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        loop {
            let message = self.socket.next().await.unwrap().unwrap();
            match message {
                tungstenite::Message::Text(text) => {
                    return Some(serde_json::from_str(&text).unwrap());
                }
                tungstenite::Message::Binary(bytes) => {
                    self.frames.push(bytes.to_vec());
                    return None;
                }
                _ => {}
            }
        }
    }

    pub(crate) async fn ask(&mut self, request: Request) -> Result<Reply, FailureCode> {
        let call = Call {
            id: self.next,
            request,
        };
        self.next += 1;
        self.socket
            .send(tungstenite::Message::text(
                serde_json::to_string(&call).unwrap(),
            ))
            .await
            .unwrap();
        loop {
            match self.next().await {
                Some(Message::Reply { id, reply }) if id == call.id => return Ok(reply),
                Some(Message::Failed { id, failure }) if id == call.id => return Err(failure.code),
                Some(Message::Event(event)) => self.events.push(event),
                _ => {}
            }
        }
    }

    pub(crate) async fn start(&mut self, command: &str) -> Job {
        let start = Start::Command {
            command: command.into(),
            hosts: Vec::new(),
            cwd: None,
            pty: false,
        };
        match self.ask(Request::Start(start)).await {
            Ok(Reply::Started { jobs }) => jobs[0].clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Goes through events, those that came before included, until one is what is waited for.
    pub(crate) async fn until<T>(&mut self, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let come: Vec<Event> = std::mem::take(&mut self.events);
        if let Some(found) = come.iter().find_map(&mut wanted) {
            return found;
        }
        loop {
            if let Some(Message::Event(event)) = self.next().await
                && let Some(found) = wanted(&event)
            {
                return found;
            }
        }
    }

    /// Waits until Postgres is there; events that came before are gone then.
    pub(crate) async fn store_is_ready(&mut self) {
        let is_ready = |state: &StoreState| matches!(state.health, StoreHealth::Ready { .. });
        match self.ask(Request::Overview).await {
            Ok(Reply::Overview(overview)) if is_ready(&overview.store) => {}
            Ok(Reply::Overview(_)) => {
                let told = |event: &Event| match event {
                    Event::Store(state) => is_ready(state).then_some(()),
                    _ => None,
                };
                self.until(told).await;
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn over(&mut self, id: JobId) -> Job {
        self.until(|event| match event {
            Event::Job(job) if job.id == id && job.status.is_over() => Some(Job::clone(job)),
            _ => None,
        })
        .await
    }

    /// Reads a raw subscription from `seq` on, until it ends or `frames` frames have come; gives bytes by stream, and the
    /// seq after the last chunk. Fails where a chunk is missing or comes twice.
    pub(crate) async fn read_raw(
        &mut self,
        job: JobId,
        mut seq: u64,
        frames: usize,
    ) -> (HashMap<u32, Vec<u8>>, u64) {
        let Ok(Reply::Subscribed { subscription }) =
            self.ask(Request::Subscribe { job, seq }).await
        else {
            panic!("not subscribed")
        };
        let mut bytes: HashMap<u32, Vec<u8>> = HashMap::new();
        let mut ended = false;
        let mut read = 0;
        while !ended && read < frames {
            if self.frames.is_empty()
                && let Some(Message::Event(Event::SubscriptionEnded {
                    subscription: of,
                    why,
                })) = self.next().await
            {
                assert_eq!((of, why), (subscription, None));
                ended = true;
            }
            for frame in std::mem::take(&mut self.frames) {
                read += 1;
                seq = take_frame(&frame, subscription, seq, &mut bytes);
            }
        }
        (bytes, seq)
    }
}

fn take_frame(
    frame: &[u8],
    subscription: u32,
    mut seq: u64,
    bytes: &mut HashMap<u32, Vec<u8>>,
) -> u64 {
    let (of, mut rest) = frame.split_first_chunk::<4>().unwrap();
    assert_eq!(u32::from_le_bytes(*of), subscription);
    while let Some((head, after)) = rest.split_first_chunk::<24>() {
        let number = |from: usize| u32::from_le_bytes(head[from..from + 4].try_into().unwrap());
        assert_eq!(
            u64::from_le_bytes(head[..8].try_into().unwrap()),
            seq,
            "no gap, no double"
        );
        seq += 1;
        let (payload, next) = after.split_at(number(16) as usize);
        bytes
            .entry(number(20))
            .or_default()
            .extend_from_slice(payload);
        rest = next;
    }
    assert_eq!(rest, [0_u8; 0]);
    seq
}
