//! A server that is away, goes away, or does not let us in: each says so in its own way, and the first heal by themselves.

use std::{process::Command, time::Duration};

use orchestrator::{
    log::Stream,
    store::{Address, Interruption, Store, StoreError},
};
use rustix::process::Signal;

use crate::{block, chunk, mark, open, postgres::Postgres, target};

async fn fails(url: &str) -> StoreError {
    Store::connect(&Address::parse(url, None).unwrap())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn nobody_there_is_reported_at_once_and_may_heal() {
    let free = std::net::TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap();
    for url in [
        format!("postgres://u:pw@{free}/x"),
        "postgres:///x?host=/nowhere/at/all".to_owned(),
    ] {
        let error = fails(&url).await;
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
        assert!(error.is_transient());
        assert!(!error.to_string().contains("pw@"), "{error}");
        assert!(
            error.to_string().contains("is the server running"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_in_time() {
    // It takes the connection and says nothing, as a frozen one does.
    let mute = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("postgres://u@{}/x", mute.local_addr().unwrap());
    let error = tokio::time::timeout(Duration::from_secs(20), fails(&url))
        .await
        .unwrap();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_missing_database_and_a_wrong_password_are_distinguished() {
    let server = Postgres::start();
    let error = fails(&server.url("nowhere")).await;
    assert!(
        matches!(error, StoreError::Refused { .. }) && error.to_string().contains("createdb"),
        "{error}"
    );

    server.psql("postgres", "create role ann login password 'right'");
    let rules = server.data().join("pg_hba.conf");
    std::fs::write(
        &rules,
        "host all ann 127.0.0.1/32 scram-sha-256\nlocal all all trust\n",
    )
    .unwrap();
    server.psql("postgres", "select pg_reload_conf()");
    let asks = async |url: String| {
        // The server reads its rules anew a moment after it was told to.
        for _ in 0..100 {
            let outcome = Store::connect(&Address::parse(&url, None).unwrap()).await;
            if let Err(error) = outcome {
                return error;
            }
            tokio::task::yield_now().await;
        }
        panic!("the new rules do not hold");
    };
    let error = asks(server.tcp_url("ann", "postgres")).await;
    assert!(matches!(error, StoreError::AuthFailed { .. }), "{error}");
    assert!(
        !error.is_transient() && !error.to_string().contains("not-asked-for"),
        "{error}"
    );
    let error = asks(server.tcp_url("bob", "postgres")).await;
    assert!(matches!(error, StoreError::AuthFailed { .. }), "{error}");
    let right = server
        .tcp_url("ann", "postgres")
        .replace("not-asked-for", "right");
    // Whom the server lets in it may still forbid to create tables.
    let error = fails(&right).await;
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn a_session_that_is_ended_from_outside_heals() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let job = target("api", "deploy");
    store.save_job(&job).await.unwrap();
    let end = "select pg_terminate_backend(pid) from pg_stat_activity
               where application_name = 'vm-orchestrator' and pid <> pg_backend_pid()";
    assert_eq!(server.psql("postgres", end), "t");
    // If the dead connection lay idle for long enough, not even the first call fails.
    if let Err(error) = store.save_job(&job).await {
        assert!(error.is_transient(), "{error}");
        store.save_job(&job).await.unwrap();
    }
    assert_eq!(server.psql("postgres", end), "t");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_idle_sessions_that_are_ended_one_call_is_reported_at_most() {
    let server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let job = target("api", "deploy");
    store.save_job(&job).await.unwrap();
    let ours = "from pg_stat_activity where application_name = 'vm-orchestrator'";
    // Calls at once open connections of their own, unless one is done before the next begins: then again.
    let several = tokio::time::timeout(Duration::from_secs(60), async {
        let count = format!("select count(*) > 2 {ours}");
        while server.psql("postgres", &count) != "t" {
            drop(tokio::join!(store.ping(), store.ping(), store.ping()));
        }
    });
    several.await.expect("several connections");
    // Each waits until its session is gone.
    let end = format!("select count(pg_terminate_backend(pid, 60000)) > 2 {ours}");
    assert_eq!(server.psql("postgres", &end), "t");
    let mut failed = 0;
    for _ in 0..8 {
        if let Err(error) = store.job(job.id).await {
            assert!(error.is_transient(), "{error}");
            failed += 1;
        }
    }
    assert!(failed <= 1, "{failed} calls failed");
}

#[tokio::test]
async fn a_server_that_crashes_and_comes_back_is_found_again() {
    let mut server = Postgres::start();
    let store = open(&server.url("postgres")).await;
    let job = target("api", "deploy");
    store.save_job(&job).await.unwrap();
    let log = [block(&[chunk(0, Stream::Stdout, "kept\n")], 1)];
    store.archive(job.id, &log, &mark(1, 1)).await.unwrap();
    assert_eq!(store.make_durable(job.id).await.unwrap().unwrap().seq, 1);

    server.down(Signal::QUIT);
    let error = store.job(job.id).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    server.up();
    assert_eq!(store.job(job.id).await.unwrap().unwrap().bytes, 5);
    assert_eq!(store.blocks(job.id, 0, 100).await.unwrap(), log);
}

#[tokio::test]
async fn read_only_full_and_shutting_down_are_distinguished() {
    let server = Postgres::start_with(&["max_connections=4", "superuser_reserved_connections=0"]);
    let store = open(&server.url("postgres")).await;
    let job = target("api", "deploy");
    store.save_job(&job).await.unwrap();
    store.close().await;

    let url = format!(
        "{}?options=-cdefault_transaction_read_only%3Don",
        server.url("postgres")
    );
    let read_only = open(&url).await;
    let error = read_only.save_job(&job).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Interrupted {
                kind: Interruption::ReadOnly,
                ..
            }
        ),
        "{error}"
    );
    assert!(read_only.job(job.id).await.unwrap().is_some());
    read_only.close().await;

    let mut sessions = Vec::new();
    let error = loop {
        let address = Address::parse(&server.url("postgres"), None).unwrap();
        match Store::connect(&address).await {
            Ok(store) => {
                store.ping().await.unwrap();
                sessions.push(store.subscribe().await);
            }
            Err(error) => break error,
        }
        assert!(sessions.len() < 10, "four connections are never used up");
    };
    assert!(
        matches!(
            error,
            StoreError::Interrupted {
                kind: Interruption::Full,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_server_elsewhere_needs_a_certificate_unless_the_address_accepts_less() {
    let mut server = Postgres::start();
    let status = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(server.data().join("server.key"))
        .arg("-out")
        .arg(server.data().join("server.crt"))
        .output()
        .expect("openssl");
    assert!(
        status.status.success(),
        "{}",
        String::from_utf8_lossy(&status.stderr)
    );
    crate::postgres::give_file(&server.data().join("server.key"));
    crate::postgres::give_file(&server.data().join("server.crt"));
    server.down(Signal::INT);
    server.set("ssl=on");
    server.up();
    let certificate = server.data().join("server.crt");
    let copy = tempfile::NamedTempFile::new().unwrap();
    std::fs::copy(&certificate, copy.path()).unwrap();
    let root = copy.path().display();

    let over_tls = async |host: &str, rest: &str| {
        let url = format!(
            "postgres://postgres@{host}:{}/postgres?a=b{rest}",
            server.port()
        );
        let address = Address::parse(&url, None).unwrap();
        let store = Store::connect(&address).await?;
        store.ping().await?;
        let over = "select bool_or(ssl) from pg_stat_ssl join pg_stat_activity using (pid)
                    where application_name = 'vm-orchestrator'";
        let answer = server.psql("postgres", over);
        store.close().await;
        Ok::<_, StoreError>(answer)
    };
    // This machine: encrypted if the server can, without checking its certificate.
    assert_eq!(over_tls("localhost", "").await.unwrap(), "t");
    assert_eq!(
        over_tls("127.0.0.1", "&sslmode=disable").await.unwrap(),
        "f"
    );
    // What is asked for is done.
    assert_eq!(
        over_tls("localhost", "&sslmode=require").await.unwrap(),
        "t"
    );
    let unknown = over_tls("localhost", "&sslmode=verify-full")
        .await
        .unwrap_err();
    assert!(matches!(unknown, StoreError::Refused { .. }), "{unknown}");
    assert!(unknown.to_string().contains("sslrootcert"), "{unknown}");
    let verified = format!("&sslmode=verify-full&sslrootcert={root}");
    assert_eq!(over_tls("localhost", &verified).await.unwrap(), "t");
    let wrong_name = over_tls("127.0.0.1", &verified).await.unwrap_err();
    assert!(
        matches!(wrong_name, StoreError::Refused { .. }),
        "{wrong_name}"
    );
}
