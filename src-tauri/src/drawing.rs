//! How the webview draws. Where a machine has no graphics processor, as most VMs have none, WebKitGTK has one emulated
//! and composes the whole window by that in every frame, at four times the cost of drawing the page by itself.

#[cfg(target_os = "linux")]
use std::path::Path;

/// Has the page drawn without a graphics processor where there is none. What cannot be set is as it was, and slow.
#[cfg(target_os = "linux")]
pub(crate) fn choose(window: &tauri::WebviewWindow) {
    use webkit2gtk::{HardwareAccelerationPolicy::Never, SettingsExt, WebViewExt};

    if has_processor(Path::new("/dev/dri")) {
        return;
    }
    let chosen = window.with_webview(|webview| {
        if let Some(settings) = webview.inner().settings() {
            settings.set_hardware_acceleration_policy(Never);
            tracing::info!("there is no graphics processor: the page is drawn without one");
        }
    });
    if let Err(error) = chosen {
        tracing::warn!("failed to choose how the page is drawn: {error}");
    }
}

/// Elsewhere the system knows better.
#[cfg(not(target_os = "linux"))]
pub(crate) fn choose(_: &tauri::WebviewWindow) {}

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
