use std::{fs, path::Path, process::Command};

use super::*;

fn git(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args(["-c", "user.name=t", "-c", "user.email=t@t"])
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A project with a commit and a remote.
fn repository(dir: &Path, url: &str) -> String {
    fs::create_dir_all(dir).unwrap();
    git(dir, &["init", "-q", "-b", "trunk"]);
    git(dir, &["remote", "add", "origin", url]);
    let makefile = "all:\n\ndeploy: all\n\t@touch ran\n\ntest:; @touch ran\n";
    fs::write(dir.join("Makefile"), makefile).unwrap();
    git(dir, &["add", "."]);
    git(dir, &["commit", "-q", "-m", "one"]);
    git(dir, &["rev-parse", "HEAD"])
}

fn here(hash: &str, targets: &[&str]) -> Here {
    Here {
        project: "shop".into(),
        remotes: vec!["git@example.org:team/shop.git".into()],
        commit: Some(Commit {
            hash: hash[..10].into(),
            branch: None,
            dirty: 0,
            not_compared: false,
        }),
        targets: targets.iter().map(|one| (*one).to_owned()).collect(),
    }
}

/// What the command prints in a home folder.
fn look_in(home: &Path, folders: &[&str], targets: &[&str]) -> String {
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let line = look(&words(folders), &words(targets)).unwrap();
    let mut shell = Command::new("sh");
    let output = shell
        .args(["-c", &line])
        .env("HOME", home)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_folder_of_the_same_repository_is_found_however_it_is_fetched() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().canonicalize().unwrap();
    repository(&dir.join("shop"), "https://example.org/other/shop.git");
    let ours = dir.join("src/it's a shop");
    let hash = repository(&ours, "ssh://git@Example.org:2222/team/shop");
    let places = ["~/shop", "~/nowhere", "~/src/it's a shop"];
    let answer = look_in(&dir, &places, &["deploy", "destroy"]);
    assert!(!ours.join("ran").exists());

    let found = Checkout::read("web1", &answer, &here(&hash, &["deploy"]), None);
    assert_eq!(found.folder.as_deref(), ours.to_str());
    assert_eq!((found.problem, found.as_here), (None, Some(true)));
    let expected = format!(
        "{} at {} (trunk), the commit here",
        ours.display(),
        &hash[..10]
    );
    assert_eq!(found.words, expected);

    let lacks = Checkout::read("web1", &answer, &here(&hash, &["destroy"]), None);
    let why = format!("the makefile in {} has no target destroy", ours.display());
    assert_eq!(lacks.problem, Some(why));

    // Another commit, and a file that differs.
    fs::write(ours.join("new"), "").unwrap();
    let answer = look_in(&dir, &places, &["deploy"]);
    let other = here("0123456789ab", &["deploy"]);
    let found = Checkout::read("web1", &answer, &other, None);
    assert_eq!((found.problem, found.as_here), (None, Some(false)));
    let told = "(trunk), and not at 0123456789, the commit here, 1 file differs";
    assert!(found.words.ends_with(told), "{}", found.words);
}

#[test]
fn what_is_not_there_is_said() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().canonicalize().unwrap();
    let ours = here("0123456789", &["deploy"]);
    let problem = |answer: &str, here: &Here, given: Option<&str>| {
        Checkout::read("web1", answer, here, given).problem.unwrap()
    };
    let nothing = look_in(&dir, &["~/shop"], &["deploy"]);
    assert!(problem(&nothing, &ours, None).starts_with("no folder of shop was found"));
    assert_eq!(
        problem(&nothing, &ours, Some("~/x")),
        "there is no folder ~/x"
    );
    assert!(problem("", &ours, None).starts_with("no folder of shop"));

    repository(&dir.join("shop"), "https://me:secret@example.org/fork.git");
    let other = look_in(&dir, &["~/shop"], &["deploy"]);
    let why = problem(&other, &ours, None);
    assert!(why.contains("shop is of another repository"), "{why}");
    let unknown = Here {
        remotes: Vec::new(),
        ..ours.clone()
    };
    assert!(problem(&other, &unknown, None).contains("has no git remote here"));

    // One that is given counts all the same, and whose it is is said without its password.
    let given = Checkout::read("web1", &other, &ours, Some("~/shop"));
    assert_eq!(given.problem, None);
    assert!(
        given
            .words
            .ends_with("; its remote is https://me@example.org/fork.git")
    );

    fs::remove_file(dir.join("shop/Makefile")).unwrap();
    let bare = look_in(&dir, &["~/shop"], &["deploy"]);
    assert!(problem(&bare, &ours, Some("~/shop")).starts_with("there is no makefile in "));
    let without = bare.replace("@@vmo make ", "make ");
    assert_eq!(problem(&without, &ours, Some("~/shop")), "there is no make");
}

#[test]
fn a_remote_is_known_by_host_and_path() {
    for url in [
        "git@example.org:team/shop.git",
        "example.org:team/shop",
        "https://example.org/team/shop.git/",
        "https://me:pw@EXAMPLE.org:8443/team/shop",
        "ssh://git@example.org/team/shop.git",
    ] {
        assert_eq!(plain_url(url), "example.org/team/shop", "{url}");
    }
    assert_eq!(plain_url("/srv/git/shop.git"), "/srv/git/shop");
    assert_eq!(plain_url("file:///srv/git/shop.git"), "/srv/git/shop");
    assert_eq!(plain_url("../a:b/shop"), "../a:b/shop");
}
