//! A TCP proxy between a server and its Postgres, which can be told to misbehave.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{sleep, spawn};
use std::time::Duration;

use anyhow::{Context, Result};

/// How long connecting to Postgres may take.
const CONNECT: Duration = Duration::from_secs(2);

/// What it does to the bytes of every connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing.
    Pass,
    /// Ends all connections and takes no new one.
    Cut,
    /// Holds each piece back for a while.
    Delay(Duration),
    /// What Postgres says doesn't arrive any more: that half is closed. What it is told does.
    HalfClose,
    /// Nothing arrives, and nobody is told. What was spoilt ends with it.
    BlackHole,
    /// Postgres sees the connections there are end; their clients are never told. New ones pass.
    Abandon,
}

/// A running proxy; its threads end with it.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: SocketAddr,
    state: Mutex<State>,
    is_over: AtomicBool,
}

struct State {
    mode: Mode,
    links: Vec<Arc<Link>>,
}

/// One connection through the proxy.
struct Link {
    client: TcpStream,
    postgres: TcpStream,
    /// Bytes are missing: nothing sensible can follow.
    has_gap: AtomicBool,
    is_abandoned: AtomicBool,
    is_over: AtomicBool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToPostgres,
    ToClient,
}

impl Proxy {
    /// Listens on a free port.
    pub(super) fn start(upstream: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port for a proxy")?;
        let address = listener.local_addr()?;
        let state = Mutex::new(State { mode: Mode::Pass, links: Vec::new() });
        let shared = Arc::new(Shared { upstream, state, is_over: AtomicBool::new(false) });
        let accepting = shared.clone();
        spawn(move || accepting.accept(&listener));
        Ok(Self { address, shared })
    }

    /// Misbehaves differently from now on. Connections that the last mode has spoilt end.
    pub(super) fn set(&self, mode: Mode) {
        let mut state = self.shared.state();
        state.mode = mode;
        state.links.retain(|link| !link.is_over.load(Ordering::SeqCst));
        for link in &state.links {
            if mode == Mode::Abandon {
                link.is_abandoned.store(true, Ordering::SeqCst);
                let _ = link.postgres.shutdown(Shutdown::Both);
            } else if mode == Mode::Cut || (mode != Mode::BlackHole && link.has_gap.load(Ordering::SeqCst)) {
                link.end();
            } else if mode == Mode::HalfClose {
                link.has_gap.store(true, Ordering::SeqCst);
                let _ = link.client.shutdown(Shutdown::Write);
            }
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.set(Mode::Cut);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect_timeout(&self.address, CONNECT);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            if let Ok(client) = client
                && self.state().mode != Mode::Cut
            {
                let shared = self.clone();
                spawn(move || shared.link(client));
            }
        }
    }

    /// Connects a client, if Postgres can be reached; else the client's connection ends.
    fn link(self: Arc<Self>, client: TcpStream) -> Option<()> {
        let postgres = TcpStream::connect_timeout(&self.upstream, CONNECT).ok()?;
        let _ = (client.set_nodelay(true), postgres.set_nodelay(true));
        let halves = [(client.try_clone().ok()?, Direction::ToPostgres), (postgres.try_clone().ok()?, Direction::ToClient)];
        let link = Arc::new(Link {
            client,
            postgres,
            has_gap: AtomicBool::default(),
            is_abandoned: AtomicBool::default(),
            is_over: AtomicBool::default(),
        });
        {
            let mut state = self.state();
            // It may have been cut a moment ago.
            if state.mode == Mode::Cut {
                link.end();
                return None;
            }
            state.links.push(link.clone());
        }
        for (from, direction) in halves {
            let (shared, link) = (self.clone(), link.clone());
            spawn(move || {
                shared.copy(from, &link, direction);
                if !link.is_abandoned.load(Ordering::SeqCst) || direction == Direction::ToPostgres {
                    link.end();
                }
            });
        }
        Some(())
    }

    /// Copies until one side ends.
    fn copy(&self, mut from: TcpStream, link: &Link, direction: Direction) {
        let mut buffer = vec![0; 1 << 14];
        loop {
            let Ok(length) = from.read(&mut buffer) else { return };
            if length == 0 {
                return;
            }
            if link.is_abandoned.load(Ordering::SeqCst) {
                continue;
            }
            let mode = self.state().mode;
            if let Mode::Delay(time) = mode {
                sleep(time);
            }
            let is_lost = mode == Mode::BlackHole || (link.has_gap.load(Ordering::SeqCst) && direction == Direction::ToClient);
            if is_lost {
                link.has_gap.store(true, Ordering::SeqCst);
                continue;
            }
            let mut to = if direction == Direction::ToPostgres { &link.postgres } else { &link.client };
            if to.write_all(buffer.get(..length).unwrap_or_default()).is_err() {
                return;
            }
        }
    }
}

impl Link {
    fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = (self.client.shutdown(Shutdown::Both), self.postgres.shutdown(Shutdown::Both));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An echo behind a proxy, and a client of it.
    fn echo() -> (Proxy, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let proxy = Proxy::start(listener.local_addr().unwrap()).unwrap();
        spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                spawn(move || std::io::copy(&mut stream.try_clone().unwrap(), &mut stream));
            }
        });
        let client = TcpStream::connect(proxy.address).unwrap();
        (proxy, client)
    }

    fn say(client: &mut TcpStream) -> Option<u8> {
        client.write_all(b"x").ok()?;
        let mut answer = [0];
        client.read_exact(&mut answer).ok().map(|()| answer[0])
    }

    #[test]
    fn it_passes_delays_and_cuts() {
        let (proxy, mut client) = echo();
        assert_eq!(say(&mut client), Some(b'x'));
        proxy.set(Mode::Delay(Duration::from_millis(1)));
        assert_eq!(say(&mut client), Some(b'x'));
        proxy.set(Mode::Cut);
        assert_eq!(say(&mut client), None);
        let refused = TcpStream::connect(proxy.address).ok().and_then(|mut client| say(&mut client));
        assert_eq!(refused, None);
        proxy.set(Mode::Pass);
        assert_eq!(say(&mut TcpStream::connect(proxy.address).unwrap()), Some(b'x'));
    }

    #[test]
    fn what_is_half_closed_says_nothing_more() {
        let (proxy, mut client) = echo();
        assert_eq!(say(&mut client), Some(b'x'));
        proxy.set(Mode::HalfClose);
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn what_is_abandoned_stays_so_and_new_connections_pass() {
        let (proxy, mut client) = echo();
        assert_eq!(say(&mut client), Some(b'x'));
        proxy.set(Mode::Abandon);
        proxy.set(Mode::Pass);
        assert_eq!(say(&mut TcpStream::connect(proxy.address).unwrap()), Some(b'x'));
        client.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        assert_eq!(say(&mut client), None);
        proxy.set(Mode::Cut);
        assert_eq!(client.read(&mut [0]).unwrap_or(0), 0);
    }

    #[test]
    fn what_a_black_hole_has_swallowed_from_ends_with_it() {
        let (proxy, mut client) = echo();
        assert_eq!(say(&mut client), Some(b'x'));
        proxy.set(Mode::BlackHole);
        client.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        assert_eq!(say(&mut client), None);
        client.set_read_timeout(None).unwrap();
        proxy.set(Mode::Pass);
        assert_eq!(client.read(&mut [0]).unwrap_or(0), 0);
    }
}
