use std::fs;

use proptest::prelude::*;

use super::{
    super::{Entry, Listing, Machine, SourceCache, Sources, Where, merge, written},
    Home,
};

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
        ("list.yml", "- hunter2\n", "is not an inventory"),
        (
            "listed.yml",
            "all: {hosts: [hunter2]}\n",
            "the hosts of group 'all' are not a mapping",
        ),
        ("number.json", "5", "is not an inventory"),
        (
            "circle.ini",
            "[a:children]\nb\n[b:children]\na\n[b]\nx\n",
            "groups contain each other: ",
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
            "x: its address is not a valid one",
        ),
        (
            "lines.ini",
            "x ansible_user=\"root\\nProxyCommand hunter2\"\n",
            "x: its user is not a valid one",
        ),
        (
            "template.ini",
            "x ansible_host='{{ hunter2 }}'\n",
            "x: its address is not a valid one",
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
        assert!(read.machines.iter().any(|one| one.name == "fine"), "{file}");
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

/// A port or a name that is none is left out and said: 22, or a name like it, may be another machine.
#[test]
fn what_cannot_be_is_left_out_and_not_replaced() {
    let home = Home::new();
    home.write(
        "shop/environments/prod/config.yml",
        "vms:\n  a: 5\n  b: {host: [x]}\n  c: {host: 10.0.0.1, port: 99999}\n  good: {host: 10.0.0.2}\n",
    );
    home.source(
        "a.yml",
        "all: {hosts: {p1: {ansible_port: abc}, p2: {ansible_port: 99999}, p3: {ansible_host: [x]}, p4: {ansible_port: 2222}}}\n",
    );
    home.source("b.ini", "ok\n\"web 1\"\n\"-oProxyCommand=x\"\nhost:99999\n");
    home.source(
        "c.tfstate",
        r#"{"version": 4, "resources": [{"type": "x_server", "name": "n", "instances": [{"attributes": {"ipv4_address": 123}},
          {"attributes": {"ipv4_address": "10.0.0.3", "name": "web server"}}]}]}"#,
    );
    let read = home.read();
    assert_eq!(
        super::lines(&read),
        [
            "good 10.0.0.2 #prod",
            "ok -",
            "p4 -:2222",
            "web-server 10.0.0.3"
        ]
    );
    // One line for each source, however much is wrong with it.
    assert_eq!(read.problems.len(), 3, "{:?}", read.problems);
    let all = read.problems.join("\n");
    assert!(
        all.contains("p1: its port is not a valid one") && all.contains("(and 2 more there)"),
        "{all}"
    );
}

/// A group that is called as a set of a batch is has another name as a tag, and that is said once.
#[test]
fn tags_that_mean_something_else_get_another_name() {
    let home = Home::new();
    home.source("a.ini", "[failed]\na\nb\n[web]\na\n");
    let read = home.read();
    assert_eq!(
        super::lines(&read),
        ["a - #group-failed #web", "b - #group-failed"]
    );
    assert_eq!(read.problems.len(), 1, "{:?}", read.problems);
    assert!(read.problems[0].contains("is the tag @group-failed here"));
    assert_eq!(read.notes, Vec::<String>::new());
    // Other characters than a tag can have are no problem, and said as well.
    home.source("a.ini", "[prod/eu]\na\nb\n[web]\na\n");
    let read = home.read();
    assert_eq!(super::lines(&read), ["a - #prod-eu #web", "b - #prod-eu"]);
    assert_eq!(
        (read.problems.len(), read.notes.len()),
        (0, 1),
        "{:?}",
        read.notes
    );
    assert!(
        read.notes[0].contains("a.ini: a group or tag is @prod-eu here"),
        "{:?}",
        read.notes
    );
    for reserved in crate::fleet::OF_BATCHES
        .into_iter()
        .chain(["file", "file:x", "held:01"])
    {
        let set =
            super::super::OwnTags::set(home.0.path(), &["a".into()], &[reserved.into()], true);
        assert!(set.is_err(), "{reserved}");
    }
}

#[test]
fn a_source_that_breaks_counts_as_it_was() {
    let home = Home::new();
    let path = home.source("inv.ini", "a\nb\n");
    let kept = SourceCache::default();
    let read = || kept.read(&home.place(&[]), &|_| true);
    assert_eq!(read().machines.len(), 2);
    fs::write(&path, "[a\u{0}b:c]\n").unwrap();
    let broken = read();
    assert_eq!(broken.machines.len(), 2);
    assert_eq!(broken.problems.len(), 2, "{:?}", broken.problems);
    // And still, though the file is the same.
    assert_eq!(read().machines.len(), 2);
    fs::write(&path, "a\nb\nc\n").unwrap();
    assert_eq!((read().machines.len(), read().problems.len()), (3, 0));
}

proptest! {
    /// Whatever a source says, each line that is written is one of ours, and names no other host.
    #[test]
    fn no_source_writes_a_line_of_its_own(
        name in "[ -~\n\"]{1,12}", address in "[ -~\n]{0,12}", user in "[ -~\n]{0,8}", key in "[ -~\n\"]{0,8}", jump in "[ -~\n,]{0,8}",
        proxy in "[ -~\n#]{0,12}",
    ) {
        let mut read = Listing::default();
        read.add(Machine {
            name,
            address: Some(address),
            user: Some(user),
            key: Some(key),
            jump: Some(jump),
            proxy: Some(proxy),
            ..Machine::default()
        });
        let entries: Vec<Entry> = merge(&[], read.machines.clone(), &|_| None);
        let text = written(&entries);
        let keywords = ["Host ", "  HostName ", "  User ", "  ProxyJump ", "  ProxyCommand ", "  IdentityFile \""];
        for line in text.lines() {
            prop_assert!(keywords.iter().any(|keyword| line.starts_with(keyword)), "{text}");
        }
        prop_assert_eq!(text.matches("Host ").count(), read.machines.len() + text.matches(" Host ").count());
    }

    /// No text brings a reader down.
    #[test]
    fn any_text_has_an_answer(text in "[a-c\\[\\]:{}\"'= \n#&*!-]{0,60}") {
        let folder = tempfile::tempdir().unwrap();
        for end in ["ini", "yml", "json", "tfstate"] {
            let path = folder.path().join("x").with_extension(end);
            fs::write(&path, &text).unwrap();
            // Whether it is taken does not matter here.
            Sources::add_file(folder.path(), &path).ok();
        }
        SourceCache::default().read(&Where { home: folder.path(), config: folder.path(), data: folder.path(), projects: &[] }, &|_| false);
    }
}
