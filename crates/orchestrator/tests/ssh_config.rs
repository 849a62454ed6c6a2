//! The SSH config: `ssh -G` is the oracle for what we follow, and what we do not follow stops a host.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where it stopped"
)]

use std::{
    collections::HashMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use orchestrator::ssh::{Config, Family, Reason, Strict};
use tempfile::TempDir;

/// A folder with a config and more files in it.
struct Home(TempDir);

impl Home {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text.replace("HERE", folder.path().to_str().unwrap())).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self) -> Config {
        Config::read(&self.path(".ssh/config"), self.0.path())
    }

    /// What `ssh -G` says of a host, by keyword.
    fn oracle(&self, host: &str) -> HashMap<String, Vec<String>> {
        let output = Command::new("ssh")
            .arg("-F")
            .arg(self.path(".ssh/config"))
            .args(["-G", host])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let mut said: HashMap<String, Vec<String>> = HashMap::new();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
            said.entry(keyword.to_owned())
                .or_default()
                .push(value.to_owned());
        }
        said
    }
}

const CONFIG: &str = r#"
# A comment, and settings before any block
ServerAliveInterval 30
Host web-? web-1?  !web-9
    User=deploy
    Port = 2201
    IdentityFile HERE/keys/%h-%r
    IdentityFile "HERE/keys/with space"
Host web-1 web-9 "quoted"
    HostName %h.example.com
    Port 99
    StrictHostKeyChecking accept-new
Match host *.example.com user deploy
    ConnectTimeout 7
    HostKeyAlias the-alias
Match originalhost web-9,quoted !user nobody
    User nine
    AddressFamily inet6
Include HERE/more/*.conf
Match all
    IdentitiesOnly yes
Host literal
    HostName 10.0.0.1 # with a comment
    UserKnownHostsFile HERE/a HERE/b
    HashKnownHosts yes
    BatchMode yes
    PasswordAuthentication no
Host *
    User fallback
    Port 2222
    StrictHostKeyChecking yes
    ConnectTimeout 3
    UserKnownHostsFile HERE/general
"#;

const MORE: &str =
    "Host inc-*\n User included\n Port 2300\nHost web-*\n StrictHostKeyChecking ask\n";

#[test]
fn a_route_is_what_ssh_says() {
    let home = Home::new(&[
        (".ssh/config", CONFIG),
        ("more/one.conf", MORE),
        ("more/two.txt", "Host *\n Port 1\n"),
    ]);
    let config = home.read();
    assert_eq!(config.problems(), [""; 0]);
    for host in [
        "web-1",
        "web-9",
        "web-12",
        "web-123",
        "quoted",
        "literal",
        "inc-7",
        "other.host",
        "10.1.2.3",
    ] {
        let said = home.oracle(host);
        let one = |keyword: &str| said.get(keyword).map_or("", |values| values[0].as_str());
        let route = config.resolve(host).unwrap();
        assert_eq!(route.hostname, one("hostname"), "{host}");
        assert_eq!(route.user, one("user"), "{host}");
        assert_eq!(route.port.to_string(), one("port"), "{host}");
        assert_eq!(
            route.connect_timeout.as_secs().to_string(),
            one("connecttimeout"),
            "{host}"
        );
        assert_eq!(
            route.host_key_alias.as_deref().unwrap_or(""),
            one("hostkeyalias"),
            "{host}"
        );
        let strict = match route.strict {
            Strict::Yes => "true",
            Strict::Ask => "ask",
            Strict::AcceptNew => "accept-new",
        };
        assert_eq!(strict, one("stricthostkeychecking"), "{host}");
        let family = match route.family {
            Family::Any => "any",
            Family::V4 => "inet",
            Family::V6 => "inet6",
        };
        assert_eq!(family, one("addressfamily"), "{host}");
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        assert_eq!(yes(route.identities_only), one("identitiesonly"), "{host}");
        assert_eq!(yes(route.hash_known_hosts), one("hashknownhosts"), "{host}");
        assert_eq!(yes(route.batch_mode), one("batchmode"), "{host}");
        assert_eq!(yes(route.password), one("passwordauthentication"), "{host}");
        let files = |paths: &[PathBuf]| {
            let all: Vec<_> = paths
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            all.join(" ")
        };
        assert_eq!(
            files(&route.known_hosts),
            one("userknownhostsfile"),
            "{host}"
        );
        if route.identities_named {
            // ssh prints the tokens as they stand.
            let asked: Vec<_> = said["identityfile"]
                .iter()
                .map(|text| {
                    text.replace("%h", &route.hostname)
                        .replace("%r", &route.user)
                })
                .collect();
            assert_eq!(files(&route.identity_files), asked.join(" "), "{host}");
        }
    }
}

#[test]
fn hosts_are_the_plain_names_with_their_places() {
    let home = Home::new(&[(".ssh/config", CONFIG), ("more/one.conf", MORE)]);
    let hosts = home.read().hosts();
    let names: Vec<_> = hosts.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(names, ["web-1", "web-9", "quoted", "literal"]);
    assert_eq!(hosts[0].place, "~/.ssh/config:9");
    assert_eq!(hosts[0].hostname, "web-1.example.com");
    assert_eq!(hosts[3].place, "~/.ssh/config:22");
    assert!(hosts.iter().all(|host| host.problem.is_none()));
}

#[test]
fn a_way_that_is_not_followed_stops_the_host() {
    let home = Home::new(&[(
        ".ssh/config",
        "Host jumped\n  ProxyJump bastion\nHost piped\n ProxyCommand nc %h %p\nHost free\n ProxyJump none\n\
         Host maybe\nMatch host maybe exec \"test -e /x\"\n User root\nHost *\n User x\n",
    )]);
    let config = home.read();
    for (host, place) in [("jumped", ":2:"), ("piped", ":4:"), ("maybe", ":8:")] {
        let refusal = config.resolve(host).unwrap_err();
        assert_eq!(refusal.reason, Reason::RouteUnsupported);
        assert!(
            refusal.why.starts_with("~/.ssh/config") && refusal.why.contains(place),
            "{refusal}"
        );
    }
    assert!(config.resolve("free").is_ok());
    let hosts = config.hosts();
    let problem = |name: &str| {
        let host = hosts.iter().find(|host| host.name == name).unwrap();
        host.problem.clone()
    };
    assert!(problem("jumped").is_some() && problem("free").is_none());
    // A bastion of all hosts is one of theirs too.
    let home = Home::new(&[(".ssh/config", "Host a\n User x\nHost *\n ProxyJump b\n")]);
    assert!(home.read().resolve("a").is_err());
    let home = Home::new(&[(".ssh/config", "Host a\n User x\nHost !a *\n ProxyJump b\n")]);
    assert!(home.read().resolve("a").is_ok());
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_counts() {
    let home = Home::new(&[
        (
            ".ssh/config",
            "Host a\n User \"open\n Port\nInclude loop\nHost b\n Port 7\nHost c\n Port seven\n",
        ),
        (".ssh/loop", "Include HERE/.ssh/config\nHost d\n"),
    ]);
    let config = home.read();
    let problems = config.problems().join("\n");
    assert!(problems.contains("~/.ssh/config:2: a quote"), "{problems}");
    assert!(problems.contains("~/.ssh/config:3: 'port'"), "{problems}");
    assert!(
        problems.contains("~/.ssh/loop:1: ")
            && problems.contains("~/.ssh/config → ~/.ssh/loop → ~/.ssh/config"),
        "{problems}"
    );
    assert_eq!(config.resolve("b").unwrap().port, 7);
    assert!(config.resolve("c").unwrap_err().why.contains("config:8"));
    assert_eq!(config.hosts().len(), 4);
    assert_eq!(config.files().len(), 2);

    let nothing = Config::read(Path::new("/nonexistent/config"), Path::new("/nonexistent"));
    assert!(nothing.hosts().is_empty() && nothing.problems().is_empty());
    assert_eq!(nothing.resolve("x").unwrap().port, 22);
}

#[test]
fn a_hundred_thousand_hosts_are_read_quickly() {
    let mut text = String::new();
    for n in 0..100_000 {
        writeln!(
            text,
            "Host h{n}\n  HostName 10.0.0.{}\n  Port {}",
            n % 250,
            n % 6000 + 1
        )
        .unwrap();
    }
    text.push_str("Host *\n User all\n");
    let home = Home::new(&[(".ssh/config", &text)]);
    let before = Instant::now();
    let config = home.read();
    let hosts = config.hosts();
    let took = before.elapsed();
    assert_eq!(hosts.len(), 100_000);
    assert_eq!(
        (hosts[99_999].port, hosts[99_999].user.as_str()),
        (4_000, "all")
    );
    println!("100,000 hosts in {took:?}");
    // The promise is 300 ms for a release build on an idle machine; a quadratic reading would take minutes.
    assert!(took < Duration::from_secs(10), "{took:?}");
}
