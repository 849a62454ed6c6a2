//! Why no window opens, said in one: an app that was started from an icon has no terminal to say it in.
//!
//! The words are shown by a process of its own, this program once more: whatever kept the first from opening its window, as a
//! webview that ended it, cannot keep that one.

use std::{
    env, io, panic,
    process::{Command, ExitCode, Stdio},
};

/// What makes this program show the words that follow, and nothing else.
pub(crate) const EXPLAIN: &str = "--explain";

/// What the window's title bar says.
const TITLE: &str = "VM Orchestrator could not open";

/// Writes to stderr and shows what is wrong and what to try; returns once it was read.
pub(crate) fn explain(what: &str, try_this: &str) -> ExitCode {
    eprintln!("vm-orchestrator: {what}; {try_this}");
    if has_display() {
        let shown = env::current_exe().and_then(|program| {
            let mut command = Command::new(program);
            command.args([EXPLAIN, what, try_this]);
            command.stdin(Stdio::null()).status()
        });
        if let Err(error) = shown {
            eprintln!("vm-orchestrator: no window could say so: {error}");
        }
    }
    ExitCode::FAILURE
}

/// What a person can do if our folders cannot be made or written to.
pub(crate) fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "make that folder yours (chown, chmod), or set VMO_DATA_DIR and VMO_CONFIG_DIR to folders you can write to"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "its disk can only be read: mount it for writing, or set VMO_DATA_DIR and VMO_CONFIG_DIR to folders elsewhere"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "its disk is full: make room, then start the app again"
        }
        _ => {
            "correct that, or set VMO_DATA_DIR and VMO_CONFIG_DIR to folders of your own; `vmo doctor` says more"
        }
    }
}

/// Has a panic of the thread that draws explained before it ends the app, as GTK and WebKit have no other way to fail.
pub(crate) fn explain_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        usual(panicked);
        tracing::error!("{panicked}");
        if std::thread::current().name() == Some("main") {
            let words = panicked.payload_as_str().unwrap_or("for no known reason");
            explain(
                &format!("the app ended unexpectedly: {words}"),
                "start it again; jobs that run go on without it. If this comes back, `vmo serve` shows the app in a browser",
            );
        }
    }));
}

/// GTK has no error for a missing display: it panics.
pub(crate) fn has_display() -> bool {
    cfg!(not(target_os = "linux"))
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .into_iter()
            .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Shows the words in a window, until it is closed.
#[cfg(target_os = "linux")]
pub(crate) fn show(what: &str, try_this: &str) {
    use gtk::prelude::*;

    // A display that is named and does not answer; the words are on stderr already.
    if gtk::init().is_err() {
        return;
    }
    let dialog = gtk::MessageDialog::new(
        None::<&gtk::Window>,
        gtk::DialogFlags::empty(),
        gtk::MessageType::Error,
        gtk::ButtonsType::Close,
        &sentence(what),
    );
    dialog.set_title(TITLE);
    dialog.set_secondary_text(Some(&sentence(try_this)));
    dialog.set_position(gtk::WindowPosition::Center);
    dialog.run();
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn show(what: &str, try_this: &str) {
    rfd::MessageDialog::new()
        .set_level(rfd::MessageLevel::Error)
        .set_title(TITLE)
        .set_description(format!("{}\n\n{}", sentence(what), sentence(try_this)))
        .show();
}

/// Messages are fragments, and begin small; what of them others wrote is made visible.
fn sentence(fragment: &str) -> String {
    let fragment = orchestrator::visible::visible(fragment);
    let mut letters = fragment.chars();
    let first = letters.next().map(|letter| letter.to_uppercase());
    let end = if fragment.ends_with('.') { "" } else { "." };
    first
        .into_iter()
        .flatten()
        .chain(letters)
        .collect::<String>()
        + end
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{advice, sentence};

    #[test]
    fn a_fragment_becomes_a_sentence() {
        assert_eq!(sentence("failed to x"), "Failed to x.");
        assert_eq!(sentence(""), ".");
    }

    #[test]
    fn each_reason_has_its_own_advice() {
        let of = |kind| advice(&io::Error::from(kind));
        assert!(of(io::ErrorKind::PermissionDenied).contains("chown"));
        assert!(of(io::ErrorKind::ReadOnlyFilesystem).contains("mount"));
        assert!(of(io::ErrorKind::StorageFull).contains("room"));
        assert!(of(io::ErrorKind::NotFound).contains("vmo doctor"));
    }
}
