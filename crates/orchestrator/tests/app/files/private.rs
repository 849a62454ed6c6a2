//! Nobody else may read a byte of what is ours, whatever mask the app was started with.

use std::{
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

use orchestrator::{
    settings::Settings,
    store::embedded,
    wire::{CatalogRequest, Reply, Request, SettingsRequest},
};

use crate::{
    home::{Home, eventually},
    page::App,
};

/// The same program, started under this mask.
fn masked(command: Command, mask: &str) -> Command {
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("umask {mask} && exec \"$0\" \"$@\""))
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap());
    crate::home::same_variables(&command, &mut shell);
    shell
}

/// Everything in a folder, the folder first.
fn all(folder: &Path) -> Vec<PathBuf> {
    let mut paths = vec![folder.to_owned()];
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        // What goes away meanwhile is no harm.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => paths.extend(all(&entry.path())),
            _ => paths.push(entry.path()),
        }
    }
    paths
}

/// Those that others could read or write. A socket is as open as the folder it is in.
fn open_to_others(folder: &Path) -> Vec<String> {
    let mut open = Vec::new();
    for path in all(folder) {
        let Ok(about) = fs::symlink_metadata(&path) else {
            continue;
        };
        let kind = about.file_type();
        if kind.is_socket() || kind.is_symlink() {
            continue;
        }
        let mode = about.permissions().mode() & 0o7777;
        let right = if kind.is_dir() {
            mode == 0o700
        } else {
            mode == 0o600 || mode == 0o700 || mode == 0o400
        };
        if !right {
            open.push(format!("{mode:04o} {}", path.display()));
        }
    }
    open
}

#[tokio::test]
async fn nothing_of_ours_can_be_read_by_others() {
    for mask in ["000", "077"] {
        let home = Home::new(None);
        fs::set_permissions(home.work(), fs::Permissions::from_mode(0o755)).unwrap();
        home.makefile("hello:\n\t@echo hello\n");
        // The terminal and the pipes, a secret, a log of our own complaints: each writes files of its own.
        for args in [
            &["run", "--", "umask; echo out; echo err >&2"][..],
            &["run", "--pty", "hello"],
        ] {
            let output = masked(home.vmo(args), mask).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            if args[1] == "--" {
                let stdout = String::from_utf8(output.stdout).unwrap();
                assert!(
                    stdout.contains(&format!("0{mask}\n")),
                    "a job keeps its mask: {stdout}"
                );
            }
        }
        let app = App::start_by(home, |command| masked(command, mask));
        let mut page = app.page().await;
        let job = page
            .start("echo begun; while [ ! -e go ]; do sleep 0.02; done")
            .await;
        let folder = app.home.data().join("jobs").join(job.id.to_string());
        eventually("it writes", || all(&folder.join("spool")).len() > 1);
        for request in [
            Request::from(SettingsRequest::ChangeSettings(Settings {
                max_jobs: 3,
                ..Settings::default()
            })),
            CatalogRequest::SaveCommand {
                host: None,
                command: "w".into(),
            }
            .into(),
            CatalogRequest::AddProject {
                path: app.home.work().display().to_string(),
            }
            .into(),
            CatalogRequest::TrustProject {
                name: "work".into(),
            }
            .into(),
        ] {
            let reply = page.ask(request).await;
            assert!(
                matches!(
                    reply,
                    Ok(Reply::Ok | Reply::Settings(_) | Reply::Project(_))
                ),
                "{reply:?}"
            );
        }
        app.home.run(&["doctor"]);
        let (data, config) = (app.home.data(), app.home.config());
        for file in [
            "settings.json",
            "settings.json.good",
            "trusted.json",
            "commands.json",
            "projects.json",
        ] {
            assert!(config.join(file).exists(), "{file}");
        }
        let cluster = embedded::data_folder(&data).unwrap();
        let sockets = sockets(&app.home);
        for folder in [&data, &config, &cluster, &sockets] {
            assert_eq!(open_to_others(folder), [""; 0], "under {mask}");
            assert!(
                all(folder).len() > 1,
                "{} has something in it",
                folder.display()
            );
        }
        let not_ours = |path: &PathBuf| {
            fs::metadata(path).unwrap().uid() != rustix::process::geteuid().as_raw()
        };
        assert_eq!(
            [&data, &config].into_iter().find(|path| not_ours(path)),
            None
        );
        fs::write(app.home.work().join("go"), "").unwrap();
        page.over(job.id).await;
    }
}

/// The folder of the embedded server's socket, as its address says.
fn sockets(home: &Home) -> PathBuf {
    // It fails if something is missing on this machine, and lists all the same.
    let doctor = home.run(&["doctor", "--json"]).stdout;
    let checks: serde_json::Value = serde_json::from_slice(&doctor).unwrap();
    let check = checks
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["what"] == "Postgres");
    let check = check.unwrap()["found"].as_str().unwrap().to_owned();
    let (_, rest) = check.split_once("@/").unwrap_or_else(|| panic!("{check}"));
    let (folder, _) = rest.split_once(':').unwrap();
    Path::new("/").join(folder)
}
