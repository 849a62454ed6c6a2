//! How the webview draws. If a machine has no graphics processor, as most VMs have none, WebKitGTK has one emulated
//! and composes the whole window by that in every frame, at five times the cost of drawing the page by itself.

#[cfg(target_os = "linux")]
use std::{env, path::Path};

/// What WebKitGTK reads once, before the first window, that it is to draw the page by itself. A setting of the webview does
/// the same, but comes after it has begun, and then no turn of the wheel reaches the page.
#[cfg(target_os = "linux")]
const BY_ITSELF: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// Has the page drawn without a graphics processor if there is none, unless the user's environment says how. Called
/// while the process has one thread.
#[cfg(target_os = "linux")]
pub(crate) fn choose() {
    if env::var_os(BY_ITSELF).is_some() || has_processor(Path::new("/dev/dri")) {
        return;
    }
    #[expect(
        unsafe_code,
        reason = "no other thread is there to read the environment"
    )]
    // SAFETY: `run` calls this first of all.
    unsafe {
        env::set_var(BY_ITSELF, "1");
        env::set_var(orchestrator::make::FOR_ITSELF, BY_ITSELF);
    }
}

/// What the page is told before its first line runs: that each of its pictures is drawn by the processor.
#[cfg(target_os = "linux")]
pub(crate) fn script() -> &'static str {
    match env::var_os(BY_ITSELF) {
        Some(_) => "document.documentElement.dataset.drawn = 'software';",
        None => "",
    }
}

/// The system has a graphics processor.
#[cfg(not(target_os = "linux"))]
pub(crate) fn script() -> &'static str {
    ""
}

/// Elsewhere the system knows better.
#[cfg(not(target_os = "linux"))]
pub(crate) fn choose() {}

/// Whether there is a device to draw by, as the kernel lists them; one that only shows pictures has no such node.
#[cfg(target_os = "linux")]
fn has_processor(devices: &Path) -> bool {
    let Ok(devices) = devices.read_dir() else {
        return false;
    };
    let mut names = devices.flatten().map(|device| device.file_name());
    names.any(|name| name.as_encoded_bytes().starts_with(b"renderD"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::has_processor;

    #[test]
    fn a_card_without_a_render_node_is_no_processor() {
        let devices = tempfile::tempdir().unwrap();
        assert!(!has_processor(&devices.path().join("none")));
        std::fs::write(devices.path().join("card0"), "").unwrap();
        assert!(!has_processor(devices.path()));
        std::fs::write(devices.path().join("renderD128"), "").unwrap();
        assert!(has_processor(devices.path()));
    }
}
