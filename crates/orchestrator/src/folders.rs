//! Where things lie: the data and config folders, the programs we start, the demo project. It imports nothing of ours but new
//! ids.

mod remembered;

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use directories::{BaseDirs, ProjectDirs};
use uuid::Uuid;

use crate::ids;

/// The folders and files of one user; tests give their own.
#[derive(Debug, Clone)]
pub struct Folders {
    /// Job folders and the embedded server's data: `VMO_DATA_DIR`, else the platform's own place.
    pub data: PathBuf,
    /// Settings, added projects, saved commands: `VMO_CONFIG_DIR`, else the platform's own place.
    pub config: PathBuf,
    /// The user's home.
    pub home: PathBuf,
    /// The SSH config: `VMO_SSH_CONFIG` alone, else `~/.ssh/config` and, after it, the system's.
    pub ssh_configs: Vec<PathBuf>,
    /// mkcli's registry: `MKCLI_REGISTRY`, else `~/.config/mkcli/registry`.
    pub registry: PathBuf,
}

impl Folders {
    /// The folders that the environment and the platform say.
    ///
    /// # Errors
    /// If the user has no home folder, or the folders cannot be made.
    pub fn of_user() -> io::Result<Self> {
        let none = || io::Error::new(io::ErrorKind::NotFound, "there is no home folder: set HOME");
        let base = BaseDirs::new().ok_or_else(none)?;
        let ours = ProjectDirs::from("", "", "vm-orchestrator").ok_or_else(none)?;
        let home = base.home_dir().to_owned();
        let named = |name: &str, usual: PathBuf| set(name).unwrap_or(usual);
        let folders = Self {
            data: named("VMO_DATA_DIR", ours.data_local_dir().to_owned()),
            config: named("VMO_CONFIG_DIR", ours.config_dir().to_owned()),
            ssh_configs: ssh_configs(&home),
            registry: named("MKCLI_REGISTRY", home.join(".config/mkcli/registry")),
            home,
        };
        folders.make()
    }

    /// Makes the data and config folders, for this user alone, and gives their full paths.
    ///
    /// # Errors
    /// If a folder cannot be made or entered; the path is named.
    pub fn make(mut self) -> io::Result<Self> {
        private_folder(&self.data)?;
        private_folder(&self.config)?;
        self.data = self.data.canonicalize()?;
        self.config = self.config.canonicalize()?;
        private_folder(&self.jobs())?;
        Ok(self)
    }

    /// The file of the claims that jobs have on what only so many may have at once.
    #[must_use]
    pub fn claims(&self) -> PathBuf {
        self.data.join("claims")
    }

    /// The file of the jobs that were started here.
    #[must_use]
    pub fn started(&self) -> PathBuf {
        self.data.join("started")
    }

    /// The id of the data folder, which it has from the first time on that somebody asks. One that was removed and is made
    /// again has the id it had; so has one whose file holds none, as a loss of power leaves one that was not on the disk yet.
    ///
    /// # Errors
    /// If it cannot be read or written; the path is named.
    pub fn id(&self) -> io::Result<Uuid> {
        let path = self.data.join("id");
        let is_ours = is_own(&remembered::file(&self.config)).is_ok();
        let remembered = || is_ours.then(|| remembered::id_of(&self.config, &self.data));
        let new = || remembered().flatten().unwrap_or_else(ids::new_id);
        let (id, is_new) = id_in(&path, new).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        if is_new {
            remembered::keep(&self.config, &self.data, id);
        }
        Ok(id)
    }

    /// Where job folders lie.
    #[must_use]
    pub fn jobs(&self) -> PathBuf {
        self.data.join("jobs")
    }

    /// Where the folders of batches lie, once there is one.
    #[must_use]
    pub fn batches(&self) -> PathBuf {
        self.data.join("batches")
    }

    /// Where the processes that hold SSH sessions have their folders.
    #[must_use]
    pub fn sessions(&self) -> PathBuf {
        self.data.join("sessions")
    }

    /// What lies in the data and config folders and is not read, for it is another user's or others may write to it: each
    /// with its path and why.
    #[must_use]
    pub fn strange(&self) -> Vec<String> {
        let folders = [&self.config, &self.data, &self.jobs()].map(fs::read_dir);
        let entries = folders.into_iter().flatten().flatten().flatten();
        let strange = entries.filter_map(|entry| {
            let path = entry.path();
            let error = is_own(&path).err()?;
            (error.kind() == io::ErrorKind::PermissionDenied)
                .then(|| format!("{}: {error}", path.display()))
        });
        strange.collect()
    }

    /// The demo project that came with the app, if it did.
    #[must_use]
    pub fn demo(&self) -> Option<PathBuf> {
        near_program("examples/vm").or_else(|| {
            // A build in a checkout: target/debug/vmo, or target/debug/deps/<test>.
            let program = env::current_exe().ok()?;
            let ancestors = program
                .ancestors()
                .skip(2)
                .take(3)
                .map(|dir| dir.join("examples/vm"));
            ancestors
                .into_iter()
                .find(|dir| dir.join("Makefile").is_file())
        })
    }
}

/// The path that a variable names; an empty one names none.
fn set(name: &str) -> Option<PathBuf> {
    let value = env::var_os(name).filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}

/// As `ssh` has it: a file that is named replaces the user's and the system's.
fn ssh_configs(home: &Path) -> Vec<PathBuf> {
    match set("VMO_SSH_CONFIG") {
        Some(named) => vec![named],
        None => vec![home.join(".ssh/config"), "/etc/ssh/ssh_config".into()],
    }
}

/// A program of ours by its name: beside this one, or where the package puts it. `VMO_BIN_DIR` goes before both.
///
/// # Errors
/// If it is in none of these places; all are named.
pub fn program(name: &str) -> io::Result<PathBuf> {
    if let Some(dir) = env::var_os("VMO_BIN_DIR") {
        return Ok(PathBuf::from(dir).join(name));
    }
    near_program(name).ok_or_else(|| {
        let here = env::current_exe().map(|path| path.display().to_string()).unwrap_or_default();
        io::Error::new(
            io::ErrorKind::NotFound,
            format!("{name} is neither beside {here} nor in the folder lib/vm-orchestrator beside it: install the package again, or set VMO_BIN_DIR"),
        )
    })
}

/// The folders of a `PATH` in which we look for programs of our own accord: the absolute ones. An empty or relative one names
/// the folder that a person is in, and no program there is run unasked.
pub(crate) fn places(path: &OsStr) -> impl Iterator<Item = PathBuf> {
    env::split_paths(path).filter(|folder| folder.is_absolute())
}

/// A program of the system's by its name, in the absolute folders of our own `PATH`.
///
/// # Errors
/// If it is in none of them.
pub fn installed(name: &str) -> io::Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let program_path = places(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    program_path.ok_or_else(|| {
        let why = format!("{name} is in no absolute folder of PATH");
        io::Error::new(io::ErrorKind::NotFound, why)
    })
}

/// The id in this file, and whether it was written now, because there was none. An id is on the disk before it is used:
/// what is known by it could not be found again later.
fn id_in(path: &Path, new: impl FnOnce() -> Uuid) -> io::Result<(Uuid, bool)> {
    let mut open = fs::OpenOptions::new();
    open.read(true).write(true).create(true).truncate(false);
    let mut file = open.mode(0o600).open(path)?;
    file.lock()?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let text = std::str::from_utf8(&text).ok();
    if let Some(id) = text.and_then(|text| text.trim().parse().ok()) {
        return Ok((id, false));
    }
    let id = new();
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{id}")?;
    file.sync_all()?;
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok((id, true))
}

/// Looks beside the running program, one folder up (tests run in `deps/`), and where a package puts things.
fn near_program(name: &str) -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    let dir = program.parent()?;
    // Their paths are shown to people, and have no `..` in them.
    let above = dir.parent().unwrap_or(dir);
    let packaged = above.join("lib/vm-orchestrator");
    [dir, above, &packaged]
        .map(|place| place.join(name))
        .into_iter()
        .find(|path| path.exists())
}

/// Makes a folder for this user alone (0700), with its parents.
///
/// # Errors
/// If it cannot be made, or is another's or everybody's, as `/tmp` is; the path is named.
pub fn private_folder(path: &Path) -> io::Result<()> {
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let created = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    created.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            let why = "a file is in the way: move it, or choose another folder";
            named(io::Error::new(error.kind(), why))
        }
        _ => named(error),
    })?;
    let metadata = fs::metadata(path).map_err(named)?;
    let mode = metadata.permissions().mode();
    let is_shared = mode & 0o1000 != 0 || metadata.uid() != rustix::process::geteuid().as_raw();
    if is_shared {
        let why = "it is another user's or shared with others: choose a folder that is yours alone";
        return Err(named(io::Error::new(io::ErrorKind::PermissionDenied, why)));
    }
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(named)?;
    }
    Ok(())
}

/// Sees that a file or folder can be believed: it, and the link that leads to it if it is one, is this user's or the
/// system's, and no other user may write to it. A folder that was once open to others may hold what they put there.
///
/// # Errors
/// `PermissionDenied`, with whose it is and what to do; those of the file system.
pub fn is_own(path: &Path) -> io::Result<()> {
    let link = fs::symlink_metadata(path)?;
    let metadata = fs::metadata(path)?;
    let (me, group) = (rustix::process::geteuid(), rustix::process::getegid());
    let stranger = [link.uid(), metadata.uid()]
        .into_iter()
        .find(|uid| *uid != me.as_raw() && *uid != 0);
    let mode = metadata.permissions().mode();
    let is_open = mode & 0o002 != 0 || (mode & 0o020 != 0 && metadata.gid() != group.as_raw());
    let why = match stranger {
        Some(uid) => format!("it belongs to another user ({uid}) and is not read: look at it, and remove it or make it yours (chown)"),
        None if is_open => "others may write to it, and it is not read: look at it, and take that right away (chmod go-w)".to_owned(),
        None => return Ok(()),
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

/// Who we are to others on a shared Postgres: `user@machine`.
#[must_use]
pub fn owner() -> String {
    format!("{}@{}", user(), machine())
}

/// The name of the account that runs this process: the system's, else the environment's, else the user's number.
#[must_use]
pub fn user() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let named = || {
            let variables = ["USER", "LOGNAME"].into_iter();
            let mut values = variables.filter_map(|name| env::var(name).ok());
            values.find(|value| !value.is_empty())
        };
        let system = whoami::username().ok().filter(|name| !name.is_empty());
        system
            .or_else(named)
            .unwrap_or_else(|| rustix::process::getuid().as_raw().to_string())
    })
}

/// The home of a user of this machine, by the list of its own users.
#[must_use]
pub fn home_of(user: &str) -> Option<PathBuf> {
    let list = fs::read_to_string("/etc/passwd").ok()?;
    list.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.first() == Some(&user)).then(|| fields.get(5).map(PathBuf::from))?
    })
}

/// The name of this machine, as its kernel has it.
#[must_use]
pub fn machine() -> String {
    let system = rustix::system::uname();
    system.nodename().to_string_lossy().into_owned()
}

/// The variables of ours that a process we start needs to find the same folders.
#[must_use]
pub fn environment(folders: &Folders) -> Vec<(String, OsString)> {
    vec![
        ("VMO_DATA_DIR".into(), folders.data.clone().into()),
        ("VMO_CONFIG_DIR".into(), folders.config.clone().into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_everybody_is_left_as_it_is() {
        let scratch = tempfile::tempdir().unwrap();
        let shared = scratch.path().join("shared");
        fs::create_dir(&shared).unwrap();
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
        let error = private_folder(&shared).unwrap_err();
        assert!(error.to_string().contains("shared with others"), "{error}");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(&shared), 0o1777);
        let own = scratch.path().join("a/b");
        private_folder(&own).unwrap();
        fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
        private_folder(&own).unwrap();
        assert_eq!(mode(&own), 0o700);
    }
    #[test]
    fn an_id_that_is_none_is_made_again_and_is_everybodys() {
        let scratch = tempfile::tempdir().unwrap();
        let folders = Folders {
            data: scratch.path().to_owned(),
            config: scratch.path().to_owned(),
            home: scratch.path().to_owned(),
            ssh_configs: Vec::new(),
            registry: scratch.path().to_owned(),
        };
        for left in ["", "0189", "\0\0\0\0\0\0\0\0"] {
            fs::write(scratch.path().join("id"), left).unwrap();
            let ids: Vec<Uuid> = std::thread::scope(|scope| {
                let asking = [(); 8].map(|()| scope.spawn(|| folders.id().unwrap()));
                asking.map(|one| one.join().unwrap()).into()
            });
            assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
            assert_eq!(folders.id().unwrap(), ids[0]);
        }
    }
}
