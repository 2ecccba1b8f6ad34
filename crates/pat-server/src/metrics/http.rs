//! Requests by route: the pattern of the path, never the path, so that nobody can make labels.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use pat_core::policy::{Found, Policy};
use prometheus_client::metrics::counter::Counter;

use super::histogram::Histogram;
use crate::web_api::is_web_api;

/// Where a request goes.
#[derive(Debug)]
pub struct Route<'a> {
    /// The verb, if it is one of HTTP's; else `OTHER`.
    pub method: &'static str,
    pattern: Pattern<'a>,
}

#[derive(Debug)]
enum Pattern<'a> {
    /// Of the Console API, and the probes.
    Path(MatchedPath),
    /// Of the Web API: the method's name, however its path was written.
    Method(&'a str),
    /// The page's files, or nothing.
    Other(&'static str),
}

impl<'a> Route<'a> {
    /// The route of a request, after axum has matched its path.
    pub fn of(request: &Request, policy: &'a Policy) -> Self {
        let path = request.uri().path();
        let pattern = match request.extensions().get::<MatchedPath>() {
            Some(matched) => Pattern::Path(matched.clone()),
            None if is_web_api(path) => match policy.find(request.method().as_str(), path) {
                Found::Method(method) => Pattern::Method(&method.name),
                Found::OtherVerbs(_) | Found::Nothing => Pattern::Other("unknown"),
            },
            None if path.starts_with("/api/") || path == "/api" => Pattern::Other("unknown"),
            None => Pattern::Other("page"),
        };
        Self { method: verb(request.method()), pattern }
    }

    /// `/api/personal-access-tokens/{id}`, `auth.info`, `page`, `unknown`.
    pub fn pattern(&self) -> &str {
        match &self.pattern {
            Pattern::Path(matched) => matched.as_str(),
            Pattern::Method(name) => name,
            Pattern::Other(what) => what,
        }
    }
}

fn verb(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// What is counted for a route.
#[derive(Debug)]
pub struct OfRoute {
    /// By the first digit of the status, from 1.
    classes: [Counter; 5],
    /// Until the answer's head.
    pub seconds: Histogram,
}

impl Default for OfRoute {
    fn default() -> Self {
        Self { classes: Default::default(), seconds: Histogram::of_seconds() }
    }
}

impl OfRoute {
    fn count(&self, status: u16, time: Duration) {
        if let Some(class) = usize::from(status / 100).checked_sub(1).and_then(|class| self.classes.get(class)) {
            class.inc();
        }
        self.seconds.observe(time.as_secs_f64());
    }

    /// Counters with their labels.
    pub fn classes(&self) -> impl Iterator<Item = (&'static str, &Counter)> {
        ["1xx", "2xx", "3xx", "4xx", "5xx"].into_iter().zip(&self.classes)
    }
}

/// Requests by verb and pattern. Both come from the router and the policy table, so that there are no more than those have.
#[derive(Debug, Default)]
pub struct Requests {
    routes: RwLock<HashMap<&'static str, HashMap<Box<str>, OfRoute>>>,
}

impl Requests {
    /// Counts an answer.
    pub fn count(&self, route: &Route<'_>, status: u16, time: Duration) {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(counted) = routes.get(route.method).and_then(|patterns| patterns.get(route.pattern())) {
            return counted.count(status, time);
        }
        drop(routes);
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        routes.entry(route.method).or_default().entry(route.pattern().into()).or_default().count(status, time);
    }

    /// Shows all that was counted, as verb, pattern and counters, in order.
    ///
    /// # Errors
    /// Those of `show`.
    pub fn each<E>(&self, mut show: impl FnMut(&'static str, &str, &OfRoute) -> Result<(), E>) -> Result<(), E> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::new();
        for (verb, patterns) in &*routes {
            all.extend(patterns.iter().map(|(pattern, counted)| (*verb, &**pattern, counted)));
        }
        all.sort_by_key(|(verb, pattern, _)| (*pattern, *verb));
        all.into_iter().try_for_each(|(verb, pattern, counted)| show(verb, pattern, counted))
    }
}
