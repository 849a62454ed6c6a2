//! What goes wrong in the supervisor itself: lines in `supervisor.log`, since its standard error has no reader.

use std::{
    fmt,
    fs::File,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    panic,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use supervisor::{clock, folder::COMPLAINTS};

static LOG: OnceLock<PathBuf> = OnceLock::new();

/// Complaints and panics go to the log of this folder from here on.
pub(crate) fn write_to(folder: &Path) {
    // It is set once, by main.
    LOG.set(folder.join(COMPLAINTS)).ok();
    panic::set_hook(Box::new(|panic| complain(format_args!("{panic}"))));
}

/// Appends a line. That this fails cannot be reported anywhere.
pub(crate) fn complain(what: fmt::Arguments<'_>) {
    let Some(log) = LOG.get() else { return };
    let file = File::options()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(log);
    if let Ok(mut file) = file {
        writeln!(file, "{} {what}", clock::wall_us()).ok();
    }
}
