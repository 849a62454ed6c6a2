use std::time::{Duration, Instant};

use chrono::TimeDelta;

use super::{
    super::{Machine, merge, vanished, written},
    Home,
};
use crate::host::{Host, Source, SourceKind};

fn machine(name: &str, address: &str, kind: SourceKind) -> Machine {
    Machine {
        name: name.to_owned(),
        address: Some(address.to_owned()),
        source: Source {
            kind,
            place: format!("{}.file", kind.words()),
        },
        ..Machine::default()
    }
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
    let mut of_ansible = machine("web-1", "10.0.0.99", SourceKind::Ansible);
    of_ansible.tags.insert("web".to_owned());
    let mut other_user = machine("web-1-deploy", "10.0.0.1", SourceKind::Docker);
    other_user.user = Some("deploy".to_owned());
    let entries = merge(
        &config,
        vec![
            machine("terra", "10.0.0.1", SourceKind::Terraform),
            machine("terra-2", "10.0.0.1", SourceKind::Terraform),
            of_ansible,
            other_user,
            machine("new-1", "10.0.0.7", SourceKind::Terraform),
            machine("new-2", "10.0.0.7", SourceKind::Terraform),
            machine("seven", "10.0.0.7", SourceKind::Docker),
        ],
        &|_| None,
    );
    let shown: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} {:?} {}", entry.name, entry.also, entry.machines.len()))
        .collect();
    assert_eq!(
        shown,
        [
            // What another source has at the place of several may be either, and is neither.
            r"web-1 [] 1",
            r"alias [] 0",
            r"terra [] 1",
            r"terra-2 [] 1",
            // Two names of one source are two hosts.
            r"new-1 [] 1",
            r"new-2 [] 1",
            r"web-1-deploy [] 1",
            r"seven [] 1",
        ]
    );
    let mut host = config[0].clone();
    let own = Source {
        kind: SourceKind::SshConfig,
        place: host.place.clone(),
    };
    entries[0].complete(&mut host, Some(own));
    assert_eq!(host.tags, ["web"]);
    assert_eq!(host.sources.len(), 2);
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

/// An address behind one host is another machine than the same one behind another, and a key's own name says which it is.
#[test]
fn hosts_of_one_address_are_one_only_by_one_way() {
    let behind = |name: &str, way: &str| Host {
        through: (!way.is_empty()).then(|| way.to_owned()),
        ..known(name, "root", "10.0.0.5")
    };
    let shown = |known: &[Host], machine: Machine, way: Option<&str>| {
        let entries = merge(known, vec![machine], &|_| way.map(str::to_owned));
        let last = entries.last().unwrap();
        (
            last.name.clone(),
            last.also.clone(),
            last.doubts.join("; ").contains("stg has this address"),
        )
    };
    let db = || machine("db", "10.0.0.5", SourceKind::Ansible);
    let by_jump = |jump: &str| Machine {
        jump: Some(jump.to_owned()),
        ..db()
    };
    let one = |also: bool| match also {
        true => ("stg".to_owned(), vec!["db".to_owned()], false),
        false => ("db".to_owned(), Vec::new(), true),
    };
    assert_eq!(shown(&[behind("stg", "")], db(), None), one(true));
    assert_eq!(shown(&[behind("stg", "web-1")], db(), None), one(false));
    let jumps = |jump| shown(&[behind("stg", "web-1")], by_jump(jump), None);
    assert_eq!(jumps("web-1"), one(true));
    assert_eq!(jumps("web-2"), one(false));
    assert_eq!(
        shown(&[behind("stg", "")], by_jump("web-1"), None),
        one(false)
    );
    // What the config says for all names is the way of an inventory's, too.
    let bastion = shown(&[behind("stg", "bastion")], db(), Some("bastion"));
    assert_eq!(bastion, one(true));
    let alias = Host {
        key_alias: Some("vm-1".to_owned()),
        ..behind("stg", "")
    };
    assert_eq!(shown(&[alias], db(), None), one(false));
}

#[test]
fn a_host_that_vanished_is_shown_for_a_week() {
    let home = Home::new();
    let now = crate::clock::now();
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

/// A thousand hosts of an inventory are read, merged with a thousand of the SSH config, and looked up, in the time of a blink.
/// The figure is 100 ms for a release build on a quiet machine; what is held here is that it does not grow with the square.
#[test]
fn a_thousand_hosts_are_listed_at_once() {
    let list = |count: usize| {
        let home = Home::new();
        let names: String = (0..count)
            .map(|at| format!("h{at} ansible_host=10.0.{}.{}\n", at / 250, at % 250))
            .collect();
        home.source("inv.ini", &format!("[g]\n{names}"));
        let begun = Instant::now();
        let read = home.read();
        let known: Vec<Host> = (0..count)
            .map(|at| {
                known(
                    &format!("k{at}"),
                    "root",
                    &format!("10.1.{}.{}", at / 250, at % 250),
                )
            })
            .collect();
        let entries = merge(&known, read.machines, &|_| None);
        let text = written(&entries);
        let config = crate::ssh::Config::read_behind((&text, "x"), &[], &[], home.0.path());
        assert_eq!(config.hosts().len(), count);
        assert_eq!(
            vanished(home.0.path(), &config.hosts(), crate::clock::now()).len(),
            0
        );
        begun.elapsed()
    };
    let best = |count| (0..3).map(|_| list(count)).min().unwrap_or(Duration::MAX);
    let (small, large) = (best(500), best(4_000));
    println!(
        "500 hosts: {small:?}; 1,000: {:?}; 4,000: {large:?}",
        best(1_000)
    );
    assert!(large < small * 45, "500 hosts: {small:?}, 4,000: {large:?}");
}
