//! S4, P11: one command on many hosts, beside `xargs -P ssh` and what else is installed for it; half of them dead; their
//! outputs grouped; and a list of a thousand. The hosts are names of one sshd of our own, each with a key of its own to know
//! it by, so that each is logged in to by itself.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use orchestrator::wire::{BatchRequest, Reply};

use crate::{
    Outcome,
    home::Home,
    options::Options,
    page::Page,
    sshd::Sshd,
    table::{Goal, Row, Table, median, shown},
};

/// Hosts of one command.
const HOSTS: usize = 500;
/// At once, for everybody.
const AT_ONCE: &str = "64";
/// Bytes that each of them writes to be grouped.
const OUTPUT: usize = 1_000_000;
/// A list of so many.
const LISTED: usize = 1000;

/// One server under many names, and folders whose SSH config has them.
struct Fleet {
    sshd: Sshd,
    home: Home,
    config: PathBuf,
}

impl Fleet {
    fn start(options: &Options) -> Outcome<Self> {
        let sshd = Sshd::with("MaxStartups 4000");
        let home = Home::new(&options.programs, None)?;
        let config = home.work().with_file_name("ssh_config");
        let fleet = Self { sshd, home, config };
        let public = fs::read_to_string(fleet.sshd.path("host.pub"))?;
        fs::write(fleet.sshd.path("known_hosts"), format!("h* {public}"))?;
        Ok(fleet)
    }

    /// A host that answers.
    fn good(&self, name: &str) -> String {
        format!("{}  HostKeyAlias {name}\n", self.sshd.block(name))
    }

    /// One that does not: it refuses, is silent, hangs up, has no address, or has another key.
    fn bad(&self, name: &str, way: usize, silent: u16, curt: u16) -> String {
        let good = self.good(name);
        let port = format!("Port {}", self.sshd.port);
        match way % 5 {
            0 => good.replace(&port, "Port 1"),
            1 => good.replace(&port, &format!("Port {silent}")),
            2 => good.replace(&port, &format!("Port {curt}")),
            3 => good.replace("HostName 127.0.0.1", "HostName nowhere.invalid"),
            _ => good.replace(&format!("HostKeyAlias {name}"), "HostKeyAlias changed"),
        }
    }

    /// Runs `vmo` to its end; how long that took, and what it printed.
    fn vmo(&self, args: &[&str]) -> Outcome<(Duration, Vec<(Instant, String)>)> {
        let begun = Instant::now();
        let mut running = self
            .home
            .program("vmo")
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = running.stdout.take().ok_or("its output is read already")?;
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        let lines = lines.map(|line| (Instant::now(), line)).collect();
        running.wait()?;
        Ok((begun.elapsed(), lines))
    }
}

/// All of them.
pub(crate) async fn measure(options: &Options, table: &mut Table) -> Outcome<()> {
    let fleet = Fleet::start(options)?;
    let (mut serving, door) = fleet.home.serve()?;
    let mut page = Page::open(&door).await?;
    page.ready().await?;
    if options.wants("s4") {
        on_many(&fleet, options.rounds, table)?;
        listed(&fleet, &mut page, options.rounds, table).await?;
    }
    if options.wants("p11") {
        half_dead(&fleet, options.rounds, table)?;
    }
    if options.wants("groups") {
        grouped(&fleet, &mut page, table).await?;
    }
    drop(page);
    fleet.home.end(&mut serving)
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("h{at:04}")).collect()
}

fn set(count: usize) -> String {
    format!("h[0000-{:04}]", count - 1)
}

/// S4: `hostname` on 10, 100 and 500 hosts.
fn on_many(fleet: &Fleet, rounds: usize, table: &mut Table) -> Outcome<()> {
    let blocks: String = names(HOSTS).iter().map(|name| fleet.good(name)).collect();
    fs::write(&fleet.config, blocks)?;
    for count in [10, 100, HOSTS] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let (mut our_time, mut their_time) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let before = busy()?;
            let (took, lines) = fleet.vmo(&[
                "run",
                "--on",
                &set(count),
                "--limit",
                AT_ONCE,
                "--",
                "hostname",
            ])?;
            our_time.push((busy()? - before) / count as f64);
            if lines.len() != count {
                return Err(format!("{} of {count} hosts answered", lines.len()).into());
            }
            ours.push(took);
            let before = busy()?;
            theirs.push(by_xargs(fleet, count)?);
            their_time.push((busy()? - before) / count as f64);
        }
        let (time, beside) = (median(&ours), median(&theirs));
        let rate = |time: Duration| count as f64 / time.as_secs_f64();
        table.add(Row {
            name: format!("S4 hostname on {count} hosts"),
            ours: format!("{:.1} hosts/s", rate(time)),
            beside: format!("{:.1} hosts/s (xargs -P {AT_ONCE} ssh)", rate(beside)),
            figure: rate(time),
            unit: "hosts/s",
            goal: if count == HOSTS {
                Goal::AtLeast(55.0)
            } else {
                Goal::None
            },
        });
        table.add(Row {
            name: format!("S4 processor of the whole machine, sshd too, on {count} hosts"),
            ours: format!("{:.1} ms a host", median(&our_time)),
            beside: format!("{:.1} ms a host (xargs)", median(&their_time)),
            figure: median(&our_time) / median(&their_time),
            unit: "×",
            goal: Goal::None,
        });
    }
    others(fleet, table)
}

fn by_xargs(fleet: &Fleet, count: usize) -> Outcome<Duration> {
    let begun = Instant::now();
    let mut xargs = Command::new("xargs")
        .args(["-P", AT_ONCE, "-I{}", "ssh", "-o", "BatchMode=yes", "-F"])
        .arg(&fleet.config)
        .args(["{}", "hostname"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let mut input = xargs.stdin.take().ok_or("it reads nothing")?;
    writeln!(input, "{}", names(count).join("\n"))?;
    drop(input);
    match xargs.wait()? {
        status if status.success() => Ok(begun.elapsed()),
        status => Err(format!("xargs ssh: {status}").into()),
    }
}

/// The same by what else is installed, once.
fn others(fleet: &Fleet, table: &mut Table) -> Outcome<()> {
    let list = fleet.home.work().with_file_name("hosts");
    fs::write(&list, names(HOSTS).join("\n") + "\n")?;
    let (list, config) = (
        list.display().to_string(),
        fleet.config.display().to_string(),
    );
    let option = format!("-F {config}");
    let set = set(HOSTS);
    let lines: [(&str, Vec<&str>); 4] = [
        (
            "parallel-ssh",
            vec!["-h", &list, "-p", AT_ONCE, "-x", &option, "hostname"],
        ),
        (
            "pssh",
            vec!["-h", &list, "-p", AT_ONCE, "-x", &option, "hostname"],
        ),
        (
            "clush",
            vec!["-w", &set, "-f", AT_ONCE, "-o", &option, "hostname"],
        ),
        (
            "ansible",
            vec![
                "all",
                "-i",
                &list,
                "-f",
                AT_ONCE,
                "--ssh-common-args",
                &option,
                "-m",
                "raw",
                "-a",
                "hostname",
            ],
        ),
    ];
    for (program, args) in lines {
        let begun = Instant::now();
        let ran = Command::new(program)
            .args(args)
            .env("ANSIBLE_HOST_KEY_CHECKING", "False")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        // One that is not there is left out.
        if ran.is_ok_and(|status| status.success()) {
            let rate = HOSTS as f64 / begun.elapsed().as_secs_f64();
            let name = format!("S4 hostname on {HOSTS} hosts, {program}");
            table.add_figure(&name, rate, "hosts/s", Goal::None);
        }
    }
    Ok(())
}

/// P11: with as many dead hosts beside them, in five ways, the good ones take hardly longer.
fn half_dead(fleet: &Fleet, rounds: usize, table: &mut Table) -> Outcome<()> {
    let (silent, curt) = (listens(false)?, listens(true)?);
    let blocks = names(HOSTS)
        .into_iter()
        .enumerate()
        .map(|(at, name)| match at % 2 {
            0 => fleet.good(&name),
            _ => fleet.bad(&name, at / 2, silent, curt),
        });
    let other = fs::read_to_string(fleet.sshd.path("user.pub"))?;
    let known = fs::read_to_string(fleet.sshd.path("known_hosts"))?;
    fs::write(
        fleet.sshd.path("known_hosts"),
        format!("{known}changed {other}"),
    )?;
    fs::write(&fleet.config, blocks.collect::<String>())?;
    let good: Vec<String> = names(HOSTS).into_iter().step_by(2).collect();
    let good = good.join(",");
    let (mut alone, mut beside, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let run = ["--limit", AT_ONCE, "--json", "--", "hostname"];
        let (took, _) = fleet.vmo(&[&["run", "--on", &good], &run[..]].concat())?;
        alone.push(took);
        let begun = Instant::now();
        let (took, lines) = fleet.vmo(&[&["run", "--on", &set(HOSTS)], &run[..]].concat())?;
        let done = lines
            .iter()
            .filter(|(_, line)| line.contains(r#""status":"done""#));
        let last = done
            .clone()
            .map(|(at, _)| *at)
            .max()
            .ok_or("none is done")?;
        if done.count() != HOSTS / 2 {
            return Err("not each good host is done".into());
        }
        beside.push(last - begun);
        all.push(took);
    }
    table.add_ratio(
        "P11 250 good hosts beside 250 dead ones",
        median(&beside),
        (median(&alone), "alone"),
        Goal::AtMost(1.2),
    );
    let over = median(&all);
    table.add_time(
        "P11 until each dead one is named",
        over,
        None,
        Goal::AtMost(20_000.0),
    );
    Ok(())
}

/// A port that takes connections and says nothing, or ends them at once.
fn listens(is_curt: bool) -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        let mut held = Vec::new();
        for client in listener.incoming().flatten() {
            if !is_curt {
                held.push(client);
            }
        }
    });
    Ok(port)
}

/// 500 outputs of 1 MB each, compared.
async fn grouped(fleet: &Fleet, page: &mut Page, table: &mut Table) -> Outcome<()> {
    let blocks: String = names(HOSTS).iter().map(|name| fleet.good(name)).collect();
    fs::write(&fleet.config, blocks)?;
    let command = format!("yes 'a line of some length, as programs write them' | head -c {OUTPUT}");
    fleet.vmo(&[
        "run",
        "--on",
        &set(HOSTS),
        "--limit",
        AT_ONCE,
        "--json",
        "--",
        &command,
    ])?;
    let batch = match page
        .ask(BatchRequest::Batch {
            batch: "last".into(),
        })
        .await?
    {
        Reply::Batch(batch) => batch.id,
        other => return Err(format!("no batch: {other:?}").into()),
    };
    for name in ["first", "again"] {
        let begun = Instant::now();
        let request = BatchRequest::Answers {
            batch,
            masked: false,
        };
        let groups = match page.ask(request).await? {
            Reply::Answers(answers) => answers.groups.len(),
            other => return Err(format!("no answers: {other:?}").into()),
        };
        if groups != 1 {
            return Err(format!("{groups} groups of the same output").into());
        }
        let title = format!("{HOSTS} outputs of 1 MB grouped, {name}");
        table.add_time(&title, begun.elapsed(), None, Goal::AtMost(1000.0));
    }
    Ok(())
}

/// A list of a thousand hosts, at the page.
async fn listed(fleet: &Fleet, page: &mut Page, rounds: usize, table: &mut Table) -> Outcome<()> {
    let blocks: String = names(LISTED).iter().map(|name| fleet.good(name)).collect();
    fs::write(&fleet.config, blocks)?;
    let begun = Instant::now();
    while page.overview().await?.hosts.len() != LISTED {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err("the hosts are not listed".into());
        }
    }
    let mut times = Vec::new();
    for _ in 0..rounds.max(5) {
        let begun = Instant::now();
        page.overview().await?;
        times.push(begun.elapsed());
    }
    let took = median(&times);
    eprintln!("{LISTED} hosts: {}", shown(took));
    table.add_time("1000 hosts listed", took, None, Goal::AtMost(100.0));
    Ok(())
}

/// Milliseconds that processors of this machine have been busy (proc(5)): all of them, so that what a session leaves behind
/// and the server's side count too.
fn busy() -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let first = stat.lines().next().ok_or("/proc/stat is empty")?;
    let ticks: Vec<f64> = first
        .split_whitespace()
        .skip(1)
        .flat_map(str::parse)
        .collect();
    let [user, nice, system, _idle, _waiting, irq, softirq, ..] = ticks[..] else {
        return Err("/proc/stat has other columns".into());
    };
    Ok((user + nice + system + irq + softirq) * 10.0)
}
