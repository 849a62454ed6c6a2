use std::fs;

use super::{
    super::{NewHost, OwnHosts, OwnTags},
    Home,
};
use crate::ssh;

#[test]
fn own_hosts_are_written_as_an_ssh_config_and_what_is_beside_them_stays() {
    let home = Home::new();
    let own = OwnHosts::of(home.0.path());
    let host = |name: &str, address: &str| NewHost {
        name: name.to_owned(),
        address: Some(address.to_owned()),
        ..NewHost::default()
    };
    own.insert(&host("web-1", "10.0.0.1")).unwrap();
    own.insert(&NewHost {
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
    let kept = own.get("web-2").unwrap();
    assert_eq!(
        (kept.key.as_deref(), kept.user),
        (Some("~/.ssh/my key"), None)
    );
    assert_eq!(own.get("web-1"), None);
    let config = ssh::Config::read(&own.path(), home.0.path());
    assert_eq!(config.problems(), Vec::<String>::new());
    for (name, change) in [
        ("web-2", own.insert(&host("web-2", "x"))),
        ("by-hand", own.remove("by-hand")),
        ("nowhere", own.edit(&host("nowhere", "x"))),
        ("a b", own.insert(&host("a b", "x"))),
        ("*", own.insert(&host("*", "x"))),
        ("x", own.insert(&host("x", "10.0.0.1\n  ProxyCommand id"))),
        ("x", own.insert(&host("x", "-oProxyCommand=id"))),
        (
            "x",
            own.insert(&NewHost {
                key: Some("a\"b".to_owned()),
                ..host("x", "y")
            }),
        ),
        (
            "x",
            own.insert(&NewHost {
                port: Some("0".to_owned()),
                ..host("x", "y")
            }),
        ),
        (
            "x",
            own.insert(&NewHost {
                jump: Some("a b".to_owned()),
                ..host("x", "y")
            }),
        ),
        (
            "x",
            own.insert(&NewHost {
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
