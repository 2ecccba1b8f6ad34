//! Who is signed in, as far as the page knows.

use leptos::prelude::*;
use leptos::task::spawn_local;
use pat_core::wire::Session;

use crate::api::{self, Answer};
use crate::model::failure::Failure;

/// What is known of the visitor.
#[derive(Clone, Debug, PartialEq)]
pub enum Visitor {
    /// Not asked yet.
    Unknown,
    /// The server could not say.
    Unclear(Failure),
    /// Nobody.
    SignedOut,
    /// Somebody.
    SignedIn(Session),
}

/// The one place that knows the visitor; a handle to copy around.
#[derive(Clone, Copy)]
pub struct Auth(RwSignal<Visitor>);

impl Auth {
    /// Asks the server and makes itself available to the pages.
    pub fn provide() -> Self {
        let auth = Self(RwSignal::new(Visitor::Unknown));
        provide_context(auth);
        auth.load();
        auth
    }

    /// The handle, inside the app.
    pub fn current() -> Self {
        expect_context()
    }

    /// What is known now; follows changes.
    pub fn visitor(self) -> Visitor {
        self.0.get()
    }

    /// Who is signed in, if anybody; follows changes.
    pub fn session(self) -> Option<Session> {
        match self.0.get() {
            Visitor::SignedIn(session) => Some(session),
            Visitor::Unknown | Visitor::Unclear(_) | Visitor::SignedOut => None,
        }
    }

    /// Who is signed in at this moment, if anybody.
    pub fn session_now(self) -> Option<Session> {
        untrack(|| self.session())
    }

    /// Asks the server again.
    pub fn load(self) {
        spawn_local(async move {
            match api::session().await {
                Ok(session) => self.signed_in(session),
                Err(failure) if failure.code() == Some("not_signed_in") => self.signed_out(),
                Err(failure) => self.0.set(Visitor::Unclear(failure)),
            }
        });
    }

    /// Somebody signed in.
    pub fn signed_in(self, session: Session) {
        self.0.set(Visitor::SignedIn(session));
    }

    /// The session is over.
    pub fn signed_out(self) {
        self.0.set(Visitor::SignedOut);
    }

    /// Looks at an answer on its way: the first one to say that the session is over ends it for every page.
    pub fn watch<T>(self, answer: Answer<T>) -> Answer<T> {
        if let Err(failure) = &answer
            && failure.code() == Some("not_signed_in")
        {
            self.signed_out();
        }
        answer
    }
}
