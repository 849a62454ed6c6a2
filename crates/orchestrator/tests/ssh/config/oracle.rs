//! Generated configs, each host of each asked of `ssh -G` and of us: the same answer for every keyword that we follow.

use std::{fmt::Write, thread};

use orchestrator::ssh::{Bind, Purpose, Route};

use super::*;

/// A small generator of numbers: a test that fails says with which seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Xorshift64*.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

const NAMES: &[&str] = &[
    "web-1",
    "web-2",
    "db",
    "DB",
    "gate",
    "a.b.example",
    "10.0.0.7",
    "::1",
];
const PATTERNS: &[&str] = &[
    "*",
    "web-*",
    "web-?",
    "!web-2",
    "db",
    "DB",
    "*.example",
    "gate",
    "10.*",
    "d?",
    "!*",
    "x",
];

/// Keywords with values that ssh takes.
const SETTINGS: &[(&str, &[&str])] = &[
    (
        "HostName",
        &[
            "real.example",
            "%h.Example",
            "10.1.2.3",
            "%%h",
            "FE80::1",
            "x-%h%%",
        ],
    ),
    ("User", &["root", "deploy", "\"with space\"", "u"]),
    ("Port", &["22", "2201", "0443", "ssh", "+7"]),
    ("ConnectTimeout", &["7", "1m30s", "none", "0", "2h", "1W"]),
    ("ServerAliveInterval", &["15", "1m", "0"]),
    ("ServerAliveCountMax", &["3", "9", "0"]),
    ("NumberOfPasswordPrompts", &["1", "5"]),
    ("AddressFamily", &["any", "INET", "inet6"]),
    ("BatchMode", &["yes", "No", "TRUE", "false"]),
    ("HashKnownHosts", &["yes", "no"]),
    ("IdentitiesOnly", &["yes", "no"]),
    ("PasswordAuthentication", &["yes", "no"]),
    ("KbdInteractiveAuthentication", &["yes", "no"]),
    ("ChallengeResponseAuthentication", &["no"]),
    (
        "PubkeyAuthentication",
        &["No", "false", "yes", "unbound", "host-bound"],
    ),
    (
        "StrictHostKeyChecking",
        &["yes", "ask", "accept-new", "OFF", "no"],
    ),
    ("HostKeyAlias", &["alias", "al%h"]),
    (
        "IdentityFile",
        &[
            "~/.ssh/k1",
            "~/.ssh/k-%h-%r",
            "/etc/k",
            "none",
            "~/.ssh/%%x",
            "\"~/a b\"",
        ],
    ),
    ("CertificateFile", &["~/.ssh/c1", "/etc/c-%n"]),
    (
        "IdentityAgent",
        &["none", "/run/agent", "~/agent-%u", "/x/${CARGO_PKG_NAME}"],
    ),
    (
        "UserKnownHostsFile",
        &[
            "~/kh",
            "~/kh-%h ~/kh-%k-%p",
            "none",
            "/x/${CARGO_PKG_NAME}",
            "a a",
        ],
    ),
    ("GlobalKnownHostsFile", &["/etc/g", "none", "/etc/g /etc/h"]),
    (
        "PreferredAuthentications",
        &["publickey", "password,publickey"],
    ),
    ("SetEnv", &["A=1", "A=1 B=\"x y\" A=2", "C="]),
    ("SendEnv", &["LANG LC_*", "-LANG", "X?", "-L* FOO"]),
    (
        "ProxyJump",
        &[
            "gate",
            "none",
            "u@gate:2200,b",
            "NONE",
            "ssh://x@y:9",
            "[::1]:22",
            "gate # why",
        ],
    ),
    (
        "ProxyCommand",
        &["nc %h %p", "none", "nc -x 'a b' %h %p # not a comment"],
    ),
    ("BindAddress", &["127.0.0.1"]),
    ("BindInterface", &["lo"]),
    ("Ciphers", &["aes128-ctr", "aes256-ctr,aes128-ctr"]),
    ("RevokedHostKeys", &["/etc/revoked"]),
    ("LogLevel", &["ERROR"]),
    ("ForwardX11", &["yes"]),
    ("CanonicalizeHostname", &["no"]),
];

const MATCHES: &[&str] = &[
    "all",
    "host web-*",
    "host *.example,!a.*",
    "Host WEB-1",
    "originalhost db",
    "!originalhost db",
    "user deploy",
    "user root,u host web-*",
    "localuser *",
    "final",
    "final host *.example",
    "!final",
    "canonical",
    "final all",
    "host=db user=root",
    "exec \"true\"",
    "exec \"test %n = db\"",
    "!exec \"test %h = real.example\"",
    "exec \"exit 3\" host *",
];

/// Lines that ssh refuses.
const WRONG: &[&str] = &[
    "Port 0",
    "Port x",
    "BatchMode perhaps",
    "User",
    "User a b",
    "Nonsense 1",
    "Match",
    "Match nothing x",
    "SetEnv A",
    "IdentityFile \"open",
    "ConnectTimeout 5x",
    "ProxyJump a:b:c:d",
    "StrictHostKeyChecking maybe",
    "UserKnownHostsFile a none",
    "ServerAliveCountMax -1",
    "Match final host",
];

fn setting(dice: &mut Dice, text: &mut String) {
    let (keyword, values) = SETTINGS[dice.roll(SETTINGS.len())];
    let value = dice.pick(values);
    let indent = dice.pick(&["", " ", "\t"]);
    let between = dice.pick(&[" ", "  ", "=", " = ", "\t"]);
    let keyword = match dice.roll(4) {
        0 => keyword.to_uppercase(),
        1 => keyword.to_lowercase(),
        _ => keyword.to_owned(),
    };
    writeln!(text, "{indent}{keyword}{between}{value}").unwrap();
}

fn block(dice: &mut Dice, text: &mut String) {
    if dice.roll(3) == 0 {
        writeln!(text, "Match {}", dice.pick(MATCHES)).unwrap();
    } else {
        let count = 1 + dice.roll(3);
        let patterns: Vec<_> = (0..count).map(|_| dice.pick(PATTERNS)).collect();
        writeln!(text, "Host {}", patterns.join(" ")).unwrap();
    }
    for _ in 0..dice.roll(5) {
        setting(dice, text);
    }
}

fn generate(dice: &mut Dice) -> (String, String) {
    let mut main = String::new();
    let mut more = String::new();
    for _ in 0..dice.roll(3) {
        setting(dice, &mut main);
    }
    for at in 0..1 + dice.roll(6) {
        block(dice, &mut main);
        if at == 1 && dice.roll(3) == 0 {
            let name = dice.pick(&["HERE/more/*.conf", "HERE/more/[a-z]*.conf", "HERE/none"]);
            writeln!(main, "Include {name}").unwrap();
            for _ in 0..dice.roll(3) {
                setting(dice, &mut main);
            }
        }
    }
    for _ in 0..1 + dice.roll(2) {
        block(dice, &mut more);
    }
    if dice.roll(12) == 0 {
        let at = main.lines().count();
        let at = dice.roll(at + 1);
        let mut lines: Vec<_> = main.lines().collect();
        lines.insert(at, dice.pick(WRONG));
        main = lines.join("\n");
    }
    (main, more)
}

/// A route in the words of `ssh -G`, as far as we follow them.
fn ours(route: &Route, options: &HashMap<String, Vec<String>>) -> Vec<(&'static str, Vec<String>)> {
    let one = |text: String| vec![text];
    let flag = |yes: bool| one(if yes { "yes" } else { "no" }.to_owned());
    let paths = |paths: &[PathBuf]| {
        let all: Vec<_> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        one(if all.is_empty() {
            "none".to_owned()
        } else {
            all.join(" ")
        })
    };
    let mut all = vec![
        ("hostname", one(route.hostname.clone())),
        ("user", one(route.user.clone())),
        ("port", one(route.port.to_string())),
        (
            "hostkeyalias",
            route.host_key_alias.clone().into_iter().collect(),
        ),
        ("batchmode", flag(route.batch_mode)),
        ("hashknownhosts", flag(route.hash_known_hosts)),
        ("identitiesonly", flag(route.identities_only)),
        ("passwordauthentication", flag(route.password)),
        (
            "kbdinteractiveauthentication",
            flag(route.keyboard_interactive),
        ),
        (
            "numberofpasswordprompts",
            one(route.password_prompts.to_string()),
        ),
        ("serveralivecountmax", one(route.alive_count.to_string())),
        ("userknownhostsfile", paths(&route.known_hosts)),
        ("globalknownhostsfile", paths(&route.global_known_hosts)),
        (
            "preferredauthentications",
            if route.methods.is_empty() {
                Vec::new()
            } else {
                one(route.methods.join(","))
            },
        ),
        (
            "serveraliveinterval",
            one(route
                .alive_interval
                .map_or(0, |span| span.as_secs())
                .to_string()),
        ),
        (
            "bindaddress",
            match &route.bind {
                Some(Bind::Address(address)) => one(address.clone()),
                _ => Vec::new(),
            },
        ),
        (
            "addressfamily",
            one(match route.family {
                Family::Any => "any",
                Family::V4 => "inet",
                Family::V6 => "inet6",
            }
            .to_owned()),
        ),
    ];
    let mut env: Vec<_> = route
        .env
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    // What `SendEnv` adds of our own environment is not in what ssh prints as `setenv`.
    let set = options.get("setenv").cloned().unwrap_or_default();
    env.retain(|pair| set.contains(pair));
    all.push(("setenv", env));
    all
}

/// What `ssh -G` prints, in the form of [`ours`].
fn theirs(options: &HashMap<String, Vec<String>>, keyword: &str) -> Vec<String> {
    let mut values = options.get(keyword).cloned().unwrap_or_default();
    if keyword == "setenv" {
        // ssh prints an assignment that an earlier one of the same name makes void.
        let mut names = Vec::new();
        values.retain(|pair| {
            let name = pair.split('=').next().unwrap_or_default().to_owned();
            let is_new = !names.contains(&name);
            names.push(name);
            is_new
        });
    }
    values
}

/// What differs, in words.
pub(super) fn differences(home: &Home, config: &Config, host: &str) -> Vec<String> {
    let output = Command::new("ssh")
        .arg("-F")
        .arg(home.path(".ssh/config"))
        .args(["-G", "--", host])
        .output()
        .unwrap();
    let all = |_: &str| true;
    let resolved = config.resolve_for(host, &Purpose::new(None, &all));
    let (route, text) = match (resolved, output.status.success()) {
        (Err(_), false) => return Vec::new(),
        (Ok(route), true) => (route, String::from_utf8(output.stdout).unwrap()),
        // Ours follows the way to the end, which `ssh -G` leaves to the ssh that is run for it.
        (Err(refusal), true)
            if refusal.why.contains("through itself")
                || refusal.why.contains("cannot be put into a command") =>
        {
            return Vec::new();
        }
        (Err(refusal), true) => return vec![format!("we refuse: {refusal}")],
        (Ok(_), false) => {
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            return vec![format!("ssh refuses: {why}")];
        }
    };
    let mut options: HashMap<String, Vec<String>> = HashMap::new();
    for line in text.lines() {
        let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
        options
            .entry(keyword.to_owned())
            .or_default()
            .push(value.to_owned());
    }
    let mut differences = Vec::new();
    let own = orchestrator::folders::home_of(orchestrator::folders::user()).unwrap();
    let own = format!("{}/", own.display());
    let test = format!("{}/", home.0.path().display());
    for (keyword, value) in ours(&route, &options) {
        let expected: Vec<_> = theirs(&options, keyword)
            .iter()
            .map(|text| text.replace(&own, &test))
            .collect();
        // Debian's ssh has an interval of its own for `BatchMode`.
        let own_interval = expected == ["300"] && value == ["0"];
        if keyword == "serveraliveinterval" && route.batch_mode && own_interval {
            continue;
        }
        if value != expected {
            differences.push(format!("{keyword}: ssh {expected:?}, ours {value:?}"));
        }
    }
    differences.extend(other_differences(home, &route, &options));
    differences
}

fn other_differences(
    home: &Home,
    route: &Route,
    options: &HashMap<String, Vec<String>>,
) -> Vec<String> {
    let mut differences = Vec::new();
    let first = |keyword: &str| options.get(keyword).map(|values| values[0].clone());
    let timeout = first("connecttimeout").filter(|text| !matches!(&**text, "none" | "0"));
    let seconds = timeout.map_or(10, |text| text.parse().unwrap());
    if route.connect_timeout.as_secs() != seconds {
        differences.push(format!("connecttimeout: ssh {seconds}"));
    }
    let strict = match first("stricthostkeychecking").as_deref() {
        Some("true") => Strict::Yes,
        Some("ask") => Strict::Ask,
        _ => Strict::AcceptNew,
    };
    if route.strict != strict {
        differences.push(format!("stricthostkeychecking: ssh {strict:?}"));
    }
    let pubkey = first("pubkeyauthentication").as_deref() != Some("false");
    if route.pubkey != pubkey {
        differences.push(format!("pubkeyauthentication: ssh {pubkey}"));
    }
    // `ssh -G` leaves the tokens of some values to when they are used.
    let expanded = |text: &str| {
        text.replace("%h", &route.hostname)
            .replace("%n", &route.name)
            .replace("%p", &route.port.to_string())
            .replace("%r", &route.user)
    };
    let raw = |keyword: &str| options.get(keyword).cloned().unwrap_or_default();
    for (keyword, paths) in [
        ("identityfile", &route.identity_files),
        ("certificatefile", &route.certificate_files),
    ] {
        if keyword == "identityfile" && !route.identities_named {
            continue;
        }
        let expected: Vec<_> = raw(keyword)
            .iter()
            .filter(|text| *text != "none")
            .map(|text| {
                let text = expanded(text).replace("%%", "%");
                PathBuf::from(text.replace('~', home.0.path().to_str().unwrap()))
            })
            .collect();
        if *paths != expected {
            differences.push(format!("{keyword}: ssh {expected:?}, ours {paths:?}"));
        }
    }
    let way = match &route.via {
        Via::Direct => None,
        Via::Command(line) => Some(line.clone()),
        Via::Hosts(hops) => hops.last().map(|hop| hop.name.clone()),
    };
    let jump = first("proxyjump").map(|line| {
        let last = line.rsplit(',').next().unwrap_or_default().to_owned();
        let host = last
            .rsplit_once('@')
            .map_or(last.clone(), |(_, host)| host.to_owned());
        match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default().to_owned(),
            None => host.split(':').next().unwrap_or_default().to_owned(),
        }
    });
    let command = first("proxycommand").map(|line| expanded(&line));
    if way != jump.clone().or(command) {
        differences.push(format!(
            "way: ssh {:?} or {jump:?}, ours {way:?}",
            first("proxycommand")
        ));
    }
    differences
}

#[test]
fn generated_configs_resolve_as_ssh_resolves_them() {
    let seed = std::env::var("VMO_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or(0x5eed_0001);
    let configs = std::env::var("VMO_CONFIGS")
        .ok()
        .and_then(|count| count.parse().ok());
    let configs: u64 = configs.unwrap_or(500);
    let half = |from: u64| {
        thread::spawn(move || {
            let mut reports = Vec::new();
            for at in (from..configs).step_by(2) {
                let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (at + 1));
                let (main, more) = generate(&mut dice);
                let home = Home::new(&[(".ssh/config", &main), ("more/a.conf", &more)]);
                let config = home.read();
                for _ in 0..2 {
                    let host = dice.pick(NAMES);
                    let differences = differences(&home, &config, host);
                    if !differences.is_empty() {
                        reports.push(format!("seed {seed} config {at} host {host}:\n{main}\n-- more:\n{more}\n=> {differences:#?}"));
                    }
                }
            }
            reports
        })
    };
    let (even, odd) = (half(0), half(1));
    let mut differences = even.join().unwrap();
    differences.extend(odd.join().unwrap());
    assert!(
        differences.is_empty(),
        "{} of {} answers differ; the first:\n{}",
        differences.len(),
        configs * 2,
        differences
            .iter()
            .take(if std::env::var_os("VMO_SEED").is_some() {
                1000
            } else {
                3
            })
            .cloned()
            .collect::<Vec<_>>()
            .join("\n\n")
    );
}
