//! Bakes the configuration, the icons and the permissions of our own commands into the binary.

fn main() {
    let commands = tauri_build::AppManifest::new().commands(&[
        "socket",
        "ready",
        "pick_folder",
        "pick_file",
        "quit",
        "open_terminal",
        "zoom",
        "linked",
        "read_script",
        "open_window",
        "close_window",
        "leave",
    ]);
    if let Err(error) =
        tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))
    {
        println!("cargo::error=failed to prepare the window: {error:#}");
    }
}
