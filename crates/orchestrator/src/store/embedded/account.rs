//! The account the server runs as if we are root, as which it refuses to run.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use super::{broken, cannot};
use crate::store::StoreError;

/// An account the server runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Whom a file or folder belongs to, if it is there.
pub(super) fn owner(path: &Path) -> Option<Account> {
    let about = fs::metadata(path).ok()?;
    Some(Account {
        uid: about.uid(),
        gid: about.gid(),
    })
}

/// The account that is for root's servers alone, if somebody has made it.
const OWN: &str = "vm-orchestrator";

/// An account for root's servers: one of their own, that of a Postgres of the system, or `nobody`.
pub(super) fn spare_account() -> Result<Account, StoreError> {
    let file = Path::new("/etc/passwd");
    let users = fs::read_to_string(file).map_err(|error| cannot("read", file, &error))?;
    [OWN, "postgres", "_postgres", "nobody"]
        .iter()
        .find_map(|name| account_in(&users, name))
        .ok_or_else(|| {
            broken("Postgres does not run as root, and there is no user 'postgres' or 'nobody' to run it as")
        })
}

/// What to know of a server of root's that runs as an account which others may be.
pub(super) fn shared(account: Account) -> Option<String> {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut names = users.lines().filter(|line| {
        let uid = line.split(':').nth(2);
        uid.is_some_and(|uid| uid.parse() == Ok(account.uid))
    });
    let name = names.next()?.split(':').next()?;
    (name != OWN).then(|| {
        format!(
            "root's own Postgres runs as '{name}', and whoever else is that account can change the history, which starts \
             nothing; a new data folder gets an account of its own where there is one: useradd --system --no-create-home {OWN}"
        )
    })
}

fn account_in(users: &str, name: &str) -> Option<Account> {
    let mut fields = users
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?
        .skip(1);
    let mut number = || fields.next()?.parse().ok();
    Some(Account {
        uid: number()?,
        gid: number()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_as_the_system_writes_them() {
        let users = "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65533::/:/bin/false\npostgresql:x:9:9:::\n";
        assert_eq!(
            account_in(users, "nobody"),
            Some(Account {
                uid: 65534,
                gid: 65533
            })
        );
        assert_eq!(account_in(users, "postgres"), None);
    }
}
