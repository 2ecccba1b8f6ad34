//! One request on one connection. Unlike a client made for use, it tells "never sent" from "no answer", and can hang up.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long an answer may take: the server's own limit is 30 s, and it may be stopped meanwhile.
pub(super) const LIMIT: Duration = Duration::from_secs(40);

/// How long a connection may take. A stopped process still accepts, the kernel does it.
const CONNECT: Duration = Duration::from_secs(3);

/// A request as it goes over the wire.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// Name and value.
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: Option<&'a Value>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Value,
}

/// Why nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There was no connection: the server knows of nothing.
    NotSent,
    /// The connection ended before the answer did.
    Lost,
    /// Nothing within [`LIMIT`].
    Hung,
}

impl Answer {
    /// A header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A text in the body, by its JSON pointer.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.body.pointer(pointer)?.as_str()
    }
}

/// Sends a request and reads its whole answer.
pub(super) fn send(server: SocketAddr, request: &Request<'_>) -> Result<Answer, Failure> {
    let start = Instant::now();
    let mut stream = begin(server, request)?;
    let mut text = Vec::new();
    loop {
        let left = LIMIT.checked_sub(start.elapsed()).filter(|left| !left.is_zero()).ok_or(Failure::Hung)?;
        stream.set_read_timeout(Some(left)).map_err(|_closed| Failure::Lost)?;
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer) {
            Ok(0) => return parse(&text).ok_or(Failure::Lost),
            Ok(length) => text.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Err(Failure::Hung),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Err(Failure::Lost),
        }
    }
}

/// Sends a request and hangs up after a while, without having looked for an answer.
pub(super) fn hang_up(server: SocketAddr, request: &Request<'_>, after: Duration) -> Failure {
    match begin(server, request) {
        Ok(stream) => {
            std::thread::sleep(after);
            let _ = stream.shutdown(Shutdown::Both);
            Failure::Lost
        }
        Err(failure) => failure,
    }
}

fn begin(server: SocketAddr, request: &Request<'_>) -> Result<TcpStream, Failure> {
    let mut stream = TcpStream::connect_timeout(&server, CONNECT).map_err(|_refused| Failure::NotSent)?;
    let body = request.body.map(Value::to_string).unwrap_or_default();
    let mut text = format!("{} {} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n", request.method, request.path);
    for (name, value) in request.headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    if request.body.is_some() {
        text.extend(["content-type: application/json\r\ncontent-length: ", &body.len().to_string(), "\r\n"]);
    }
    text.extend(["\r\n", &body]);
    stream.set_nodelay(true).and_then(|()| stream.write_all(text.as_bytes())).map_err(|_closed| Failure::Lost)?;
    Ok(stream)
}

/// `None` if the answer isn't whole.
fn parse(answer: &[u8]) -> Option<Answer> {
    let text = str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    let headers: Vec<_> = lines.filter_map(pair).collect();
    let answer = Answer { status, headers, body: serde_json::from_str(body).unwrap_or_default() };
    let length = answer.header("content-length").map_or(Some(0), |length| length.parse().ok())?;
    (body.len() == length).then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_or_none() {
        let whole = b"HTTP/1.1 200 OK\r\nX-Request-Id: 7\r\nContent-Length: 11\r\n\r\n{\"ok\":true}";
        let answer = parse(whole).unwrap();
        assert_eq!((answer.status, answer.header("x-request-id"), answer.body.pointer("/ok")), (200, Some("7"), Some(&true.into())));
        for length in 0..whole.len() {
            assert!(parse(whole.get(..length).unwrap()).is_none(), "{length} bytes are taken for an answer");
        }
        assert_eq!(parse(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().status, 204);
    }
}
