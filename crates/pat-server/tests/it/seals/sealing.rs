//! What is sealed when.

use std::sync::atomic::{AtomicBool, Ordering};

use diesel_async::SimpleAsyncConnection as _;
use jiff::SignedDuration;
use pat_core::seal::key::Keys;
use pat_server::seals::sealer::{SETTLED_AFTER, Step, step};
use pat_server::store::Store;

use super::{KEY, Log, insert};

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_is_sealed_once_it_is_five_minutes_old() {
    let log = Log::new().await;
    assert!(matches!(log.step().await, Step::UpToDate), "there is nothing yet");
    log.event(1, "2026-03-10T11:58:30Z").await;
    for (time, is_sealed) in [("12:00:00", false), ("12:03:59.999999", false), ("12:04:00", true), ("12:04:30", false)] {
        log.server.stop_clock(&format!("2026-03-10T{time}Z")).await;
        assert_eq!(matches!(log.step().await, Step::Sealed(seal) if seal.rows == 1), is_sealed, "{time}");
    }
    let (_, lag) = step(&log.store, log.keys.current(), SETTLED_AFTER).await.unwrap();
    assert_eq!(lag, SignedDuration::from_secs(5 * 60 + 30));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_turn_of_the_month_falls_between_two_seals() {
    let log = Log::new().await;
    let times = ["2026-03-31T23:59:00Z", "2026-03-31T23:59:59.999999Z", "2026-04-01T00:00:00Z", "2026-04-01T00:00:59.999999Z"];
    log.server.stop_clock("2026-04-01T00:10:00Z").await;
    for (id, time) in (1..).zip(times) {
        log.event(id, time).await;
    }
    let seals: Vec<_> = log.seal_all().await.into_iter().map(|seal| (seal.from.to_string(), seal.rows)).collect();
    let at = |from: &str, rows| (from.to_owned(), rows);
    assert_eq!(seals[..2], [at("2026-03-31T23:59:00Z", 2), at("2026-04-01T00:00:00Z", 2)]);
    assert_eq!(log.server.count("audit_events_2026_03").await, 2);
    assert_eq!(log.server.count("audit_events_2026_04").await, 2);
    assert_eq!(log.verify().await.unwrap().rows, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_waits_for_transactions_that_could_add_to_it() {
    let log = Log::new().await;
    log.event(1, "2026-03-10T12:00:10Z").await;
    let mut open = log.server.database.connect().await;
    open.batch_execute(&format!("BEGIN; {}", insert(2, "2026-03-10T12:00:20Z", 1, 1))).await.unwrap();
    let mut reader = log.server.database.connect().await;
    reader.batch_execute("BEGIN; SELECT count(*) FROM audit_events").await.unwrap();
    log.server.stop_clock("2026-03-10T12:01:00Z").await;
    let seal = async || step(&log.store, log.keys.current(), SignedDuration::ZERO).await.unwrap().0;
    assert!(matches!(seal().await, Step::Waiting(horizon) if horizon.oldest_writer.is_some() && horizon.unknown_writers == 0));
    open.batch_execute("COMMIT").await.unwrap();
    assert!(matches!(seal().await, Step::Sealed(seal) if seal.rows == 2), "who only reads keeps nothing back");
    assert_eq!(log.verify().await.unwrap().rows, 2);

    // One that only waits for its turn to write counts as well.
    let mut blocker = log.server.database.connect().await;
    blocker.batch_execute("BEGIN; LOCK TABLE audit_events IN SHARE MODE").await.unwrap();
    let mut late = log.server.database.connect().await;
    let waiting = tokio::spawn(async move { late.batch_execute(&insert(3, "2026-03-10T12:01:20Z", 1, 1)).await });
    while log.server.count("pg_locks WHERE mode = 'RowExclusiveLock' AND NOT granted AND relation = 'audit_events'::regclass").await == 0 {
        tokio::task::yield_now().await;
    }
    log.server.stop_clock("2026-03-10T12:02:00Z").await;
    assert!(matches!(seal().await, Step::Waiting(_)));
    blocker.batch_execute("COMMIT").await.unwrap();
    waiting.await.unwrap().unwrap();
    assert!(matches!(seal().await, Step::Sealed(seal) if seal.rows == 1));
    assert_eq!(log.verify().await.unwrap().rows, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_young_transaction_keeps_nothing_back() {
    let log = Log::new().await;
    log.event(1, "2026-03-10T11:00:10Z").await;
    let mut open = log.server.database.connect().await;
    open.batch_execute(&format!("BEGIN; {}", insert(2, "2026-03-10T12:00:00Z", 1, 1))).await.unwrap();
    assert!(matches!(log.step().await, Step::Sealed(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_the_server_may_not_see_counts_as_open() {
    let log = Log::new().await;
    log.event(1, "2026-03-10T11:00:10Z").await;
    let role = format!("sealer_{}", uuid::Uuid::now_v7().simple());
    log.server.sql(&format!("CREATE ROLE {role} NOLOGIN")).await;
    log.server.sql(&format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")).await;
    let store = Store::new(&format!("{}?options=-c%20role%3D{role}", log.server.database.url), 1).unwrap();
    let mut open = log.server.database.connect().await;
    open.batch_execute(&format!("BEGIN; {}", insert(2, "2026-03-10T12:00:00Z", 1, 1))).await.unwrap();
    let seal = async || step(&store, log.keys.current(), SETTLED_AFTER).await.unwrap().0;
    let hidden = seal().await;
    log.server.sql(&format!("GRANT pg_read_all_stats TO {role}")).await;
    let seen = seal().await;
    store.close();
    log.server.sql(&format!("DROP OWNED BY {role}")).await;
    log.server.sql(&format!("DROP ROLE {role}")).await;
    assert!(matches!(hidden, Step::Waiting(horizon) if horizon.unknown_writers == 1));
    assert!(matches!(seen, Step::Sealed(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_written_while_it_seals_are_sealed_in_their_turn() {
    let log = Log::new().await;
    log.server.advance_clock("0 seconds").await;
    // An hour of rows to catch up with, and others that go in meanwhile, with the time of their statement.
    log.server
        .sql(
            "INSERT INTO audit_events (account_id, time, id, principal_id, event_type, outcome)
             SELECT id, pat_now() - interval '1 hour' + make_interval(secs => n), gen_random_uuid(), 1, 'web_api.called', 'succeeded'
               FROM accounts, generate_series(1, 3000) n WHERE name = 'Demo'",
        )
        .await;
    let is_over = AtomicBool::new(false);
    let write = async {
        let mut written = 0;
        while !is_over.load(Ordering::Relaxed) {
            let sql = "INSERT INTO audit_events (account_id, id, principal_id, event_type, outcome)
                       SELECT id, gen_random_uuid(), 1, 'web_api.called', 'succeeded' FROM accounts WHERE name = 'Demo'";
            written += log.server.sql(sql).await;
        }
        written
    };
    let seal = async {
        let seals = log.seal_all().await;
        is_over.store(true, Ordering::Relaxed);
        seals
    };
    let (written, seals) = tokio::join!(write, seal);
    assert!(written > 0 && seals.len() > 40, "{written}, {}", seals.len());
    let report = log.verify().await.unwrap();
    assert_eq!(report.rows + u64::try_from(report.unsealed).unwrap(), 3000 + u64::try_from(written).unwrap());
    log.server.advance_clock("10 minutes").await;
    log.seal_all().await;
    let report = log.verify().await.unwrap();
    assert_eq!((report.rows, report.unsealed), (3000 + u64::try_from(written).unwrap(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sealers_make_one_chain() {
    let log = Log::new().await;
    for (id, minute) in (1..).zip(0..40) {
        log.event(id, &format!("2026-03-10T11:{minute:02}:00Z")).await;
    }
    let mut holder = log.server.database.connect().await;
    holder.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(8097881558295601516)").await.unwrap();
    assert!(matches!(log.step().await, Step::Busy));
    holder.batch_execute("ROLLBACK").await.unwrap();
    let seal = |store: Store| async move {
        let keys = Keys::parse(KEY).unwrap();
        let mut made = 0;
        loop {
            match step(&store, keys.current(), SETTLED_AFTER).await.unwrap().0 {
                Step::Sealed(_) => made += 1,
                Step::Busy => {}
                _ => return made,
            }
        }
    };
    let (one, other) = tokio::join!(tokio::spawn(seal(log.server.database.store())), tokio::spawn(seal(log.server.database.store())));
    let made = one.unwrap() + other.unwrap();
    let report = log.verify().await.unwrap();
    assert_eq!((report.rows, report.seals), (40, made), "no minute was sealed twice");
}
