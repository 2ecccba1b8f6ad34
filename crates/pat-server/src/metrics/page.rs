//! `/metrics`, in Prometheus's text format, on a listener of its own.

use std::fmt;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text::{CONTENT_TYPE, encode};
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::Registry;

use super::histogram::Histogram;
use super::{Audit, Verdict};
use crate::app::SharedApp;

/// What the metrics listener serves.
pub fn router(app: SharedApp) -> Router {
    Router::new().route("/metrics", get(page)).with_state(app)
}

async fn page(State(app): State<SharedApp>) -> Response {
    match text(app) {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The page's text.
///
/// # Errors
/// Never, as a text takes everything.
pub fn text(app: SharedApp) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("pat");
    registry.register_collector(Box::new(Snapshot(app)));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// The numbers at this moment.
#[derive(Debug)]
struct Snapshot(SharedApp);

impl Collector for Snapshot {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        self.verifications(&mut page)?;
        self.cache(&mut page)?;
        self.audit(&mut page)?;
        self.pool(&mut page)?;
        self.requests(&mut page)
    }
}

impl Snapshot {
    fn verifications(&self, page: &mut Page<'_>) -> fmt::Result {
        let counted = &self.0.metrics.verifications;
        let mut family = page.0.encode_descriptor("verifications", "Tokens shown to the Web API, by verdict", None, MetricType::Counter)?;
        for verdict in Verdict::ALL {
            counted.counter(verdict).encode(family.encode_family(&[("verdict", verdict.label())])?)?;
        }
        page.counter("attempts_repeated", "Calls decided again because a change was confirmed meanwhile", counted.repeated.get())?;
        page.counter("attempts_locked", "Calls decided under the locks of a change after three tries", counted.locked.get())?;
        page.counter("principal_look_ups", "Principals asked of the primary", counted.look_ups.get())?;
        page.counter("shed", "Calls turned away before any work because too much waited", counted.shed.get())
    }

    fn cache(&self, page: &mut Page<'_>) -> fmt::Result {
        let counts = self.0.principals.counts();
        page.counter("cache_hits", "Looks at the cache that found a principal", counts.hits)?;
        page.counter("cache_misses", "Looks at the cache that found none", counts.misses)?;
        page.counter("cache_refills", "Principals read from the primary and kept", counts.refills)?;
        page.counter("cache_evictions", "Principals dropped for want of room", counts.evictions)?;
        page.counter("unknown_digest_hits", "Looks that found a digest known to match nothing", counts.unknown_hits)?;
        page.gauge("cache_principals", "Principals in the cache", counts.principals)?;
        page.gauge("unknown_digests", "Digests known to match nothing", counts.unknown)
    }

    fn audit(&self, page: &mut Page<'_>) -> fmt::Result {
        let (writer, audit) = (&self.0.metrics.writer, &self.0.metrics.audit);
        page.gauge("audit_queue_rows", "Rows that wait for a batch of the audit writer", self.0.writer.waiting())?;
        page.histogram("audit_batch_rows", "Rows in a batch of the audit writer", &writer.batch_rows)?;
        page.histogram("audit_commit_seconds", "Time to write a batch of the audit log and commit it", &writer.commit_seconds)?;
        page.counter("audit_batches_failed", "Batches of the audit log that were not written", writer.failed.get())?;
        page.maybe("audit_months_left", "Months after this one that have a partition", Audit::seen(&audit.months_left))?;
        page.maybe("audit_rows_misplaced", "1 if rows lie in the default partition", Audit::seen(&audit.misplaced_rows))?;
        page.counter("audit_seals", "Minutes of the audit log sealed by this process", audit.seals.get())?;
        page.maybe(
            "audit_seal_lag_seconds",
            "Age of the oldest instant of the audit log that isn't sealed yet; at rest five to six minutes",
            Audit::seen(&audit.seal_lag),
        )
    }

    fn pool(&self, page: &mut Page<'_>) -> fmt::Result {
        let load = self.0.store.usage();
        page.gauge("pool_connections", "Connections to the primary", load.size)?;
        page.gauge("pool_connections_max", "Connections to the primary at most", load.max_size)?;
        page.gauge("pool_connections_idle", "Connections that nobody uses", load.idle)?;
        page.gauge("pool_waiting", "Requests that wait for a connection", load.waiting)?;
        page.counter("pool_refused", "Requests turned away because too many waited for a connection, or too long", load.refused)?;
        page.histogram("pool_wait_seconds", "Time to get a connection", self.0.store.waits())
    }

    fn requests(&self, page: &mut Page<'_>) -> fmt::Result {
        let requests = &self.0.metrics.requests;
        let help = "Requests by route pattern and class of status";
        let mut family = page.0.encode_descriptor("http_requests", help, None, MetricType::Counter)?;
        requests.each(|method, route, counted| {
            let answered = counted.classes().filter(|(_, counter)| counter.get() > 0);
            for (class, counter) in answered {
                counter.encode(family.encode_family(&[("method", method), ("route", route), ("status", class)])?)?;
            }
            Ok(())
        })?;
        let mut family = page.0.encode_descriptor("http_request_seconds", "Time until an answer", None, MetricType::Histogram)?;
        requests.each(|method, route, counted| counted.seconds.encode(family.encode_family(&[("method", method), ("route", route)])?))
    }
}

/// The page while it is written.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let none: Option<&Exemplar<NoLabelSet, f64>> = None;
        self.0.encode_descriptor(name, help, None, MetricType::Counter)?.encode_counter(&value, none)
    }

    fn gauge(&mut self, name: &str, help: &str, value: usize) -> fmt::Result {
        self.maybe(name, help, i64::try_from(value).ok())
    }

    /// What nobody has looked at has a name and no number.
    fn maybe(&mut self, name: &str, help: &str, value: Option<i64>) -> fmt::Result {
        let mut gauge = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        value.map_or(Ok(()), |value| gauge.encode_gauge(&value))
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) -> fmt::Result {
        histogram.encode(self.0.encode_descriptor(name, help, None, MetricType::Histogram)?)
    }
}
