//! Spans of requests, sent to an OpenTelemetry collector where `OTEL_EXPORTER_OTLP_ENDPOINT` names one; else nothing is measured.
//!
//! A span tells route, status, attempts and how long the database took, never a path, a query, a header or a name.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::field::Empty;
use tracing::{Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use uuid::Uuid;

use crate::metrics::http::Route;

/// The target of spans that are sent; the log takes all others.
pub const TARGET: &str = "pat_server::traces";

/// Whether something is a span of ours.
pub fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target() == TARGET
}

/// The span of waiting for the database.
pub fn database(what: &'static str) -> Span {
    tracing::info_span!(target: TARGET, "database", otel.name = what, otel.kind = "client", db.system.name = "postgresql")
}

/// The span of a method's handler.
pub fn work() -> Span {
    tracing::info_span!(target: TARGET, "work")
}

/// The span of a request. Its log has the same id.
pub fn request(route: &Route<'_>, request_id: Uuid) -> Span {
    tracing::info_span!(
        target: TARGET,
        "request",
        otel.kind = "server",
        otel.name = format!("{} {}", route.method, route.pattern()),
        http.request.method = route.method,
        http.route = route.pattern(),
        http.response.status_code = Empty,
        pat.attempts = Empty,
        pat.request_id = %request_id,
    )
}

/// How long the collector may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How long the last spans may take when the server stops.
const FLUSH: Duration = Duration::from_millis(500);

/// The way to the collector.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Starts sending if `OTEL_EXPORTER_OTLP_ENDPOINT` is set. The other variables of OpenTelemetry count as well: headers,
    /// sampler, `OTEL_SERVICE_NAME`.
    ///
    /// # Errors
    /// If the endpoint can't be understood.
    pub fn start() -> anyhow::Result<Option<Self>> {
        if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_none_or(|endpoint| endpoint.is_empty()) {
            return Ok(None);
        }
        let exporter = SpanExporter::builder().with_http().with_http_client(Client::new()).build()?;
        let mut resource = Resource::builder();
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name("pat-server");
        }
        // Sends from a thread of its own.
        Ok(Some(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build())))
    }

    /// Takes the spans of ours out of what is logged.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        let layer: OpenTelemetryLayer<S, SdkTracer> = tracing_opentelemetry::layer().with_tracer(self.0.tracer("pat-server"));
        // Neither the source's place nor the thread is anybody's business.
        layer
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_ours))
    }

    /// Sends what is left, within half a second.
    pub fn stop(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(FLUSH) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Posts over HTTP, blocking, from the exporter's thread.
#[derive(Debug)]
struct Client(ureq::Agent);

impl Client {
    fn new() -> Self {
        let roots: Vec<_> =
            rustls_native_certs::load_native_certs().certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&roots)).build();
        let config = ureq::Agent::config_builder().timeout_global(Some(LIMIT)).http_status_as_error(false).max_redirects(0).tls_config(tls);
        Self(config.build().new_agent())
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let response = self.0.run(Request::from_parts(parts, body.as_ref()))?;
        let (parts, mut body) = response.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
    }
}
