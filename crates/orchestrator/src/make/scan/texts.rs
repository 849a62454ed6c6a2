//! What a person reads of a target or a variable, wherever the makefile has it.
//!
//! ```text
//! comment    docs, groups and `@` annotations          prose    what kind of text a comment is
//! help       the texts in the recipe of `help`         summary  what a target without a text does, in one line
//! help_text  a text of that kind
//! ```

pub(super) mod comment;
pub(super) mod help;
pub(super) mod help_text;
pub(super) mod prose;
pub(super) mod summary;
