//! The SSH config: `ssh -G` is the oracle for what we follow, and what we do not follow stops a host.

use std::{
    collections::HashMap,
    fmt::Write,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use orchestrator::ssh::{Config, Family, Purpose, Reason, Strict, Via};
use tempfile::TempDir;

#[path = "config/oracle.rs"]
mod oracle;
#[path = "config/real.rs"]
mod real;
#[path = "config/values.rs"]
mod values;

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
        let mut options: HashMap<String, Vec<String>> = HashMap::new();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
            options
                .entry(keyword.to_owned())
                .or_default()
                .push(value.to_owned());
        }
        options
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

/// Which files an `Include` means is seen by the hosts whose port it sets.
#[test]
fn an_include_means_the_files_that_ssh_finds() {
    let names = [
        "10-a", "2b", "x", ".dot", "a[1]", "a1", "a-", "A", "^x", "!b", "b*c", "bxc",
    ];
    let files: Vec<_> = (2001..)
        .zip(names)
        .map(|(port, name)| {
            let file = format!("conf.d/{name}");
            (file, format!("Host h{port}\n Port {port}\n"))
        })
        .collect();
    for pattern in [
        "[0-9]*",
        "[!0-9]*",
        "[^0-9]*",
        "*",
        "**",
        "?",
        ".*",
        "a[[]1]",
        "a\\[1]",
        "a[1]",
        "a[",
        "[[:digit:]]*",
        "[[:upper:]]",
        "[a-]*",
        "!*",
        "b\\*c",
        "b*c",
        "[",
        "nothing*",
    ] {
        let config = format!("Include HERE/conf.d/{pattern}\nHost *\n Port 99\n");
        let all = files
            .iter()
            .map(|(file, text)| (file.as_str(), text.as_str()));
        let all: Vec<_> = all.chain([(".ssh/config", config.as_str())]).collect();
        let home = Home::new(&all);
        let read = home.read();
        for number in 2001..2001 + names.len() {
            let host = format!("h{number}");
            let port = read.resolve(&host).unwrap().port.to_string();
            let name = names[number - 2001];
            assert_eq!(port, home.oracle(&host)["port"][0], "{pattern} and {name}");
        }
    }
}

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
        "root@web-1",
        "a@b@web-12",
        "nine@web-9",
        "root@10.1.2.3",
    ] {
        let options = home.oracle(host);
        let one = |keyword: &str| options.get(keyword).map_or("", |values| values[0].as_str());
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
            let expected: Vec<_> = options["identityfile"]
                .iter()
                .map(|text| {
                    text.replace("%h", &route.hostname)
                        .replace("%r", &route.user)
                })
                .collect();
            assert_eq!(files(&route.identity_files), expected.join(" "), "{host}");
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
fn a_way_through_other_hosts_is_read_as_ssh_reads_it() {
    let home = Home::new(&[(
        ".ssh/config",
        "Host inner\n ProxyJump me@outer:2200,middle\nHost outer\n User not-me\n Port 9\n ProxyJump first\n\
         Host middle\n Port 7\n ProxyJump not-taken\nHost first\n HostName 10.0.0.1\nHost free\n ProxyJump none\n ProxyCommand none\n\
         Host round\n ProxyJump trip\nHost trip\n ProxyJump round\nHost self\n ProxyJump self\n\
         Host tokens\n HostName t.example\n Port 99\n ProxyJump gate-%h-%p\n",
    )]);
    let config = home.read();
    assert_eq!(config.problems(), [""; 0]);
    let way = |name: &str| match config.resolve(name).unwrap().via {
        Via::Hosts(hops) => hops
            .iter()
            .map(|hop| {
                assert_eq!(hop.via, Via::Direct);
                format!("{}@{}:{}", hop.user, hop.hostname, hop.port)
            })
            .collect(),
        other => vec![format!("{other:?}")],
    };
    let user = config.resolve("first").unwrap().user;
    // As with `ssh -J`: the first one's own way counts, and no other's.
    assert_eq!(
        way("inner"),
        [
            format!("{user}@10.0.0.1:22"),
            "me@outer:2200".to_owned(),
            format!("{user}@middle:7")
        ]
    );
    assert_eq!(way("tokens"), [format!("{user}@gate-t.example-99:22")]);
    assert_eq!(way("free"), ["Direct"]);
    for name in ["round", "self"] {
        let refusal = config.resolve(name).unwrap_err();
        assert!(refusal.why.contains("through itself"), "{refusal}");
    }
    let hosts = config.hosts();
    assert!(hosts.iter().all(|host| host.problem.is_none()), "{hosts:?}");
}

#[test]
fn a_command_on_the_way_runs_only_if_its_text_was_allowed() {
    let home = Home::new(&[(
        ".ssh/config",
        "Host piped\n ProxyCommand nc %h %p # all of it\nHost maybe\nMatch host maybe exec \"test %n = maybe\"\n User root\n\
         Host through\n ProxyJump piped\nMatch host other* exec \"exit 1\"\n User nobody\n",
    )]);
    let config = home.read();
    for (host, place, text) in [
        ("piped", ":2:", "nc %h %p # all of it"),
        ("maybe", ":4:", "test %n = maybe"),
        ("through", ":2:", "nc %h %p # all of it"),
        ("other", ":8:", "exit 1"),
    ] {
        let refusal = config.resolve(host).unwrap_err();
        assert_eq!(refusal.reason, Reason::NeedsConsent, "{host}: {refusal}");
        assert!(
            refusal.why.starts_with("~/.ssh/config") && refusal.why.contains(place),
            "{refusal}"
        );
        let consent = refusal.consent.unwrap();
        assert_eq!(consent.command, text);
        assert!(refusal.why.starts_with(&consent.place), "{consent:?}");
    }
    // In a list they are hosts like any; the question comes when one is used.
    assert!(config.hosts().iter().all(|host| host.problem.is_none()));
    let all = |_: &str| true;
    let allowed = Purpose::new(None, &all);
    let with = |name: &str| config.resolve_for(name, &allowed).unwrap();
    assert_eq!(
        with("piped").via,
        Via::Command("nc piped 22 # all of it".to_owned())
    );
    assert_eq!(with("maybe").user, "root");
    assert_ne!(with("other").user, "nobody");
    match with("through").via {
        Via::Hosts(hops) => assert!(matches!(hops[0].via, Via::Command(_))),
        other => panic!("{other:?}"),
    }
    // What has no token in the command does not come into it.
    assert!(config.resolve_for("-oProxyCommand=x", &allowed).is_ok());
}

#[test]
fn names_that_a_shell_could_misread_come_into_no_command() {
    const NAMES: [&str; 7] = [
        "a;touch ran-by-a-shell",
        "$(touch ran-by-a-shell)",
        "`touch ran-by-a-shell`",
        "-oproxycommand=touch",
        "a b",
        "it's",
        "a\nb",
    ];
    let all = |_: &str| true;
    let allowed = Purpose::new(None, &all);
    for (line, what) in [
        ("ProxyCommand nc %h %p", "host"),
        ("HostName plain\n ProxyCommand nc %n %p", "name"),
        ("HostName plain\n ProxyCommand nc '%n' %%h", "name"),
        ("Match exec \"test %h = x\"\n User nobody", "host"),
        (
            "HostName plain\nMatch exec \"test %n = x\"\n User nobody",
            "name",
        ),
        (
            "Match exec \"test %k = x\"\n User nobody",
            "name of its key",
        ),
    ] {
        let home = Home::new(&[(".ssh/config", &format!("Host *\n {line}\n"))]);
        let config = home.read();
        for name in NAMES {
            let refusal = config.resolve_for(name, &allowed).unwrap_err();
            assert_eq!(refusal.reason, Reason::RouteUnsupported, "{line}: {name}");
            let why = format!("the {what} '{}' cannot be put into", name.escape_debug());
            assert!(refusal.why.contains(&why), "{line}: {refusal}");
            assert!(refusal.why.starts_with("~/.ssh/config:"), "{refusal}");
        }
        assert!(!Path::new("ran-by-a-shell").exists(), "{line}");
        config.resolve_for("web-1.example", &allowed).unwrap();
    }
    for (line, is_refused) in [
        ("ProxyCommand nc -l %r %h", true),
        ("Match exec \"test %r = x\"\n Port 1", true),
        ("ProxyCommand nc %h %p", false),
    ] {
        let text = format!("Host *\n User $(x)\n {line}\n");
        let config = Home::new(&[(".ssh/config", &text)]).read();
        let refused = config.resolve_for("plain", &allowed);
        assert_eq!(refused.is_err(), is_refused, "{line}: {refused:?}");
    }
}

#[test]
fn a_final_pass_is_made_as_ssh_makes_it() {
    let home = Home::new(&[(
        ".ssh/config",
        "Host a\n HostName real.example\nHost real.example\n Port 77\nMatch final host real.*\n User fin\n\
         Match !final host a\n ConnectTimeout 8\nMatch canonical\n AddressFamily inet\n\
         Match final originalhost b\n Port 78\n IdentityFile HERE/k\n IdentityFile HERE/k\n\
         Match host c final\n User sea\nMatch all\n HashKnownHosts yes\n",
    )]);
    let config = home.read();
    for host in ["a", "b", "c", "real.example", "other"] {
        let text = home.oracle(host);
        let one = |keyword: &str| text.get(keyword).map_or("", |values| values[0].as_str());
        let route = config.resolve(host).unwrap();
        assert_eq!(route.hostname, one("hostname"), "{host}");
        assert_eq!(route.port.to_string(), one("port"), "{host}");
        assert_eq!(route.user, one("user"), "{host}");
        assert_eq!(
            route.family == Family::V4,
            one("addressfamily") == "inet",
            "{host}"
        );
        if host == "b" {
            assert_eq!(route.identity_files.len(), text["identityfile"].len());
        }
    }
}

/// What Fedora and Red Hat, and systemd on Debian 13, put into the system's config.
const SYSTEM: &str = "Match final all\n Include /etc/crypto-policies/back-ends/openssh.config\n GSSAPIAuthentication yes\n \
    ForwardX11Trusted yes\n\
    Host .host machine/.host\n ProxyCommand /usr/lib/systemd/systemd-ssh-proxy unix/run/ssh %p\n ProxyUseFdpass yes\n\
    Host unix/* vsock/* machine/*\n ProxyCommand /usr/lib/systemd/systemd-ssh-proxy %h %p\n ProxyUseFdpass yes\n\
    Host company\n HostName 10.9.8.7\nHost *\n SendEnv LANG LC_*\n HashKnownHosts yes\n";

#[test]
fn the_stock_system_configs_stop_no_host_and_list_none_of_their_own() {
    let home = Home::new(&[
        (
            ".ssh/config",
            "Host mine\n User me\nHost behind\n ProxyJump mine\n",
        ),
        ("etc/ssh_config", SYSTEM),
    ]);
    let paths = [home.path(".ssh/config"), home.path("etc/ssh_config")];
    let config = Config::read_all(&[&paths[0], &paths[1]], home.0.path());
    let hosts = config.hosts();
    let names: Vec<_> = hosts.iter().map(|host| host.name.as_str()).collect();
    // A host of one's own that cannot be reached says so; one of the system's that can be reached is a host like any.
    assert_eq!(names, ["mine", "behind", "company"]);
    assert!(config.resolve("mine").is_ok() && config.resolve("10.1.1.1").is_ok());
    assert_eq!(config.resolve("company").unwrap().hostname, "10.9.8.7");
    assert!(config.resolve(".host").is_err() && config.resolve("vsock/1").is_err());
}

#[test]
fn what_a_user_includes_of_the_systems_config_is_the_systems() {
    let home = Home::new(&[
        (
            ".ssh/config",
            "Include HERE/etc/ssh_config\nHost mine\n User me\nHost .mine\n ProxyCommand x\n ProxyUseFdpass yes\n",
        ),
        ("etc/ssh_config", SYSTEM),
    ]);
    let paths = [home.path(".ssh/config"), home.path("etc/ssh_config")];
    let config = Config::read_all(&[&paths[0], &paths[1]], home.0.path());
    let hosts = config.hosts();
    let names: Vec<_> = hosts.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(names, ["company", "mine", ".mine"]);
}

#[test]
fn an_included_folder_has_no_lines_and_stops_no_host() {
    let home = Home::new(&[
        (
            ".ssh/config",
            "Include folder\nInclude some/*\nHost a\n Port 7\n",
        ),
        (".ssh/folder/x", "Host x\n"),
        (".ssh/some/old/y", "Host y\n"),
        (".ssh/some/b", "Host b\n"),
    ]);
    let config = home.read();
    assert_eq!(config.resolve("a").unwrap().port, 7);
    let hosts = config.hosts();
    let names: Vec<_> = hosts.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(names, ["b", "a"]);
    let problems = config.problems();
    assert!(
        problems.len() == 1 && problems[0].contains("~/.ssh/config:1: 'folder' is a folder"),
        "{problems:?}"
    );
}

#[test]
fn a_command_whose_answer_changes_nothing_is_not_asked_about() {
    let home = Home::new(&[(
        ".ssh/config",
        "Match exec \"test -e /x\" host other\n Port 9\nMatch !exec \"test -e /x\" user nobody-here\n Port 8\n",
    )]);
    let config = home.read();
    assert_eq!(config.resolve("a").unwrap().port, 22);
    assert_eq!(
        config.resolve("other").unwrap_err().reason,
        Reason::NeedsConsent
    );
}

#[test]
fn what_leads_nowhere_stops_no_host() {
    let home = Home::new(&[(
        ".ssh/config",
        "Host a\n User x\nMatch exec \"test -e /x\"\n User y\n ForwardX11 yes\n LogLevel ERROR\n\
         Host *\n ProxyUseFdpass yes\n",
    )]);
    let config = home.read();
    // Of `a` the user is known before the question is.
    assert_eq!(config.resolve("a").unwrap().user, "x");
    assert_eq!(
        config.resolve("b").unwrap_err().reason,
        Reason::NeedsConsent
    );
}

/// What the ssh here is too old to know, from the manual's text.
#[test]
fn the_newer_criteria_are_those_of_the_manual() {
    let home = Home::new(&[(
        ".ssh/config",
        "Host t*\n Tag work\nMatch tagged work\n Port 1001\nMatch localnetwork 127.0.0.0/8,!203.0.113.0/24\n User local\n\
         Match localnetwork 203.0.113.0/24\n User far\nMatch sessiontype exec command uptime*\n HostName exec.example\n\
         Match sessiontype shell\n HostName shell.example\nMatch version OpenSSH_*\n AddressFamily inet\n\
         Host gone\n RefuseConnection \"moved to new\"\n",
    )]);
    let config = home.read();
    assert_eq!(config.problems(), [""; 0]);
    let none = |_: &str| false;
    let t = config
        .resolve_for("t1", &Purpose::new(Some("uptime -p"), &none))
        .unwrap();
    assert_eq!(
        (t.port, &*t.user, &*t.hostname),
        (1001, "local", "exec.example")
    );
    assert_eq!(t.family, Family::V4);
    let other = config
        .resolve_for("o", &Purpose::new(Some("ls"), &none))
        .unwrap();
    assert_eq!((other.port, &*other.hostname), (22, "o"));
    assert_eq!(config.resolve("o").unwrap().hostname, "shell.example");
    let refusal = config.resolve("gone").unwrap_err();
    assert!(refusal.why.contains("moved to new"), "{refusal}");
}

#[test]
fn what_ssh_would_refuse_stops_every_host() {
    for text in [
        // The wrong machine: what follows an unreadable `Host` would be the settings of all.
        "\u{feff}Host first\n HostName 1.1.1.1\nHost second\n HostName 2.2.2.2\n",
        "Host far\n ProxyJmp bastion\nHost near\n Port 1\n",
        "Host far\n ProxyJump\nHost near\n Port 1\n",
        "Host far\n ProxyJump a,,b\nHost near\n Port 1\n",
        "Host far\n IdentityFile \"open\nHost near\n Port 1\n",
        "Host far\n IdentityFile a b\n",
        "Host far\n Port 0\nHost near\n Port 1\n",
        "Host far\n BatchMode maybe\n",
        "Host far\n ConnectTimeout 1x\n",
        "Host far\n SetEnv A\n",
        "Host far\n UserKnownHostsFile a none\n",
        "Hots far\n Port 9\nHost near\n Port 1\n",
        "Match hots far\n Port 9\n",
        "Match host\n Port 9\n",
        "Match all host far\n Port 9\n",
        "Host *\n Prot 22\n",
        "Include \"\"\n",
        "Include bad.conf\nHost near\n",
    ] {
        let home = Home::new(&[(".ssh/config", text), (".ssh/bad.conf", "Nonsense 1\n")]);
        let output = Command::new("ssh")
            .env("HOME", home.0.path())
            .arg("-F")
            .arg(home.path(".ssh/config"))
            .args(["-G", "near"])
            .output()
            .unwrap();
        if !text.contains("bad.conf") {
            assert!(!output.status.success(), "ssh takes {text:?}");
        }
        let config = home.read();
        let refusal = config.resolve("near").unwrap_err();
        assert!(refusal.why.contains("~/.ssh/"), "{text:?}: {refusal}");
        assert!(!refusal.why.contains('\u{feff}'), "{refusal}");
    }
    let ignored = "IgnoreUnknown UseKeychain,Apple*\nHost *\n UseKeychain yes\n AppleThing 1\n";
    assert!(
        Home::new(&[(".ssh/config", ignored)])
            .read()
            .resolve("x")
            .is_ok()
    );
}

#[test]
fn a_config_that_others_may_write_to_stops_every_host() {
    for open in [".ssh/config", ".ssh/more"] {
        let home = Home::new(&[
            (".ssh/config", "Include more\nHost a\n User x\n"),
            (".ssh/more", "Host b\n User y\n"),
        ]);
        assert!(home.read().resolve("a").is_ok());
        fs::set_permissions(home.path(open), fs::Permissions::from_mode(0o666)).unwrap();
        let refusal = home.read().resolve("a").unwrap_err();
        assert!(
            refusal.why.contains(open) && refusal.why.contains("chmod go-w"),
            "{refusal}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_listed() {
    let home = Home::new(&[
        (
            ".ssh/config",
            "Host a\n Port \"open\n Port\nInclude loop\nHost b\n Port 7\nHost c\n Port seven\n",
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
    assert!(
        problems.contains("~/.ssh/config:8: 'port' takes a port"),
        "{problems}"
    );
    // The list still shows what it can; none of them is connected to, as ssh would connect to none.
    assert!(config.resolve("b").unwrap_err().why.contains("config:2"));
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
