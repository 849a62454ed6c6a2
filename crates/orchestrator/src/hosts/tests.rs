use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use chrono::{TimeDelta, Utc};
use proptest::prelude::*;
use tempfile::TempDir;

use super::{
    Entry, Found, Kept, NewHost, OwnHosts, OwnTags, Read, Sources, Where, merge, refresh, vanished,
    written,
};
use crate::{
    host::{Host, Source, SourceKind},
    ssh,
};

/// A person's folders.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn source(&self, path: &str, text: &str) -> PathBuf {
        let path = self.write(path, text);
        Sources::add_file(self.0.path(), &path).unwrap();
        path
    }

    fn place<'a>(&'a self, projects: &'a [PathBuf]) -> Where<'a> {
        Where {
            home: self.0.path(),
            config: self.0.path(),
            data: self.0.path(),
            projects,
        }
    }

    fn read(&self) -> Read {
        let projects = [self.path("shop"), self.path("none")];
        Kept::default().read(&self.place(&projects), &|_| true)
    }
}

/// `name user@address:port #tags`, sorted.
fn lines(read: &Read) -> Vec<String> {
    let mut all: Vec<String> = read.found.iter().map(line).collect();
    all.sort();
    all
}

fn line(found: &Found) -> String {
    let mut text = found.name.clone();
    let address = found.address.as_deref().unwrap_or("-");
    let user = found
        .user
        .as_deref()
        .map_or(String::new(), |user| format!("{user}@"));
    let port = found.port.map_or(String::new(), |port| format!(":{port}"));
    text += &format!(" {user}{address}{port}");
    for tag in &found.tags {
        text += &format!(" #{tag}");
    }
    text
}

fn found(name: &str, address: &str, kind: SourceKind) -> Found {
    Found {
        name: name.to_owned(),
        address: Some(address.to_owned()),
        source: Source {
            kind,
            place: format!("{}.file", kind.words()),
        },
        ..Found::default()
    }
}

#[test]
fn vm_config_names_machines_by_environment() {
    let home = Home::new();
    home.write(
        "shop/environments/prod/config.yml",
        "vms:\n  web: {host: 10.0.0.1, ansible_user: deploy}\n  db:\n    host: 10.0.0.2\n    ansible_port: 2222\nsecret: hunter2\n",
    );
    home.write(
        "shop/environments/dev/config.yml",
        "vms:\n  web:\n    host: 10.9.0.1\n",
    );
    home.write("shop/environments/empty/config.yml", "");
    let read = home.read();
    assert_eq!(read.problems, Vec::<String>::new());
    assert_eq!(
        lines(&read),
        [
            "db 10.0.0.2:2222 #prod",
            // One name for two machines.
            "web-dev 10.9.0.1 #dev",
            "web-prod deploy@10.0.0.1 #prod",
        ]
    );
}

#[test]
fn a_terraform_state_names_its_machines_and_nothing_else() {
    let home = Home::new();
    home.source(
        "infra/terraform.tfstate",
        r#"{"version": 4, "terraform_version": "1.9.0", "resources": [
          {"mode": "managed", "type": "aws_instance", "name": "app", "instances": [
            {"index_key": 0, "attributes": {"private_ip": "10.0.0.1", "public_ip": "1.2.3.4", "tags": {"Name": "web-1", "Environment": "prod"}, "password_data": "hunter2"}},
            {"index_key": 1, "attributes": {"private_ip": "10.0.0.2", "public_ip": ""}}]},
          {"mode": "managed", "type": "google_compute_instance", "name": "g", "instances": [
            {"attributes": {"name": "g-1", "network_interface": [{"network_ip": "10.1.0.1", "access_config": [{"nat_ip": "5.6.7.8"}]}]}}]},
          {"mode": "managed", "type": "digitalocean_droplet", "name": "d", "instances": [
            {"attributes": {"name": "drop", "ipv4_address": "9.9.9.9", "tags": ["edge"]}}]},
          {"mode": "managed", "type": "hcloud_server", "name": "h", "instances": [
            {"index_key": "a b", "attributes": {"ipv6_address": "2001:db8::1/64"}}]},
          {"mode": "managed", "type": "aws_eip", "name": "e", "instances": [{"attributes": {"public_ip": "1.1.1.1"}}]},
          {"mode": "managed", "type": "aws_db_instance", "name": "p", "instances": [{"attributes": {"ip_address": "1.1.1.2"}}]},
          {"mode": "data", "type": "aws_instance", "name": "x", "instances": [{"attributes": {"public_ip": "1.1.1.3"}}]}
        ]}"#,
    );
    let read = home.read();
    assert_eq!(read.problems, Vec::<String>::new());
    assert_eq!(
        lines(&read),
        [
            // By its resource and index.
            "app-1 10.0.0.2",
            "drop 9.9.9.9 #edge",
            "g-1 5.6.7.8",
            "h-a-b 2001:db8::1",
            "web-1 1.2.3.4 #prod",
        ]
    );
}

const INI: &str = "\
# An inventory
mail.example.org ansible_user='post master'
bastion:2222

[web]
web[01:03] ansible_user=deploy   # all of them
[1:2].front.example.org

[db]
db-[a:b].example.org ansible_host=10.0.0.5 ansible_password=hunter2

[prod:children]
web
db

[prod:vars]
ansible_user=root
ansible_ssh_private_key_file=\"~/.ssh/prod key\"
ansible_become_password=hunter2

[far]
far-1 ansible_ssh_common_args='-o StrictHostKeyChecking=no -o ProxyJump=jump@bastion:2222'
far-2 ansible_ssh_common_args='-o ProxyCommand=\"nc -x proxy %h %p\"'
here ansible_connection=local
win ansible_connection=winrm
";

#[test]
fn an_ansible_inventory_is_no_ini() {
    let home = Home::new();
    home.source(
        "inventory/hosts",
        &INI.replace("'post master'", "postmaster"),
    );
    let read = home.read();
    assert_eq!(read.problems, Vec::<String>::new());
    assert_eq!(
        lines(&read),
        [
            "1.front.example.org root@- #prod #web",
            "2.front.example.org root@- #prod #web",
            "bastion -:2222",
            "db-a.example.org root@10.0.0.5 #db #prod",
            "db-b.example.org root@10.0.0.5 #db #prod",
            "far-1 - #far",
            "far-2 - #far",
            "mail.example.org postmaster@-",
            "web01 deploy@- #prod #web",
            "web02 deploy@- #prod #web",
            "web03 deploy@- #prod #web",
        ]
    );
    let of = |name: &str| read.found.iter().find(|one| one.name == name).unwrap();
    assert_eq!(of("web01").key.as_deref(), Some("~/.ssh/prod key"));
    assert_eq!(of("far-1").jump.as_deref(), Some("jump@bastion:2222"));
    assert_eq!(of("far-2").proxy.as_deref(), Some("nc -x proxy %h %p"));
    // All of it can be looked up, and the way of each is the one that was meant.
    let text = written(&merge(&[], read.found));
    let config = ssh::Config::read_behind((&text, "x"), &[], &[], home.0.path());
    assert_eq!(config.problems(), Vec::<String>::new());
    let web = config
        .hosts()
        .into_iter()
        .find(|host| host.name == "web01")
        .unwrap();
    assert_eq!(
        (web.user.as_str(), web.hostname.as_str(), web.port),
        ("deploy", "web01", 22)
    );
    let never = |_: &str| false;
    let purpose = ssh::Purpose::new(Some("true"), &never);
    let refused = config.resolve_for("far-2", &purpose).unwrap_err();
    assert_eq!(refused.consent.unwrap().command, "nc -x proxy %h %p");
}

#[test]
fn an_ansible_inventory_in_yaml_and_in_json() {
    let home = Home::new();
    home.source(
        "inv/a.yml",
        "all:\n  vars: {ansible_user: ops}\n  hosts:\n    lone:\n  children:\n    web:\n      hosts:\n        web[1:2].example.org:\n          ansible_port: 2200\n        locked:\n          ansible_host: !vault |\n            $ANSIBLE_VAULT;1.1\n      vars:\n        ansible_user: deploy\n    east:\n      children:\n        web:\n",
    );
    home.source(
        "inv/b.json",
        r#"{"_meta": {"hostvars": {"c1": {"ansible_host": "10.3.0.1", "api_key": "hunter2"}}},
            "cloud": {"hosts": ["c1", "c2"], "vars": {"ansible_user": "ec2-user"}}, "top": {"children": ["cloud"]}, "bare": ["c2"]}"#,
    );
    let read = home.read();
    assert_eq!(
        lines(&read),
        [
            "c1 ec2-user@10.3.0.1 #cloud #top",
            "c2 ec2-user@- #bare #cloud #top",
            "lone ops@-",
            "web1.example.org deploy@-:2200 #east #web",
            "web2.example.org deploy@-:2200 #east #web",
        ]
    );
    assert_eq!(read.problems.len(), 1, "{:?}", read.problems);
    assert!(
        read.problems[0].ends_with("locked: its address cannot be one; it is left out"),
        "{:?}",
        read.problems
    );
}

#[test]
fn docker_contexts_by_ssh_are_machines() {
    let home = Home::new();
    let context = |name: &str, host: &str| {
        format!(r#"{{"Name":"{name}","Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#)
    };
    home.write(
        ".docker/contexts/meta/a/meta.json",
        &context("build", "ssh://ci:hunter2@build.example.org:2222/x"),
    );
    home.write(
        ".docker/contexts/meta/b/meta.json",
        &context("six", "ssh://[fe80::1]:22"),
    );
    home.write(
        ".docker/contexts/meta/c/meta.json",
        &context("local", "unix:///var/run/docker.sock"),
    );
    home.write(".docker/contexts/meta/d/meta.json", "{}");
    let read = home.read();
    assert_eq!(read.problems, Vec::<String>::new());
    assert_eq!(
        lines(&read),
        [
            "build ci@build.example.org:2222 #docker",
            "six fe80::1:22 #docker"
        ]
    );
}

/// Whatever is wrong with a source is said with its file, the others count, and no value of it is repeated.
#[test]
fn what_cannot_be_read_is_named_and_leaves_the_rest() {
    let home = Home::new();
    home.source("good.ini", "fine ansible_host=10.0.0.1\n");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned()
        + &(1..12)
            .map(|i| {
                let (own, last) = (char::from(b'a' + i), char::from(b'a' + i - 1));
                format!(
                    "{own}: &{own} [{}]\n",
                    vec![format!("*{last}"); 9].join(",")
                )
            })
            .collect::<String>();
    for (file, text, expected) in [
        (
            "broken.tfstate",
            r#"{"version": 4, "password": "hunter2""#,
            "cannot be read as JSON (line 1",
        ),
        (
            "old.tfstate",
            r#"{"version": 3}"#,
            "of version 3, and only 4",
        ),
        (
            "other.tfstate",
            r#"{"password": "hunter2"}"#,
            "is no Terraform state",
        ),
        ("deep.json", &deep, "cannot be read as JSON"),
        (
            "deep.yml",
            &deep,
            "cannot be read as YAML, or is nested or repeated too much",
        ),
        (
            "bomb.yml",
            &bomb,
            "cannot be read as YAML, or is nested or repeated too much",
        ),
        (
            "broken.yml",
            "all:\n  hosts: {a: hunter2\n b",
            "cannot be read as YAML",
        ),
        ("list.yml", "- hunter2\n", "is no inventory"),
        (
            "listed.yml",
            "all: {hosts: [hunter2]}\n",
            "the hosts of group 'all' are no mapping",
        ),
        ("number.json", "5", "is no inventory"),
        (
            "circle.ini",
            "[a:children]\nb\n[b:children]\na\n[b]\nx\n",
            "groups are in each other: ",
        ),
        (
            "header.ini",
            "x\n[a:hunter]\nb=c\n",
            "header.ini:2: a section is",
        ),
        ("range.ini", "x[5:1]\n", "range.ini:1: "),
        ("endless.ini", "x[1:999999999]\n", "endless.ini:1: "),
        (
            "quote.ini",
            "x ansible_host='hunter2\n",
            "quote.ini:1: a quote has no end",
        ),
        (
            "odd.ini",
            "x ansible_host='10.0.0.1 -oProxyCommand=hunter2'\n",
            "x: its address cannot be one",
        ),
        (
            "lines.ini",
            "x ansible_user=\"root\\nProxyCommand hunter2\"\n",
            "x: its user cannot be one",
        ),
        (
            "template.ini",
            "x ansible_host='{{ hunter2 }}'\n",
            "x: its address cannot be one",
        ),
        ("binary.ini", "\u{0}\u{1}", ""),
        (
            "program.sh",
            "#!/bin/sh\ntouch ran\n",
            "is a program, and is not run",
        ),
    ] {
        let path = home.write(file, text);
        let added = Sources::add_file(home.0.path(), &path);
        // Whether it was taken or not, as a file that has changed since would be.
        let mut sources = Sources::read(home.0.path()).0;
        if added.is_err() {
            sources.files.push(path.clone());
            let list = serde_json::to_string(&sources).unwrap();
            fs::write(home.path("host-sources.json"), list).unwrap();
        }
        let read = home.read();
        let all = format!("{:?} {added:?}", read.problems);
        assert!(all.contains(expected), "{file}: {all}");
        assert!(!all.contains("hunter2"), "{file}: {all}");
        assert!(read.found.iter().any(|one| one.name == "fine"), "{file}");
        Sources::remove(home.0.path(), &path.display().to_string()).unwrap();
    }
    let gone = home.source("gone.ini", "g\n");
    fs::remove_file(&gone).unwrap();
    assert!(home.read().problems[0].ends_with("gone.ini: is not there any more"));
    let large = home.source("large.ini", "l\n");
    fs::File::options()
        .write(true)
        .open(&large)
        .unwrap()
        .set_len(40 << 20)
        .unwrap();
    let problems = home.read().problems;
    assert!(
        problems
            .iter()
            .any(|problem| problem.contains("larger than 32 MiB")),
        "{problems:?}"
    );
}

#[test]
fn a_source_that_breaks_counts_as_it_was() {
    let home = Home::new();
    let path = home.source("inv.ini", "a\nb\n");
    let kept = Kept::default();
    let read = || kept.read(&home.place(&[]), &|_| true);
    assert_eq!(read().found.len(), 2);
    fs::write(&path, "[a\u{0}b:c]\n").unwrap();
    let broken = read();
    assert_eq!(broken.found.len(), 2);
    assert_eq!(broken.problems.len(), 2, "{:?}", broken.problems);
    // And still, though the file is the same.
    assert_eq!(read().found.len(), 2);
    fs::write(&path, "a\nb\nc\n").unwrap();
    assert_eq!((read().found.len(), read().problems.len()), (3, 0));
}

#[test]
fn a_command_names_hosts_once_it_is_allowed() {
    let home = Home::new();
    let good = r#"echo '{"g": {"hosts": ["c1"]}}'; echo hunter2 >&2; touch ran"#;
    Sources::add_command(home.0.path(), good).unwrap();
    let read = |allows: bool| Kept::default().read(&home.place(&[]), &|_| allows);
    refresh(&home.place(&[]), |_| false).unwrap();
    assert!(!home.path("ran").exists());
    assert!(read(false).problems[0].contains("is not allowed to run here"));
    assert!(read(true).problems[0].contains("has not run yet"));
    refresh(&home.place(&[]), |text| text == good).unwrap();
    assert!(home.path("ran").exists());
    let all = read(true);
    assert_eq!(
        (lines(&all), all.problems.len()),
        (vec!["c1 - #g".to_owned()], 0)
    );
}

#[test]
fn the_last_good_answer_of_a_command_stays() {
    let home = Home::new();
    let command = "cat answer; exit $(cat code)";
    Sources::add_command(home.0.path(), command).unwrap();
    let run = |answer: &str, code: &str| {
        home.write("answer", answer);
        home.write("code", code);
        refresh(&home.place(&[]), |_| true).unwrap();
        Kept::default().read(&home.place(&[]), &|_| true)
    };
    assert_eq!(run(r#"{"g": {"hosts": ["c1"]}}"#, "0").found.len(), 1);
    for (answer, code, why) in [
        (r#"{"g": {"hosts": []}}"#, "3", "ended with exit code 3"),
        ("hunter2", "0", "cannot be read as JSON (line 1"),
        ("[\"hunter2\"]", "0", "is no inventory"),
    ] {
        let read = run(answer, code);
        assert_eq!(read.found.len(), 1);
        assert!(read.problems[0].contains(why), "{:?}", read.problems);
        assert!(
            read.problems[0].contains("; its answer of "),
            "{:?}",
            read.problems
        );
        assert!(!read.problems[0].replace(command, "").contains("hunter2"));
    }
    assert_eq!(run("{}", "0").problems, Vec::<String>::new());
}

#[test]
fn a_command_that_hangs_or_floods_is_ended() {
    let home = Home::new();
    Sources::add_command(home.0.path(), "echo $$ > pid; sleep 600 & wait").unwrap();
    Sources::add_command(home.0.path(), "yes hunter2").unwrap();
    let begun = Instant::now();
    refresh(&home.place(&[]), |_| true).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(60));
    let read = Kept::default().read(&home.place(&[]), &|_| true);
    assert_eq!(read.found, []);
    for problem in &read.problems {
        assert!(
            problem.contains("took more than 10 s or printed more than 32 MiB"),
            "{problem}"
        );
    }
    let pid = fs::read_to_string(home.path("pid")).unwrap();
    assert!(!Path::new(&format!("/proc/{}", pid.trim())).exists());
}

fn known(name: &str, user: &str, hostname: &str) -> Host {
    Host {
        name: name.to_owned(),
        hostname: hostname.to_owned(),
        user: user.to_owned(),
        port: 22,
        place: format!("~/.ssh/config:{}", name.len()),
        ..Host::default()
    }
}

#[test]
fn one_machine_of_several_sources_is_one_host() {
    let config = [
        known("web-1", "root", "10.0.0.1"),
        known("alias", "root", "10.0.0.1"),
    ];
    let mut of_ansible = found("web-1", "10.0.0.99", SourceKind::Ansible);
    of_ansible.tags.insert("web".to_owned());
    let mut other_user = found("web-1-deploy", "10.0.0.1", SourceKind::Docker);
    other_user.user = Some("deploy".to_owned());
    let entries = merge(
        &config,
        vec![
            found("terra", "10.0.0.1", SourceKind::Terraform),
            of_ansible,
            other_user,
            found("new-1", "10.0.0.7", SourceKind::Terraform),
            found("new-2", "10.0.0.7", SourceKind::Terraform),
            found("seven", "10.0.0.7", SourceKind::Docker),
        ],
    );
    let shown: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} {:?} {}", entry.name, entry.also, entry.found.len()))
        .collect();
    assert_eq!(
        shown,
        [
            r#"web-1 ["terra"] 2"#,
            r"alias [] 0",
            r#"new-1 ["seven"] 2"#,
            // Two names of one source are two hosts.
            r"new-2 [] 1",
            r"web-1-deploy [] 1",
        ]
    );
    let mut host = config[0].clone();
    let own = Source {
        kind: SourceKind::SshConfig,
        place: host.place.clone(),
    };
    entries[0].complete(&mut host, Some(own));
    assert_eq!(host.tags, ["web"]);
    assert_eq!(host.sources.len(), 3);
    assert_eq!(host.place, "~/.ssh/config:5");
    assert_eq!(
        host.conflicts,
        ["Ansible inventory.file says address 10.0.0.99; 10.0.0.1 is in force, by ~/.ssh/config:5"]
    );
    // What the SSH config names is not written again; other names of it are.
    let text = written(&entries);
    assert!(
        !text.contains("Host web-1\n") && text.contains("Host terra\n  HostName 10.0.0.1\n"),
        "{text}"
    );
    assert_eq!(text.matches("Host new-1\n").count(), 1);
}

#[test]
fn own_hosts_are_written_as_an_ssh_config_and_what_is_beside_them_stays() {
    let home = Home::new();
    let own = OwnHosts::of(home.0.path());
    let host = |name: &str, address: &str| NewHost {
        name: name.to_owned(),
        address: Some(address.to_owned()),
        ..NewHost::default()
    };
    own.add(&host("web-1", "10.0.0.1")).unwrap();
    own.add(&NewHost {
        user: Some("root".to_owned()),
        port: Some("2222".to_owned()),
        key: Some("~/.ssh/my key".to_owned()),
        jump: Some("me@bastion:22,hop".to_owned()),
        ..host("web-2", "fe80::1")
    })
    .unwrap();
    let mut text = fs::read_to_string(own.path()).unwrap();
    text += "\n# By hand\nHost by-hand *.example.org\n  ForwardAgent no\n";
    fs::write(own.path(), &text).unwrap();
    own.edit(&NewHost {
        user: Some(String::new()),
        port: Some("22".to_owned()),
        ..host("web-2", "10.0.0.2")
    })
    .unwrap();
    own.remove("web-1").unwrap();
    assert_eq!(
        fs::read_to_string(own.path())
            .unwrap()
            .lines()
            .skip(1)
            .collect::<Vec<_>>(),
        [
            "",
            "Host web-2",
            "  IdentityFile \"~/.ssh/my key\"",
            "  ProxyJump me@bastion:22,hop",
            "  HostName 10.0.0.2",
            "  Port 22",
            "",
            "# By hand",
            "Host by-hand *.example.org",
            "  ForwardAgent no",
        ]
    );
    let config = ssh::Config::read(&own.path(), home.0.path());
    assert_eq!(config.problems(), Vec::<String>::new());
    for (name, change) in [
        ("web-2", own.add(&host("web-2", "x"))),
        ("by-hand", own.remove("by-hand")),
        ("nowhere", own.edit(&host("nowhere", "x"))),
        ("a b", own.add(&host("a b", "x"))),
        ("*", own.add(&host("*", "x"))),
        ("x", own.add(&host("x", "10.0.0.1\n  ProxyCommand id"))),
        ("x", own.add(&host("x", "-oProxyCommand=id"))),
        (
            "x",
            own.add(&NewHost {
                key: Some("a\"b".to_owned()),
                ..host("x", "y")
            }),
        ),
        (
            "x",
            own.add(&NewHost {
                port: Some("0".to_owned()),
                ..host("x", "y")
            }),
        ),
        (
            "x",
            own.add(&NewHost {
                jump: Some("a b".to_owned()),
                ..host("x", "y")
            }),
        ),
        (
            "x",
            own.add(&NewHost {
                user: Some("r oot".to_owned()),
                ..host("x", "y")
            }),
        ),
    ] {
        assert!(change.is_err(), "{name}");
    }
}

#[test]
fn own_tags_can_be_chosen_by_or_are_refused() {
    let home = Home::new();
    let hosts = ["web-1".to_owned(), "web-2".to_owned()];
    let set = |tags: &[&str], given| {
        let tags: Vec<String> = tags.iter().copied().map(str::to_owned).collect();
        OwnTags::set(home.0.path(), &hosts, &tags, given)
    };
    set(&["blue", "größe"], true).unwrap();
    set(&["blue"], false).unwrap();
    let tags = OwnTags::read(home.0.path()).0;
    assert_eq!(tags.of("web-2").collect::<Vec<_>>(), ["größe"]);
    for odd in ["a,b", "a b", "!a", "a/b", "", "(a)", "a&b", "\u{202e}x"] {
        assert!(set(&[odd], true).is_err(), "{odd}");
    }
}

#[test]
fn a_host_that_vanished_is_shown_for_a_week() {
    let home = Home::new();
    let now = Utc::now();
    let host = |name: &str| Host {
        sources: vec![Source::default()],
        ..known(name, "root", name)
    };
    let names = |hosts: &[Host], days: i64| -> Vec<String> {
        let gone = vanished(home.0.path(), hosts, now + TimeDelta::days(days));
        gone.into_iter().map(|host| host.name).collect()
    };
    assert_eq!(names(&[host("a"), host("b")], 0), Vec::<String>::new());
    assert_eq!(names(&[host("a")], 1), ["b"]);
    assert_eq!(names(&[host("a")], 7), ["b"]);
    assert_eq!(names(&[host("a"), host("b")], 7), Vec::<String>::new());
    assert_eq!(names(&[host("a")], 8), ["b"]);
    // A week after it vanished last.
    assert_eq!(names(&[host("a")], 16), Vec::<String>::new());
    // One that has another name now is there.
    let other = Host {
        also: vec!["a".to_owned()],
        ..host("c")
    };
    assert_eq!(names(&[other], 16), Vec::<String>::new());
}

proptest! {
    /// Whatever a source says, each line that is written is one of ours, and names no other host.
    #[test]
    fn no_source_writes_a_line_of_its_own(
        name in "[ -~\n\"]{1,12}", address in "[ -~\n]{0,12}", user in "[ -~\n]{0,8}", key in "[ -~\n\"]{0,8}", jump in "[ -~\n,]{0,8}",
        proxy in "[ -~\n#]{0,12}",
    ) {
        let mut read = Read::default();
        read.add(Found {
            name,
            address: Some(address),
            user: Some(user),
            key: Some(key),
            jump: Some(jump),
            proxy: Some(proxy),
            ..Found::default()
        });
        let entries: Vec<Entry> = merge(&[], read.found.clone());
        let text = written(&entries);
        let keywords = ["Host ", "  HostName ", "  User ", "  ProxyJump ", "  ProxyCommand ", "  IdentityFile \""];
        for line in text.lines() {
            prop_assert!(keywords.iter().any(|keyword| line.starts_with(keyword)), "{text}");
        }
        prop_assert_eq!(text.matches("Host ").count(), read.found.len() + text.matches(" Host ").count());
    }

    /// No text brings a reader down.
    #[test]
    fn any_text_has_an_answer(text in "[a-c\\[\\]:{}\"'= \n#&*!-]{0,60}") {
        let folder = tempfile::tempdir().unwrap();
        for end in ["ini", "yml", "json", "tfstate"] {
            let path = folder.path().join("x").with_extension(end);
            fs::write(&path, &text).unwrap();
            let _ = Sources::add_file(folder.path(), &path);
        }
        Kept::default().read(&Where { home: folder.path(), config: folder.path(), data: folder.path(), projects: &[] }, &|_| false);
    }
}
