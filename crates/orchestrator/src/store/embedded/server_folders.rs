//! Where the embedded server's folders are and whose they are. As an ordinary user everything is in the app's data
//! folder. Postgres refuses to run as root, so root gives the data to an account of its own, which cannot pass the app's
//! folder: its data is in `/var/lib/vm-orchestrator`. The locks stay with root.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder},
    io,
    os::unix::{
        ffi::OsStringExt,
        fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown},
    },
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    account::{Account, owner, shared, spare_account},
    broken, cannot,
};
use crate::store::StoreError;

/// The port only names the socket file: the server does not listen on a network.
pub(super) const PORT: u16 = 5432;
/// Where root keeps what the server's account has to reach.
const ROOTS_HOME: &str = "/var/lib/vm-orchestrator";
/// The longest path of a socket file, on the systems with the shortest.
const LONGEST_SOCKET: usize = 103;

/// The folders of one embedded server.
#[derive(Debug, Clone)]
pub(super) struct ServerFolders {
    /// Locks and the server's log: ours.
    folder: PathBuf,
    /// What holds the data folder.
    home: PathBuf,
    /// Distinguishes this server from others on this machine.
    pub(super) key: String,
    /// Whom the data belongs to, if that is not us.
    pub(super) account: Option<Account>,
}

/// The data folder of the embedded server of an app's data folder, whether or not it is there.
///
/// # Errors
/// If a folder above it cannot be made or read.
pub fn data_folder(app: &Path) -> Result<PathBuf, StoreError> {
    ServerFolders::of(app).map(|place| place.data())
}

/// What a person should know of the account that the embedded server of an app's data folder runs as, if we are root.
#[must_use]
pub fn shared_account(app: &Path) -> Option<String> {
    ServerFolders::of(app).ok()?.account.and_then(shared)
}

impl ServerFolders {
    /// The place of an app's data folder; makes the folders, but not the data.
    pub(super) fn of(app: &Path) -> Result<Self, StoreError> {
        private(app).map_err(|error| cannot("make", app, &error))?;
        let app = fs::canonicalize(app).map_err(|error| cannot("find", app, &error))?;
        let folder = app.join("postgres");
        let key = hash(&folder);
        private(&folder).map_err(|error| cannot("make", &folder, &error))?;
        if rustix::process::geteuid().as_raw() != 0 {
            return Ok(Self {
                home: folder.clone(),
                folder,
                key,
                account: None,
            });
        }
        // The key alone says where, and never the mode of a folder, which starter and guardian may see at different times.
        let home = Path::new(ROOTS_HOME).join(&key);
        let account = owner(&home.join("data")).map_or_else(spare_account, Ok)?;
        passable(&home).map_err(|error| cannot("make", &home, &error))?;
        Ok(Self {
            folder,
            home,
            key,
            account: Some(account),
        })
    }

    pub(super) fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// Where a data folder is made, before it gets its name.
    pub(super) fn fresh_data(&self) -> PathBuf {
        self.home.join("data.new")
    }

    /// Where programs are copied to that the account cannot reach where they are; none if there is no account.
    pub(super) fn reachable(&self) -> Option<&Path> {
        self.account.map(|_| Path::new(ROOTS_HOME))
    }

    pub(super) fn holders(&self) -> PathBuf {
        self.folder.join("holders.lock")
    }

    pub(super) fn guardian(&self) -> PathBuf {
        self.folder.join("guardian.lock")
    }

    pub(super) fn start(&self) -> PathBuf {
        self.folder.join("start.lock")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// The id of the account the server runs as.
    pub(super) fn uid(&self) -> u32 {
        self.account.map_or_else(
            || rustix::process::geteuid().as_raw(),
            |account| account.uid,
        )
    }

    /// A command that runs as the server's account, without our environment.
    pub(super) fn command(&self, program: &Path) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").current_dir("/");
        if let Some(account) = self.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    /// Makes a file or folder the account's own.
    pub(super) fn give(&self, path: &Path) -> io::Result<()> {
        match self.account {
            Some(account) => chown(path, Some(account.uid), Some(account.gid)),
            None => Ok(()),
        }
    }

    /// The folder of the socket file, made if it is missing. Only the account may enter it: it was not laid out
    /// for us by somebody else.
    pub(super) fn sockets(&self) -> Result<PathBuf, StoreError> {
        let mut refused = String::new();
        for parent in self.socket_parents() {
            let folder = parent.join(format!("vmo-{}-{}", self.uid(), self.key));
            if folder.as_os_str().len() + "/.s.PGSQL.5432".len() > LONGEST_SOCKET {
                continue;
            }
            match self.private_of_account(&folder) {
                Ok(()) => return Ok(folder),
                Err(error) => refused = format!("{refused}; {}: {error}", folder.display()),
            }
        }
        // Somebody else has what we would be looked for under; a search for the server finds its note.
        if let Some(folder) = self.other_sockets() {
            return Ok(folder);
        }
        Err(broken(format!(
            "no folder can be used for its socket{refused}"
        )))
    }

    /// A folder whose name cannot be guessed: the one that was made last, else a new one.
    fn other_sockets(&self) -> Option<PathBuf> {
        let note = self.folder.join("sockets");
        let noted = fs::read(&note).ok().map(OsString::from_vec);
        if let Some(noted) = noted.map(PathBuf::from)
            && self.private_of_account(&noted).is_ok()
        {
            return Some(noted);
        }
        let name = crate::ids::new_id().simple().to_string();
        let folder = Path::new("/tmp").join(format!("vmo-{}", &name[16..]));
        self.private_of_account(&folder).ok()?;
        // If it cannot be noted, the next start makes another.
        fs::write(note, folder.as_os_str().as_encoded_bytes()).ok();
        Some(folder)
    }

    fn socket_parents(&self) -> Vec<PathBuf> {
        let own = match self.account {
            None => std::env::var_os("XDG_RUNTIME_DIR")
                .map(PathBuf::from)
                .filter(|folder| {
                    folder.is_absolute()
                        && owner(folder).is_some_and(|owner| owner.uid == self.uid())
                }),
            // In a folder that only root can write to.
            Some(_) => Some(PathBuf::from("/run")).filter(|folder| folder.is_dir()),
        };
        // The last is ours alone, and there even if nobody may write to /tmp; but its path may be too long.
        let last = [PathBuf::from("/tmp"), self.home.clone()];
        own.into_iter().chain(last).collect()
    }

    fn private_of_account(&self, folder: &Path) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => self.give(folder)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        let about = fs::symlink_metadata(folder)?;
        if about.is_dir() && about.uid() == self.uid() && about.mode() & 0o777 == 0o700 {
            return Ok(());
        }
        Err(io::Error::other("it exists and others may use it, too"))
    }
}

/// The socket file in a folder of sockets.
pub(super) fn socket(folder: &Path) -> PathBuf {
    folder.join(format!(".s.PGSQL.{PORT}"))
}

/// A folder that only we may enter.
fn private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A folder that any user may pass through and only its owner may list.
fn passable(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder
        .ancestors()
        .take_while(|folder| !folder.exists())
        .collect();
    for folder in missing.into_iter().rev() {
        match fs::create_dir(folder) {
            // Another app was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            made => made?,
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o711))?;
    }
    Ok(())
}

/// FNV-1a: short names that stay the same from one version of the app to the next.
fn hash(path: &Path) -> String {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = path
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, fold);
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_folder_that_somebody_else_could_enter_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let place = ServerFolders {
            folder: folder.path().to_owned(),
            home: folder.path().to_owned(),
            key: "k".to_owned(),
            account: None,
        };
        let sockets = folder.path().join("s");
        place.private_of_account(&sockets).unwrap();
        place.private_of_account(&sockets).unwrap();
        fs::set_permissions(&sockets, fs::Permissions::from_mode(0o755)).unwrap();
        place.private_of_account(&sockets).unwrap_err();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("link")).unwrap();
        place
            .private_of_account(&folder.path().join("link"))
            .unwrap_err();
    }

    #[test]
    fn the_key_of_a_folder_never_changes() {
        assert_eq!(
            hash(Path::new("/home/ann/.local/share/vm-orchestrator/postgres")),
            "ae0c3b0067593102"
        );
    }
}
