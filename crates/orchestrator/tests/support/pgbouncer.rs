//! A real PgBouncer in front of a test's Postgres (Debian: apt-get install pgbouncer).

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use crate::postgres::{Postgres, as_postgres, give, give_file};

const PROGRAM: &str = "/usr/sbin/pgbouncer";
const PATIENCE: Duration = Duration::from_secs(20);

/// A pooler that is gone when this is dropped.
pub(crate) struct PgBouncer {
    port: u16,
    child: Child,
    _folder: tempfile::TempDir,
}

impl PgBouncer {
    /// Starts one with these lines in its configuration, and else as it comes.
    pub(crate) fn before(postgres: &Postgres, settings: &str) -> Self {
        assert!(Path::new(PROGRAM).exists(), "apt-get install pgbouncer");
        let folder = tempfile::Builder::new().prefix("pgb-").tempdir().unwrap();
        give(folder.path());
        let port = crate::postgres::free_port();
        let config = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\npostgres = host=127.0.0.1 port={} dbname=postgres user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\n{settings}\n",
            postgres.port()
        );
        fs::write(&config, text).unwrap();
        give_file(&config);
        let mut child = as_postgres(PROGRAM)
            .arg(&config)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = child.stderr.take().unwrap();
        let (sender, receiver) = mpsc::channel();
        // It is read to its end, so that it never blocks.
        std::thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                sender.send(line).ok();
            }
        });
        let mut output = String::new();
        while !output.contains("process up") {
            match receiver.recv_timeout(PATIENCE) {
                Ok(line) => output = format!("{output}{line}\n"),
                Err(_) => panic!("it does not get ready: {output}"),
            }
        }
        Self {
            port,
            child,
            _folder: folder,
        }
    }

    /// The address of the database behind it.
    pub(crate) fn url(&self) -> String {
        format!(
            "postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable",
            self.port
        )
    }

    /// What another program's session behind it prints for this.
    pub(crate) fn psql(&self, sql: &str) -> String {
        let output = Command::new(crate::postgres::bin("psql"))
            .args(["-XAtq", "-d", &self.url(), "-c", sql])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
