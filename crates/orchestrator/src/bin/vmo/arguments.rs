//! The words that `vmo` itself was given. What is wrong with them is put into words by clap, which repeats them as they
//! were typed, or as a script handed on what a stranger wrote.

use std::{env, process};

use clap::{
    Parser,
    error::{Error, ErrorKind},
};
use orchestrator::visible::visible;

use super::out;

/// The exit code for arguments that are none of ours, as clap has it.
const USAGE: i32 = 2;

/// The arguments; help, the version and errors are printed, and end the process.
pub(crate) fn parse<C: Parser>() -> C {
    C::try_parse().unwrap_or_else(|error| {
        // Help and the version repeat no argument.
        if !error.use_stderr() {
            error.exit();
        }
        if error.kind() == ErrorKind::InvalidUtf8 {
            name_bytes();
        }
        explain::<C>(&error)
    })
}

/// Says which argument is no text. A command is kept, shown and sent as text.
fn name_bytes() {
    let mut arguments = env::args_os().enumerate();
    if let Some((at, bytes)) = arguments.find(|(_, argument)| argument.to_str().is_none()) {
        let shown = bytes.to_string_lossy();
        out::say(format_args!(
            "argument {at}, '{}', is not UTF-8: in a line for a shell, printf makes such bytes: \"$(printf '\\377')\"",
            visible(&shown)
        ));
    }
}

/// The same error once more, of arguments that are visible: each place where clap repeats one, and the words of our own
/// parsers too, then have them so, in the colors of a terminal.
fn explain<C: Parser>(error: &Error) -> ! {
    let shown = env::args_os().map(|argument| visible(&argument.to_string_lossy()).into_owned());
    match C::try_parse_from(shown) {
        Err(same) if same.kind() == error.kind() => same.exit(),
        // A mark cannot make an argument right. Should it make another fault of it, no colors are shown.
        Err(_) | Ok(_) => {
            out::say(error.render());
            process::exit(USAGE)
        }
    }
}
