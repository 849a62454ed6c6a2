//! Variables: what they are, what they expand to without running anything, and what may be shown of it.
//!
//! ```text
//! variables        what was read of each           target_specific  values for some targets alone
//! references       which variables a text uses     lookup           those it looks up by a name it is given
//! expand           what make expands               examples         values that the text compares or proposes
//! secret_names     secret by name                  secrets          secret by use or comment, and what shows of them
//! dotenv           values from the environment, `.envrc` and dotenv files
//! ```

pub(super) mod dotenv;
pub(super) mod examples;
pub(super) mod expand;
pub(super) mod lookup;
pub(super) mod references;
pub(super) mod secret_names;
pub(super) mod secrets;
pub(super) mod target_specific;
pub(super) mod variables;
