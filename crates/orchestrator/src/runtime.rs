//! The runtime of a program, made so that a system without a file or a thread to spare is an error. It imports no module
//! of ours.

use std::{
    io,
    panic::{self, AssertUnwindSafe},
};

use tokio::runtime::{Builder, Runtime};

/// Makes the runtime. Tokio panics if it cannot have the socket pair that signals come by.
///
/// # Errors
/// If the system refuses what the runtime needs; the text says what to try.
pub fn runtime(builder: &mut Builder) -> io::Result<Runtime> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let built = panic::catch_unwind(AssertUnwindSafe(|| builder.build()));
    panic::set_hook(hook);
    let built = built.unwrap_or_else(|_| Err(io::Error::other("no socket pair can be had")));
    built.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("this program cannot start: {error}; raise the limit of open files (ulimit -n) or free memory"),
        )
    })
}
