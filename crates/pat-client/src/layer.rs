//! The layer and the service it makes.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, header};
use http_body_util::{Either, Full};
use tower_layer::Layer;
use tower_service::Service;

use crate::asker::{Asker, BadServer};
use crate::bearer;
use crate::identity::Identity;
use crate::refusal::Refusal;
use crate::wire::Question;

/// How long a request waits for its verdict, unless [`PatLayer::timeout`] says otherwise.
const TIMEOUT: Duration = Duration::from_secs(2);

/// No request waits longer, whatever was asked for.
const LONGEST: Duration = Duration::from_mins(1);

type ClientIp = dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync;

/// Lets requests through to the inner service that pat-server allows. All clones and all services made of it share their connections
/// and their batches.
#[derive(Clone)]
pub struct PatLayer {
    gate: Gate,
}

/// What [`PatLayer`] makes of a service.
#[derive(Clone)]
pub struct Pat<S> {
    inner: S,
    gate: Gate,
}

#[derive(Clone)]
struct Gate {
    asker: Arc<Asker>,
    timeout: Duration,
    client_ip: Option<Arc<ClientIp>>,
}

impl PatLayer {
    /// Asks the pat-server at this address, such as `http://10.0.0.5:3000`. `https` needs the feature `tls`.
    ///
    /// # Errors
    /// The address is none.
    pub fn new(server: &str) -> Result<Self, BadServer> {
        Ok(Self { gate: Gate { asker: Arc::new(Asker::new(server)?), timeout: TIMEOUT, client_ip: None } })
    }

    /// How long a request waits for its verdict, at most a minute; then it is answered with 503. Two seconds unless set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.gate.timeout = timeout.min(LONGEST);
        self
    }

    /// Says where a request comes from. The audit log shows it, and unknown tokens are counted by it: without it one client that tries
    /// tokens uses up what the service's own address may try.
    ///
    /// With axum: `|request| Some(request.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip())`.
    #[must_use]
    pub fn client_ip(mut self, client_ip: impl Fn(&Parts) -> Option<IpAddr> + Send + Sync + 'static) -> Self {
        self.gate.client_ip = Some(Arc::new(client_ip));
        self
    }
}

impl Gate {
    async fn ask(&self, request: &Parts) -> Result<Identity, Refusal> {
        let question = Question {
            token: bearer::token(&request.headers)?,
            method: request.method.to_string(),
            uri: request.uri.path_and_query().map_or("", |target| target.as_str()).to_owned(),
            ip: self.client_ip.as_ref().and_then(|client_ip| client_ip(request)),
            user_agent: request.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).map(str::to_owned),
        };
        self.asker.ask(question, self.timeout).await
    }
}

impl<S> Layer<S> for PatLayer {
    type Service = Pat<S>;

    fn layer(&self, inner: S) -> Pat<S> {
        Pat { inner, gate: self.gate.clone() }
    }
}

impl<S, B, R> Service<Request<B>> for Pat<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response<Either<R, Full<Bytes>>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that said it is ready does the work.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let gate = self.gate.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match gate.ask(&parts).await {
                Ok(identity) => {
                    parts.headers.remove(header::AUTHORIZATION);
                    parts.extensions.insert(identity);
                    Ok(inner.call(Request::from_parts(parts, body)).await?.map(Either::Left))
                }
                Err(refusal) => Ok(refusal.into_response().map(Either::Right)),
            }
        })
    }
}

impl fmt::Debug for PatLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatLayer").field("server", &self.gate.asker.endpoint()).field("timeout", &self.gate.timeout).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug> fmt::Debug for Pat<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pat").field("inner", &self.inner).field("server", &self.gate.asker.endpoint()).finish_non_exhaustive()
    }
}
