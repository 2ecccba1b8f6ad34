//! What an operator does with a sealed log: dump and restore, prune, erase.

use std::path::PathBuf;
use std::process::Command;

use diesel_async::SimpleAsyncConnection as _;

use super::{EVERYTHING, Log, row, text};
use crate::support::Database;

/// A program of Postgres, from the path or from where Debian keeps it.
fn program(name: &str) -> PathBuf {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|version| version.path().join("bin"));
    let mut folders: Vec<_> = debian.collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).chain(folders.into_iter().rev()).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("install PostgreSQL's client programs: there is no {name}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_dump_verifies_wherever_it_is_restored() {
    let log = Log::sealed().await;
    let restored = Database::create_empty().await;
    // A cluster of other habits.
    for setting in [
        "TimeZone = 'Asia/Kathmandu'",
        "DateStyle = 'German'",
        "bytea_output = 'escape'",
        "IntervalStyle = 'iso_8601'",
        "extra_float_digits = 0",
    ] {
        restored.sql(&format!("ALTER DATABASE {} SET {setting}", restored.url.rsplit_once('/').unwrap().1)).await.unwrap();
    }
    let dump = Command::new(program("pg_dump")).args(["--no-owner", "--dbname", &log.server.database.url]).output().unwrap();
    assert!(dump.status.success(), "{}", text(&dump.stderr));
    let file = std::env::temp_dir().join(format!("dump-{}.sql", uuid::Uuid::now_v7()));
    std::fs::write(&file, &dump.stdout).unwrap();
    let restore = Command::new(program("psql"))
        .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", &restored.url, "--file"])
        .arg(&file)
        .output()
        .unwrap();
    std::fs::remove_file(file).unwrap();
    assert!(restore.status.success(), "{}", text(&restore.stderr));

    let honest = log.verify().await.unwrap();
    let store = restored.store();
    let mut conn = pat_server::store::seals::patient_conn(&store).await.unwrap();
    assert_eq!(pat_server::seals::verify::verify(&mut conn, &log.keys, EVERYTHING, &[]).await.unwrap(), honest);
    let head = |url: &str| text(&log.pat_server(&["audit", "head", "--database-url", url]).stdout);
    assert_eq!(head(&restored.url), head(&log.server.database.url));
    restored.connect().await.batch_execute("SET session_replication_role = replica; UPDATE audit_events SET method = 'x'").await.unwrap();
    let found = pat_server::seals::verify::verify(&mut conn, &log.keys, EVERYTHING, &[]).await.unwrap_err().to_string();
    assert_eq!(found, format!("the row {} of 2026-03-10T11:00:01Z was changed", row(1)));
}

impl Log {
    /// February by principal and client 2, March by 1; at noon of 20 April, sealed.
    async fn of_two_months() -> Self {
        let log = Self::new().await;
        for (id, time, by) in [
            (1, "2026-02-10T08:00:00Z", 2),
            (2, "2026-02-28T23:59:59.999999Z", 2),
            (3, "2026-03-01T00:00:00Z", 1),
            (4, "2026-03-31T12:00:00Z", 1),
        ] {
            log.event_by(id, time, by, by).await;
        }
        log.server.stop_clock("2026-04-20T12:00:00Z").await;
        log.seal_all().await;
        log
    }

    fn prune(&self, arguments: &[&str]) -> (bool, String) {
        let output = self.pat_server(&[&["audit", "prune"], arguments].concat());
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pruned_month_is_gone_and_its_seals_still_hold() {
    let log = Log::of_two_months().await;
    let before = log.verify().await.unwrap();
    assert_eq!((before.rows, before.pruned), (4, 0));
    assert_eq!(log.prune(&["--before", "2026-02"]), (true, "0 principals and clients removed that no row refers to\n".into()));
    let words = "2026-02 removed, 2 rows\n2 principals and clients removed that no row refers to\n";
    assert_eq!(log.prune(&["--keep-months", "1"]), (true, words.into()));

    let after = log.verify().await.unwrap();
    assert_eq!((after.rows, after.pruned, after.seals, after.span), (2, 2, before.seals, before.span));
    assert_eq!(log.server.texts("SELECT id::text AS text FROM audit_principals WHERE id < 10").await, ["1"]);
    assert_eq!(log.server.texts("SELECT id::text AS text FROM audit_clients WHERE id < 10").await, ["1"]);
    assert_eq!(log.server.count("audit_seal_traces WHERE starts_at < '2026-03-01Z'").await, 0);
    assert_eq!(log.server.count("audit_seal_traces").await, 2);
    let told = log.server.texts("SELECT a.name || ' ' || (e.context->>'month') AS text FROM audit_events e JOIN accounts a ON a.id = e.account_id WHERE event_type = 'audit_events.pruned' ORDER BY 1").await;
    assert_eq!(told, ["Demo 2026-02", "Other 2026-02"], "every account's log says so");
    let printed = text(&log.pat_server(&["audit", "verify"]).stdout);
    assert!(printed.contains("2 rows pruned by somebody who had the key\n"), "{printed}");

    // Whoever puts rows back into it, or removes another month without the key, is found out.
    log.server.sql("SELECT make_audit_partition('2026-02-01')").await;
    log.event(9, "2026-02-10T08:00:01Z").await;
    let found = log.verify().await.unwrap_err();
    assert!(found.contains(&format!("the row {} of", row(9))) && found.ends_with("was inserted"), "{found}");
    log.tamper("DELETE FROM audit_events_2026_02").await;
    log.tamper("UPDATE audit_prunings SET ends_at = '2026-04-01Z'; DELETE FROM audit_events_2026_03").await;
    assert!(log.verify().await.unwrap_err().starts_with("the record of pruning from 2026-02-01T00:00:00Z"));
    log.tamper("INSERT INTO audit_prunings SELECT '2026-03-01Z', '2026-04-01Z', key_id, seal FROM audit_prunings; UPDATE audit_prunings SET ends_at = '2026-03-01Z' WHERE starts_at < '2026-03-01Z'").await;
    assert!(log.verify().await.unwrap_err().starts_with("the record of pruning from 2026-03-01T00:00:00Z"));
    log.tamper("DELETE FROM audit_prunings WHERE starts_at = '2026-03-01Z'").await;
    assert!(log.verify().await.unwrap_err().starts_with("all 1 rows of the span from 2026-03-01T00:00:00Z"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_months_that_are_sealed_and_as_they_were_are_pruned() {
    let log = Log::of_two_months().await;
    let (done, words) = log.prune(&["--before", "2026-05"]);
    assert!(!done && words.ends_with("error: 2026-04 stays as it is: it is sealed until 2026-04-20T11:55:00Z only\n"), "{words}");
    assert!(words.starts_with("2026-02 removed, 2 rows\n2026-03 removed, 2 rows\n"), "{words}");

    let log = Log::of_two_months().await;
    log.tamper(&format!("UPDATE audit_events SET method = 'x' WHERE id = '{}'", row(2))).await;
    let words = format!("error: 2026-02 stays as it is: the row {} of 2026-02-28T23:59:59.999999Z was changed\n", row(2));
    assert_eq!(log.prune(&["--before", "2026-04"]), (false, words));
    assert_eq!(log.server.count("audit_events").await, 4);

    let log = Log::of_two_months().await;
    log.tamper("DELETE FROM audit_events WHERE time < '2026-03-01Z'").await;
    let (done, words) = log.prune(&["--before", "2026-03"]);
    assert!(!done && words.contains("all 1 rows of the span from 2026-02-10T08:00:00Z"), "{words}");
    for (arguments, words) in [
        (&["--before", "March"][..], "must be a month"),
        (&[], "required"),
        (&["--before", "2026-03", "--keep-months", "1"], "cannot be used"),
    ] {
        let (done, said) = log.prune(arguments);
        assert!(!done && said.contains(words), "{arguments:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_somebody_reads_stays() {
    let log = Log::of_two_months().await;
    let mut report = log.server.database.connect().await;
    report.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM audit_events_2026_02").await.unwrap();
    let (done, words) = log.prune(&["--before", "2026-03"]);
    assert!(!done && words.contains("2026-02 stays as it is: somebody reads the log just now"), "{words}");
    assert_eq!(log.verify().await.unwrap().rows, 4);
    assert_eq!(log.server.count("audit_prunings").await, 0);
    assert_eq!(log.server.count("audit_events WHERE event_type = 'audit_events.pruned'").await, 0);
    report.batch_execute("SELECT count(*) FROM audit_events_2026_02; COMMIT").await.unwrap();
    assert!(log.prune(&["--before", "2026-03"]).0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_pruned_and_sealed_cannot_be_unsaid_in_sql() {
    let log = Log::of_two_months().await;
    assert!(log.prune(&["--before", "2026-03"]).0);
    for sql in [
        "UPDATE audit_seals SET row_count = 0",
        "DELETE FROM audit_seals",
        "TRUNCATE audit_seals",
        "UPDATE audit_seal_traces SET traces = ''",
        "DELETE FROM audit_seal_traces",
        "TRUNCATE audit_seal_traces",
        "UPDATE audit_prunings SET ends_at = now()",
        "DELETE FROM audit_prunings",
        "TRUNCATE audit_prunings",
        "INSERT INTO audit_seals SELECT starts_at + interval '1 year', ends_at + interval '1 year', -1, digest, previous, key_id, seal FROM audit_seals LIMIT 1",
        "INSERT INTO audit_seals SELECT starts_at + interval '1 year', ends_at + interval '1 year', 1, '', previous, key_id, seal FROM audit_seals LIMIT 1",
        "INSERT INTO audit_seals SELECT starts_at + interval '1 year', ends_at, 1, digest, previous, key_id, seal FROM audit_seals LIMIT 1",
        "INSERT INTO audit_seal_traces VALUES (now(), '\\x00')",
        "INSERT INTO audit_prunings SELECT now(), now(), key_id, seal FROM audit_prunings",
    ] {
        assert!(log.server.database.sql(sql).await.is_err(), "accepted: {sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_is_a_number_and_the_seals_still_hold() {
    let log = Log::sealed().await;
    // Client 1 is Max's alone, client 2 was used by Ada as well.
    log.event_by(7, "2026-03-10T11:56:00Z", 1, 2).await;
    log.event_by(8, "2026-03-10T11:56:01Z", 2, 2).await;
    let server = &log.server;
    server.sign_in("member@demo.test").await;
    let erase = |email: &str| log.pat_server(&["erase", "--user", email]);
    let active = erase("member@demo.test");
    assert_eq!(text(&active.stderr), "error: member@demo.test is active: deactivate them first\n");
    server.sql("UPDATE users SET deactivated_at = pat_now() WHERE email = 'member@demo.test'").await;
    let id = server.user_id("member@demo.test").await;
    let output = erase("member@demo.test");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with(&format!("erased {id}: ")), "{}", text(&output.stdout));

    let left = server
        .text("SELECT concat_ws(' ', email, name, password_hash) AS text FROM users WHERE id = 'ID'".replace("ID", &id).as_str())
        .await;
    assert_eq!(left, format!("erased-{id}@erased.invalid erased"));
    assert_eq!(server.count("audit_principals WHERE user_email = 'member@demo.test' OR (user_name LIKE 'Max%')").await, 0);
    let clients = server.texts("SELECT concat_ws(' ', id, ip, user_agent) AS text FROM audit_clients WHERE id < 10 ORDER BY 1").await;
    assert_eq!(clients, ["1", "2 2001:db8::1 curl/8.5"]);
    assert_eq!(server.count("sessions WHERE ip IS NOT NULL OR user_agent IS NOT NULL").await, 0);
    let told = server.text("SELECT context->'target'->>'id' AS text FROM audit_events WHERE event_type = 'users.erased'").await;
    assert_eq!(told, id);
    let whole = server.texts("SELECT u::text AS text FROM users u UNION ALL SELECT p::text FROM audit_principals p").await;
    assert!(!whole.iter().any(|row| row.contains("member@demo.test") || row.contains("Max Member")), "{whole:?}");

    server.stop_clock("2026-03-10T12:30:00Z").await;
    log.seal_all().await;
    let report = log.verify().await.unwrap();
    assert!(report.erased >= 2, "{report:?}");
    let again = erase("member@demo.test");
    assert_eq!(text(&again.stderr), "error: nobody has this e-mail address\n");
    // A client that a server may still refer to, for others too, is left for later.
    assert!(!text(&output.stdout).contains("0 of their clients stay"), "{}", text(&output.stdout));
    server.stop_clock("2026-03-19T12:30:00Z").await;
    let later = erase(&format!("erased-{id}@erased.invalid"));
    assert!(text(&later.stdout).contains("0 of their clients stay"), "{}{}", text(&later.stdout), text(&later.stderr));
    assert!(log.verify().await.is_ok());
}
