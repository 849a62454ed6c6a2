//! One open socket, from its first message to its farewell.
//!
//! Reading and writing go on side by side in one task, so a session that waits for room in its outbox stops being read
//! from while what waits is still written.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message, Utf8Bytes,
        protocol::{
            CloseFrame, Role, WebSocketConfig,
            frame::{
                Frame,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};

use super::{
    Service, Session,
    http::Admitted,
    liveness::{Felt, Pulse},
    outbox::{self, Kind, Outbox, Queue, Queued},
};
use crate::wire::{self, Call, Failure, FailureCode};

/// Bytes of a message from a client.
const MESSAGE: usize = 64 * 1024;

/// Bytes of a frame to a client; a larger message goes in several, so the write buffer stays small.
const FRAME: usize = 256 * 1024;

/// Bytes of the write buffer, at most.
const WRITE_BUFFER: usize = 1 << 20;

/// How long a client may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<Felt>;

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// It was closed by the client, or it broke.
    Gone,
    /// The client has shown no life for too long.
    Silent,
    /// The server goes.
    Stopping,
    /// The client broke a rule of the protocol.
    Broke(CloseCode, &'static str),
}

/// Serves one socket until it ends. `silence` is how long the client may show no life.
pub(super) async fn run<S: Service>(
    service: S,
    admitted: Admitted,
    silence: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let pulse = Pulse::new();
    let stream = Felt::new(admitted.stream, pulse.clone());
    let socket = open(stream, admitted.ahead).await;
    let (mut sink, mut stream) = socket.split();
    let (outbox, mut queue) = outbox::pair();
    let mut session = service.open(outbox.clone());
    let end = tokio::select! {
        end = read(&mut stream, &mut session, &outbox) => end,
        end = write(&mut sink, &mut queue, silence / 3) => end,
        () = pulse.silent_for(silence) => End::Silent,
        // An error means that the server itself was dropped.
        _ = stop.wait_for(|stop| *stop) => End::Stopping,
    };
    drop(queue);
    session.closed();
    tracing::debug!(?end, "a socket ends");
    if let Ok(socket) = sink.reunite(stream) {
        farewell(socket, end).await;
    }
    drop(admitted.place);
}

/// The socket over a connection whose handshake is through; `ahead` is what came right behind it.
async fn open(stream: Felt, ahead: Bytes) -> Socket {
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(MESSAGE))
        .max_frame_size(Some(MESSAGE));
    WebSocketStream::from_partially_read(stream, ahead.into(), Role::Server, Some(config)).await
}

/// Gives a client's calls to its session until there are no more.
async fn read<S: Session>(
    stream: &mut SplitStream<Socket>,
    session: &mut S,
    outbox: &Outbox,
) -> End {
    loop {
        let call = match stream.next().await {
            Some(Ok(Message::Text(text))) => parse(&text),
            Some(Ok(Message::Binary(_))) => Err((0, "a request is a text message".into())),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Ok(Message::Close(_))) | None => return End::Gone,
            Some(Err(error)) => return end_of(&error),
        };
        match call {
            Ok(call) => session.call(call).await,
            Err((id, message)) => {
                let code = FailureCode::Refused;
                let failure = Failure {
                    code,
                    message,
                    consent: None,
                };
                if outbox
                    .send(wire::Message::Failed { id, failure })
                    .await
                    .is_err()
                {
                    return End::Gone;
                }
            }
        }
    }
}

/// A call, or why this is none and the id it has nevertheless, 0 if none can be made out.
fn parse(text: &str) -> Result<Call, (u32, String)> {
    #[derive(serde::Deserialize)]
    struct Id {
        id: u32,
    }
    serde_json::from_str(text).map_err(|error| {
        let id = serde_json::from_str(text).map_or(0, |Id { id }| id);
        (id, format!("this is not a request: {error}"))
    })
}

fn end_of(error: &tungstenite::Error) -> End {
    match error {
        tungstenite::Error::Capacity(_) => {
            End::Broke(CloseCode::Size, "a message has at most 64 KiB")
        }
        tungstenite::Error::Utf8(_) => End::Broke(CloseCode::Invalid, "a text message is UTF-8"),
        tungstenite::Error::Protocol(_) => {
            End::Broke(CloseCode::Protocol, "this is not WebSocket as of RFC 6455")
        }
        _ => End::Gone,
    }
}

/// Writes what waits, and a ping every so often, until the client is gone.
async fn write(sink: &mut SplitSink<Socket, Message>, queue: &mut Queue, every: Duration) -> End {
    let mut ping = interval_at(Instant::now() + every, every);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let written = tokio::select! {
            biased;
            _ = ping.tick() => sink.send(Message::Ping(Bytes::new())).await,
            Some(waiting) = queue.next() => feed(sink, waiting, queue.is_empty()).await,
        };
        if written.is_err() {
            return End::Gone;
        }
    }
}

/// Hands a message over, in frames of at most [`FRAME`] bytes, and sees it off if it is the last one at hand.
async fn feed(
    sink: &mut SplitSink<Socket, Message>,
    waiting: Queued,
    last: bool,
) -> Result<(), tungstenite::Error> {
    let mut kind = match waiting.kind {
        Kind::Text => Data::Text,
        Kind::Binary => Data::Binary,
    };
    let mut rest = waiting.bytes.clone();
    loop {
        let frame = rest.split_to(rest.len().min(FRAME));
        let frame = Frame::message(frame, OpCode::Data(kind), rest.is_empty());
        sink.feed(Message::Frame(frame)).await?;
        kind = Data::Continue;
        if rest.is_empty() {
            break;
        }
    }
    if last { sink.flush().await } else { Ok(()) }
}

/// Closes a socket: says why, then waits a moment for the client to take it in.
async fn farewell(mut socket: Socket, end: End) {
    let (code, reason) = match end {
        End::Silent => {
            // What it never read is of no use to it: the system may forget it at once.
            if let Err(error) = socket.get_mut().stream().set_zero_linger() {
                tracing::debug!(%error, "a silent client's connection could not be reset");
            }
            return;
        }
        End::Gone => (CloseCode::Normal, ""),
        End::Stopping => (CloseCode::Away, "the server goes"),
        End::Broke(code, reason) => (code, reason),
    };
    let reason = Utf8Bytes::from_static(reason);
    let farewell = timeout(FAREWELL, async {
        // If the client closed first or is gone, this writes the answer that is due, or nothing.
        socket.close(Some(CloseFrame { code, reason })).await.ok();
        let stream = socket.get_mut().stream();
        stream.shutdown().await.ok();
        // Closing with bytes unread would reset the connection and take the reason away with it.
        let mut scrap = [0; 4096];
        while stream.read(&mut scrap).await.is_ok_and(|read| read > 0) {}
    });
    if farewell.await.is_err() {
        tracing::debug!("a client did not say goodbye in time");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_call_is_refused_under_its_own_id_if_it_has_one() {
        let id_of = |text: &str| parse(text).unwrap_err().0;
        assert_eq!(id_of(r#"{"id":7,"request":{"job":{"type":"no_such"}}}"#), 7);
        assert_eq!(id_of(r#"{"id":7}"#), 7);
        assert_eq!(id_of(r#"{"id":-7}"#), 0);
        assert_eq!(id_of("{"), 0);
        assert_eq!(id_of(""), 0);
        assert_eq!(
            parse(r#"{"id":7,"request":{"catalog":{"type":"overview"}}}"#)
                .unwrap()
                .id,
            7
        );
    }
}
