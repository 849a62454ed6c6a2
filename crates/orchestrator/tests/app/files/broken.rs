//! Broken files: the app starts, says where, and holds to what it last could read.

use std::{fs, os::unix::fs::PermissionsExt};

use orchestrator::{
    settings::Settings,
    wire::{CatalogRequest, Event, FailureCode, Overview, Reply, SettingsRequest},
};

use crate::{
    home::Home,
    page::{App, Page},
    postgres::Postgres,
};

fn settings(url: &str) -> Settings {
    Settings {
        database_url: Some(url.to_owned()),
        max_jobs: 7,
        ..Settings::default()
    }
}

/// A home whose settings name a Postgres, as a person wrote them.
fn set() -> (Postgres, Home, String) {
    let postgres = Postgres::start();
    let home = Home::new(None);
    fs::create_dir(home.config()).unwrap();
    let text = serde_json::to_string_pretty(&settings(&postgres.url("postgres"))).unwrap();
    fs::write(home.config().join("settings.json"), &text).unwrap();
    (postgres, home, text)
}

async fn overview(page: &mut Page) -> Overview {
    match page.ask(CatalogRequest::Overview).await {
        Ok(Reply::Overview(overview)) => *overview,
        other => panic!("{other:?}"),
    }
}

#[test]
fn broken_settings_keep_nothing_from_starting_and_the_last_good_ones_count() {
    let (postgres, home, text) = set();
    let file = home.config().join("settings.json");
    home.text(&["run", "--", "echo first"]);
    let mode = |name: &str| {
        let metadata = fs::metadata(home.config().join(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("settings.json.good"), 0o600, "it may hold a password");
    let negative = text.replace(": 7", ": -7");
    let many = text.replace(": 7", ": 70000");
    let no_address = text.replace("postgres://", "mysql://");
    // In the middle of the third line.
    let (second_end, _) = text.match_indices('\n').nth(1).unwrap();
    let (half, _) = text.split_at(second_end + 8);
    for (broken, place) in [
        (half, "settings.json:3: "),
        ("\0\u{1}\u{2}", "settings.json:1: "),
        (&negative, "settings.json:4: max_jobs: "),
        (&many, "settings.json:4: max_jobs: 70000 are too many"),
        (&no_address, "settings.json:2: database_url: "),
    ] {
        fs::write(&file, broken).unwrap();
        let output = home.run(&["run", "--", "echo next"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.stdout, b"next\n", "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.contains(place) && stderr.contains("mend"),
            "{stderr}"
        );
        let doctor = home.run(&["doctor", "--json"]);
        assert!(!doctor.status.success(), "it is broken");
        let checks: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap();
        let mut checks = checks.as_array().unwrap().iter();
        let check = checks.find(|check| check["what"] == "settings").unwrap();
        assert_eq!(check["ok"], false);
        assert!(check["found"].as_str().unwrap().contains(place), "{check}");
        assert_eq!(fs::read_to_string(&file).unwrap(), broken, "left as it is");
    }
    assert_eq!(postgres.psql("postgres", "select count(*) from jobs"), "6");
    fs::write(&file, &text).unwrap();
    assert!(home.run(&["run", "--", "true"]).stderr.is_empty());
}

#[tokio::test]
async fn settings_changed_by_hand_are_noticed_and_a_broken_file_is_never_lost() {
    let (_postgres, home, text) = set();
    let app = App::start(home);
    let file = app.home.config().join("settings.json");
    let mut page = app.page().await;
    assert_eq!(overview(&mut page).await.problems, [""; 0]);

    fs::write(&file, text.replace(": 7", ": 9")).unwrap();
    page.until(|event| match event {
        Event::Settings(settings) if settings.max_jobs == 9 => Some(()),
        _ => None,
    })
    .await;

    let broken = text.replace(": 7", ": \"many\"");
    fs::write(&file, &broken).unwrap();
    let problems = page
        .until(|event| match event {
            // A file that is being written is empty for an instant, and may be read then.
            Event::Problems { problems } => {
                let is_reported = problems.first()?.contains("settings.json:4: max_jobs: ");
                is_reported.then(|| problems.clone())
            }
            _ => None,
        })
        .await;
    let Ok(Reply::Settings(kept)) = page.ask(SettingsRequest::Settings).await else {
        panic!("no settings")
    };
    assert_eq!(kept.max_jobs, 9, "the last good ones");
    assert_eq!(overview(&mut page).await.problems, problems);

    let wanted = Settings {
        max_jobs: 20_000,
        ..kept.clone()
    };
    let refused = page.ask(SettingsRequest::ChangeSettings(wanted)).await;
    assert_eq!(refused.unwrap_err(), FailureCode::Refused);
    let wanted = Settings {
        max_jobs: 8,
        ..kept
    };
    let Ok(Reply::Settings(now)) = page.ask(SettingsRequest::ChangeSettings(wanted)).await else {
        panic!("not kept")
    };
    assert_eq!(now.max_jobs, 8);
    assert_eq!(overview(&mut page).await.problems, [""; 0]);
    let set_aside = file.with_extension("json.broken");
    assert_eq!(fs::read_to_string(&set_aside).unwrap(), broken);
    assert_eq!(
        fs::metadata(&set_aside).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let written: Settings = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(written.max_jobs, 8);
}

#[tokio::test]
async fn every_other_broken_file_is_named_with_its_line_and_the_last_good_one_counts() {
    let postgres = Postgres::start();
    let home = Home::new(Some(postgres.url("postgres")));
    let work = home.work().canonicalize().unwrap();
    home.makefile("hello:\n\t@echo hello\n");
    let (registry, ssh) = (work.parent().unwrap().join("registry"), home.ssh_config());
    fs::write(&registry, format!("mine {} 1\n", work.display())).unwrap();
    fs::write(&ssh, "Host box\n  HostName 127.0.0.1\n").unwrap();
    let app = App::start(home);
    let mut page = app.page().await;
    overview(&mut page).await;
    for request in [
        CatalogRequest::TrustProject {
            name: "mine".into(),
        },
        CatalogRequest::SaveCommand {
            host: Some("box".into()),
            command: "w".into(),
        },
    ] {
        page.ask(request).await.unwrap();
    }
    let config = app.home.config();
    for (file, broken, place) in [
        (registry.clone(), &b"\0\xff\n"[..], "registry:1: "),
        (ssh.clone(), b"\xff\0 \"\n", "ssh_config:1: "),
        (
            config.join("trusted.json"),
            b"{\n\"trusted\": [\"/",
            "trusted.json:2: ",
        ),
        (
            config.join("projects.json"),
            b"{\"projects\": 3}",
            "projects.json:1: projects: ",
        ),
        (config.join("commands.json"), b"{\n\n", "commands.json:3: "),
    ] {
        // In one step, as editors save: a file that is empty for an instant is a good one without content.
        let new = work.join("new");
        fs::write(&new, broken).unwrap();
        fs::rename(&new, &file).unwrap();
        let problems = page
            .until(|event| match event {
                Event::Projects { problems, .. } | Event::Hosts { problems, .. } => problems
                    .iter()
                    .find(|problem| problem.contains(place))
                    .cloned(),
                _ => None,
            })
            .await;
        assert!(problems.contains(place));
    }
    let shown = overview(&mut page).await;
    let mine = shown.projects.iter().find(|project| project.name == "mine");
    assert!(mine.unwrap().trusted, "{:?}", shown.project_problems);
    assert_eq!(shown.hosts[0].name, "box", "{:?}", shown.host_problems);
    let host = &shown.hosts[0];
    assert!(host.commands.contains(&"w".to_owned()), "{host:?}");

    // A program that starts now says it in a line, and does what it was asked to.
    let output = app.home.run(&["run", "-p", "mine", "hello"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.contains("registry:1: ") && stderr.contains("vmo doctor"),
        "{stderr}"
    );
    let doctor = app.home.run(&["doctor"]);
    assert!(!doctor.status.success(), "something is broken");
    let doctor = String::from_utf8(doctor.stdout).unwrap();
    for file in [
        "registry:1",
        "trusted.json:2",
        "projects.json:1",
        "ssh_config:1",
        "commands.json:3",
    ] {
        assert!(doctor.contains(file), "{file}: {doctor}");
    }
}
