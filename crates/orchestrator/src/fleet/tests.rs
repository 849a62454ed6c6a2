use std::io;

use proptest::prelude::*;

use super::{ChoiceError, Inventory, choose, expand, fold};

/// What `ClusterShell` 1.10 makes of these.
#[test]
fn ranges_mean_what_they_mean_elsewhere() {
    for (pattern, names) in [
        ("n[1-3,7]", "n1,n2,n3,n7"),
        ("n[08-11]", "n08,n09,n10,n11"),
        ("n[00-02]", "n00,n01,n02"),
        ("n[0-10/2]", "n0,n2,n4,n6,n8,n10"),
        ("n[2-4/2,9]", "n2,n4,n9"),
        ("n[5,3,3]", "n3,n5"),
        ("n[1,01]", "n1,n01"),
        ("n[09-10,9-10]", "n9,n09,n10"),
        ("n[99-101]", "n99,n100,n101"),
        ("n[ 1 - 2 ]", "n1,n2"),
        ("n[007]", "n007"),
        ("dc[1-2]n[1-3]", "dc1n1,dc1n2,dc1n3,dc2n1,dc2n2,dc2n3"),
        (
            "n[1-3]x[01-02].ex",
            "n1x01.ex,n1x02.ex,n2x01.ex,n2x02.ex,n3x01.ex,n3x02.ex",
        ),
        ("[1-3]", "1,2,3"),
        ("plain", "plain"),
    ] {
        assert_eq!(expand(pattern).unwrap().join(","), names, "{pattern}");
    }
}

#[test]
fn a_range_that_is_none_is_refused_with_its_reason() {
    for (pattern, reason) in [
        ("n[3-1]", "3 is more than 1"),
        ("n[1-]", "a number is missing"),
        ("n[]", "a number is missing"),
        ("n[a]", "'a' is no number"),
        ("n[1--3]", "'-3' is no number"),
        ("n[1-2/0]", "step of 0"),
        ("n[1-010]", "different numbers of digits"),
        ("n[01-100]", "different numbers of digits"),
        ("n[1-3", "'[' without its ']'"),
        ("n1-3]", "']' without its '['"),
        ("n1]x[2]", "']' without its '['"),
        ("n[1-999999999]", "more than 100000 names"),
        ("n[1-1000]x[1-1000]", "more than 100000 names"),
        (
            "n[1-9999999999999999999]",
            "is no number of up to 18 digits",
        ),
    ] {
        let why = expand(pattern).unwrap_err();
        assert!(why.contains(reason), "{pattern}: {why}");
        assert!(why.starts_with(pattern), "{pattern}: {why}");
    }
}

#[test]
fn names_are_folded_as_a_person_would() {
    for (names, folded) in [
        ("n1,n2,n3,n7", "n[1-3,7]"),
        ("n08,n09,n10,n11", "n[08-11]"),
        ("web-1,db,web-2", "web-[1-2],db"),
        ("n9,n09,n10", "n[9,09-10]"),
        ("dc1n1,dc1n2,dc2n1,dc2n2", "dc[1-2]n[1-2]"),
        ("dc1n1,dc1n2,dc2n1", "dc1n[1-2],dc2n1"),
        ("10.0.0.1,10.0.0.2", "10.0.0.[1-2]"),
        ("n1,n1", "n1"),
        ("", ""),
        (
            "v99999999999999999999,v99999999999999999998",
            "v99999999999999999999,v99999999999999999998",
        ),
    ] {
        let each = names.split(',').filter(|name| !name.is_empty());
        assert_eq!(fold(each), folded);
    }
}

struct Hosts(Vec<String>);

impl Inventory for Hosts {
    fn names(&self) -> Vec<String> {
        self.0.clone()
    }

    fn tagged(&self, tag: &str) -> Vec<String> {
        let has = |name: &&String| name.starts_with(tag);
        self.0.iter().filter(has).cloned().collect()
    }

    fn tags(&self) -> Vec<String> {
        vec!["db".to_owned(), "web".to_owned()]
    }

    fn read(&self, path: Option<&str>) -> io::Result<String> {
        match path {
            None => Ok("\u{feff}web-1 web-2\r\n# db-1\ndb-[1-2], extra # and more\n\n".to_owned()),
            Some("hosts/a list") => Ok("db*".to_owned()),
            Some(_) => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }
}

fn hosts() -> Hosts {
    Hosts(
        expand("web-[1-9]")
            .unwrap()
            .into_iter()
            .chain(expand("db-[1-3]").unwrap())
            .collect(),
    )
}

#[test]
fn a_line_means_what_it_says() {
    for (line, chosen) in [
        ("web-1,web-2", "web-[1-2]"),
        (" web-1 , web-1 ", "web-1"),
        ("web-[1-3]", "web-[1-3]"),
        ("db*", "db-[1-3]"),
        ("web-?,db-3", "web-[1-9],db-3"),
        ("w*[1-2]", "web-[1-2]"),
        ("@db", "db-[1-3]"),
        ("@web!web-3", "web-[1-2,4-9]"),
        ("@web,!web-3", "web-[1-2,4-9]"),
        ("@web & !web-3", "web-[1-2,4-9]"),
        ("@web&web-[2-20]", "web-[2-9]"),
        // From left to right, as elsewhere.
        ("web-1,db-1&db*", "db-1"),
        ("web-1,(db-1&db*)", "web-1,db-1"),
        ("!web*", "db-[1-3]"),
        ("!web*,web-4", "db-[1-3],web-4"),
        ("@web/3", "web-[1-3]"),
        ("(@web,!web-1)/2", "web-[2-3]"),
        ("@web/100%", "web-[1-9]"),
        ("-", "web-[1-2],db-[1-2],extra"),
        ("-&db*", "db-[1-2]"),
        ("@file:hosts/a list,web-1", "db-[1-3],web-1"),
        ("root@web-1,unlisted", "root@web-1,unlisted"),
    ] {
        let choice = choose(line, &hosts()).unwrap();
        assert_eq!(
            fold(choice.hosts.iter().map(String::as_str)),
            chosen,
            "{line}"
        );
    }
}

#[test]
fn all_is_known_as_all() {
    for (line, is_all) in [
        ("*", true),
        ("!web-1", true),
        ("*,!web-1", true),
        ("web-1,*", true),
        ("*&web*", false),
        ("web*&(!web-1)", false),
        ("w*", false),
        ("*/2", false),
    ] {
        assert_eq!(choose(line, &hosts()).unwrap().is_all, is_all, "{line}");
    }
}

#[test]
fn only_a_name_in_full_is_typed() {
    let typed = |line| choose(line, &hosts()).unwrap().typed;
    assert_eq!(typed("web-1,db-[1-2],w*,web-2"), ["web-1", "web-2"]);
    assert_eq!(typed("db-1,web-1,!db-1"), ["web-1"]);
    assert_eq!(typed("db*&db-1"), Vec::<String>::new());
    assert_eq!(typed("(db-1,-)/9"), Vec::<String>::new());
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    for (line, words) in [
        ("", "a host is missing at its end"),
        ("a,,b", "a host is missing before ',b'"),
        ("a,", "a host is missing at its end"),
        ("a b", "',', '&' or '!' is missing before 'b'"),
        ("(a", "a ')' is missing at its end"),
        ("a)", "a ')' without its '(' before ')'"),
        ("@", "a tag is missing after '@'"),
        ("@web/0", "after '/' comes a number"),
        ("@web/101%", "more than 100%"),
        ("@web/300%", "more than 100%"),
        ("n[3-1]", "3 is more than 1"),
        ("@file:", "a path is missing"),
        ("@file:nowhere", "read nowhere: "),
        (
            "@nosuch",
            "no host has the tag @nosuch; there are @db, @web",
        ),
        ("zzz*", "'zzz*' means no host"),
        ("db-1&web-1", "means no host"),
    ] {
        let why = choose(line, &hosts()).unwrap_err().to_string();
        assert!(why.contains(words), "{line}: {why}");
    }
    let deep = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
    let refused = choose(&deep, &hosts()).unwrap_err();
    assert!(matches!(refused, ChoiceError::Unreadable(_)), "{refused}");
}

#[test]
fn a_tenth_is_the_same_tenth() {
    let many = Hosts(expand("n[1-1000]").unwrap());
    let tenth = choose("*/10%", &many).unwrap().hosts;
    assert_eq!(tenth.len(), 100);
    assert_eq!(tenth, choose("*/10%", &many).unwrap().hosts);
    // One more host changes at most one of those that are drawn; a fifth holds the tenth.
    let fifth = choose("*/20%", &many).unwrap().hosts;
    assert!(tenth.iter().all(|host| fifth.contains(host)));
    // It is no row of neighbours.
    assert!(fold(tenth.iter().map(String::as_str)).len() > 300);
}

proptest! {
    /// A folded line, taken apart again, is the same names.
    #[test]
    fn what_is_folded_is_not_lost(names in prop::collection::vec("[a-c]{0,2}[0-9]{1,3}(\\.[0-9]{1,2}|-x|[0-9]{18})?", 0..40)) {
        let folded = fold(names.iter().map(String::as_str));
        let mut again: Vec<String> = Vec::new();
        if !folded.is_empty() {
            again = choose(&folded, &Hosts(Vec::new())).unwrap().hosts;
        }
        let (mut before, mut after) = (names.clone(), again);
        before.sort();
        before.dedup();
        after.sort();
        prop_assert_eq!(before, after);
    }

    /// No line brings it down, and what is chosen is there or was written.
    #[test]
    fn any_line_has_an_answer(line in "[ -~é]{0,40}") {
        if let Ok(choice) = choose(&line, &hosts()) {
            prop_assert!(!choice.hosts.is_empty());
        }
    }

    /// Sets obey the laws of sets.
    #[test]
    fn sets_are_sets(a in "(web|db)-[1-9]", b in "(web|db)-\\[1-[2-9]\\]", c in "(w|d|\\*)\\*") {
        let of = |line: String| choose(&line, &hosts()).map(|choice| choice.hosts).unwrap_or_default();
        let either = of(format!("{a},{b},{c}"));
        for part in [&a, &b, &c] {
            prop_assert!(of(part.clone()).iter().all(|host| either.contains(host)));
        }
        let both = of(format!("{b}&{c}"));
        prop_assert!(both.iter().all(|host| of(b.clone()).contains(host) && of(c.clone()).contains(host)));
        let without = of(format!("{b}!{c}"));
        prop_assert_eq!(both.len() + without.len(), of(b.clone()).len());
    }
}
