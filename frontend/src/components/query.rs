//! What a list is filtered by. It lives in the address, so that a link, a reload and the back button keep it.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use leptos_router::params::ParamsMap;

/// Goes to this page with another query.
type Go = Box<dyn Fn(&str)>;

/// The parameters of a list, which have the same names in the address and in the request; a handle to copy around.
#[derive(Clone, Copy)]
pub struct Query {
    names: &'static [&'static str],
    in_address: Memo<ParamsMap>,
    go: StoredValue<Go, LocalStorage>,
}

impl Query {
    /// The query of this page. Other parameters in the address are no part of it.
    pub fn of_page(names: &'static [&'static str]) -> Self {
        let location = use_location();
        let navigate = use_navigate();
        let path = location.pathname;
        let go = move |query: &str| {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("{}{query}", path.get_untracked()), options);
        };
        Self { names, in_address: location.query, go: StoredValue::new_local(Box::new(go)) }
    }

    /// A parameter's value, empty if it has none; follows changes.
    pub fn get(self, name: &str) -> String {
        self.in_address.with(|query| query.get(name)).unwrap_or_default()
    }

    /// Sets a parameter, or removes it with an empty value.
    pub fn set(self, name: &'static str, value: &str) {
        self.set_all(&[(name, value)]);
    }

    /// Sets or removes some parameters at once.
    pub fn set_all(self, values: &[(&'static str, &str)]) {
        let value = |name: &str| values.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        let changed = untrack(|| self.text(|name| value(name).unwrap_or_else(|| self.get(name))));
        // Nobody waits for the query of a page that was left.
        let _ = self.go.try_with_value(|go| go(&changed));
    }

    /// Removes all parameters.
    pub fn clear(self) {
        let _ = self.go.try_with_value(|go| go(""));
    }

    /// Whether anything is asked for; follows changes.
    pub fn is_empty(self) -> bool {
        self.names.iter().all(|name| self.get(name).is_empty())
    }

    /// The whole query with its question mark, or nothing; follows changes.
    pub fn address(self) -> String {
        self.text(|name| self.get(name))
    }

    fn text(self, value: impl Fn(&str) -> String) -> String {
        let pairs = self.names.iter().map(|name| (*name, value(name)));
        with_parameters("", pairs)
    }
}

/// Appends parameters to an address; those without a value are left out.
pub fn with_parameters(address: &str, parameters: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let mut whole = address.to_owned();
    for (name, value) in parameters.into_iter().filter(|(_, value)| !value.is_empty()) {
        whole.push(if whole.contains('?') { '&' } else { '?' });
        whole.push_str(name);
        whole.push('=');
        whole.push_str(&String::from(js_sys::encode_uri_component(&value)));
    }
    whole
}
