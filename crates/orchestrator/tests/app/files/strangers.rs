//! What another user put into our folders is not read, and named.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::Path,
};

use crate::{home::Home, postgres::Postgres};

/// Nobody that a test is run as.
const STRANGER: u32 = 54_321;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Files that a folder holds which was once open to all; each lets its writer run what they like.
fn files(work: &Path) -> [(&'static str, String); 4] {
    let work = work.display();
    [
        ("settings.json", "{\"editor\": \"touch PWN\"}".into()),
        ("trusted.json", format!("{{\"trusted\": [\"{work}\"]}}")),
        (
            "projects.json",
            format!("{{\"projects\": [{{\"name\": \"work\", \"path\": \"{work}\"}}]}}"),
        ),
        ("exclusive.json", format!("{{\"exclusive\": [\"{work}\"]}}")),
    ]
}

#[test]
fn files_of_another_user_are_not_read_and_named() {
    if rustix::process::geteuid().as_raw() != 0 {
        // Only root can make files of another user.
        return;
    }
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    home.makefile("all: ; touch PWN\n");
    let config = home.config();
    fs::create_dir_all(&config).unwrap();
    let work = home.work().canonicalize().unwrap();
    for suffix in ["", ".good"] {
        for (name, text) in files(&work) {
            fs::write(config.join(format!("{name}{suffix}")), text).unwrap();
        }
    }
    let projects = || home.json(&["projects", "--json"]);
    assert_eq!(
        projects()[0]["trusted"],
        true,
        "as our own they are believed"
    );
    mode(&config, 0o777);
    for suffix in ["", ".good"] {
        for (name, _) in files(&work) {
            chown(
                config.join(format!("{name}{suffix}")),
                Some(STRANGER),
                Some(STRANGER),
            )
            .unwrap();
        }
    }
    let listed = projects();
    let listed = listed.as_array().unwrap().iter();
    assert!(
        listed.clone().all(|project| project["name"] != "work"),
        "{listed:?}"
    );
    let stdout = String::from_utf8(home.run(&["doctor"]).stdout).unwrap();
    for (name, _) in files(&work) {
        let line = stdout
            .lines()
            .find(|line| line.contains("not ours") && line.contains(name));
        assert!(
            line.is_some_and(|line| line.contains("54321")),
            "{name}: {stdout}"
        );
    }
    let settings = stdout
        .lines()
        .find(|line| line.contains(" settings "))
        .unwrap();
    assert!(settings.contains("another user"), "{settings}");
    // A link that somebody else laid to a file of ours is no better; nor is a file that all may write.
    let trusted = config.join("trusted.json");
    let own = home.work().join("own.json");
    fs::write(&own, files(&work)[1].1.clone()).unwrap();
    fs::remove_file(&trusted).unwrap();
    symlink(&own, &trusted).unwrap();
    std::os::unix::fs::lchown(&trusted, Some(STRANGER), None).unwrap();
    fs::remove_file(config.join("projects.json")).unwrap();
    fs::remove_file(config.join("projects.json.good")).unwrap();
    home.text(&["projects", "add", "."]);
    let is_trusted = || {
        let listed = projects();
        let mut listed = listed.as_array().unwrap().iter();
        listed.find(|project| project["name"] == "work").unwrap()["trusted"] == true
    };
    assert!(!is_trusted());
    std::os::unix::fs::lchown(&trusted, Some(0), None).unwrap();
    assert!(is_trusted(), "our own link is");
    mode(&own, 0o666);
    assert!(!is_trusted());
    // A job's folder of somebody else is left alone, and named.
    let job = home
        .data()
        .join("jobs/0192a000-0000-7000-8000-000000000001");
    fs::create_dir(&job).unwrap();
    chown(&job, Some(STRANGER), None).unwrap();
    let stdout = String::from_utf8(home.run(&["doctor"]).stdout).unwrap();
    assert!(
        stdout.contains("0192a000") && stdout.contains("cannot be taken in"),
        "{stdout}"
    );
}
