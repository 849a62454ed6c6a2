//! Confining a process by Landlock, which says what files it may open, and by seccomp, which says what calls it may make.

use std::{
    fs, io,
    path::{Path, PathBuf},
    ptr,
};

use landlock::{
    ABI, Access, AccessFs, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, Scope, make_bitflags,
};

use super::{syscalls, threads};

/// Of `linux/landlock.h`: asks for the version alone.
const VERSION: u32 = 1;

/// Landlock's version here; none if there is no Landlock.
#[expect(unsafe_code, reason = "the call has no safe one; it takes no pointer")]
fn landlock_version() -> Option<i64> {
    let none = ptr::null::<u8>();
    // SAFETY: with this flag the call wants no attributes, and only gives a number.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0_usize, VERSION) };
    (version > 0).then_some(version)
}

/// By what a process is confined here.
///
/// # Errors
/// What is missing of that, in words.
pub(super) fn available() -> Result<String, String> {
    let landlock = landlock_version();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let has_seccomp = status.contains("\nSeccomp:") && syscalls::is_known_machine();
    match (landlock, has_seccomp) {
        (Some(version), true) => Ok(format!("Landlock (version {version}) and seccomp")),
        (Some(_), false) => Err("this system has no seccomp".to_owned()),
        (None, true) => Err(
            "this system has no Landlock (Linux 5.13 or newer, with landlock among its security modules)"
                .to_owned(),
        ),
        (None, false) => Err("this system has neither Landlock nor seccomp".to_owned()),
    }
}

/// Confines every thread of this process, as far as this system can.
///
/// # Errors
/// What of it could not be done, in words; the rest is done all the same.
pub(super) fn restrict(folders: &[PathBuf]) -> Result<(), String> {
    // A confined process cannot find out.
    let missing = available().err();
    let files = restrict_files(folders);
    let calls = syscalls::restrict();
    // In words that a person can do something about, if the system has no such thing.
    files.and(calls).map_err(|why| missing.unwrap_or(why))
}

fn restrict_files(folders: &[PathBuf]) -> Result<(), String> {
    let ruleset = rules(folders).map_err(|error| error.to_string())?;
    let ruleset: Option<std::os::fd::OwnedFd> = ruleset.into();
    let ruleset = ruleset.ok_or("Landlock is off")?;
    threads::restrict(&ruleset).map_err(|error: io::Error| format!("Landlock: {error}"))
}

/// What is done with a job's folder and the process's own.
fn in_own() -> BitFlags<AccessFs> {
    make_bitflags!(AccessFs::{
        ReadFile | ReadDir | WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir | Refer
    })
}

fn rules(folders: &[PathBuf]) -> Result<RulesetCreated, RulesetError> {
    let newest = ABI::V9;
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(newest))?
        .scope(Scope::from_all(newest))?
        .create()?;
    let null = make_bitflags!(AccessFs::{ReadFile | WriteFile});
    let ruleset = allowed(ruleset, Path::new("/dev/null"), null)?;
    folders.iter().try_fold(ruleset, |ruleset, folder| {
        allowed(ruleset, folder, in_own())
    })
}

/// A path that is not there is no path that anything is done with.
fn allowed(
    ruleset: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    match PathFd::new(path) {
        Ok(place) => ruleset.add_rule(PathBeneath::new(place, access)),
        Err(error) => {
            tracing::debug!(path = %path.display(), %error, "not there");
            Ok(ruleset)
        }
    }
}
