//! A standby of a real Postgres, which follows it, and can take its place.

use super::{Postgres, as_postgres, bin, free_port, give};

impl Postgres {
    /// Starts a standby of this one, which follows it until it is promoted.
    pub(crate) fn standby(&self) -> Self {
        let folder = tempfile::Builder::new().prefix("pg-").tempdir().unwrap();
        give(folder.path());
        let data = folder.path().join("data");
        let copied = as_postgres(&bin("pg_basebackup"))
            .args(["-R", "-c", "fast", "-X", "stream", "-U", "postgres"])
            .args(["-p", &self.port.to_string(), "-h"])
            .arg(self.sockets())
            .arg("-D")
            .arg(&data)
            .status();
        assert!(copied.unwrap().success(), "pg_basebackup failed");
        let mut standby = Self {
            port: free_port(),
            folder,
            settings: self.settings.clone(),
            server: None,
        };
        standby.up();
        standby
    }

    /// Makes a standby a server of its own.
    pub(crate) fn promote(&self) {
        assert_eq!(self.psql("postgres", "select pg_promote()"), "t");
    }
}
