//! What an embedded server leaves outside of a test's folders: as root, its data and its socket. It is taken away when the
//! test is over, or by a later test if this one is killed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use orchestrator::store::embedded;

/// A note of a server's folders, kept until they are gone.
pub(crate) struct Leavings {
    note: PathBuf,
    home: PathBuf,
}

impl Leavings {
    /// Notes the server of an app's data folder, which lies in the folder of a test. Takes away what dead tests left.
    pub(crate) fn of(test: &Path, app: &Path) -> Self {
        let notes = Path::new(env!("CARGO_TARGET_TMPDIR")).join("servers");
        fs::create_dir_all(&notes).unwrap();
        for note in fs::read_dir(&notes).unwrap().flatten() {
            remove_if_abandoned(&note.path());
        }
        let data = embedded::data_folder(app).unwrap();
        let home = data.parent().unwrap();
        let name = test.file_name().unwrap();
        let note = notes.join(name);
        let text = format!(
            "{}\n{}\n{}",
            std::process::id(),
            test.display(),
            home.display()
        );
        fs::write(&note, text).unwrap();
        Self {
            note,
            home: home.to_owned(),
        }
    }

    /// The folder of the server's data.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }
}

impl Drop for Leavings {
    fn drop(&mut self) {
        take_away(&self.note);
    }
}

fn remove_if_abandoned(note: &Path) {
    let text = fs::read_to_string(note).unwrap_or_default();
    let mut lines = text.lines();
    let (Some(pid), Some(test)) = (lines.next(), lines.next()) else {
        return;
    };
    let alive = Path::new("/proc").join(pid).exists() || users(test) > 0;
    if !alive {
        take_away(note);
        fs::remove_dir_all(test).ok();
    }
}

/// How many processes have this folder in their arguments or environment.
fn users(folder: &str) -> usize {
    let holds = |file: PathBuf| {
        let text = fs::read(file).unwrap_or_default();
        text.windows(folder.len())
            .any(|part| part == folder.as_bytes())
    };
    let pids = fs::read_dir("/proc").unwrap().flatten();
    pids.filter(|pid| {
        ["cmdline", "environ"]
            .iter()
            .any(|name| holds(pid.path().join(name)))
    })
    .count()
}

fn take_away(note: &Path) {
    let text = fs::read_to_string(note).unwrap_or_default();
    let mut lines = text.lines().skip(1);
    let (Some(test), Some(home)) = (lines.next(), lines.next()) else {
        return;
    };
    // An ordinary user's server has all in the app's folder.
    if !home.starts_with(test) {
        fs::remove_dir_all(home).ok();
        let key = Path::new(home).file_name().unwrap().to_string_lossy();
        for place in ["/run", "/tmp"] {
            for entry in fs::read_dir(place).into_iter().flatten().flatten() {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                if name.starts_with("vmo-") && name.ends_with(&*key) {
                    fs::remove_dir_all(entry.path()).ok();
                }
            }
        }
    }
    fs::remove_file(note).ok();
}
