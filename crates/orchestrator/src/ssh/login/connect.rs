//! A session that may be logged in to: the way to the host, by everything that its route says, and the key exchange over it.

use std::time::{Duration, Instant};

use ssh2::{Channel, Session};

use super::{
    ask::{Ask, LIMIT},
    dial::dial,
    handshake::shake,
    methods,
    patience::{Patience, Stopped},
    tunnel::carry,
    way::Way,
};
use crate::ssh::{
    config::route::{Route, Via},
    failure::{Reason, Refusal},
};

/// Servers drop connections at random while ten of anybody's are not logged in yet (`MaxStartups`).
const TRIES: u32 = 8;

/// Connects and checks that the host is the one it was.
///
/// # Errors
/// Every [`Reason`]: of the host itself all but `auth_failed`, or of one on the way, which is named.
pub(in crate::ssh) fn connect(
    route: &Route,
    ask: &dyn Ask,
    patience: &Patience<'_>,
) -> Result<Session, Refusal> {
    let mut tries = 1;
    loop {
        let (way, begun) = open(route, ask, patience)?;
        let may_try_again = way.is_direct() && tries < TRIES;
        match shake(way, route, until(route, begun), ask, patience) {
            Ok(session) => return Ok(session),
            Err((refusal, is_final)) if is_final || !may_try_again => return Err(refusal),
            Err(_) => {
                pause_before(tries, patience)?;
                tries += 1;
            }
        }
    }
}

/// The way to a host, and when it was begun.
fn open(route: &Route, ask: &dyn Ask, patience: &Patience<'_>) -> Result<(Way, Instant), Refusal> {
    let begun = Instant::now();
    let way = match &route.via {
        Via::Direct => dial(route, patience).map(Way::Direct)?,
        Via::Command(line) => Way::by_command(line, route.folder.as_deref()).map_err(|error| {
            let why = format!(
                "the ProxyCommand of {} cannot be started: {error}",
                route.name
            );
            Refusal::new(Reason::Refused, why)
        })?,
        Via::Hosts(hops) => return through(hops, route, ask, patience),
    };
    Ok((way, begun))
}

/// Until when the key exchange has to be done over a way that was begun then: `ConnectTimeout` counts for all of that.
fn until(route: &Route, begun: Instant) -> Instant {
    if route.connect_timeout_named {
        begun + route.connect_timeout
    } else {
        Instant::now() + LIMIT
    }
}

/// A tenth of a second, doubled each time, and up to as much again by chance.
fn pause_before(tries: u32, patience: &Patience<'_>) -> Result<(), Refusal> {
    let base = Duration::from_millis(100) * 2_u32.pow(tries.min(4) - 1);
    let chance = getrandom::u32().unwrap_or_default() % 1000;
    let until = Instant::now() + base + base * chance / 1000;
    loop {
        let remaining = until.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Ok(());
        }
        patience.wait(&[], remaining)?;
    }
}

/// The way through other hosts: a session with each, and in it a channel to the next.
fn through(
    hops: &[Route],
    route: &Route,
    ask: &dyn Ask,
    patience: &Patience<'_>,
) -> Result<(Way, Instant), Refusal> {
    let mut way = None;
    for (at, hop) in hops.iter().enumerate() {
        let named = |refusal: Refusal| refusal.on_the_way(&hop.name);
        let session = match way.take() {
            None => connect(hop, ask, patience),
            Some((way, begun)) => {
                shake(way, hop, until(hop, begun), ask, patience).map_err(|(refusal, _)| refusal)
            }
        };
        let session = session.map_err(named)?;
        methods::log_in(&session, hop, ask, patience).map_err(named)?;
        let next = hops.get(at + 1).unwrap_or(route);
        let begun = Instant::now();
        let channel = channel(&session, hop, next, patience)?;
        let carried = carry(session, channel).map(|stream| (Way::Tunnel(stream), begun));
        way = Some(carried.map_err(|error| {
            let why = format!(
                "the way through {} could not be set up here: {error}",
                hop.name
            );
            Refusal::new(Reason::LinkLost, why)
        })?);
    }
    way.ok_or_else(|| Refusal::new(Reason::RouteUnsupported, "the way leads through no host"))
}

fn channel(
    session: &Session,
    hop: &Route,
    next: &Route,
    patience: &Patience<'_>,
) -> Result<Channel, Refusal> {
    let until = until(next, Instant::now());
    let opened = patience.until(session, until, || {
        session.channel_direct_tcpip(&next.hostname, next.port, None)
    });
    opened.map_err(|stopped| {
        let address = next.address();
        match stopped {
            Stopped::Unwanted(refusal) => refusal,
            Stopped::Late => Refusal::new(
                Reason::Timeout,
                format!("{} did not reach {address} in time", hop.name),
            ),
            Stopped::Failed(error) => Refusal::new(
                Reason::Refused,
                format!(
                    "{} does not reach {address}: {}; does its sshd allow it (AllowTcpForwarding), and does anything \
                     listen there?",
                    hop.name,
                    error.message()
                ),
            ),
        }
    })
}
