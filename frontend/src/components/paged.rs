//! Lists that come page by page.

use std::pin::Pin;
use std::rc::Rc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::Answer;
use crate::components::button::{Look, SubmitButton};
use crate::components::form::{FormNotice, FormStatus};
use crate::components::live::live;
use crate::components::query::{Query, with_parameters};
use crate::components::remote::{FailureNotice, Skeleton};
use crate::model::failure::Failure;
use crate::session::Auth;
use crate::words::{self, admin};

/// Some rows, and where the next ones begin.
pub struct Rows<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The cursor of the next page; none at the end.
    pub next_cursor: Option<String>,
}

type Load<T> = Rc<dyn Fn(String) -> Pin<Box<dyn Future<Output = Answer<Rows<T>>>>>>;

/// A list under its filters. When those change it is read anew, and the old rows stay until the new ones are there.
pub struct Paged<T: Send + Sync + 'static> {
    query: Query,
    load: StoredValue<Load<T>, LocalStorage>,
    /// None until the first page was read.
    rows: RwSignal<Option<Vec<T>>>,
    next_cursor: RwSignal<Option<String>>,
    failure: RwSignal<Option<Failure>>,
    auth: Auth,
}

impl<T: Send + Sync + 'static> Clone for Paged<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Paged<T> {}

impl<T: Clone + Send + Sync + 'static> Paged<T> {
    /// Starts to read; `load` gets the query of a page, with its question mark.
    pub fn new<F: Future<Output = Answer<Rows<T>>> + 'static>(query: Query, load: impl Fn(String) -> F + 'static) -> Self {
        let load: Load<T> = Rc::new(move |query| Box::pin(load(query)));
        let paged = Self {
            query,
            load: StoredValue::new_local(load),
            rows: RwSignal::new(None),
            next_cursor: RwSignal::new(None),
            failure: RwSignal::new(None),
            auth: Auth::current(),
        };
        let address = Memo::new(move |_| query.address());
        Effect::new(move || paged.read_first(address.get()));
        paged
    }

    /// Reads the first page anew.
    pub fn reload(self) {
        self.read_first(untrack(|| self.query.address()));
    }

    /// The rows read so far; follows changes.
    pub fn rows(self) -> Vec<T> {
        self.rows.get().unwrap_or_default()
    }

    /// Changes rows in place, after a change that the server confirmed.
    pub fn update(self, change: impl FnOnce(&mut Vec<T>)) {
        self.rows.update(|rows| change(rows.get_or_insert_default()));
    }

    /// How many rows were read so far, once there are any to show; follows changes.
    pub fn count(self) -> Option<usize> {
        let count = self.rows.with(|rows| rows.as_ref().map(Vec::len));
        count.filter(|count| *count > 0 && self.failure.with(Option::is_none))
    }

    /// Why the rows could not be read, if so; follows changes.
    pub fn failure(self) -> Option<Failure> {
        self.failure.get()
    }

    /// Whether there are more; follows changes.
    pub fn has_more(self) -> bool {
        self.next_cursor.with(Option::is_some)
    }

    fn read_first(self, address: String) {
        let request = self.load.with_value(|load| load(address.clone()));
        spawn_local(async move {
            let answer = self.auth.watch(request.await);
            // Whoever typed on has asked for something else meanwhile, or has left the page.
            let is_wanted = !self.rows.is_disposed() && untrack(|| self.query.address()) == address;
            if is_wanted {
                match answer {
                    Ok(first) => {
                        self.failure.set(None);
                        self.next_cursor.set(first.next_cursor);
                        self.rows.set(Some(first.rows));
                    }
                    Err(failure) => self.failure.set(Some(failure)),
                }
            }
        });
    }

    /// Shows the rows with what leads to more of them; `empty` if there are none.
    pub fn show<V: IntoView + 'static>(
        self,
        table: impl Fn() -> V + Send + 'static,
        empty: impl Fn() -> AnyView + Send + 'static,
    ) -> AnyView {
        #[derive(Clone, PartialEq)]
        enum Shown {
            Nothing,
            Failure(Failure),
            Empty,
            Table,
        }
        let shown = Memo::new(move |_| match (self.failure.get(), self.rows.with(|rows| rows.as_ref().map(Vec::is_empty))) {
            (Some(failure), _) => Shown::Failure(failure),
            (None, None) => Shown::Nothing,
            (None, Some(true)) => Shown::Empty,
            (None, Some(false)) => Shown::Table,
        });
        live(move || match shown.get() {
            Shown::Nothing => view! { <Skeleton /> }.into_any(),
            Shown::Failure(failure) => view! { <FailureNotice failure on_retry=Box::new(move || self.reload()) /> }.into_any(),
            Shown::Empty => empty(),
            Shown::Table => view! { {table()}<LoadMore list=self /> }.into_any(),
        })
    }
}

/// Fetches the next page for as long as there is one.
#[component]
fn LoadMore<T: Clone + Send + Sync + 'static>(list: Paged<T>) -> impl IntoView {
    let status = FormStatus::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(cursor) = list.next_cursor.get_untracked() else { return };
        let address = untrack(|| list.query.address());
        let page = with_parameters(&address, [("cursor", cursor)]);
        let load = list.load.get_value();
        status.submit(
            async move || load(page.clone()).await,
            move |next| {
                if untrack(|| list.query.address()) == address {
                    list.update(|rows| rows.extend(next.rows));
                    list.next_cursor.set(next.next_cursor);
                }
            },
        );
    };
    let more =
        live(move || list.has_more().then(|| view! { <SubmitButton status label=admin::MORE busy=words::LOADING look=Look::Plain /> }));
    view! {
        <form class="load-more" on:submit=submit>
            <FormNotice status />
            {more}
        </form>
    }
}
