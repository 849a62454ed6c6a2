//! The environment that a program of ours was started with. `PG*` is Postgres' own: a project that a person works on sets
//! it for its database, and every client of Postgres, our driver and psql included, takes it for its own. None of it is for
//! our history, so it is taken out of our process and kept for what a person runs. It knows neither database nor jobs.

use std::{env, ffi::OsString, process::Command, sync::OnceLock};

/// What was taken out.
static APART: OnceLock<Vec<(OsString, OsString)>> = OnceLock::new();

/// A variable that tells every program where passwords are. Each is for one server, so it harms none.
const OF_ALL_SERVERS: &str = "PGPASSFILE";

/// Takes Postgres' variables out of this process's environment. Every program of ours calls it first of all, while it has
/// one thread.
pub fn set_postgres_apart() {
    let theirs: Vec<_> = env::vars_os()
        .filter(|(name, _)| is_of_postgres(name) && name != OF_ALL_SERVERS)
        .collect();
    for (name, _) in &theirs {
        #[expect(
            unsafe_code,
            reason = "no other thread is there to read the environment"
        )]
        // SAFETY: the caller has one thread.
        unsafe {
            env::remove_var(name);
        }
    }
    // A second call has no effect.
    APART.get_or_init(|| theirs);
}

/// All of the environment that this process was started with: what a person's programs inherit.
pub fn of_the_person() -> impl Iterator<Item = (OsString, OsString)> {
    env::vars_os().chain(apart().iter().cloned())
}

/// A variable of it.
#[must_use]
pub fn var(name: &str) -> Option<OsString> {
    let of_postgres = apart().iter().find(|(known, _)| known == name);
    of_postgres.map_or_else(|| env::var_os(name), |(_, value)| Some(value.clone()))
}

/// Gives a person's program the variables that are not in our own environment.
pub fn give_back(command: &mut Command) {
    command.envs(apart().iter().cloned());
}

/// The names of Postgres' variables that this process was started with, in order.
#[must_use]
pub fn names_apart() -> Vec<String> {
    let names = apart().iter();
    let mut names: Vec<_> = names
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Postgres' variables that this process was started with.
#[must_use]
pub fn apart() -> &'static [(OsString, OsString)] {
    APART.get().map_or(&[], Vec::as_slice)
}

/// libpq's names all begin so (PostgreSQL manual, "Environment Variables").
fn is_of_postgres(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"PG")
}
