//! Who the tokens belong to: how they come, and what roles they have.

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use super::judge::Register;
use super::nodes::Nodes;
use super::record::{Recorder, User};
use super::session::{Ask, Outcome, Session};

/// The role that everybody has.
const EVERYBODY: &str = "contributor";

/// The role that lets its holders write to the catalog.
const WRITER: &str = "database_admin";

/// Roles that add no scope. Which of them a user has says how often their roles were set.
const FILLERS: [&str; 6] = ["team_lead", "snapshot_analyst", "snapshot_observer", "data_integrator", "privileged_user", "finance_manager"];

const PASSWORD: &str = "torture-password";

/// Tries to sign in; fewer than the server takes for an attack.
const SIGN_INS: usize = 9;

/// Where an admin finds a user.
pub(super) fn path_of(recorder: &Recorder, user: usize) -> String {
    format!("/api/admin/users/{}", recorder.record().users.get(user).map_or("", |user| &user.id))
}

/// The roles of a user whose roles were set so often; the first are those of an invitation.
pub(super) fn roles(writes: bool, generation: usize) -> Vec<String> {
    let fillers = FILLERS.iter().enumerate().filter(|(bit, _)| generation >> bit & 1 == 1).map(|(_, role)| *role);
    let catalog = writes.then_some(WRITER);
    [EVERYBODY].into_iter().chain(fillers).chain(catalog).map(str::to_owned).collect()
}

/// Invites somebody, sets their password and signs them in. `None` when the torture ends meanwhile.
pub(super) fn new_user<'a>(recorder: &'a Recorder, nodes: &'a Nodes, admin: &mut Session<'a>) -> Option<(usize, Session<'a>)> {
    while !recorder.is_stopping() {
        let email = format!("u{}@torture.test", recorder.number());
        let body = json!({ "name": "Tom Torture", "email": email, "roles": roles(false, 0) });
        let Outcome::Confirmed(invited, _) = admin.ask(Ask::new("POST", "/api/admin/users").body(&body)) else {
            sleep(Duration::from_millis(50));
            continue;
        };
        let link = invited.text("/link/url").and_then(|url| url.split_once('#')).map(|(_, secret)| secret.to_owned());
        let (Some(id), Some(link)) = (invited.text("/user/id"), link) else { continue };
        let body = json!({ "link": link, "password": PASSWORD });
        // Of two that were sent the second is refused.
        admin.insist(Ask::new("POST", "/api/password").body(&body))?;
        let mut own = Session::new(recorder, nodes, &email, PASSWORD);
        if !(0..SIGN_INS).any(|_| own.sign_in()) {
            continue;
        }
        let mut record = recorder.record();
        record.count("users");
        record.users.push(User { id: id.to_owned(), email, writes: Register::new(false), is_active: Register::new(true) });
        return Some((record.users.len() - 1, own));
    }
    None
}
