//! What the app is started with: links to follow, or a question that needs no window.

use std::process::ExitCode;

use crate::failure;

const HELP: &str = "\
Shows the app in a window; a second start brings the first to the front.

Usage: vm-orchestrator [LINK]

  LINK           a job to show, as the app's \"Copy link\" gives it: vmo://job/ID, with lines vmo://job/ID#L12-L20
  -h, --help     print this
  -V, --version  print the version

VMO_DATA_DIR and VMO_CONFIG_DIR name other folders for the data and the settings. `vmo` is the command line; `vmo serve`
shows the same app in a browser.";

/// Answers arguments that ask for no window; none if a window is wanted.
pub(crate) fn answer(arguments: &[String]) -> Option<ExitCode> {
    let first = arguments.first()?;
    match first.as_str() {
        "-V" | "--version" => println!("vm-orchestrator {}", env!("CARGO_PKG_VERSION")),
        "-h" | "--help" => println!("{HELP}"),
        failure::EXPLAIN => {
            let word = |at: usize| arguments.get(at).map_or("", String::as_str);
            failure::show(word(1), word(2));
        }
        odd if odd.starts_with('-') => {
            let odd = orchestrator::visible::visible(odd);
            eprintln!("vm-orchestrator: there is no option '{odd}'; see --help");
            return Some(ExitCode::from(2));
        }
        _ => return None,
    }
    Some(ExitCode::SUCCESS)
}
