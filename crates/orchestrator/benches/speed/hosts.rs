//! S1, S2, S3, S5: a command on a host, beside `ssh`, its ControlMaster and the bare libssh2, against an sshd of our own. What
//! is measured is the session; the log and the database behind it are those of W1.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use orchestrator::{
    job::{Exit, JobId},
    log::Stream,
    ssh::{Answer, Ask, Config, Controls, Exec, Output, Question, Remote, Sessions, controls},
};
use supervisor::exec::Grace;

use crate::{
    Outcome,
    sshd::{Sshd, whoami},
    table::{Goal, Table, median, percentile},
};

/// Bytes of a flood; of one over a long way.
const FLOOD: usize = 256 << 20;
const FAR_FLOOD: usize = 100 << 20;
/// Half a round trip of the long way.
const HALF_TRIP: Duration = Duration::from_millis(50);
/// Bytes that may be on the long way at once.
const ON_THE_WAY: usize = 64 << 20;
/// A line each so many seconds, so many times.
const TICKER: &str = "for i in $(seq 200); do echo tick; sleep 0.01; done";

/// Notes how much came, and when a line did.
#[derive(Clone, Default)]
struct Count(Arc<Mutex<(usize, Vec<Instant>)>>);

impl Output for Count {
    fn started(&mut self, _: &Remote) {}

    fn write(&mut self, _: Stream, bytes: &[u8]) -> io::Result<()> {
        let mut output = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
        output.0 += bytes.len();
        if bytes.len() < 100 {
            output.1.push(Instant::now());
        }
        Ok(())
    }

    fn noise(&mut self, _: &[u8]) {}
}

struct Nobody;

impl Ask for Nobody {
    fn ask(&self, _: &str, _: Question) -> Answer {
        Answer::Refuse
    }
}

/// A command in our sessions.
struct Running {
    count: Count,
    ended: tokio::task::JoinHandle<Exit>,
    _controls: Controls,
}

fn start(sessions: &Arc<Sessions>, config: &Path, command: &str) -> Outcome<Running> {
    let route = Config::read(config, Path::new("/nonexistent")).resolve("box")?;
    let (controls, orders) = controls()?;
    let exec = Exec {
        sudo: false,
        job: JobId::new(),
        command: command.to_owned(),
        pty: None,
        graces: Grace::usual(),
        in_batch: None,
    };
    let count = Count::default();
    let ask: Arc<dyn Ask> = Arc::new(Nobody);
    let handle = sessions.submit(&route, exec, Box::new(count.clone()), orders, &ask);
    Ok(Running {
        count,
        ended: tokio::spawn(async move { handle.ended().await.exit }),
        _controls: controls,
    })
}

async fn ours(
    sessions: &Arc<Sessions>,
    config: &Path,
    command: &str,
    bytes: usize,
) -> Outcome<Duration> {
    let begun = Instant::now();
    let running = start(sessions, config, command)?;
    let exit = running.ended.await?;
    let took = begun.elapsed();
    let came = running.count.0.lock().map_err(|_| "a writer failed")?.0;
    if exit != (Exit::Code { code: 0 }) || came != bytes {
        return Err(format!("{command}: {exit:?}, {came} bytes").into());
    }
    Ok(took)
}

fn log_in(sshd: &Sshd, port: u16) -> Outcome<ssh2::Session> {
    let mut session = ssh2::Session::new()?;
    for direction in [ssh2::MethodType::CryptSc, ssh2::MethodType::CryptCs] {
        session.method_pref(direction, "chacha20-poly1305@openssh.com")?;
    }
    session.set_tcp_stream(TcpStream::connect(("127.0.0.1", port))?);
    session.handshake()?;
    session.userauth_pubkey_file(&whoami(), None, &sshd.path("user"), None)?;
    Ok(session)
}

fn bare(session: &ssh2::Session, command: &str) -> Outcome<Duration> {
    let begun = Instant::now();
    let mut channel = session.channel_open("session", 16 << 20, 32 << 10, None)?;
    channel.exec(command)?;
    let mut buffer = vec![0; 128 << 10];
    while channel.read(&mut buffer)? > 0 {}
    channel.wait_close()?;
    Ok(begun.elapsed())
}

fn ssh(config: &Path, more: &[String], command: &str) -> Outcome<Duration> {
    let begun = Instant::now();
    let status = Command::new("ssh")
        .arg("-F")
        .arg(config)
        .args([
            "-o",
            "BatchMode=yes",
            "-o",
            "Ciphers=chacha20-poly1305@openssh.com",
        ])
        .args(more)
        .args(["box", command])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    let took = begun.elapsed();
    if status.success() {
        Ok(took)
    } else {
        Err(format!("ssh {command}: {status}").into())
    }
}

/// All of them, by turns.
pub(crate) async fn measure(rounds: usize, table: &mut Table) -> Outcome<()> {
    let sshd = Sshd::start();
    let config = sshd.config("");
    let control = format!("ControlPath={}", sshd.path("control").display());
    let shared = [
        "-o",
        &control,
        "-o",
        "ControlMaster=auto",
        "-o",
        "ControlPersist=60",
    ];
    let shared = shared.map(str::to_owned);
    let (sessions, session) = (Sessions::new(), log_in(&sshd, sshd.port)?);
    let flood = format!("head -c {FLOOD} /dev/zero");
    ours(&sessions, &config, "true", 0).await?;
    ssh(&config, &shared, "true")?;
    let mut times = vec![Vec::new(); 8];
    for _ in 0..rounds {
        times[0].push(ours(&Sessions::new(), &config, "true", 0).await?);
        times[1].push(ssh(&config, &[], "true")?);
        times[2].push(ours(&sessions, &config, "true", 0).await?);
        times[3].push(ssh(&config, &shared, "true")?);
        times[4].push(ours(&sessions, &config, &flood, FLOOD).await?);
        times[5].push(bare(&session, &flood)?);
        times[6].push(ssh(&config, &[], &flood)?);
        times[7].push(bare(&session, "true")?);
    }
    ssh(
        &config,
        &[
            shared[0].clone(),
            shared[1].clone(),
            "-O".to_owned(),
            "exit".to_owned(),
        ],
        "true",
    )
    .ok();
    let time = |at: usize| median(&times[at]);
    table.add_ratio(
        "S1 true, no session yet",
        time(0),
        (time(1), "ssh"),
        Goal::AtMost(0.4),
    );
    table.add_ratio(
        "S2 true, in a session",
        time(2),
        (time(3), "ControlMaster"),
        Goal::AtMost(0.4),
    );
    // What sshd and the login shell take, without a word about how the command ended: less than that is not to be had.
    table.add_ratio(
        "S2 true, libssh2 alone",
        time(7),
        (time(3), "ControlMaster"),
        Goal::None,
    );
    table.add_ratio(
        "S3 256 MiB",
        time(4),
        (time(5), "libssh2 alone"),
        Goal::AtMost(1.11),
    );
    table.add_ratio("S3 256 MiB", time(4), (time(6), "ssh"), Goal::None);
    beside_a_flood(&sessions, &config, &flood, table).await?;
    far_away(&sshd, table).await
}

async fn beside_a_flood(
    sessions: &Arc<Sessions>,
    config: &Path,
    flood: &str,
    table: &mut Table,
) -> Outcome<()> {
    let floods = [flood; 4].join("; ");
    let (flood, ticker) = (
        start(sessions, config, &floods)?,
        start(sessions, config, TICKER)?,
    );
    ticker.ended.await?;
    flood.ended.abort();
    let arrivals = ticker
        .count
        .0
        .lock()
        .map_err(|_| "a writer failed")?
        .1
        .clone();
    let gaps: Vec<f64> = arrivals
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_secs_f64() * 1e3)
        .collect();
    table.add_figure(
        "S3 between lines of 10 ms beside a flood, p99",
        percentile(&gaps, 99),
        "ms",
        Goal::AtMost(25.0),
    );
    Ok(())
}

/// The same session over a way with a round trip of 100 ms.
async fn far_away(sshd: &Sshd, table: &mut Table) -> Outcome<()> {
    let port = delayed(sshd.port)?;
    // Keys are known by the name, and not by the way.
    let alias = format!("[127.0.0.1]:{}", sshd.port);
    let config = sshd.config(&format!("Host box\n Port {port}\n HostKeyAlias {alias}"));
    let command = format!("head -c {FAR_FLOOD} /dev/zero");
    let sessions = Sessions::new();
    ours(&sessions, &config, "true", 0).await?;
    let rate = |took: Duration| FAR_FLOOD as f64 / f64::from(1 << 20) / took.as_secs_f64();
    let ours = rate(ours(&sessions, &config, &command, FAR_FLOOD).await?);
    let theirs = rate(ssh(&config, &[], &command)?);
    table.add_figure(
        "S5 100 MiB at 100 ms, in a session",
        ours,
        "MiB/s",
        Goal::AtLeast(60.0),
    );
    table.add_figure("S5 100 MiB at 100 ms, ssh", theirs, "MiB/s", Goal::None);
    Ok(())
}

/// A port whose bytes come out at `to` half a round trip later, and back.
fn delayed(to: u16) -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || -> io::Result<()> {
        for client in listener.incoming() {
            let client = client?;
            let server = TcpStream::connect(("127.0.0.1", to))?;
            carry(client.try_clone()?, server.try_clone()?);
            carry(server, client);
        }
        Ok(())
    });
    Ok(port)
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let (later, due) = mpsc::sync_channel::<(Instant, Vec<u8>)>(ON_THE_WAY / (64 << 10));
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let part = (Instant::now() + HALF_TRIP, buffer[..count].to_vec());
            if later.send(part).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (at, bytes) in due {
            thread::sleep(at.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        to.shutdown(std::net::Shutdown::Write).ok();
    });
}
