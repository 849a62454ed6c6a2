//! What one client may cost, and that it costs the others nothing.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use orchestrator::server::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{Error, Message, protocol::frame::coding::CloseCode};

use crate::support::{
    PATIENCE, PIECE, SUBSCRIBE, ask, connect, drain, exchange, handshake, hear, hear_answer, open,
    say, start, try_open, within,
};

const SILENCE: Duration = Duration::from_secs(1);

fn short() -> Limits {
    Limits {
        silence: SILENCE,
        ..Limits::default()
    }
}

/// A masked text frame, its mask all zeros.
fn frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    let mut frame = vec![0x81];
    match length {
        0..=125 => frame.push(0x80 | length),
        _ => frame.extend([0x80 | 126, 0, length]),
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

#[test]
fn the_promises_are_the_defaults() {
    let limits = Limits::default();
    assert_eq!(limits.sockets, 16);
    assert_eq!(limits.handshake, Duration::from_secs(2));
    assert_eq!(limits.silence, Duration::from_secs(30));
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let (server, _) = start(Limits::default()).await;
    for sent in ["", "GET /ws HTTP/1.1\r\nHost: 127.0.0.1"] {
        let mut stream = connect(server.port()).await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        let begin = Instant::now();
        within(drain(&mut stream)).await.ok();
        let took = begin.elapsed();
        assert!(
            took > Duration::from_secs(1) && took < Duration::from_secs(6),
            "{took:?}"
        );
    }
}

#[tokio::test]
async fn a_seventeenth_socket_finds_no_place_until_one_leaves() {
    let (server, _) = start(Limits::default()).await;
    let mut clients = Vec::new();
    for _ in 0..16 {
        clients.push(open(&server).await);
    }
    let refused = exchange(server.port(), &handshake(&server)).await;
    assert_eq!(refused.status, 503);
    assert!(refused.text().contains("close one"));
    ask(&mut clients[15], 1).await;

    let mut leaving = clients.swap_remove(3);
    within(leaving.close(None)).await.unwrap();
    while within(leaving.next())
        .await
        .is_some_and(|message| message.is_ok())
    {}
    drop(leaving);
    within(async {
        // The place is free a moment after the client has seen its connection close.
        loop {
            match try_open(&server).await {
                Ok(mut client) => break ask(&mut client, 2).await,
                Err(Error::Http(response)) => assert_eq!(response.status(), 503),
                Err(other) => panic!("{other}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_message_of_more_than_64_kib_closes_the_connection() {
    let (server, probe) = start(Limits::default()).await;
    let mut client = open(&server).await;
    say(&mut client, " ".repeat(64 * 1024)).await;
    hear_answer(&mut client).await;
    say(&mut client, " ".repeat(64 * 1024 + 1)).await;
    let message = hear(&mut client).await;
    let Message::Close(Some(frame)) = message else {
        panic!("{message:?}");
    };
    assert_eq!(frame.code, CloseCode::Size);
    within(probe.closed.subscribe().wait_for(|count| *count == 1))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_large_message_arrives_whole() {
    let (server, _) = start(Limits::default()).await;
    let mut client = open(&server).await;
    for size in [0, 256 * 1024, 256 * 1024 + 1, 5_000_000] {
        say(
            &mut client,
            format!(
                r#"{{"id":1,"request":{{"log":{{"type":"unsubscribe","with":{{"subscription":{size}}}}}}}}}"#
            ),
        )
        .await;
        let message = hear(&mut client).await;
        assert_eq!(message, Message::binary(vec![7; size]));
    }
}

#[tokio::test]
async fn a_client_that_never_reads_is_bounded_and_dropped() {
    let silence = 2 * SILENCE;
    let limits = Limits {
        silence,
        ..Limits::default()
    };
    let (server, probe) = start(limits).await;
    let mut other = open(&server).await;
    let mut stuck = connect(server.port()).await;
    stuck
        .write_all(handshake(&server).as_bytes())
        .await
        .unwrap();
    stuck.write_all(&frame(SUBSCRIBE)).await.unwrap();

    let begin = Instant::now();
    let mut stopped = probe.stopped.subscribe();
    let gone = within(stopped.wait_for(|count| *count == 1));
    tokio::pin!(gone);
    let (mut requests, mut slowest) = (0, Duration::ZERO);
    loop {
        let ask_at = Instant::now();
        tokio::select! {
            gone = &mut gone => break drop(gone.unwrap()),
            () = ask(&mut other, requests) => {
                requests += 1;
                slowest = slowest.max(ask_at.elapsed());
            }
        }
    }
    let took = begin.elapsed();
    assert!(took >= silence && took < silence * 4, "{took:?}");
    let cost = probe.flooded.load(Ordering::Relaxed);
    assert!(
        cost > 0 && cost <= 4 << 20,
        "{cost} bytes were taken for it"
    );
    assert!(requests > 10, "the other was answered {requests} times");
    assert!(
        slowest < Duration::from_millis(500),
        "the other waited {slowest:?}"
    );
    // The connection was reset, and nothing is kept for it.
    assert!(within(drain(&mut stuck)).await.is_err());
}

#[tokio::test]
async fn a_client_that_reads_slowly_stays() {
    let (server, probe) = start(short()).await;
    let mut slow = connect(server.port()).await;
    slow.write_all(handshake(&server).as_bytes()).await.unwrap();
    slow.write_all(&frame(SUBSCRIBE)).await.unwrap();
    // It answers no ping; that it reads is all there is to see of it.
    let mut pace = tokio::time::interval(SILENCE / 5);
    let mut piece = vec![0; 4 * PIECE];
    let begin = Instant::now();
    while begin.elapsed() < SILENCE * 4 {
        pace.tick().await;
        within(slow.read_exact(&mut piece)).await.unwrap();
    }
    assert_eq!(*probe.stopped.borrow(), 0);
}

#[tokio::test]
async fn a_client_that_answers_pings_stays_and_one_that_does_not_goes() {
    let (server, probe) = start(short()).await;
    let mut dumb = connect(server.port()).await;
    dumb.write_all(handshake(&server).as_bytes()).await.unwrap();
    let mut client = open(&server).await;
    let begin = Instant::now();
    let mut closed = probe.closed.subscribe();
    let gone = closed.wait_for(|count| *count == 1);
    tokio::pin!(gone);
    let mut pings = 0;
    let took = tokio::time::timeout(PATIENCE, async {
        let mut took = None;
        while pings < 9 {
            tokio::select! {
                _ = &mut gone, if took.is_none() => took = Some(begin.elapsed()),
                message = client.next() => match message.unwrap().unwrap() {
                    Message::Ping(_) => pings += 1,
                    other => panic!("{other:?}"),
                },
            }
        }
        took.expect("the one that does not answer is gone by then")
    })
    .await
    .unwrap();
    assert!(took >= SILENCE && took < SILENCE * 3, "{took:?}");
    ask(&mut client, 1).await;
    assert_eq!(*probe.closed.borrow(), 1);
}

#[tokio::test]
async fn pages_that_nobody_reads_keep_no_window_out_and_end() {
    let limits = Limits {
        stuck: Duration::from_secs(1),
        ..Limits::default()
    };
    let (server, _) = start(limits).await;
    let get = format!(
        "GET / HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
        server.port()
    );
    let many = get.repeat(20_000);
    let mut stuck = tokio::task::JoinSet::new();
    for _ in 0..80 {
        let (many, port) = (many.clone(), server.port());
        stuck.spawn(async move {
            let mut stream = connect(port).await;
            // It ends once the connection does, or all is on its way.
            stream.write_all(many.as_bytes()).await.ok();
            within(drain_slowly(stream)).await;
        });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begin = Instant::now();
    let mut client = open(&server).await;
    ask(&mut client, 1).await;
    let page = exchange(server.port(), &get).await;
    assert!(page.status < 500, "{}", page.status);
    let took = begin.elapsed();
    assert!(
        took < Duration::from_secs(3),
        "a window waited for {took:?}"
    );
    while within(stuck.join_next()).await.is_some() {}
}

/// Waits for the connection's end without reading: what the system holds of it is no progress.
async fn drain_slowly(stream: tokio::net::TcpStream) {
    while !matches!(
        stream.ready(tokio::io::Interest::ERROR | tokio::io::Interest::WRITABLE).await,
        Ok(ready) if ready.is_error() || ready.is_write_closed() || ready.is_read_closed()
    ) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
