//! Many callers at once, on one thread, each asking again as soon as it is answered.

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::processor::{Meter, Spent};
use super::wire::{Answer, Received, Request, connect};
use crate::process;

/// For connections to be made and caches to be filled before anything counts.
const WARM_UP: Duration = Duration::from_millis(400);

/// How long nobody may be answered.
const LIMIT: Duration = Duration::from_secs(30);

/// What callers ask, and what they make of the answers.
pub(super) trait Script {
    /// What a caller asks next; after `None` it is gone.
    fn next(&mut self, caller: usize) -> Option<&Request>;
    /// An answer, and how long it took.
    fn answered(&mut self, caller: usize, answer: &Answer<'_>, took: Duration) -> Result<()>;
}

struct Caller {
    stream: TcpStream,
    received: Received,
    asked: Instant,
}

/// Lets so many callers follow a script until all are gone.
pub(super) fn drive(address: SocketAddr, callers: usize, script: &mut impl Script) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut seats = Vec::new();
    for number in 0..callers {
        let stream = connect(address)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
        seats.push(Caller { stream, received: Received::nothing(), asked: Instant::now() });
    }
    let mut open = 0;
    for (number, caller) in seats.iter_mut().enumerate() {
        open += usize::from(caller.ask(number, script)?);
    }
    let mut events = Events::with_capacity(callers);
    while open > 0 {
        if process::interrupted() {
            bail!(process::Interrupted);
        }
        match poll.poll(&mut events, Some(LIMIT)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            polled => polled?,
        }
        if events.is_empty() {
            bail!("nobody was answered in {} s", LIMIT.as_secs());
        }
        for event in &events {
            let Token(number) = event.token();
            let caller = seats.get_mut(number).context("nobody sits there")?;
            if caller.receive(number, script)? && !caller.ask(number, script)? {
                open -= 1;
            }
        }
    }
    Ok(())
}

impl Caller {
    /// False when the script has nothing more to ask.
    fn ask(&mut self, number: usize, script: &mut impl Script) -> Result<bool> {
        self.asked = Instant::now();
        let Some(request) = script.next(number) else { return Ok(false) };
        self.stream.write_all(&request.bytes)?;
        Ok(true)
    }

    /// Reads what there is. True when that was the rest of an answer.
    fn receive(&mut self, number: usize, script: &mut impl Script) -> Result<bool> {
        loop {
            match self.received.read(&mut self.stream) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error).context("no answer"),
            }
            if let Some(answer) = self.received.take()? {
                script.answered(number, &answer, self.asked.elapsed())?;
                return Ok(true);
            }
        }
    }
}

/// Callers that ask for one of some requests at random during a window of time.
#[derive(Clone)]
pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) requests: Vec<Request>,
    pub(super) connections: usize,
    pub(super) window: Duration,
}

/// What was answered in a window of time.
pub(super) struct Sample {
    window: Duration,
    pub(super) spent: Spent,
    /// In order.
    times: Vec<Duration>,
}

impl Load {
    /// Runs them. One wrong answer is an error.
    pub(super) fn run(&self, meter: Meter) -> Result<Sample> {
        let begin = Instant::now() + WARM_UP;
        let chosen = vec![0; self.connections];
        let mut running =
            Running { load: self, chosen, begin, end: begin + self.window, start: None, stop: None, meter, times: Vec::new() };
        drive(self.address, self.connections, &mut running)?;
        let (Some((start, before)), Some((stop, after))) = (running.start, running.stop) else { bail!("nothing was measured") };
        let mut times = running.times;
        if times.is_empty() {
            bail!("nothing was answered in {:.1} s", self.window.as_secs_f64());
        }
        times.sort_unstable();
        Ok(Sample { window: stop - start, spent: after - before, times })
    }
}

struct Running<'a> {
    load: &'a Load,
    /// Which request each caller has asked.
    chosen: Vec<usize>,
    begin: Instant,
    end: Instant,
    start: Option<(Instant, Spent)>,
    stop: Option<(Instant, Spent)>,
    meter: Meter,
    times: Vec<Duration>,
}

impl Script for Running<'_> {
    fn next(&mut self, caller: usize) -> Option<&Request> {
        if self.stop.is_some() {
            return None;
        }
        let choice = rand::random_range(0..self.load.requests.len());
        *self.chosen.get_mut(caller)? = choice;
        self.load.requests.get(choice)
    }

    fn answered(&mut self, caller: usize, answer: &Answer<'_>, took: Duration) -> Result<()> {
        let request = self.chosen.get(caller).and_then(|chosen| self.load.requests.get(*chosen));
        request.context("nothing was asked")?.check(answer)?;
        let now = Instant::now();
        if self.stop.is_some() || now < self.begin {
            return Ok(());
        }
        if self.start.is_none() {
            self.start = Some((now, self.meter.read()?));
        }
        self.times.push(took);
        if now >= self.end {
            self.stop = Some((now, self.meter.read()?));
        }
        Ok(())
    }
}

impl Sample {
    /// Answers a second.
    pub(super) fn rate(&self) -> f64 {
        self.answers() / self.window.as_secs_f64()
    }

    fn answers(&self) -> f64 {
        f64::from(u32::try_from(self.times.len()).unwrap_or(u32::MAX))
    }

    /// The time that so many hundredths of the answers took at most.
    pub(super) fn percentile(&self, hundredths: usize) -> Duration {
        percentile(&self.times, hundredths)
    }

    /// Microseconds of processor time an answer.
    pub(super) fn each(&self, spent: Duration) -> f64 {
        spent.as_secs_f64() * 1e6 / self.answers()
    }
}

/// Of times in order, the one that so many hundredths of them reach at most.
pub(super) fn percentile(times: &[Duration], hundredths: usize) -> Duration {
    times.get(times.len().saturating_sub(1) * hundredths / 100).copied().unwrap_or_default()
}

/// Asks each request once, over so many connections.
pub(super) fn once(address: SocketAddr, requests: &[Request], connections: usize) -> Result<()> {
    drive(address, connections, &mut Once { requests, next: 0, asked: vec![0; connections] })
}

struct Once<'a> {
    requests: &'a [Request],
    next: usize,
    asked: Vec<usize>,
}

impl Script for Once<'_> {
    fn next(&mut self, caller: usize) -> Option<&Request> {
        *self.asked.get_mut(caller)? = self.next;
        self.next += 1;
        self.requests.get(self.next - 1)
    }

    fn answered(&mut self, caller: usize, answer: &Answer<'_>, _took: Duration) -> Result<()> {
        let request = self.asked.get(caller).and_then(|asked| self.requests.get(*asked));
        request.context("nothing was asked")?.check(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }
}
