//! The listener, its connections' tasks, and their end.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};

use super::{
    Service, connection,
    http::{self, PAGES, Walls},
};

/// Connections that are not sockets; further ones wait to be accepted. Beside those that are sent a page, which are fewer,
/// they are all such whose head is awaited, and that is not for long.
const HTTP_CONNECTIONS: usize = 3 * PAGES;

/// Bytes the system may hold for a client that does not read; Linux takes up to twice as many.
const SEND_BUFFER: u32 = 512 * 1024;

/// How long open sockets may take to close when the server stops.
const STOPPING: Duration = Duration::from_secs(2);

/// A listener on 127.0.0.1 and the port it got.
pub(super) fn listen(port: u16) -> io::Result<(TcpListener, u16)> {
    let socket = TcpSocket::new_v4()?;
    // On Windows this would let another program take the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    let listener = socket.listen(128)?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// Accepts connections until the signal to stop, then waits for them to end.
pub(super) async fn run<S: Service>(
    listener: TcpListener,
    service: S,
    walls: Arc<Walls>,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(HTTP_CONNECTIONS));
    let mut connections = JoinSet::new();
    let stopping = stop.clone();
    loop {
        tokio::select! {
            // An error means that the server was dropped.
            _ = stop.wait_for(|stop| *stop) => break,
            Some(ended) = connections.join_next() => report(ended),
            (stream, place) = next(&listener, &room) => {
                connections.spawn(serve_one(stream, place, service.clone(), walls.clone(), stopping.clone()));
            }
        }
    }
    drop(listener);
    let all = async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    };
    if timeout(STOPPING, all).await.is_err() {
        connections.shutdown().await;
    }
}

/// The next connection, once there is room for it.
async fn next(listener: &TcpListener, room: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let place = room
        .clone()
        .acquire_owned()
        .await
        .expect("it is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) => {
                // Mostly: no file descriptors. The connection stays in line meanwhile.
                tracing::warn!(%error, "could not accept a connection");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve_one<S: Service>(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    service: S,
    walls: Arc<Walls>,
    mut stop: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small messages may be late");
    }
    let admitted = tokio::select! {
        admitted = http::serve(stream, &walls) => admitted,
        _ = stop.wait_for(|stop| *stop) => None,
    };
    drop(place);
    if let Some(admitted) = admitted {
        connection::run(service, admitted, walls.limits.silence, stop).await;
    }
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection ended in a panic");
    }
}
