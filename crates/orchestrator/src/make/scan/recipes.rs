//! What a recipe's lines do, as far as a person reads them: nothing is run.
//!
//! ```text
//! shell            commands and words                language  whether they are a shell's at all
//! tested           what they test variables for      calls     if they call make for targets of the same makefile
//! danger           what asks before it runs          terminal  what needs a terminal
//! condition_side   what of them only runs with other values
//! preview          what a target would run      echoed    what make writes of it first
//! ```

pub(super) mod calls;
pub(super) mod condition_side;
pub(super) mod danger;
pub(super) mod echoed;
pub(super) mod language;
pub(super) mod preview;
pub(super) mod shell;
pub(super) mod terminal;
pub(super) mod tested;
