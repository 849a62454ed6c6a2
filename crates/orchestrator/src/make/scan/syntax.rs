//! make's syntax, without the meaning of a makefile.
//!
//! ```text
//! text           lines, words, brackets            assignment     `NAME = value` in all its flavours
//! functions      what make's functions on words do, and patterns with `%`
//! builtin_names  names that need no value          program_names  names that were meant for the shell
//! ```

pub(super) mod assignment;
pub(super) mod builtin_names;
pub(super) mod functions;
pub(super) mod program_names;
pub(super) mod text;
