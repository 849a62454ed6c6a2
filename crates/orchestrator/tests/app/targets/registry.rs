//! mkcli's registry, as it changes under a running app.

use std::{collections::HashSet, fs, io::Write, os::unix::fs::MetadataExt, time::Instant};

use orchestrator::{
    project::Project,
    wire::{CatalogRequest, Event, Reply},
};

use super::home;
use crate::{
    home::eventually,
    page::{App, Page},
};

async fn listed(page: &mut Page, wanted: impl Fn(&[Project]) -> bool) -> Vec<Project> {
    page.until(|event| match event {
        Event::Projects { projects, .. } => wanted(projects).then(|| projects.clone()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn an_alias_added_in_a_terminal_appears_though_the_registrys_folder_is_new() {
    let (_postgres, home) = home("all: ; @true\n");
    let folder = home.work().parent().unwrap().join("conf/mkcli");
    let registry = folder.join("registry");
    let app = App::start_by(home, |mut command| {
        command.env("MKCLI_REGISTRY", &registry);
        command
    });
    let mut page = app.page().await;
    let Ok(Reply::Overview(_)) = page.ask(CatalogRequest::Overview).await else {
        panic!("no overview")
    };
    fs::create_dir_all(&folder).unwrap();
    let add = |line: &str| {
        let file = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&registry);
        writeln!(file.unwrap(), "{line}").unwrap();
        Instant::now()
    };
    let work = app.home.work();
    let mut added = vec![add(&format!("first {} 0.1.0", work.display()))];
    let has = |name: &'static str| {
        move |projects: &[Project]| projects.iter().any(|project| project.name == name)
    };
    listed(&mut page, has("first")).await;
    let mut took = vec![added[0].elapsed()];
    added.push(add("second /gone/for/good 0.1.0"));
    let projects = listed(&mut page, has("second")).await;
    took.push(added[1].elapsed());
    assert!(took.iter().all(|took| took.as_secs() < 1), "{took:?}");
    let second = projects.iter().find(|project| project.name == "second");
    let problem = second.unwrap().problem.as_deref();
    assert_eq!(problem, Some("the folder is gone"));
    // As mkcli removes an alias: a new file in the place of the old one.
    let new = folder.join("new");
    fs::write(&new, "second /gone/for/good 0.1.0\n").unwrap();
    fs::rename(&new, &registry).unwrap();
    listed(&mut page, |projects| !has("first")(projects)).await;
}

/// The folders that a process watches, by their inodes: a set for each of its watches.
fn watches(process: u32) -> Vec<HashSet<u64>> {
    let infos = fs::read_dir(format!("/proc/{process}/fdinfo")).unwrap();
    let infos = infos
        .flatten()
        .filter_map(|info| fs::read_to_string(info.path()).ok());
    let inodes = |info: String| -> HashSet<u64> {
        let inodes = info
            .lines()
            .filter_map(|line| line.strip_prefix("inotify ")?.split_once("ino:"));
        let inodes = inodes.filter_map(|(_, rest)| rest.split(' ').next());
        inodes
            .map(|hex| u64::from_str_radix(hex, 16).unwrap())
            .collect()
    };
    infos
        .map(inodes)
        .filter(|inodes| !inodes.is_empty())
        .collect()
}

#[tokio::test]
async fn a_changed_list_of_projects_is_watched_once() {
    let (_postgres, home) = home("all: ; @true\n");
    let app = App::start(home);
    let mut page = app.page().await;
    page.ask(CatalogRequest::Overview).await.unwrap();
    let other = app.home.work().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("Makefile"), "all: ; @true\n").unwrap();
    app.home.text(&["projects", "add", other.to_str().unwrap()]);
    let inode = fs::metadata(&other).unwrap().ino();
    eventually(
        "one watch has the new folder, and there is no other",
        || matches!(&*watches(app.pid()), [only] if only.contains(&inode)),
    );
}
