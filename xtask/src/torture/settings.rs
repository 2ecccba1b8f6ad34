//! A workspace admin who can't decide what the account's tokens may be.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::caller::Caller;
use super::judge::{Scopes, Settings};
use super::record::Method;
use super::session::{Ask, Session};

const PATH: &str = "/api/admin/settings";

/// The feature that the catalog's scopes belong to.
const FABRIC: &str = "fabric";

/// What is set, one after the other: whatever is taken away is soon given back, as otherwise nothing would be left to take away.
const CYCLE: [Settings; 8] = [
    Settings { blocked: Scopes::CATALOG_WRITE, ..USUAL },
    USUAL,
    Settings { must_expire: true, ..USUAL },
    USUAL,
    Settings { without_fabric: true, ..USUAL },
    USUAL,
    Settings { blocked: Scopes::CATALOG_READ, must_expire: true, ..USUAL },
    USUAL,
];

const USUAL: Settings = Settings { blocked: Scopes::NONE, without_fabric: false, must_expire: false };

/// Tokens that are called with after a change.
const PROBED: usize = 3;

/// Changes settings without rest, with a pause in which they hold.
pub(super) fn run(caller: Caller<'_>, mut admin: Session<'_>) {
    for wanted in CYCLE.into_iter().cycle() {
        if caller.recorder.is_stopping() || set(caller, &mut admin, wanted).is_none() {
            return;
        }
        sleep(Duration::from_millis(rand::random_range(200..1500)));
    }
}

/// Sets them until it is known that they are. `None` when the torture ends meanwhile.
fn set(caller: Caller<'_>, admin: &mut Session<'_>, wanted: Settings) -> Option<()> {
    loop {
        let seen = admin.insist(Ask::new("GET", PATH))?;
        let (Some(version), Some(settings)) = (seen.header("etag"), seen.body.pointer("/settings")) else {
            caller.recorder.surprise(format!("an admin can't read the settings: {}", seen.status));
            return None;
        };
        let form = form(settings.clone(), wanted);
        if form == *settings {
            // A change of unknown outcome was made after all. What is the same has no new version: something else first.
            let other = Settings { must_expire: !wanted.must_expire, ..wanted };
            put(caller, admin, version, &self::form(form, other), other);
            continue;
        }
        if put(caller, admin, version, &form, wanted) {
            return Some(());
        }
        if caller.recorder.is_stopping() {
            return None;
        }
    }
}

/// `true` if it is confirmed.
fn put(caller: Caller<'_>, admin: &mut Session<'_>, version: &str, form: &Value, wanted: Settings) -> bool {
    let outcome = admin.ask(Ask::new("PUT", PATH).if_match(version).body(form));
    let Some(made) = outcome.made() else { return false };
    let mut record = caller.recorder.record();
    record.count(if outcome.is_confirmed() { "settings changes" } else { "unknown outcomes" });
    record.settings.push(made.change(wanted));
    let newest = record.newest(PROBED, false);
    drop(record);
    if outcome.is_confirmed() {
        for token in newest {
            caller.probe(token, &[Method::Entities]);
        }
    }
    outcome.is_confirmed()
}

fn form(mut form: Value, wanted: Settings) -> Value {
    let mut set = |pointer: &str, value: Value| {
        if let Some(place) = form.pointer_mut(pointer) {
            *place = value;
        }
    };
    set("/blocked_scopes", json!({ "scopes": wanted.blocked.names(), "strength": "refuse_use" }));
    set("/no_expiration", json!({ "allowed": !wanted.must_expire, "strength": "refuse_use" }));
    set("/features/strength", json!("refuse_use"));
    let features = if wanted.without_fabric { json!([]) } else { json!([FABRIC]) };
    set("/features/enabled", features);
    form
}
