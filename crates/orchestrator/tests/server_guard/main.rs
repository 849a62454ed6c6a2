//! The server's walls, tried from outside over real connections.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod limits;
mod page;
mod support;

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use futures_util::StreamExt;
use orchestrator::{
    server::{self, Limits, Options, ServeError},
    wire::{FailureCode, Message as Answer},
};
use support::{Probe, ask, exchange, handshake, hear, hear_answer, open, say, start, within};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

#[tokio::test]
async fn the_page_is_let_in_and_answered() {
    let (server, probe) = start(Limits::default()).await;
    let mut client = open(&server).await;
    ask(&mut client, 1).await;
    ask(&mut client, u32::MAX).await;
    within(client.close(None)).await.unwrap();
    within(probe.closed.subscribe().wait_for(|count| *count == 1))
        .await
        .unwrap();
}

#[tokio::test]
async fn each_wall_is_enough_alone() {
    let (server, probe) = start(Limits::default()).await;
    let port = server.port();
    let token = server.token();
    let good = handshake(&server);
    assert_eq!(exchange(port, &good).await.status, 101);
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    let origin = format!("Origin: http://127.0.0.1:{port}\r\n");
    let last = if token.expose().ends_with('A') {
        "B"
    } else {
        "A"
    };
    let wrong = format!("{}{last}", &token.expose()[..42]);
    let rows = [
        ("no origin", 403, good.replace(&origin, "")),
        (
            "null origin",
            403,
            good.replace(&origin, "Origin: null\r\n"),
        ),
        (
            "another origin",
            403,
            good.replace(&origin, "Origin: http://evil.example\r\n"),
        ),
        (
            "two origins",
            403,
            good.replace(&origin, &format!("{origin}{origin}")),
        ),
        (
            "rebound name",
            421,
            good.replace(&host, &format!("Host: evil.example:{port}\r\n")),
        ),
        (
            "two hosts",
            421,
            good.replace(&host, &format!("{host}{host}")),
        ),
        (
            "another port",
            421,
            good.replace(&host, "Host: 127.0.0.1:1\r\n"),
        ),
        (
            "whole URL",
            421,
            good.replace("GET /ws", "GET http://evil.example/ws"),
        ),
        (
            "token wrong by one",
            401,
            good.replace(token.expose(), &wrong),
        ),
        (
            "token in the URL",
            401,
            good.replace(", auth.", "")
                .replace(token.expose(), "")
                .replace("/ws", &format!("/ws?auth.{}", token.expose())),
        ),
        ("no version of ours", 401, good.replace("vmo.v1, ", "")),
        (
            "two tokens",
            401,
            good.replace("vmo.v1, ", "vmo.v1, auth.x, "),
        ),
        (
            "an old WebSocket",
            426,
            good.replace("Version: 13", "Version: 8"),
        ),
        (
            "no upgrade",
            426,
            good.replace("Upgrade: websocket\r\n", ""),
        ),
        ("posted", 405, good.replace("GET", "POST")),
        ("another path", 200, good.replace("/ws", "/wss")),
    ];
    for (what, status, request) in rows {
        assert_ne!(request, good, "{what}");
        assert_eq!(exchange(port, &request).await.status, status, "{what}");
    }
    within(probe.closed.subscribe().wait_for(|count| *count == 1))
        .await
        .unwrap();
    assert_eq!(
        *probe.closed.borrow(),
        1,
        "only the good one reached a session"
    );
}

#[tokio::test]
async fn a_foreign_host_gets_no_page_and_no_token() {
    let (server, _) = start(Limits::default()).await;
    let port = server.port();
    let code = server
        .url_with_code()
        .split_once("#code=")
        .unwrap()
        .1
        .to_owned();
    for path in [
        "GET /",
        "GET /index.html",
        "GET /nothing.js",
        "HEAD /",
        "POST /session",
    ] {
        let request = format!(
            "{path} HTTP/1.1\r\nHost: evil.example:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n\
             Content-Length: {}\r\n\r\n{code}",
            code.len()
        );
        assert_eq!(exchange(port, &request).await.status, 421, "{path}");
    }
}

#[tokio::test]
async fn a_malformed_message_is_refused_and_the_connection_goes_on() {
    let (server, _) = start(Limits::default()).await;
    let mut client = open(&server).await;
    for (text, id) in [
        ("", 0),
        ("{", 0),
        (r#"{"id":5}"#, 5),
        (r#"{"id":6,"request":{"job":{"type":"x"}}}"#, 6),
    ] {
        say(&mut client, text).await;
        let answer = hear_answer(&mut client).await;
        let Answer::Failed { id: own, failure } = answer else {
            panic!("{answer:?}");
        };
        assert_eq!((own, failure.code), (id, FailureCode::Refused));
    }
    within(futures_util::SinkExt::send(
        &mut client,
        Message::binary(vec![0; 8]),
    ))
    .await
    .unwrap();
    assert!(matches!(
        hear_answer(&mut client).await,
        Answer::Failed { id: 0, .. }
    ));
    ask(&mut client, 7).await;
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let (server, _) = start(Limits::default()).await;
    let options = Options {
        port: server.port(),
        ..Options::default()
    };
    let error = server::serve(Probe::default(), options).await.unwrap_err();
    assert!(matches!(error, ServeError::PortTaken { port } if port == server.port()));
    assert!(error.to_string().contains(&server.port().to_string()));
}

#[tokio::test]
async fn a_server_that_goes_says_so() {
    let (server, probe) = start(Limits::default()).await;
    let port = server.port();
    let mut client = open(&server).await;
    let (farewell, ()) = tokio::join!(hear(&mut client), within(server.shutdown()));
    let Message::Close(Some(frame)) = farewell else {
        panic!("{farewell:?}");
    };
    assert_eq!(frame.code, CloseCode::Away);
    assert!(within(client.next()).await.is_none_or(|end| end.is_err()));
    assert_eq!(*probe.closed.borrow(), 1);
    assert!(
        tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_server_without_a_page_is_a_socket_alone() {
    let options = Options {
        origins: vec!["tauri://localhost".into()],
        ..Options::default()
    };
    let server = server::serve(Probe::default(), options).await.unwrap();
    let port = server.port();
    for path in ["GET /", "GET /index.html", "POST /session"] {
        let request = format!(
            "{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: tauri://localhost\r\n\r\n"
        );
        assert_eq!(exchange(port, &request).await.status, 404, "{path}");
    }
    let own = handshake(&server);
    assert_eq!(exchange(port, &own).await.status, 403);
    let tauri = own.replace(
        &format!("Origin: http://127.0.0.1:{port}"),
        "Origin: tauri://localhost",
    );
    assert_eq!(exchange(port, &tauri).await.status, 101);
}

/// A log that is kept in memory.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_token_is_in_no_log() {
    let kept = Kept::default();
    let log = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer({
            let kept = kept.clone();
            move || kept.clone()
        })
        .finish();
    let _guard = tracing::subscriber::set_default(log);
    let (server, probe) = start(Limits::default()).await;
    let token = server.token();
    let code = server
        .url_with_code()
        .split_once("#code=")
        .unwrap()
        .1
        .to_owned();
    let good = handshake(&server);
    assert_eq!(exchange(server.port(), &good).await.status, 101);
    assert_eq!(
        exchange(server.port(), &good.replace("Origin", "Orange"))
            .await
            .status,
        403
    );
    within(probe.closed.subscribe().wait_for(|count| *count == 1))
        .await
        .unwrap();
    let shown = format!("{server:?} {token:?}");
    let logged = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("a request was refused"), "{logged}");
    for text in [shown, logged] {
        assert!(!text.contains(token.expose()), "{text}");
        assert!(!text.contains(&code), "{text}");
    }
}
