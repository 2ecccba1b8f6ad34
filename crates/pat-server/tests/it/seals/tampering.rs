//! Who has all rights to the database, but not the key, is found out.

use pat_core::seal::chain::{Head, Seal, Tally};
use pat_core::seal::key::Keys;
use pat_server::seals::verify::Range;

use super::{EVERYTHING, KEY, Log, OTHER_KEY, insert, row, text};

const TABLES: [&str; 5] = ["audit_events", "audit_principals", "audit_clients", "audit_seals", "audit_seal_traces"];

/// Tampers in each way in turn, and each time takes it back.
async fn each_is_found(log: &Log, cases: &[(&str, String)]) {
    let honest = log.verify().await.unwrap();
    for table in TABLES {
        log.tamper(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
    }
    for (sql, words) in cases {
        log.tamper(sql).await;
        let found = log.verify().await.expect_err(sql);
        assert!(found.contains(words.as_str()), "{sql}\n found: {found}\nwanted: {words}");
        for table in TABLES {
            log.tamper(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}")).await;
        }
        assert_eq!(log.verify().await.as_ref(), Ok(&honest), "taken back: {sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_as_it_was_is_counted() {
    let log = Log::sealed().await;
    let report = log.verify().await.unwrap();
    assert_eq!((report.rows, report.commitments, report.erased, report.unsealed), (6, 4, 0, 0));
    let (from, until) = report.span.unwrap();
    assert_eq!((from.to_string(), until.to_string()), ("2026-03-10T11:00:00Z".into(), "2026-03-10T11:55:00Z".into()));
    let spans = log
        .server
        .texts("SELECT extract(epoch FROM ends_at - starts_at)::int / 60 || ':' || row_count AS text FROM audit_seals ORDER BY starts_at")
        .await;
    assert_eq!(spans, ["1:3", "1:1", "32:0", "16:0", "1:2", "4:0"], "a minute with rows is one seal; minutes without share one");
    log.event(7, "2026-03-10T11:58:00Z").await;
    let output = log.pat_server(&["audit", "verify"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(
        text(&output.stdout),
        "6 rows in 6 seals, from 2026-03-10T11:00:00Z until 2026-03-10T11:55:00Z: as they were sealed\n\
         4 principals and clients with what they were committed to, of which 0 erased\n\
         sealed until 2026-03-10T11:55:00Z; 1 row since then not sealed yet\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_is_named() {
    let log = Log::sealed().await;
    let named = format!("the row {} of 2026-03-10T11:00:02Z was changed", row(2));
    let set = |set: &str| (format!("UPDATE audit_events SET {set} WHERE id = '{}'", row(2)), named.clone());
    let cases = [
        set("account_id = (SELECT id FROM accounts WHERE name = 'Other')"),
        set("principal_id = 2"),
        set("principal_id = NULL"),
        set("client_id = 2"),
        set("event_type = 'sessions.created'"),
        set("outcome = 'refused'"),
        set("reason = ''"),
        set("method = NULL"),
        set("context = '{\"n\": 20}'"),
        set("request_id = gen_random_uuid()"),
        set("session_id = gen_random_uuid()"),
        (set("principal_id = 7").0, "its principal is not there".to_owned()),
        (set(&format!("id = '{}'", row(9))).0, format!("the row {} of 2026-03-10T11:00:02Z was changed", row(9))),
        (set("time = '2026-03-10T11:00:02.000001Z'").0, format!("the row {} of 2026-03-10T11:00:02.000001Z was changed", row(2))),
    ];
    let cases: Vec<_> = cases.iter().map(|(sql, words)| (sql.as_str(), words.clone())).collect();
    each_is_found(&log, &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_row_is_told_by_its_neighbour() {
    let log = Log::sealed().await;
    let delete = |id| format!("DELETE FROM audit_events WHERE id = '{}'", row(id));
    let (first, middle, last, only) = (delete(1), delete(2), delete(3), delete(4));
    let next_minute = format!("UPDATE audit_events SET time = '2026-03-10T11:01:30Z' WHERE id = '{}'", row(3));
    let span = "a row was dropped in the span from 2026-03-10T11:00:00Z until 2026-03-10T11:01:00Z: it stood";
    each_is_found(
        &log,
        &[
            (first.as_str(), format!("{span} before the row {} of", row(2))),
            (middle.as_str(), format!("{span} after the row {} of", row(1))),
            (last.as_str(), format!("{span} after the row {} of", row(2))),
            (next_minute.as_str(), format!("{span} after the row {} of", row(2))),
            (only.as_str(), "all 1 rows of the span from 2026-03-10T11:01:00Z until 2026-03-10T11:02:00Z were dropped".to_owned()),
            ("DELETE FROM audit_events WHERE time < '2026-03-10T11:30Z'", "all 3 rows of the span from".to_owned()),
            (
                "ALTER TABLE audit_events DETACH PARTITION audit_events_2026_03; ALTER TABLE audit_events_2026_03 RENAME TO gone;
              CREATE TABLE audit_events_2026_03 PARTITION OF audit_events FOR VALUES FROM ('2026-03-01Z') TO ('2026-04-01Z')",
                "all 3 rows".to_owned(),
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inserted_row_is_named_wherever_it_claims_to_be_from() {
    let log = Log::sealed().await;
    let times = [
        "2026-03-10T11:00:00Z",
        "2026-03-10T11:00:02.5Z",
        "2026-03-10T11:00:59Z",
        // Where there was none: in a gap, before the first, long before, and where no month is.
        "2026-03-10T11:30:00Z",
        "2026-03-10T10:59:59Z",
        "2026-02-01T00:00:00Z",
        "2019-01-01T00:00:00Z",
        "-infinity",
    ];
    let mut cases: Vec<(String, String)> =
        times.iter().map(|time| (insert(9, time, 1, 1), format!("the row {} of {}", row(9), time))).collect();
    for (_, words) in &mut cases {
        *words = words.split_once(" of ").unwrap().0.to_owned();
    }
    for time in ["2026-03-10T12:06:00Z", "2031-01-01T00:00:00Z", "infinity"] {
        cases.push((insert(9, time, 1, 1), "was inserted: its time has not come yet".to_owned()));
    }
    cases.push((
        format!("INSERT INTO audit_events SELECT * FROM audit_events WHERE id = '{}'", row(2)),
        format!("{} of 2026-03-10T11:00:02Z was inserted", row(2)),
    ));
    let cases: Vec<_> = cases.iter().map(|(sql, words)| (sql.as_str(), words.clone())).collect();
    each_is_found(&log, &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn swapped_rows_are_both_named() {
    let log = Log::sealed().await;
    let swap = |a: u128, b: u128| {
        format!(
            "CREATE TEMP TABLE other AS SELECT * FROM audit_events;
             UPDATE audit_events e SET id = o.id, time = o.time FROM other o
              WHERE (e.id, o.id) IN (('{a}', '{b}'), ('{b}', '{a}'))",
            a = row(a),
            b = row(b)
        )
    };
    let (near, far) = (swap(1, 3), swap(2, 5));
    each_is_found(
        &log,
        &[
            (
                near.as_str(),
                format!("the row {} of 2026-03-10T11:00:01Z was swapped with the row {} of 2026-03-10T11:00:03Z", row(1), row(3)),
            ),
            (far.as_str(), format!("the row {} of 2026-03-10T11:00:02Z was changed", row(2))),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_and_from_where_are_sealed_too() {
    let log = Log::sealed().await;
    log.event_by(7, "2026-03-10T11:59:00Z", 2, 2).await;
    let first_row = format!("the row {} of 2026-03-10T11:00:01Z was changed", row(1));
    each_is_found(
        &log,
        &[
            ("UPDATE audit_principals SET user_name = 'Somebody Else' WHERE id = 1", "the principal 1 was changed".into()),
            ("UPDATE audit_principals SET user_email = NULL WHERE id = 2", "the principal 2 was changed".into()),
            ("UPDATE audit_principals SET salt = NULL WHERE id = 1", "the principal 1 was changed".into()),
            ("UPDATE audit_principals SET user_id = gen_random_uuid() WHERE id = 1", first_row.clone()),
            ("UPDATE audit_principals SET token_id = NULL WHERE id = 1", first_row.clone()),
            (
                "UPDATE audit_principals a SET (user_name, user_email, token_name, salt, commitment) =
                   (SELECT user_name, user_email, token_name, salt, commitment FROM audit_principals WHERE id = 2) WHERE a.id = 1",
                first_row.clone(),
            ),
            ("DELETE FROM audit_principals WHERE id = 1", format!("{first_row}, or what it refers to: its principal is not there")),
            ("UPDATE audit_clients SET ip = '203.0.113.8' WHERE id = 1", "the client 1 was changed".into()),
            ("UPDATE audit_clients SET ip = '203.0.113.7/24' WHERE id = 1", "the client 1 was changed".into()),
            ("UPDATE audit_clients SET agent_name = NULL, agent_model = 'claude' WHERE id = 2", "the client 2 was changed".into()),
            ("UPDATE audit_clients SET commitment = sha256('x') WHERE id = 1", first_row.clone()),
            ("DELETE FROM audit_clients WHERE id = 1", "its client is not there".into()),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_cannot_be_made_without_the_key() {
    let log = Log::sealed().await;
    let second = "starts_at = '2026-03-10T11:01:00Z'";
    let set = |set: &str| format!("UPDATE audit_seals SET {set} WHERE {second}");
    let changed = "the seal that begins at 2026-03-10T11:01:00Z was changed";
    let cases = [
        (set("row_count = 2"), changed),
        (set("digest = sha256('x')"), changed),
        (set("seal = sha256('x')"), changed),
        (set("previous = sha256('x')"), changed),
        (set("ends_at = '2026-03-10T11:01:30Z'"), changed),
        (set("key_id = '\\x0011223344556677'"), "was made with the key 0011223344556677, which is none of those given"),
        (format!("DELETE FROM audit_seals WHERE {second}"), "the seals from 2026-03-10T11:01:00Z until 2026-03-10T11:02:00Z are missing"),
        ("DELETE FROM audit_seals WHERE starts_at < '2026-03-10T11:02:00Z'".into(), "the seals before 2026-03-10T11:02:00Z are missing"),
        ("DELETE FROM audit_seals".into(), "there are no seals"),
        (
            format!("UPDATE audit_seal_traces SET traces = '\\x0011223344556677' WHERE {second}"),
            "the traces of the rows from 2026-03-10T11:01:00Z",
        ),
        (format!("DELETE FROM audit_seal_traces WHERE {second}"), "the traces of the rows from 2026-03-10T11:01:00Z"),
    ];
    let cases: Vec<_> = cases.iter().map(|(sql, words)| (sql.as_str(), (*words).to_owned())).collect();
    each_is_found(&log, &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_of_another_chain_does_not_fit() {
    let log = Log::sealed().await;
    // Made with the right key, by somebody who had it for another database.
    let first = log.seal_of("2026-03-10T11:00:00Z").await;
    let other =
        Seal::new(log.keys.current(), first.until, first.until + super::minutes(1), &Tally::default(), pat_core::seal::chain::NOTHING);
    log.tamper(&format!(
        "DELETE FROM audit_events WHERE id = '{}'; DELETE FROM audit_seal_traces WHERE starts_at = '2026-03-10T11:01:00Z';
         UPDATE audit_seals SET (row_count, digest, previous, seal) = (0, decode('{}', 'hex'), decode('{}', 'hex'), decode('{}', 'hex')) WHERE starts_at = '2026-03-10T11:01:00Z'",
        row(4),
        blake3::Hash::from_bytes(other.digest).to_hex(),
        other.previous.to_hex(),
        other.hash.to_hex(),
    ))
    .await;
    assert_eq!(
        log.verify().await.unwrap_err(),
        "the seal that begins at 2026-03-10T11:01:00Z doesn't stand on the one before it: one of the two was replaced"
    );
}

impl Log {
    async fn seal_of(&self, starts_at: &str) -> Seal {
        let at = starts_at.parse().unwrap();
        let mut conn = self.store.conn().await.unwrap();
        pat_server::store::seals::between(&mut conn, at, at + super::minutes(1), 1).await.unwrap().remove(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_change_and_the_old_ones_are_kept_for_verifying() {
    let log = Log::sealed().await;
    let wrong = log.verify_with(&Keys::parse(OTHER_KEY).unwrap(), EVERYTHING, &[]).await.unwrap_err();
    assert!(wrong.contains("the seal that begins at 2026-03-10T11:00:00Z was made with the key"), "{wrong}");
    let both = Keys::parse(&format!("{OTHER_KEY},{KEY}")).unwrap();
    log.server.stop_clock("2026-03-10T12:10:00Z").await;
    log.event(7, "2026-03-10T12:00:00Z").await;
    let log = Log { keys: both.clone(), ..log };
    assert!(!log.seal_all().await.is_empty());
    assert_eq!(log.verify_with(&both, EVERYTHING, &[]).await.unwrap().rows, 7);
    let only_new = log.verify_with(&Keys::parse(OTHER_KEY).unwrap(), EVERYTHING, &[]).await.unwrap_err();
    assert!(only_new.contains("none of those given"), "{only_new}");
    let range = Range { from: Some("2026-03-10T11:56:00Z".parse().unwrap()), until: None };
    assert_eq!(log.verify_with(&Keys::parse(&format!("{OTHER_KEY}\n{KEY}")).unwrap(), range, &[]).await.unwrap().rows, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_or_rewritten_end_is_found_with_a_head_only() {
    let log = Log::sealed().await;
    let head = text(&log.pat_server(&["audit", "head"]).stdout);
    let file = std::env::temp_dir().join(format!("head-{}", uuid::Uuid::now_v7()));
    // As a server logs it.
    std::fs::write(
        &file,
        format!("{{\"level\":\"INFO\",\"fields\":{{\"message\":\"the audit log is sealed\",\"head\":\"{}\"}}}}\n", head.trim()),
    )
    .unwrap();
    let with_head = |log: &Log| log.pat_server(&["audit", "verify", "--head", file.to_str().unwrap()]);
    let output = with_head(&log);
    assert!(output.status.success() && text(&output.stdout).contains("1 head in the chain"), "{}", text(&output.stderr));

    log.tamper("DELETE FROM audit_seals WHERE starts_at >= '2026-03-10T11:50:00Z'; DELETE FROM audit_seal_traces WHERE starts_at >= '2026-03-10T11:50:00Z';
                DELETE FROM audit_events WHERE time >= '2026-03-10T11:50:00Z'").await;
    assert_eq!(log.verify().await.unwrap().rows, 4, "what is left is a log that could have been");
    let output = with_head(&log);
    let words = "error: the seal that ends at 2026-03-10T11:55:00Z is missing, of which a head is known: the end of the log was cut off, or rewritten\n";
    assert_eq!((output.status.success(), text(&output.stderr).as_str()), (false, words));

    // Even with the key.
    log.seal_all().await;
    let head: Head = Head::parse(head.trim()).unwrap();
    let found = log.verify_with(&log.keys, EVERYTHING, &[head]).await.unwrap_err();
    assert_eq!(found, "the seal that ends at 2026-03-10T11:55:00Z is not the one of which a head is known: the log was rewritten");
    std::fs::write(&file, "nothing\n").unwrap();
    assert!(text(&with_head(&log).stderr).contains("holds no heads"));
    std::fs::remove_file(file).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_is_checked_by_itself() {
    let log = Log::sealed().await;
    log.tamper(&format!("UPDATE audit_events SET reason = 'x' WHERE id = '{}'", row(4))).await;
    let range = |from: &str, to: &str| log.pat_server(&["audit", "verify", "--from", from, "--to", to]);
    assert!(range("2026-03-10T11:02:00Z", "2026-03-10T11:55:00Z").status.success());
    assert!(range("2026-03-10T11:00:00Z", "2026-03-10T11:01:00Z").status.success());
    let found = range("2026-03-10T11:01:30Z", "2026-03-10T11:01:40Z");
    assert_eq!(text(&found.stderr), format!("error: the row {} of 2026-03-10T11:01:00Z was changed\n", row(4)));
    assert_eq!(text(&range("2026-03-11T00:00:00Z", "2026-03-12T00:00:00Z").stderr), "error: there are no seals in this range\n");
    let without_a_key = std::process::Command::new(env!("CARGO_BIN_EXE_pat-server"))
        .args(["audit", "verify", "--database-url", &log.server.database.url])
        .env_clear()
        .output()
        .unwrap();
    assert!(!without_a_key.status.success() && text(&without_a_key.stderr).contains("AUDIT_SEAL_KEY"));
}
