//! A TCP connection to a host: its addresses, tried side by side a quarter of a second apart.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpStream},
    os::fd::{AsFd, OwnedFd},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::PollFlags,
    net::{AddressFamily, SocketType, bind, connect, socket, sockopt},
};

use super::patience::Patience;
use crate::{
    confined,
    ssh::{
        config::route::{Bind, Family, Route},
        exec::orders::{wake, waker},
        failure::{Reason, Refusal},
    },
};

/// How long an address has before the next one is tried too.
const STAGGER: Duration = Duration::from_millis(250);

/// Connects.
///
/// # Errors
/// `dns`, `refused`, `timeout`, or that no job waits any more.
pub(in crate::ssh) fn dial(route: &Route, patience: &Patience<'_>) -> Result<TcpStream, Refusal> {
    let until = Instant::now() + route.connect_timeout;
    let addresses = addresses(route, patience, until)?;
    let mut untried = addresses.iter();
    let mut trying: Vec<OwnedFd> = Vec::new();
    let mut last = None;
    let mut next_at = Instant::now();
    loop {
        // The next address is tried after a pause, beside those that have not answered (RFC 8305, "Happy Eyeballs").
        if Instant::now() >= next_at || trying.is_empty() {
            match untried.next().map(|address| begin(*address, &route.bind)) {
                Some(Ok(fd)) => trying.push(fd),
                Some(Err(error)) => {
                    last = Some(error);
                    continue;
                }
                None if trying.is_empty() => {
                    return Err(refused(route, last.as_ref()));
                }
                None => {}
            }
            next_at = Instant::now() + STAGGER;
        }
        let now = Instant::now();
        if now >= until {
            return Err(late(route));
        }
        let wake = if untried.len() > 0 {
            next_at.min(until)
        } else {
            until
        };
        let fds: Vec<_> = trying
            .iter()
            .map(|fd| (fd.as_fd(), PollFlags::OUT))
            .collect();
        // A socket is writable once it is connected or has failed.
        let ready = patience.wait(&fds, wake.saturating_duration_since(now))?;
        for at in (0..trying.len()).rev().filter(|at| ready[*at]) {
            let fd = trying.remove(at);
            match sockopt::socket_error(&fd) {
                Ok(Ok(())) => return Ok(TcpStream::from(fd)),
                Ok(Err(error)) | Err(error) => last = Some(error.into()),
            }
        }
    }
}

/// Whether a name was typed as `name:22`, as many programs take it and `ssh` does not.
fn ends_in_port(name: &str) -> bool {
    let Some((before, port)) = name.rsplit_once(':') else {
        return false;
    };
    !before.contains(':') && port.parse::<u16>().is_ok()
}

/// Looks the name up on a thread of its own: the resolver can neither be polled nor stopped.
fn addresses(
    route: &Route,
    patience: &Patience<'_>,
    until: Instant,
) -> Result<Vec<SocketAddr>, Refusal> {
    let dns = |why: String| {
        let hint = if ends_in_port(&route.hostname) {
            "; a port is no part of a name: vmo hosts add NAME ADDRESS:PORT, or Port in the SSH config"
        } else {
            ""
        };
        Refusal::new(Reason::Dns, format!("{} {why}{hint}", route.hostname))
    };
    let (sender, result) = mpsc::sync_channel(1);
    let (reader, writer) = waker().map_err(|error| dns(format!("was not looked up: {error}")))?;
    let name = (route.hostname.clone(), route.port);
    thread::spawn(move || {
        let answer = confined::resolve(&name.0, name.1);
        // The receiver may be gone.
        drop(sender.send(answer));
        wake(&writer);
    });
    let answer = loop {
        if let Ok(answer) = result.try_recv() {
            break answer;
        }
        let remaining = until.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Err(dns("could not be looked up in time".to_owned()));
        }
        patience.wait(&[(reader.as_fd(), PollFlags::IN)], remaining)?;
    };
    let mut answer = answer.map_err(|error| dns(format!("has no address: {error}")))?;
    answer.retain(|address| is_of(route.family, address));
    if answer.is_empty() {
        return Err(dns("has no address of the family asked for".to_owned()));
    }
    Ok(answer)
}

/// Whether an address is of the kind that the config asks for.
pub(in crate::ssh) fn is_of(family: Family, address: &SocketAddr) -> bool {
    match family {
        Family::Any => true,
        Family::V4 => address.is_ipv4(),
        Family::V6 => address.is_ipv6(),
    }
}

/// Begins a connection, which is made once its socket is writable.
pub(in crate::ssh) fn begin(address: SocketAddr, from: &Option<Bind>) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let fd = socket(family, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&fd, true)?;
    sockopt::set_tcp_nodelay(&fd, true)?;
    if let Some(from) = from {
        bind_to(&fd, address, from)?;
    }
    match connect(&fd, &address) {
        Ok(()) | Err(rustix::io::Errno::INPROGRESS) => Ok(fd),
        Err(error) => Err(error.into()),
    }
}

/// Binds a socket to an address of this machine, which is the config's or one of its interface's.
fn bind_to(fd: &OwnedFd, to: SocketAddr, from: &Bind) -> io::Result<()> {
    let (name, own): (&str, Vec<IpAddr>) = match from {
        Bind::Address(name) => {
            let addresses = confined::resolve(name, 0)?.into_iter();
            (name, addresses.map(|address| address.ip()).collect())
        }
        Bind::Interface(name) => {
            let interfaces = if_addrs::get_if_addrs()?.into_iter();
            let own = interfaces.filter(|one| one.name == *name);
            (name, own.map(|one| one.ip()).collect())
        }
    };
    let wrong = |why: &dyn std::fmt::Display| io::Error::other(format!("from {name}: {why}"));
    let fitting = own
        .into_iter()
        .find(|address| address.is_ipv4() == to.is_ipv4());
    let address = fitting.ok_or_else(|| wrong(&"it has no address of this kind"))?;
    bind(fd, &SocketAddr::new(address, 0)).map_err(|error| wrong(&error))
}

/// Why none of a host's addresses could be connected to.
pub(in crate::ssh) fn refused(route: &Route, error: Option<&io::Error>) -> Refusal {
    let address = route.address();
    let kind = error.map(io::Error::kind);
    let why = match kind {
        Some(io::ErrorKind::ConnectionRefused) => {
            format!("nothing listens at {address}; is sshd running there, on that port?")
        }
        Some(io::ErrorKind::TimedOut) => format!("{address} did not answer"),
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            format!("there is no way to {address}; is the network, or a VPN, up?")
        }
        _ => {
            let why = error.map_or_else(|| "no address".to_owned(), ToString::to_string);
            format!("{address}: {why}")
        }
    };
    let reason = match kind {
        Some(io::ErrorKind::TimedOut) => Reason::Timeout,
        _ => Reason::Refused,
    };
    Refusal::new(reason, why)
}

fn late(route: &Route) -> Refusal {
    Refusal::new(
        Reason::Timeout,
        format!(
            "{} did not answer within {} s",
            route.address(),
            route.connect_timeout.as_secs()
        ),
    )
}
