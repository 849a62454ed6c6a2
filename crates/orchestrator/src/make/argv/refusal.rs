//! The rules that targets and variables have to keep.

use std::path::PathBuf;

use super::Assignment;
use crate::make::scan::is_name;

/// The rule that something breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// make takes it as a variable, even behind `--`.
    #[error("run the target '{0}': a name with '=' would set a variable, it cannot be a target")]
    Equals(String),
    /// make ignores it and runs its default target.
    #[error("run the target '-': make drops a lone dash and would run its default target")]
    LoneDash,
    /// A family of targets is no target.
    #[error("run '{0}': it is a pattern of many targets: put a text in place of its %")]
    Pattern(String),
    /// make has no such names.
    #[error("run a target without a name")]
    Empty,
    /// No argument can hold it.
    #[error("run the target {0:?}: a name with a NUL byte cannot be an argument")]
    Nul(String),
    /// make's own lists end there.
    #[error("run the target {0:?}: a name with a line break cannot be a target")]
    LineBreak(String),
    /// The name breaks the rule.
    #[error(
        "set the variable {0:?}: a name is letters, digits and '_', and does not start with a digit"
    )]
    Name(String),
    /// It would change make itself.
    #[error("set '{0}': it changes how make itself works; confirm it first")]
    Reserved(String),
    /// No argument can hold it.
    #[error("set '{0}': a value with a NUL byte cannot be an argument")]
    ValueNul(String),
    /// Arguments are text here.
    #[error("run in {}: the folder's name is not valid UTF-8", .0.display())]
    Folder(PathBuf),
    /// There is no target to run.
    #[error("run an empty command")]
    NoCommand,
    /// No argument can hold it.
    #[error("run a command with a NUL byte in it")]
    CommandNul,
}

/// Names that change what make does with everything else.
const RESERVED: [&str; 9] = [
    ".SHELLFLAGS",
    "GNUMAKEFLAGS",
    "MAKE",
    "MAKEFILES",
    "MAKEFLAGS",
    "MAKEOVERRIDES",
    "MFLAGS",
    "SHELL",
    "VPATH",
];

pub(super) fn check_target(target: &str) -> Result<(), Refusal> {
    let name = || target.to_owned();
    match target {
        "" => Err(Refusal::Empty),
        "-" => Err(Refusal::LoneDash),
        _ if target.contains('=') => Err(Refusal::Equals(name())),
        _ if target.contains('\0') => Err(Refusal::Nul(name())),
        _ if target.contains('\n') => Err(Refusal::LineBreak(name())),
        _ => Ok(()),
    }
}

pub(super) fn check_variable(variable: &Assignment, reserved: bool) -> Result<(), Refusal> {
    let name = &variable.name;
    if !is_name(name) && !RESERVED.contains(&name.as_str()) {
        return Err(Refusal::Name(name.clone()));
    }
    if !reserved && RESERVED.contains(&name.as_str()) {
        return Err(Refusal::Reserved(name.clone()));
    }
    if variable.value.contains('\0') {
        return Err(Refusal::ValueNul(name.clone()));
    }
    Ok(())
}
