//! Files and include paths, with limits: a makefile is a stranger's, and may be huge, a pipe, or include itself.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    fs::{self, File},
    io::Read,
    os::unix::fs::OpenOptionsExt,
    path::{Component, Path, PathBuf},
};

use rustix::fs::OFlags;

use super::{glob::matches, stamps::Stamps};

/// The largest makefile that is read, in bytes.
const MAX_FILE: u64 = 8 << 20;
/// The most that one scan reads, in bytes.
const MAX_ALL: u64 = 32 << 20;
/// The most files that one scan reads; a file included twice counts twice.
const MAX_FILES: u32 = 1_000;
/// The folders that make looks through for included files.
const INCLUDE_FOLDERS: [&str; 3] = ["/usr/gnu/include", "/usr/local/include", "/usr/include"];
/// Of a document, as much is read, in bytes.
const MAX_DOCUMENT: u64 = 256 << 10;
/// How deep includes may go.
const MAX_DEPTH: usize = 32;
/// The most names that all wildcards of one scan may look at.
const MAX_NAMES: usize = 20_000;
/// Of as many patterns it is kept which names they stand for.
const MAX_PATTERNS: usize = 2_000;

/// The files of one scan.
pub(in crate::make::scan) struct Files {
    root: PathBuf,
    left: u64,
    count: u32,
    /// Canonical paths of the files being read just now, outermost first.
    open: Vec<PathBuf>,
    names: Cell<usize>,
    /// Which names the patterns that were looked up stand for: a list with wildcards is worked out wherever it is used.
    known: RefCell<HashMap<String, Vec<String>>>,
    /// All that was looked at.
    pub(in crate::make::scan) stamps: RefCell<Stamps>,
}

impl Files {
    pub(in crate::make::scan) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            left: MAX_ALL,
            count: 0,
            open: Vec::new(),
            names: Cell::new(MAX_NAMES),
            known: RefCell::default(),
            stamps: RefCell::default(),
        }
    }

    /// The folder that relative paths start from: make's own, whichever file names them.
    pub(in crate::make::scan) fn at_root(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A path as a person is shown it: relative to the project if it lies inside.
    pub(in crate::make::scan) fn shown(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.display().to_string()
    }

    /// The text of a file, its line ends made plain. The caller must [`Self::close`] it after what it includes.
    pub(in crate::make::scan) fn open(&mut self, path: &Path) -> Result<String, String> {
        self.stamps.get_mut().look_at(path);
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("includes more than {MAX_DEPTH} deep; not read"));
        }
        self.count += 1;
        if self.count > MAX_FILES {
            return Err(format!("more than {MAX_FILES} files; not read"));
        }
        let canonical =
            fs::canonicalize(path).map_err(|error| format!("cannot be read: {error}"))?;
        if self.open.contains(&canonical) {
            return Err("includes itself; not read again".to_owned());
        }
        let text = self.read(&canonical)?;
        self.open.push(canonical);
        Ok(text)
    }

    /// Whether a file is being read just now.
    pub(in crate::make::scan) fn is_open(&self, path: &Path) -> bool {
        fs::canonicalize(path).is_ok_and(|path| self.open.contains(&path))
    }

    /// Says that a file opened last, and all it includes, has been read.
    pub(in crate::make::scan) fn close(&mut self) {
        self.open.pop();
    }

    fn read(&mut self, path: &Path) -> Result<String, String> {
        let cannot = |error: std::io::Error| format!("cannot be read: {error}");
        // A pipe would wait for its writer without NONBLOCK, and is no file anyway.
        let file = File::options()
            .read(true)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(path)
            .map_err(cannot)?;
        let kind = file.metadata().map_err(cannot)?;
        if kind.is_dir() {
            return Err("is a folder, not a makefile".to_owned());
        }
        if !kind.is_file() {
            return Err("is not a file".to_owned());
        }
        let limit = MAX_FILE.min(self.left);
        let mut bytes = Vec::new();
        file.take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(cannot)?;
        if bytes.len() as u64 > limit {
            return Err(format!(
                "larger than {} MiB; not read",
                limit.div_ceil(1 << 20)
            ));
        }
        self.left -= bytes.len() as u64;
        let shown = self.shown(path);
        self.stamps.get_mut().read(&shown, &bytes);
        Ok(plain(&bytes))
    }

    /// Where an included file is: in make's own folder, else in those that make looks through for what is not there (GNU
    /// make manual, "Including Other Makefiles").
    pub(in crate::make::scan) fn included(&self, name: &str) -> PathBuf {
        let path = self.at_root(name);
        if Path::new(name).is_absolute() || path.symlink_metadata().is_ok() {
            return path;
        }
        let mut known = INCLUDE_FOLDERS
            .iter()
            .map(|folder| Path::new(folder).join(name));
        known.find(|path| path.is_file()).unwrap_or(path)
    }

    /// Whether there is something of this name.
    pub(in crate::make::scan) fn is_there(&mut self, name: &str) -> bool {
        let path = self.at_root(name);
        self.stamps.get_mut().look_at(&path);
        path.exists()
    }

    /// The beginning of a document in make's own folder; none where there is none. It is no makefile: what it says decides
    /// none of what runs.
    pub(in crate::make::scan) fn document(&mut self, name: &str) -> Option<String> {
        let path = self.at_root(name);
        self.stamps.get_mut().look_at(&path);
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let file = File::options().read(true).custom_flags(flags).open(path);
        let file = file.ok().filter(|file| {
            let kind = file.metadata();
            kind.is_ok_and(|kind| kind.is_file())
        })?;
        let mut bytes = Vec::new();
        file.take(MAX_DOCUMENT).read_to_end(&mut bytes).ok()?;
        Some(plain(&bytes))
    }

    /// What there is of a name, with or without wildcards, as `$(wildcard NAME)` gives it. It is looked up once in a scan.
    pub(in crate::make::scan) fn there_is(&self, pattern: &str) -> Vec<String> {
        if let Some(known) = self.known.borrow().get(pattern) {
            return known.clone();
        }
        let mut found = self.glob(pattern);
        found.retain(|name| self.at_root(name).exists());
        let mut known = self.known.borrow_mut();
        if known.len() < MAX_PATTERNS {
            known.insert(pattern.to_owned(), found.clone());
        }
        found
    }

    /// The paths a name with wildcards stands for, sorted as make sorts them; the name itself if it holds none.
    pub(in crate::make::scan) fn glob(&self, pattern: &str) -> Vec<String> {
        if !pattern.contains(['*', '?', '[']) {
            return vec![pattern.to_owned()];
        }
        let mut found = vec![String::new()];
        for part in Path::new(pattern).components() {
            let part = match part {
                Component::RootDir => "/",
                Component::Prefix(_) => return Vec::new(),
                other => other.as_os_str().to_str().unwrap_or_default(),
            };
            let wild = part.contains(['*', '?', '[']);
            let mut next = Vec::new();
            for base in found {
                if wild {
                    self.matching(&base, part, &mut next);
                } else {
                    next.push(beside(&base, part));
                }
            }
            found = next;
        }
        found.retain(|name| self.at_root(name).exists());
        found.sort();
        found
    }

    fn matching(&self, base: &str, pattern: &str, into: &mut Vec<String>) {
        let folder = self.at_root(base);
        self.stamps.borrow_mut().look_at(&folder);
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let Some(left) = self.names.get().checked_sub(1) else {
                return;
            };
            self.names.set(left);
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let hidden = name.starts_with('.') && !pattern.starts_with('.');
            if !hidden && matches(pattern, name) {
                into.push(beside(base, name));
            }
        }
    }
}

fn beside(base: &str, name: &str) -> String {
    match base {
        "" => name.to_owned(),
        base if base.ends_with('/') => format!("{base}{name}"),
        base => format!("{base}/{name}"),
    }
}

/// Windows line ends and a byte order mark gone, as make drops them; what is not UTF-8 replaced.
fn plain(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    if memchr::memchr(b'\r', text.as_bytes()).is_some() {
        text.replace("\r\n", "\n")
    } else {
        text.into_owned()
    }
}
