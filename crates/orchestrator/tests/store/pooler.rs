//! Behind a connection pooler, a session may be somebody else's the next moment.

use std::time::Duration;

use orchestrator::{
    job::{Exit, JobQuery},
    log::Stream,
    store::{Address, Store, StoreError},
};

use crate::{block, chunk, ended, mark, pgbouncer::PgBouncer, postgres::Postgres, target};

const TABLES: &str =
    "select count(*) from pg_class where relname in ('jobs', 'job_logs', 'vmo_migrations')";

/// Does with a store whatever can be done with it.
async fn use_all_of(store: &Store) {
    let job = target("api", "deploy");
    store.save_job(&job).await.unwrap();
    let (chunks, end) = (
        [
            chunk(0, Stream::Stdout, "a\n"),
            chunk(1, Stream::Stderr, "b\n"),
        ],
        mark(2, 2),
    );
    let blocks = [block(&chunks, 1)];
    store.archive(job.id, &blocks, &end).await.unwrap();
    // Once more, as after an answer that was lost.
    store.archive(job.id, &blocks, &end).await.unwrap();
    store.make_durable(job.id).await.unwrap();
    assert_eq!(store.mark(job.id).await.unwrap().unwrap().seq, 2);
    let mut over = ended(&job, Exit::Code { code: 0 }, false);
    (over.lines, over.bytes) = (2, 4);
    store.settle(&over, &end).await.unwrap();
    let whole = ended(&target("api", "deploy"), Exit::Code { code: 3 }, false);
    assert!(store.write_whole(&whole, &blocks, &end).await.unwrap());
    assert_eq!(store.blocks(job.id, 0, 1 << 20).await.unwrap(), blocks);
    assert!(store.block_at_seq(job.id, 1).await.unwrap().is_some());
    assert!(store.block_at_line(job.id, 2).await.unwrap().is_some());
    assert_eq!(store.seq_at_byte(job.id, 0).await.unwrap(), Some(0));
    assert_eq!(store.job(job.id).await.unwrap().unwrap().state, over.state);
    let id = job.id.to_string();
    assert!(!store.jobs_by_prefix(&id[..13]).await.unwrap().is_empty());
    assert_eq!(
        store.last_job(Some("ann@here")).await.unwrap().unwrap().id,
        whole.id
    );
    assert!(store.unended_of("ann@here").await.unwrap().is_empty());
    assert_eq!(store.earlier(&whole, None, 12).await.unwrap().len(), 1);
    store
        .set_note(job.id, true, "seen", "ann@here")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(store.notes(&[job.id]).await.unwrap().len(), 1);
    let pinned = JobQuery {
        pinned: true,
        text: Some("deploy".into()),
        ..JobQuery::default()
    };
    assert_eq!(store.jobs(&pinned).await.unwrap().len(), 1);
    let minute = Duration::from_secs(60);
    assert!(store.beat("ann@here", minute).await.unwrap().is_empty());
    assert!(
        store
            .silent_owners(Duration::from_secs(60))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(store.delete_job(job.id).await.unwrap());
}

#[tokio::test]
async fn a_pooler_that_shares_sessions_is_refused_before_anything_is_written() {
    let postgres = Postgres::start();
    for settings in [
        "pool_mode = transaction",
        "pool_mode = statement",
        "pool_mode = transaction\nserver_round_robin = 1\nmin_pool_size = 2",
        "pool_mode = transaction\nserver_round_robin = 1\nmin_pool_size = 3",
        "pool_mode = transaction\ndefault_pool_size = 1",
    ] {
        let pooler = PgBouncer::before(&postgres, settings);
        for _ in 0..3 {
            let address = Address::parse(&pooler.url(), Some("ours")).unwrap();
            let error = Store::connect(&address).await.unwrap_err();
            let words = error.to_string();
            assert!(
                matches!(error, StoreError::Refused { .. }),
                "{settings}: {words}"
            );
            assert!(words.contains("pool_mode = session"), "{settings}: {words}");
        }
        assert_eq!(postgres.psql("postgres", TABLES), "0", "{settings}");
        assert_eq!(pooler.psql("show search_path"), "\"$user\", public");
    }
}

#[tokio::test]
async fn a_pool_of_whole_sessions_serves() {
    let postgres = Postgres::start();
    let pooler = PgBouncer::before(&postgres, "pool_mode = session");
    for schema in [None, Some("Our \"own\"")] {
        let address = Address::parse(&pooler.url(), schema).unwrap();
        let store = Store::connect(&address).await.unwrap();
        use_all_of(&store).await;
        store.close().await;
    }
}

#[tokio::test]
async fn nothing_of_ours_is_left_in_a_session() {
    let postgres = Postgres::start();
    // Those that every client says of its own are the pooler's to set for each.
    let before = "select string_agg(name || '=' || setting, ',' order by name) from pg_settings
                  where source in ('session', 'override', 'interactive')
                    and name not in ('TimeZone', 'DateStyle', 'client_encoding', 'application_name')";
    let pooler = PgBouncer::before(&postgres, "pool_mode = session\nserver_reset_query =");
    let fresh = pooler.psql(before);
    let address = Address::parse(&pooler.url(), Some("ours")).unwrap();
    let store = Store::connect(&address).await.unwrap();
    use_all_of(&store).await;
    store.close().await;
    // The sessions that we had are the only ones there are.
    for _ in 0..4 {
        assert_eq!(pooler.psql(before), fresh);
        pooler.psql("create table if not exists theirs ()");
    }
    assert_eq!(
        postgres.psql("postgres", "select 'public.theirs'::regclass"),
        "theirs"
    );
    // What was prepared is left by any program, and makes the next one fail: it is said.
    let words = Store::connect(&address).await.unwrap_err().to_string();
    assert!(words.contains("DISCARD ALL"), "{words}");
}
