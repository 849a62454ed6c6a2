//! A page's side of the socket, in front of a real `vmo serve`.

use std::{
    collections::HashMap,
    process::Command,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use orchestrator::{
    job::{JobId, JobQuery},
    launch::Start,
    wire::{
        Call, Event, Failure, FailureCode, Job, JobRequest, LaunchRequest, LogRequest, Message,
        Reply, Request,
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
    served: Served,
    pub(crate) home: Home,
}

/// One `vmo serve`.
pub(crate) struct Served {
    serving: Running,
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
        let served = Served::start_by(&home, by);
        Self { served, home }
    }

    /// Starts it once more, on the same folders.
    pub(crate) fn again(&mut self) {
        self.served = Served::start(&self.home);
    }

    /// Starts another one on the same folders.
    pub(crate) fn beside(&self) -> Served {
        Served::start(&self.home)
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.served.kill();
    }

    /// `kill -9`, and the folders it leaves.
    pub(crate) fn stop(mut self) -> Home {
        self.served.kill();
        self.home
    }

    pub(crate) async fn page(&self) -> Page {
        self.served.page().await
    }

    /// A page, or why there can be none just now.
    pub(crate) async fn try_page(&self) -> Result<Page, tungstenite::Error> {
        self.served.try_page().await
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.served.pid()
    }
}

impl Served {
    fn start(home: &Home) -> Self {
        Self::start_by(home, |command| command)
    }

    fn start_by(home: &Home, by: impl FnOnce(Command) -> Command) -> Self {
        let mut serving = Home::start_command(by(home.vmo(&["serve", "--json"])));
        let served: serde_json::Value = serde_json::from_str(&serving.line()).unwrap();
        let text = |name: &str| served[name].as_str().unwrap().to_owned();
        Self {
            port: u16::try_from(served["port"].as_u64().unwrap()).unwrap(),
            token: text("token"),
            origin: text("origin"),
            serving,
        }
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
        self.try_page().await.unwrap()
    }

    async fn try_page(&self) -> Result<Page, tungstenite::Error> {
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
        let (socket, _) = client_async(request, stream).await?;
        Ok(Page {
            socket,
            next: 1,
            events: Vec::new(),
            frames: Vec::new(),
        })
    }
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

    /// Sends a request whose answer nobody waits for; its id.
    pub(crate) async fn say(&mut self, request: impl Into<Request>) -> u32 {
        let call = Call {
            id: self.next,
            request: request.into(),
        };
        self.next += 1;
        let text = serde_json::to_string(&call).unwrap();
        self.socket
            .send(tungstenite::Message::text(text))
            .await
            .unwrap();
        call.id
    }

    /// Sends requests in one write, whose answers nobody waits for; their ids.
    pub(crate) async fn say_all(&mut self, requests: Vec<Request>) -> Vec<u32> {
        let mut ids = Vec::new();
        for request in requests {
            let id = self.next;
            self.next += 1;
            let text = serde_json::to_string(&Call { id, request }).unwrap();
            self.socket
                .feed(tungstenite::Message::text(text))
                .await
                .unwrap();
            ids.push(id);
        }
        self.socket.flush().await.unwrap();
        ids
    }

    /// The number of a call that is made by hand.
    pub(crate) fn new_id(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// Sends texts in one write, whatever they are.
    pub(crate) async fn say_texts(&mut self, texts: Vec<String>) {
        for text in texts {
            let text = tungstenite::Message::text(text);
            self.socket.feed(text).await.unwrap();
        }
        self.socket.flush().await.unwrap();
    }

    pub(crate) async fn ask(&mut self, request: impl Into<Request>) -> Result<Reply, FailureCode> {
        let answer = self.try_ask(request).await;
        answer.map_err(|failure| failure.code)
    }

    /// The same, with all that is said of a failure.
    pub(crate) async fn try_ask(
        &mut self,
        request: impl Into<Request>,
    ) -> Result<Reply, Box<Failure>> {
        let call = self.say(request).await;
        loop {
            match self.next().await {
                Some(Message::Reply { id, reply }) if id == call => return Ok(reply),
                Some(Message::Failed { id, failure }) if id == call => {
                    return Err(Box::new(failure));
                }
                Some(Message::Event(event)) => self.events.push(event),
                _ => {}
            }
        }
    }

    pub(crate) async fn start(&mut self, command: &str) -> Job {
        self.start_on(None, command).await
    }

    /// The same on a host, if one is named.
    pub(crate) async fn start_on(&mut self, host: Option<&str>, command: &str) -> Job {
        let start = Start::Command {
            command: command.into(),
            hosts: host.map(Into::into).into_iter().collect(),
            cwd: None,
            pty: false,
            confirmed: Vec::new(),
            rules: orchestrator::batch::Rules::default(),
        };
        match self.ask(LaunchRequest::Start(start)).await {
            Ok(Reply::Started { jobs }) => jobs[0].clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Goes through events, those that came before included, until one is what is waited for; those after it stay.
    pub(crate) async fn until<T>(&mut self, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        while !self.events.is_empty() {
            if let Some(found) = wanted(&self.events.remove(0)) {
                return found;
            }
        }
        loop {
            if let Some(Message::Event(event)) = self.next().await
                && let Some(found) = wanted(&event)
            {
                return found;
            }
        }
    }

    /// Waits until Postgres answers, be it that it was killed a moment ago and nobody has noticed.
    pub(crate) async fn until_ready_again(&mut self) {
        let begun = Instant::now();
        loop {
            let answer = self.ask(JobRequest::Jobs(JobQuery::default())).await;
            if let Ok(Reply::Jobs {
                incomplete: None, ..
            }) = answer
            {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "Postgres does not come back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn over(&mut self, id: JobId) -> Job {
        self.until(|event| match event {
            Event::Job(job) if job.id == id && job.status.is_over() => Some(Job::clone(job)),
            _ => None,
        })
        .await
    }

    /// Takes in what comes, and never ends by itself.
    pub(crate) async fn idle(&mut self) {
        loop {
            if let Some(Message::Event(event)) = self.message().await {
                self.events.push(event);
            }
        }
    }

    /// The job, once it is over.
    pub(crate) async fn now_over(&mut self, id: JobId) -> Job {
        match self.ask(JobRequest::Job { job: id }).await {
            Ok(Reply::Job(job)) if job.status.is_over() => *job,
            Ok(_) => self.over(id).await,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Reads a raw subscription from `seq` on, until it ends or `frames` frames have come; gives bytes by stream, and the
    /// seq after the last chunk. Fails if a chunk is missing or comes twice.
    pub(crate) async fn read_raw(
        &mut self,
        job: JobId,
        seq: u64,
        frames: usize,
    ) -> (HashMap<u32, Vec<u8>>, u64) {
        let (bytes, seq, _) = self.read_raw_timed(job, seq, frames).await;
        (bytes, seq)
    }

    /// The same; and when the first frame was there.
    pub(crate) async fn read_raw_timed(
        &mut self,
        job: JobId,
        mut seq: u64,
        frames: usize,
    ) -> (HashMap<u32, Vec<u8>>, u64, Option<Instant>) {
        let Ok(Reply::Subscribed { subscription, .. }) = self
            .ask(LogRequest::Subscribe {
                job,
                seq,
                tail: None,
            })
            .await
        else {
            panic!("not subscribed")
        };
        let mut bytes: HashMap<u32, Vec<u8>> = HashMap::new();
        let mut ended = false;
        let (mut read, mut first) = (0, None);
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
                first.get_or_insert_with(Instant::now);
                seq = take_frame(&frame, subscription, seq, &mut bytes);
            }
        }
        (bytes, seq, first)
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
