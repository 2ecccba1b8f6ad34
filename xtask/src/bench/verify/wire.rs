//! Requests as bytes made beforehand, and answers as they come: who asks must cost next to nothing.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Headers that an answer may have.
const HEADERS: usize = 48;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What is asked, and what the answer must be.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) bytes: Vec<u8>,
    statuses: &'static [u16],
    /// Stands somewhere in the answer.
    holds: String,
}

impl Request {
    /// A GET whose answer has the status 200 and holds a text.
    pub(super) fn get(host: SocketAddr, path: &str, holds: &str) -> Self {
        let bytes = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: pat-bench/1.0\r\naccept: */*\r\n\r\n").into_bytes();
        Self { bytes, statuses: &[200], holds: holds.to_owned() }
    }

    /// `auth.info` with a token of that name.
    pub(super) fn auth_info(host: SocketAddr, secret: &str, name: &str) -> Self {
        let bytes = format!(
            "GET /auth.info HTTP/1.1\r\nhost: {host}\r\nuser-agent: pat-bench/1.0\r\naccept: */*\r\nauthorization: Bearer {secret}\r\n\r\n"
        );
        Self { bytes: bytes.into_bytes(), statuses: &[200], holds: format!("\"token_name\":\"{name}\"") }
    }

    /// What nginx asks before it sends an `auth.info` with a token of that name on.
    pub(super) fn gateway(host: SocketAddr, secret: &str, name: &str) -> Self {
        let bytes = format!(
            "GET /gateway/authorize HTTP/1.1\r\nhost: {host}\r\nuser-agent: pat-bench/1.0\r\naccept: */*\r\nauthorization: Bearer {secret}\r\n\
             x-original-method: GET\r\nx-original-uri: /auth.info\r\n\r\n"
        );
        Self { bytes: bytes.into_bytes(), statuses: &[200], holds: format!("x-auth-token-name: {name}\r\n") }
    }

    /// A page of entities whose identifiers come after `after`; the first of them must be `first`.
    pub(super) fn entities(host: SocketAddr, secret: &str, cursor: &str, first: &str) -> Self {
        let bytes = format!(
            "GET /catalog.entities.list?cursor={cursor} HTTP/1.1\r\nhost: {host}\r\nuser-agent: pat-bench/1.0\r\naccept: */*\r\n\
             authorization: Bearer {secret}\r\n\r\n"
        );
        Self { bytes: bytes.into_bytes(), statuses: &[200], holds: first.to_owned() }
    }

    /// The same request that must be answered with one of these statuses.
    pub(super) fn expecting(self, statuses: &'static [u16]) -> Self {
        Self { statuses, holds: String::new(), ..self }
    }

    /// Fails if the answer isn't what it must be.
    pub(super) fn check(&self, answer: &Answer<'_>) -> Result<()> {
        if !self.statuses.contains(&answer.status) {
            bail!("status {}: {}", answer.status, String::from_utf8_lossy(answer.body).chars().take(200).collect::<String>());
        }
        if memchr::memmem::find(answer.text, self.holds.as_bytes()).is_none() {
            bail!("the answer doesn't hold {}", self.holds);
        }
        Ok(())
    }
}

/// An answer.
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) body: &'a [u8],
    /// Head and body.
    pub(super) text: &'a [u8],
}

/// What was read of an answer so far.
pub(super) struct Received {
    buffer: Vec<u8>,
    filled: usize,
}

impl Received {
    pub(super) fn nothing() -> Self {
        Self { buffer: vec![0; 4096], filled: 0 }
    }

    /// Reads once.
    pub(super) fn read(&mut self, from: &mut impl Read) -> std::io::Result<()> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.filled * 2, 0);
        }
        match from.read(self.buffer.get_mut(self.filled..).unwrap_or_default())? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            length => {
                self.filled += length;
                Ok(())
            }
        }
    }

    /// The answer, if it is complete; then the next one may be read.
    pub(super) fn take(&mut self) -> Result<Option<Answer<'_>>> {
        let Some((status, head, length)) = head(self.buffer.get(..self.filled).unwrap_or_default())? else { return Ok(None) };
        let bytes = head + length;
        if self.filled < bytes {
            return Ok(None);
        }
        if self.filled > bytes {
            bail!("more was answered than was asked for");
        }
        self.filled = 0;
        let text = self.buffer.get(..bytes).unwrap_or_default();
        Ok(Some(Answer { status, body: text.get(head..).unwrap_or_default(), text }))
    }
}

/// Status, length of the head and length of the body, once the head is complete.
fn head(read: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(read)? else { return Ok(None) };
    let status = response.code.unwrap_or_default();
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = match length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok()) {
        Some(length) => length,
        None if status == 204 => 0,
        None => bail!("the answer has no length"),
    };
    Ok(Some((status, head, length)))
}

/// One kept connection, for one request after another.
pub(super) struct Connection {
    stream: TcpStream,
    received: Received,
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> Result<Self> {
        Ok(Self { stream: connect(address)?, received: Received::nothing() })
    }

    /// Asks, and returns how long the answer took and how many bytes it had. Fails if it isn't what it must be.
    pub(super) fn ask(&mut self, request: &Request) -> Result<(Duration, usize)> {
        let asked = Instant::now();
        self.stream.write_all(&request.bytes)?;
        loop {
            self.received.read(&mut self.stream).context("no answer")?;
            if let Some(answer) = self.received.take()? {
                let took = asked.elapsed();
                request.check(&answer)?;
                return Ok((took, answer.text.len()));
            }
        }
    }
}

/// A connection that sends at once what is written to it.
pub(super) fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, LIMIT).with_context(|| format!("can't connect to {address}"))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LIMIT))?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_when_it_is_complete() {
        let mut received = Received::nothing();
        let text: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 7\r\n\r\nrefused";
        for part in [&text[..20], &text[20..50], &text[50..]] {
            assert!(received.take().unwrap().is_none());
            received.read(&mut &*part).unwrap();
        }
        let answer = received.take().unwrap().unwrap();
        assert_eq!((answer.status, answer.body, answer.text), (401, &b"refused"[..], text));
        assert!(received.take().unwrap().is_none(), "the next answer is another one");
    }

    #[test]
    fn another_answer_than_the_expected_one_is_an_error() {
        let request = Request::get(([127, 0, 0, 1], 1).into(), "/", "yes");
        let check = |status, body| request.check(&Answer { status, body, text: body });
        assert!(check(200, b"oh yes").is_ok());
        assert!(check(200, b"no").is_err());
        assert!(check(503, b"oh yes").is_err());
    }
}
