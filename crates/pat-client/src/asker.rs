//! Questions to pat-server. Who waits at the same time travels together: a batch gathers while others are under way, and none waits
//! for a timer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use crate::identity::Identity;
use crate::refusal::Refusal;
use crate::wire::{Batch, Question, Verdict, Verdicts};

/// As many as pat-server takes at once.
const MAX_REQUESTS: usize = 256;

/// Bytes of a batch, below the 1 MB that pat-server reads.
const MAX_BYTES: usize = 900_000;

/// Bytes of an answer that are read.
const MAX_ANSWER: usize = 16 << 20;

/// Batches under way at once.
const MAX_BATCHES: usize = 4;

/// Requests that wait for a batch. Whoever comes later is refused at once instead of after its time-out.
const MAX_WAITING: usize = 64 * MAX_REQUESTS;

/// Shorter than the ten seconds after which pat-server hangs up.
const IDLE: Duration = Duration::from_secs(5);

#[cfg(not(feature = "tls"))]
type Connector = HttpConnector;
#[cfg(feature = "tls")]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;

/// Not the address of a pat-server.
#[derive(Debug, thiserror::Error)]
pub enum BadServer {
    /// It isn't an address such as `http://10.0.0.5:3000`, or holds more than that. It isn't repeated, as it may hold a password.
    #[error("the address of pat-server must be like http://10.0.0.5:3000, without a user, a query or a fragment")]
    Address,
    /// It begins with `https:`, and the feature `tls` is off.
    #[error("pat-client speaks https only with its feature tls")]
    WithoutTls,
    /// The certificates of this system's authorities can't be read.
    #[error("can't read this system's certificate authorities")]
    Roots(#[source] std::io::Error),
}

/// Why a batch came to nothing. None of it holds what was asked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no verdict in time")]
    TooLate,
    #[error("pat-server can't be reached")]
    Unreachable(#[from] hyper_util::client::legacy::Error),
    #[error("pat-server answers 404: is this service's address among its --gateways?")]
    NotAGateway,
    #[error("pat-server answers {0}")]
    Status(StatusCode),
    #[error("pat-server's answer broke off or is too large")]
    Incomplete,
    #[error("pat-server's answer makes no sense")]
    Nonsense,
    #[error("{verdicts} verdicts for {requests} requests")]
    Uncounted { requests: usize, verdicts: usize },
}

/// Asks on behalf of everybody who waits.
pub struct Asker {
    http: Client<Connector, Full<Bytes>>,
    endpoint: Uri,
    line: Mutex<Line>,
}

/// Who waits for a batch, and how many batches are under way.
#[derive(Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    batches: usize,
}

struct Waiting {
    question: Question,
    deadline: Instant,
    /// Dropped without a word it means: unavailable.
    answer: oneshot::Sender<Result<Identity, Refusal>>,
}

/// The right to have a batch under way.
struct Turn {
    asker: Arc<Asker>,
    is_over: bool,
}

impl Asker {
    pub fn new(server: &str) -> Result<Self, BadServer> {
        let endpoint = endpoint(server)?;
        let mut http = Client::builder(TokioExecutor::new());
        http.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
        Ok(Self { http: http.build(connector(&endpoint)?), endpoint, line: Mutex::default() })
    }

    pub fn endpoint(&self) -> &Uri {
        &self.endpoint
    }

    /// May this request go on? It was asked after the request arrived, so the answer is never older than the request.
    pub async fn ask(self: &Arc<Self>, question: Question, limit: Duration) -> Result<Identity, Refusal> {
        let deadline = Instant::now() + limit;
        let verdict = self.join(question, deadline)?;
        match timeout_at(deadline, verdict).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(oneshot::error::RecvError { .. })) | Err(_) => Err(Refusal::unavailable()),
        }
    }

    /// Joins the line, and begins a batch if one more may be under way.
    fn join(self: &Arc<Self>, question: Question, deadline: Instant) -> Result<oneshot::Receiver<Result<Identity, Refusal>>, Refusal> {
        if question.size() > MAX_BYTES {
            return Err(Refusal::too_long());
        }
        let (answer, verdict) = oneshot::channel();
        let mut line = self.line();
        if line.waiting.len() >= MAX_WAITING {
            return Err(Refusal::unavailable());
        }
        line.waiting.push_back(Waiting { question, deadline, answer });
        if line.batches < MAX_BATCHES {
            line.batches += 1;
            // A task of its own: whoever hangs up takes nobody's verdict along.
            tokio::spawn(Turn { asker: self.clone(), is_over: false }.run());
        }
        Ok(verdict)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn verdicts(&self, questions: &[Question]) -> Result<Vec<Verdict>, Failure> {
        let body = serde_json::to_vec(&Batch { requests: questions }).map_err(|_defect| Failure::Nonsense)?;
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.endpoint.clone();
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(concat!("pat-client/", env!("CARGO_PKG_VERSION"))));
        let response = self.http.request(request).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(Failure::NotAGateway),
            status => return Err(Failure::Status(status)),
        }
        let answer = Limited::new(response.into_body(), MAX_ANSWER).collect().await.map_err(|_broken| Failure::Incomplete)?;
        let Verdicts { verdicts } = serde_json::from_slice(&answer.to_bytes()).map_err(|_unreadable| Failure::Nonsense)?;
        // With one too few or too many nobody knows whose is whose.
        if verdicts.len() == questions.len() {
            Ok(verdicts)
        } else {
            Err(Failure::Uncounted { requests: questions.len(), verdicts: verdicts.len() })
        }
    }
}

impl Turn {
    async fn run(mut self) {
        while let Some(batch) = self.next_batch() {
            let last = batch.iter().map(|waiting| waiting.deadline).max().unwrap_or_else(Instant::now);
            let (questions, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|waiting| (waiting.question, waiting.answer)).unzip();
            match timeout_at(last, self.asker.verdicts(&questions)).await.unwrap_or(Err(Failure::TooLate)) {
                Ok(verdicts) => {
                    for (answer, verdict) in answers.into_iter().zip(verdicts) {
                        // An error means that it hung up meanwhile.
                        let _is_gone = answer.send(verdict.decide());
                    }
                }
                Err(failure) => {
                    let cause = std::error::Error::source(&failure).map(ToString::to_string);
                    tracing::warn!(%failure, cause, requests = questions.len(), "refused, as nobody can say whether they may");
                }
            }
        }
    }

    /// As many of those who wait as travel together. If nobody does the turn is over, which no one who joins can miss.
    fn next_batch(&mut self) -> Option<Vec<Waiting>> {
        let mut line = self.asker.line();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < MAX_REQUESTS
            && let Some(next) = line.waiting.pop_front()
        {
            if next.answer.is_closed() {
                continue;
            }
            bytes += next.question.size();
            if bytes > MAX_BYTES {
                line.waiting.push_front(next);
                break;
            }
            batch.push(next);
        }
        if batch.is_empty() {
            line.batches -= 1;
            drop(line);
            self.is_over = true;
            return None;
        }
        Some(batch)
    }
}

/// A runtime that ends drops its tasks: another one may ask later.
impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_over {
            self.asker.line().batches -= 1;
        }
    }
}

fn endpoint(server: &str) -> Result<Uri, BadServer> {
    let uri: Uri = server.parse().ok().ok_or(BadServer::Address)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(BadServer::Address) };
    let is_plain = !authority.as_str().contains('@') && uri.query().is_none() && !server.contains('#');
    match scheme {
        "http" => {}
        "https" if cfg!(feature = "tls") => {}
        "https" => return Err(BadServer::WithoutTls),
        _ => return Err(BadServer::Address),
    }
    if !is_plain {
        return Err(BadServer::Address);
    }
    let path = format!("{}/gateway/authorize/batch", uri.path().trim_end_matches('/'));
    Uri::builder().scheme(scheme).authority(authority.as_str()).path_and_query(path).build().ok().ok_or(BadServer::Address)
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp
}

#[cfg(not(feature = "tls"))]
#[expect(clippy::unnecessary_wraps, reason = "with TLS it can fail")]
fn connector(_endpoint: &Uri) -> Result<Connector, BadServer> {
    Ok(tcp())
}

#[cfg(feature = "tls")]
fn connector(endpoint: &Uri) -> Result<Connector, BadServer> {
    let mut tcp = tcp();
    tcp.enforce_http(false);
    let roots = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
        .map_err(BadServer::Roots)?;
    let schemes = if endpoint.scheme_str() == Some("https") { roots.https_only() } else { roots.https_or_http() };
    Ok(schemes.enable_http1().wrap_connector(tcp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_an_address_and_no_more() {
        let path = |server| endpoint(server).map(|uri| uri.to_string());
        assert_eq!(path("http://10.0.0.5:3000").unwrap(), "http://10.0.0.5:3000/gateway/authorize/batch");
        assert_eq!(path("http://[::1]:3000/pat/").unwrap(), "http://[::1]:3000/pat/gateway/authorize/batch");
        for bad in ["", "10.0.0.5:3000", "/gateway", "ftp://10.0.0.5", "http://", "http://u:secret@h/", "http://h/?a=b", "http://h/#a"] {
            let error = path(bad).unwrap_err();
            assert!(matches!(error, BadServer::Address), "{bad:?}: {error:?}");
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
        assert_eq!(path("https://tokens.example.com").is_ok(), cfg!(feature = "tls"));
    }
}
