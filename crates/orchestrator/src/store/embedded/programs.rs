//! Which PostgreSQL to run: the one that came with the app, or one of the system whose major version fits the data.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{broken, cannot, server_folders::ServerFolders};
use crate::store::StoreError;

/// The oldest major version that serves.
const OLDEST: u32 = 13;

/// `initdb` and `postgres` of one PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// The folder they are in.
    pub bin: PathBuf,
    /// Their version, as `18.4`.
    pub version: String,
    /// Its first part.
    pub major: u32,
}

impl Programs {
    /// The programs to run a server of the app's data folder with: of the major version of the data there, or if there
    /// is none yet, the first found. In this order: the folder `VMO_POSTGRES`, and no other if that is set; `postgres`
    /// beside the executable, beside its folder, in `../lib/vm-orchestrator`; the system's.
    ///
    /// # Errors
    /// [`StoreError::OtherMajor`] if there is data and none of its version; [`StoreError::Embedded`] if there is none.
    pub fn find(app: &Path) -> Result<Self, StoreError> {
        Self::fitting(&ServerFolders::of(app)?)
    }

    pub(super) fn fitting(place: &ServerFolders) -> Result<Self, StoreError> {
        let data = place.data();
        let wanted = match fs::read_to_string(data.join("PG_VERSION")) {
            Ok(version) => Some(version.trim().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !data.exists() => None,
            // Whatever that is, it is not ours to write to.
            Err(error) => return Err(cannot("read PG_VERSION in", &data, &error)),
        };
        let mut others = Vec::new();
        let mut unrun = None;
        for bin in folders() {
            let programs = match Self::at(&bin) {
                Ok(Some(programs)) => programs,
                Ok(None) => continue,
                Err(error) => {
                    unrun.get_or_insert_with(|| cannot("run postgres in", &bin, &error));
                    continue;
                }
            };
            let major = programs.major.to_string();
            let fits = match &wanted {
                Some(wanted) => major == *wanted,
                None => programs.major >= OLDEST,
            };
            if fits {
                return programs.within_reach(place);
            }
            others.push(major);
        }
        others.dedup();
        // There may be one of the right version.
        if let Some(unrun) = unrun {
            return Err(unrun);
        }
        match wanted {
            Some(wanted) if !others.is_empty() => Err(StoreError::OtherMajor {
                folder: data.display().to_string(),
                found: wanted,
                known: others.join(", "),
            }),
            _ => Err(broken(none_found(&others))),
        }
    }

    /// The programs in a folder, if they are there.
    ///
    /// # Errors
    /// They are there and cannot be run: their version is unknown.
    fn at(bin: &Path) -> io::Result<Option<Self>> {
        let postgres = fs::canonicalize(bin.join("postgres"));
        let Some(bin) = postgres
            .ok()
            .and_then(|path| Some(path.parent()?.to_owned()))
        else {
            return Ok(None);
        };
        if !bin.join("initdb").exists() {
            return Ok(None);
        }
        let output = Command::new(bin.join("postgres"))
            .arg("--version")
            .output()?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let version = version_in(&stdout);
        let major = |version: &str| version.split('.').next()?.parse().ok();
        Ok(version.and_then(|version| {
            Some(Self {
                bin,
                major: major(&version)?,
                version,
            })
        }))
    }

    /// These, or a copy of them if the server's account cannot reach them, as under `/root`.
    fn within_reach(self, place: &ServerFolders) -> Result<Self, StoreError> {
        let Some(home) = place.reachable() else {
            return Ok(self);
        };
        let mut trial = place.command(&self.bin.join("postgres"));
        trial
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if trial.status().is_ok_and(|status| status.success()) {
            return Ok(self);
        }
        let copy = home.join(format!("postgres-{}", self.version));
        if !copy.exists() {
            let whole = self.bin.parent().unwrap_or(&self.bin);
            let fresh = home.join(format!("postgres-{}.{}", self.version, std::process::id()));
            copy_folder(whole, &fresh)
                .map_err(|error| cannot("copy PostgreSQL to", &fresh, &error))?;
            // If somebody else was faster, theirs is as good.
            if fs::rename(&fresh, &copy).is_err() {
                drop(fs::remove_dir_all(&fresh));
            }
        }
        Ok(Self {
            bin: copy.join("bin"),
            ..self
        })
    }
}

/// Where they may be, the best first.
fn folders() -> Vec<PathBuf> {
    if let Some(folder) = env::var_os("VMO_POSTGRES") {
        return vec![PathBuf::from(folder).join("bin")];
    }
    let mut folders = Vec::new();
    if let Some(here) = env::current_exe().ok().as_deref().and_then(Path::parent) {
        for beside in ["postgres", "../postgres", "../lib/vm-orchestrator/postgres"] {
            folders.push(here.join(beside).join("bin"));
        }
    }
    if let Some(path) = env::var_os("PATH") {
        folders.extend(crate::folders::places(&path));
    }
    // Where Debian, Red Hat and Homebrew put them, which is not on PATH.
    folders.extend(versions_in("/usr/lib/postgresql", ""));
    folders.extend(versions_in("/usr", "pgsql-"));
    folders.extend(versions_in("/opt/homebrew/opt", "postgresql@"));
    folders.extend(versions_in("/usr/local/opt", "postgresql@"));
    folders
}

/// The `bin` of each `<prefix><number>` in a folder, the newest first.
fn versions_in(folder: &str, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((number, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    versions.into_iter().map(|(_, bin)| bin).collect()
}

/// `18.4` of `postgres (PostgreSQL) 18.4` and whatever a distribution adds.
fn version_in(words: &str) -> Option<String> {
    let version = words
        .split_once("(PostgreSQL) ")?
        .1
        .split_whitespace()
        .next()?;
    let digits = |c: char| !c.is_ascii_digit() && c != '.';
    let version = version.split(digits).next()?;
    (!version.is_empty()).then(|| version.to_owned())
}

fn none_found(majors: &[String]) -> String {
    let what = match env::var_os("VMO_POSTGRES") {
        Some(folder) => format!("VMO_POSTGRES names {}, and there is no", folder.display()),
        None => "there is no".to_owned(),
    };
    let old = if majors.is_empty() {
        String::new()
    } else {
        format!(" (only {})", majors.join(", "))
    };
    format!(
        "{what} PostgreSQL {OLDEST} or newer here{old}; install it (as apt-get install postgresql), \
         set VMO_POSTGRES to a folder with its bin, lib and share, or configure a database (VMO_DATABASE_URL)"
    )
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(from)? {
        let (from, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if from.is_dir() {
            copy_folder(&from, &to.join(name))?;
        } else {
            fs::copy(&from, to.join(&name))?;
            // It is used for ever, so it has to be whole after a loss of power too.
            fs::File::open(to.join(&name))?.sync_all()?;
        }
    }
    fs::File::open(to)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_programs_and_distributions_write_them() {
        for (words, version) in [
            ("postgres (PostgreSQL) 18.4\n", Some("18.4")),
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
                Some("15.18"),
            ),
            ("postgres (PostgreSQL) 19beta1\n", Some("19")),
            ("postgres 9\n", None),
            ("", None),
        ] {
            assert_eq!(version_in(words).as_deref(), version);
        }
    }
}
