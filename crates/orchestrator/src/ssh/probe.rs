//! Whether a host answers: a connection and the server's first line. No login is tried, and nothing is hidden: the server
//! learns who asks.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::{
    config::route::{Route, Via},
    login::dial::{begin, is_of, refused},
};
use crate::{
    host::{Reach, ReachState},
    visible::visible,
};

/// How long the name may take to be looked up, all of its addresses together to answer, and the server to name itself.
const LIMIT: Duration = Duration::from_secs(5);
/// Bytes that a server may say before it names itself.
const MOST: usize = 4096;
/// As what we introduce ourselves, for the server's log.
const GREETING: &[u8] = b"SSH-2.0-vm_orchestrator_probe\r\n";

/// Asks a host whether it answers, for three times 5 s at most.
pub async fn probe(host: &str, route: &Route) -> Reach {
    let of = |state, why| Reach {
        host: host.to_owned(),
        state,
        at: crate::clock::now(),
        round_trip_us: None,
        server: None,
        why,
    };
    if let Some(why) = needs_login(route) {
        return of(ReachState::Unknown, Some(why));
    }
    match ask(route).await {
        Ok((round_trip, server)) => Reach {
            round_trip_us: Some(u32::try_from(round_trip.as_micros()).unwrap_or(u32::MAX)),
            server: Some(server),
            ..of(ReachState::Up, None)
        },
        Err((state, why)) => of(state, Some(visible(&why).into_owned())),
    }
}

/// Why a host cannot be asked without a login on the way, or a command; none if it can.
fn needs_login(route: &Route) -> Option<String> {
    if route.own_ssh.is_some() {
        return Some("it is reached by your own ssh: known once a command has run there".into());
    }
    match &route.via {
        Via::Direct => None,
        Via::Hosts(hops) => {
            let names: Vec<&str> = hops.iter().map(|hop| hop.name.as_str()).collect();
            let names = visible(&names.join(", ")).into_owned();
            Some(format!(
                "it is reached through {names}: known once a command has run there"
            ))
        }
        Via::Command(_) => {
            Some("it is reached by a ProxyCommand: known once a command has run there".into())
        }
    }
}

async fn ask(route: &Route) -> Result<(Duration, String), (ReachState, String)> {
    let (stream, round_trip) = connect(route).await?;
    let address = route.address();
    match timeout(LIMIT, first_line(stream)).await {
        Ok(Ok(Some(line))) => Ok((round_trip, visible(&line).into_owned())),
        Ok(Ok(None)) => Err((
            ReachState::Down,
            format!(
                "{address} answers, and does not say that it speaks SSH; is that the right port?"
            ),
        )),
        Ok(Err(error)) => Err((
            ReachState::Down,
            format!("{address} broke off the connection: {error}"),
        )),
        Err(_) => Err((
            ReachState::Down,
            format!(
                "{address} takes connections and says nothing for {} s",
                LIMIT.as_secs()
            ),
        )),
    }
}

/// A connection to the first address that answers, and how long that took.
async fn connect(route: &Route) -> Result<(TcpStream, Duration), (ReachState, String)> {
    let unreachable = |why: String| (ReachState::Unreachable, why);
    let late = || {
        let (address, seconds) = (route.address(), LIMIT.as_secs());
        unreachable(format!("{address} did not answer within {seconds} s"))
    };
    let name = (route.hostname.as_str(), route.port);
    let addresses = timeout(LIMIT, lookup_host(name))
        .await
        .map_err(|_| late())?;
    let addresses = addresses
        .map_err(|error| unreachable(format!("{} has no address: {error}", route.hostname)))?;
    let addresses: Vec<SocketAddr> = addresses
        .filter(|address| is_of(route.family, address))
        .collect();
    if addresses.is_empty() {
        let why = format!("{} has no address of the family asked for", route.hostname);
        return Err(unreachable(why));
    }
    let share = LIMIT / u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    let mut last = None;
    for address in addresses {
        let began = Instant::now();
        match timeout(share, open(address, route)).await {
            Ok(Ok(stream)) => return Ok((stream, began.elapsed())),
            Ok(Err(error)) => last = Some(error),
            Err(_) => {}
        }
    }
    let Some(error) = last else {
        return Err(late());
    };
    let state = match error.kind() {
        ErrorKind::ConnectionRefused => ReachState::Down,
        _ => ReachState::Unreachable,
    };
    Err((state, refused(route, Some(&error)).why))
}

async fn open(address: SocketAddr, route: &Route) -> io::Result<TcpStream> {
    let socket = begin(address, &route.bind)?;
    let stream = TcpStream::from_std(std::net::TcpStream::from(socket))?;
    stream.writable().await?;
    match stream.take_error()? {
        Some(error) => Err(error),
        None => Ok(stream),
    }
}

/// The line by which a server names itself; none if it says something else, or nothing.
async fn first_line(mut stream: TcpStream) -> io::Result<Option<String>> {
    stream.write_all(GREETING).await?;
    let mut received = Vec::new();
    let mut piece = [0; 512];
    while received.len() < MOST {
        let count = stream.read(&mut piece).await?;
        received.extend_from_slice(&piece[..count]);
        let whole = received.iter().rposition(|byte| *byte == b'\n');
        let lines = &received[..whole.map_or(0, |end| end + 1)];
        // A server may say other lines first (RFC 4253, 4.2).
        let named = lines
            .split(|byte| *byte == b'\n')
            .find(|line| line.starts_with(b"SSH-"));
        if let Some(line) = named {
            return Ok(Some(String::from_utf8_lossy(line).trim_end().to_owned()));
        }
        if count == 0 {
            break;
        }
    }
    Ok(None)
}
