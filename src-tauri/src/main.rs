//! The app's entry: everything is in the library beside it.
// A double-clicked app opens no console on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    vm_orchestrator::run()
}
