//! The loop, over a real socket: button → WebSocket → spawn → output over WebSocket → Postgres → status over WebSocket.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "support/home.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod home;
#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod postgres;

use std::{collections::HashMap, time::Duration};

use futures_util::{SinkExt, StreamExt};
use home::{Home, Running};
use orchestrator::{
    job::{JobId, Status},
    wire::{Call, Event, FailureCode, Job, Message, Reply, Request, Start},
};
use postgres::Postgres;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, client::IntoClientRequest},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// `vmo serve` on fresh folders.
struct App {
    _serving: Running,
    home: Home,
    port: u16,
    token: String,
    origin: String,
}

impl App {
    fn start(home: Home) -> Self {
        let mut serving = home.start(&["serve", "--json"]);
        let said: serde_json::Value = serde_json::from_str(&serving.line()).unwrap();
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        Self {
            port: u16::try_from(said["port"].as_u64().unwrap()).unwrap(),
            token: text("token"),
            origin: text("origin"),
            _serving: serving,
            home,
        }
    }

    async fn page(&self) -> Page {
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

/// What a page does with its socket.
struct Page {
    socket: WebSocketStream<TcpStream>,
    next: u32,
    events: Vec<Event>,
    frames: Vec<Vec<u8>>,
}

impl Page {
    async fn next(&mut self) -> Option<Message> {
        tokio::time::timeout(PATIENCE, self.message())
            .await
            .expect("something comes in time")
    }

    /// The next message; none for a frame, which is kept.
    async fn message(&mut self) -> Option<Message> {
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

    async fn ask(&mut self, request: Request) -> Result<Reply, FailureCode> {
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

    async fn start(&mut self, command: &str) -> Job {
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
    async fn until<T>(&mut self, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
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

    async fn over(&mut self, id: JobId) -> Job {
        self.until(|event| match event {
            Event::Job(job) if job.id == id && job.status.is_over() => Some(Job::clone(job)),
            _ => None,
        })
        .await
    }

    /// Reads a raw subscription from `seq` on, until it ends or `frames` frames have come; gives bytes by stream, and the
    /// seq after the last chunk. Fails where a chunk is missing or comes twice.
    async fn read_raw(
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

fn app() -> (Postgres, App) {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    (postgres, App::start(home))
}

#[tokio::test]
async fn a_click_runs_streams_and_is_kept() {
    let (postgres, app) = app();
    let mut page = app.page().await;
    let Ok(Reply::Overview(overview)) = page.ask(Request::Overview).await else {
        panic!()
    };
    assert_eq!(overview.projects[0].name, "vm");
    assert!(overview.projects[0].trusted, "the demo is trusted");
    let Ok(Reply::Scan(scan)) = page
        .ask(Request::Targets {
            project: "vm".into(),
        })
        .await
    else {
        panic!()
    };
    assert!(scan.targets.iter().any(|target| target.name == "hello"));

    let start = Start::Target {
        project: "vm".into(),
        targets: vec!["hello".into()],
        variables: Vec::new(),
        pty: false,
    };
    let Ok(Reply::Started { jobs }) = page.ask(Request::Start(start)).await else {
        panic!()
    };
    let id = jobs[0].id;
    page.ask(Request::Follow { job: id, tail: 50 })
        .await
        .unwrap();
    let tail = page
        .until(|event| match event {
            Event::LogGrew { job, extent, tail } if *job == id && extent.complete => {
                Some(tail.clone())
            }
            _ => None,
        })
        .await;
    assert!(
        tail.iter().any(|line| line
            .spans
            .iter()
            .any(|span| span.text.contains("Hello from make"))),
        "{tail:?}"
    );
    let Ok(Reply::Job(job)) = page.ask(Request::Job { job: id }).await else {
        panic!()
    };
    assert_eq!(job.status, Status::Done);
    let status = format!("select status from jobs where id = '{id}'");
    home::eventually("it is in Postgres", || {
        postgres.psql("postgres", &status).trim() == "done"
    });
    let Ok(Reply::Lines { lines }) = page
        .ask(Request::Lines {
            job: id,
            first: 1,
            count: 100,
        })
        .await
    else {
        panic!()
    };
    assert_eq!(lines, tail, "replayed as it was followed");
}

#[tokio::test]
async fn a_subscription_resumes_after_a_cut_with_no_gap_and_no_double() {
    let (_postgres, app) = app();
    let mut page = app.page().await;
    let job = page.start("seq 1 300000 & seq 1 300000 >&2; wait").await;
    let expected: String = (1..=300_000).map(|number| format!("{number}\n")).collect();
    let mut all: HashMap<u32, Vec<u8>> = HashMap::new();
    let mut seq = 0;
    loop {
        // Each page reads a little, and goes without a word.
        let (bytes, next) = page.read_raw(job.id, seq, 3).await;
        let nothing_new = next == seq;
        for (stream, bytes) in bytes {
            all.entry(stream).or_default().extend(bytes);
        }
        seq = next;
        page = app.page().await;
        let Ok(Reply::Job(now)) = page.ask(Request::Job { job: job.id }).await else {
            panic!()
        };
        if nothing_new && now.status.is_over() {
            break;
        }
    }
    for stream in [0, 1] {
        assert!(
            all[&stream] == expected.as_bytes(),
            "stream {stream} is whole"
        );
    }
}

#[tokio::test]
async fn cancel_and_input_go_over_the_socket() {
    let (_postgres, app) = app();
    let mut page = app.page().await;
    let job = page.start("read -r word; echo got $word; sleep 1000").await;
    page.ask(Request::Follow {
        job: job.id,
        tail: 10,
    })
    .await
    .unwrap();
    page.ask(Request::Input {
        job: job.id,
        text: "yes\n".into(),
        end: false,
    })
    .await
    .unwrap();
    page.until(|event| match event {
        Event::LogGrew { tail, .. } => tail
            .iter()
            .any(|line| line.spans[0].text == "got yes")
            .then_some(()),
        _ => None,
    })
    .await;
    page.ask(Request::Cancel {
        job: job.id,
        force: false,
    })
    .await
    .unwrap();
    assert_eq!(page.over(job.id).await.status, Status::Canceled);
}

#[tokio::test]
async fn an_untrusted_project_runs_nothing_until_it_is_trusted() {
    let (_postgres, app) = app();
    app.home.makefile("hello:\n\t@echo hello > ran\n");
    let mut page = app.page().await;
    let path = app.home.work().display().to_string();
    let Ok(Reply::Project(project)) = page.ask(Request::AddProject { path }).await else {
        panic!()
    };
    let start = || {
        Request::Start(Start::Target {
            project: project.name.clone(),
            targets: vec!["hello".into()],
            variables: Vec::new(),
            pty: false,
        })
    };
    assert_eq!(page.ask(start()).await.unwrap_err(), FailureCode::Untrusted);
    assert!(!app.home.work().join("ran").exists());
    page.ask(Request::TrustProject {
        name: project.name.clone(),
    })
    .await
    .unwrap();
    let Ok(Reply::Started { jobs }) = page.ask(start()).await else {
        panic!()
    };
    assert_eq!(page.over(jobs[0].id).await.status, Status::Done);
    assert!(app.home.work().join("ran").exists());
}

#[tokio::test]
async fn jobs_of_the_command_line_appear_in_the_window() {
    let (_postgres, app) = app();
    let mut page = app.page().await;
    let Ok(Reply::Overview(_)) = page.ask(Request::Overview).await else {
        panic!()
    };
    let id: JobId = app
        .home
        .text(&["run", "--detach", "--", "echo from the command line"])
        .trim()
        .parse()
        .unwrap();
    let job = page.over(id).await;
    assert_eq!(
        (job.status, job.command.as_str()),
        (Status::Done, "echo from the command line")
    );
    let Ok(Reply::Lines { lines }) = page
        .ask(Request::Lines {
            job: id,
            first: 1,
            count: 10,
        })
        .await
    else {
        panic!()
    };
    assert_eq!(lines[0].spans[0].text, "from the command line");
}
