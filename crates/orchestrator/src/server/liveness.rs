//! Whether a client is still there and reads: its pulse, felt at the socket.
//!
//! A client shows life when bytes come from it, a pong at least, and when a write that was stuck goes on, since then it
//! has read something. A write that the system's buffer simply takes is no sign of the client.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, sleep, sleep_until},
};

/// When a client last showed life. Clones feel the same.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    start: Instant,
    /// Milliseconds from `start`.
    last: Arc<AtomicU64>,
    /// Since when a message waits of which the client takes no byte: milliseconds from `start` and one more, or 0.
    stuck: Arc<AtomicU64>,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            last: Arc::default(),
            stuck: Arc::default(),
        }
    }

    /// Waits until the client has not taken a byte of what it was sent for this long.
    pub(super) async fn stuck_for(&self, time: Duration) {
        let time_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        loop {
            let stuck = self.stuck.load(Ordering::Relaxed);
            if stuck > 0 && self.now() + 1 - stuck >= time_ms {
                return;
            }
            sleep(time / 8).await;
        }
    }

    fn beat(&self) {
        self.last.store(self.now(), Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Waits until the client has shown no life for this long.
    pub(super) async fn silent_for(&self, time: Duration) {
        loop {
            let last = self.start + Duration::from_millis(self.last.load(Ordering::Relaxed));
            if last.elapsed() >= time {
                return;
            }
            sleep_until(last + time).await;
        }
    }
}

/// A connection whose pulse is felt.
#[derive(Debug)]
pub(super) struct Felt {
    stream: TcpStream,
    pulse: Pulse,
}

impl Felt {
    pub(super) fn new(stream: TcpStream, pulse: Pulse) -> Self {
        Self { stream, pulse }
    }

    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }

    pub(super) fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }
}

impl AsyncRead for Felt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.pulse.beat();
        }
        polled
    }
}

impl AsyncWrite for Felt {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        match &polled {
            Poll::Ready(Ok(_)) if self.pulse.stuck.swap(0, Ordering::Relaxed) > 0 => {
                self.pulse.beat();
            }
            Poll::Pending if self.pulse.stuck.load(Ordering::Relaxed) == 0 => {
                let since = self.pulse.now() + 1;
                self.pulse.stuck.store(since, Ordering::Relaxed);
            }
            Poll::Pending | Poll::Ready(_) => {}
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
