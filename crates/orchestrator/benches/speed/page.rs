//! A client of the socket, as the page is one: requests, replies, events, and raw subscriptions that are checked byte by
//! byte as they come.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use orchestrator::{
    job::{JobId, MakeOptions},
    launch::Start,
    search::{self, Progress},
    wire::{
        Call, CatalogRequest, Event, JobRequest, LaunchRequest, LogRequest, Message, Overview,
        Reply, Request, SearchRequest, StoreHealth, StoreState,
    },
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, client::IntoClientRequest},
};

use crate::{Outcome, arrivals::Arrivals, home::Door, printed::Log};

/// Nothing is silent for so long, but a busy machine may make it seem so.
const PATIENCE: Duration = Duration::from_secs(120);

/// An open socket.
pub(crate) struct Page {
    socket: WebSocketStream<TcpStream>,
    next: u32,
    /// Jobs that are over and that nobody has asked for yet.
    over: HashMap<JobId, Instant>,
    /// How Postgres is, as far as events told.
    store: Option<StoreState>,
    readings: HashMap<u32, Reading>,
    /// When the first hit of the search came, and how it ended.
    searched: (Option<Instant>, Option<Progress>),
}

/// A raw subscription.
pub(crate) struct Reading {
    wanted: Wanted,
    /// Bytes of each stream so far.
    at: [usize; 2],
    seq: u64,
    /// When its first chunk came.
    first: Option<Instant>,
    /// When its last one came.
    last: Option<Instant>,
    ended: bool,
}

/// What becomes of what a subscription brings.
enum Wanted {
    /// It is compared with what was printed.
    Known(Log),
    /// It is kept, with the time it came; its stdout alone.
    Kept(Arrivals),
}

impl Page {
    pub(crate) async fn open(door: &Door) -> Outcome<Self> {
        let mut request = format!("ws://127.0.0.1:{}/ws", door.port).into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("Origin", door.origin.parse()?);
        headers.insert(
            "Sec-WebSocket-Protocol",
            format!("vmo.v1, auth.{}", door.token).parse()?,
        );
        let stream = TcpStream::connect(("127.0.0.1", door.port)).await?;
        stream.set_nodelay(true)?;
        let (socket, _) = client_async(request, stream).await?;
        Ok(Self {
            socket,
            next: 1,
            over: HashMap::new(),
            store: None,
            readings: HashMap::new(),
            searched: (None, None),
        })
    }

    /// Sends a request and waits for its reply.
    pub(crate) async fn ask(&mut self, request: impl Into<Request>) -> Outcome<Reply> {
        let id = self.next;
        self.next += 1;
        let text = serde_json::to_string(&Call {
            id,
            request: request.into(),
        })?;
        self.socket.send(tungstenite::Message::text(text)).await?;
        loop {
            match self.message().await? {
                Some(Message::Reply { id: of, reply }) if of == id => return Ok(reply),
                Some(Message::Failed { id: of, failure }) if of == id => {
                    return Err(failure.message.into());
                }
                _ => {}
            }
        }
    }

    pub(crate) async fn overview(&mut self) -> Outcome<Overview> {
        match self.ask(CatalogRequest::Overview).await? {
            Reply::Overview(overview) => Ok(*overview),
            other => Err(format!("no overview: {other:?}").into()),
        }
    }

    /// Searches every log: when the first hit came, and how it ended.
    pub(crate) async fn search(
        &mut self,
        wanted: search::Wanted,
    ) -> Outcome<(Option<Instant>, Progress)> {
        self.searched = (None, None);
        let wanted = Box::new(wanted);
        let request = SearchRequest::SearchLogs { search: 1, wanted };
        self.ask(request).await?;
        loop {
            if let (first, Some(progress)) = &self.searched {
                return Ok((*first, progress.clone()));
            }
            self.go_on().await?;
        }
    }

    /// Starts a command here.
    pub(crate) async fn command(&mut self, command: &str) -> Outcome<JobId> {
        let start = Start::Command {
            command: command.into(),
            hosts: Vec::new(),
            cwd: None,
            pty: false,
            confirmed: Vec::new(),
            rules: orchestrator::batch::Rules::default(),
        };
        match self.ask(LaunchRequest::Start(start)).await? {
            Reply::Started { jobs } => Ok(jobs[0].id),
            other => Err(format!("not started: {other:?}").into()),
        }
    }

    /// Starts a target of the project `work`.
    pub(crate) async fn start(&mut self, target: &str) -> Outcome<JobId> {
        let start = Start::Target {
            project: "work".into(),
            targets: vec![target.into()],
            variables: Vec::new(),
            pty: false,
            when_busy: None,
            options: MakeOptions::default(),
        };
        match self.ask(LaunchRequest::Start(start)).await? {
            Reply::Started { jobs } => Ok(jobs[0].id),
            other => Err(format!("not started: {other:?}").into()),
        }
    }

    /// Subscribes to the whole log of a job that prints what is known, and gives the subscription.
    pub(crate) async fn subscribe(&mut self, job: JobId, log: Log) -> Outcome<u32> {
        self.read(job, Wanted::Known(log)).await
    }

    /// Subscribes to the whole log of a job, to keep it.
    pub(crate) async fn listen(&mut self, job: JobId) -> Outcome<u32> {
        self.read(job, Wanted::Kept(Arrivals::default())).await
    }

    async fn read(&mut self, job: JobId, wanted: Wanted) -> Outcome<u32> {
        match self
            .ask(LogRequest::Subscribe {
                job,
                seq: 0,
                tail: None,
            })
            .await?
        {
            Reply::Subscribed { subscription, .. } => {
                let reading = Reading {
                    wanted,
                    at: [0, 0],
                    seq: 0,
                    first: None,
                    last: None,
                    ended: false,
                };
                self.readings.insert(subscription, reading);
                Ok(subscription)
            }
            other => Err(format!("not subscribed: {other:?}").into()),
        }
    }

    /// Reads on until a subscription has brought something.
    pub(crate) async fn first(&mut self, subscription: u32) -> Outcome<Instant> {
        loop {
            if let Some(first) = self
                .readings
                .get(&subscription)
                .and_then(|reading| reading.first)
            {
                return Ok(first);
            }
            self.go_on().await?;
        }
    }

    /// Reads on until a subscription has ended, which has to be with exactly what was printed, and says when the last of
    /// it came. The end itself comes later: when the log is known to be whole and on the disk.
    pub(crate) async fn whole(&mut self, subscription: u32) -> Outcome<Instant> {
        let reading = self.ended(subscription).await?;
        if let Wanted::Known(log) = reading.wanted
            && reading.at != log.map(<[u8]>::len)
        {
            return Err(
                format!("the log ended after {:?} bytes of its streams", reading.at).into(),
            );
        }
        reading.last.ok_or_else(|| "nothing came".into())
    }

    /// Reads on until a subscription has ended, and gives what it kept.
    pub(crate) async fn arrivals(&mut self, subscription: u32) -> Outcome<Arrivals> {
        match self.ended(subscription).await?.wanted {
            Wanted::Kept(arrivals) => Ok(arrivals),
            Wanted::Known(_) => Err("it kept nothing".into()),
        }
    }

    async fn ended(&mut self, subscription: u32) -> Outcome<Reading> {
        while !self.readings[&subscription].ended {
            self.go_on().await?;
        }
        self.readings
            .remove(&subscription)
            .ok_or_else(|| "an unknown subscription".into())
    }

    /// Reads on until a job is over, and says when that was known.
    pub(crate) async fn over(&mut self, id: JobId) -> Outcome<Instant> {
        loop {
            if let Some(at) = self.over.remove(&id) {
                return Ok(at);
            }
            self.go_on().await?;
        }
    }

    /// Bytes in the log of a job.
    pub(crate) async fn bytes(&mut self, job: JobId) -> Outcome<u64> {
        match self.ask(JobRequest::Job { job }).await? {
            Reply::Job(job) => Ok(job.bytes),
            other => Err(format!("no job: {other:?}").into()),
        }
    }

    /// Reads on until Postgres answers.
    pub(crate) async fn ready(&mut self) -> Outcome<()> {
        self.store = Some(self.overview().await?.store);
        while !self
            .store
            .as_ref()
            .is_some_and(|store| matches!(store.health, StoreHealth::Ready { .. }))
        {
            self.go_on().await?;
        }
        Ok(())
    }

    /// Does something that takes its time, and takes in what comes meanwhile.
    pub(crate) async fn beside<T>(&mut self, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                came = self.message() => drop(came?),
            }
        }
    }

    /// Takes in whatever comes next, within a minute.
    async fn go_on(&mut self) -> Outcome<()> {
        tokio::time::timeout(PATIENCE, self.message()).await??;
        Ok(())
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Job(job) if job.status.is_over() => {
                self.over.insert(job.id, Instant::now());
            }
            Event::Store(store) => self.store = Some(store),
            Event::SearchFound { .. } => {
                self.searched.0.get_or_insert_with(Instant::now);
            }
            Event::SearchCame { progress, .. } if progress.end.is_some() => {
                self.searched.1 = Some(progress);
            }
            _ => {}
        }
    }

    /// The next message; none if it was an event or a frame, which are taken in.
    async fn message(&mut self) -> Outcome<Option<Message>> {
        match self.socket.next().await.ok_or("the socket was closed")?? {
            tungstenite::Message::Text(text) => match serde_json::from_str(&text)? {
                Message::Event(Event::SubscriptionEnded { subscription, why }) => {
                    if let Some(why) = why {
                        return Err(why.into());
                    }
                    let reading = self
                        .readings
                        .get_mut(&subscription)
                        .ok_or("an unknown subscription ended")?;
                    reading.ended = true;
                    Ok(None)
                }
                Message::Event(event) => {
                    self.note(event);
                    Ok(None)
                }
                message => Ok(Some(message)),
            },
            tungstenite::Message::Binary(frame) => {
                let (of, chunks) = frame.split_first_chunk().ok_or("an empty frame")?;
                let reading = self
                    .readings
                    .get_mut(&u32::from_le_bytes(*of))
                    .ok_or("an unknown subscription")?;
                reading.take(chunks)?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }
}

impl Reading {
    /// Takes the chunks of a frame, as `wire.rs` lays them out; fails if they are not what was printed.
    fn take(&mut self, mut rest: &[u8]) -> Outcome<()> {
        let now = Instant::now();
        self.first.get_or_insert(now);
        self.last = Some(now);
        while let Some((head, after)) = rest.split_first_chunk::<24>() {
            let (number, stream) = (
                u64::from_le_bytes(head[..8].try_into()?),
                usize::from(head[20]),
            );
            let length = u32::from_le_bytes(head[16..20].try_into()?) as usize;
            if number != self.seq {
                return Err(format!("chunk {number} came where {} comes next", self.seq).into());
            }
            self.seq += 1;
            let (bytes, next) = after.split_at_checked(length).ok_or("a frame was cut")?;
            let at = self.at[stream];
            match &mut self.wanted {
                Wanted::Known(log) if log[stream].get(at..at + length) != Some(bytes) => {
                    let came = String::from_utf8_lossy(&bytes[..length.min(200)]);
                    return Err(format!("byte {at} of stream {stream}, in chunk {number}, was not printed so: {came}").into());
                }
                Wanted::Kept(arrivals) if stream == 0 => arrivals.take(bytes),
                _ => {}
            }
            self.at[stream] += length;
            rest = next;
        }
        Ok(())
    }
}
