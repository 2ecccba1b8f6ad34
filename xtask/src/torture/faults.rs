//! What is done to the servers and to Postgres, one thing after another, until the time is up.

use std::sync::Arc;
use std::thread::{Scope, scope, sleep};
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use rand::seq::SliceRandom;

use super::caller::any;
use super::nodes::{Node, Nodes};
use super::proxy::Mode;
use super::record::Recorder;
use crate::postgres::Pair;

/// A kind of fault. Each is done once before any is done again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Kill,
    Freeze,
    Cut,
    Delay,
    HalfClose,
    BlackHole,
    Abandon,
    Crash,
    Replace,
}

impl Fault {
    const ALL: [Self; 9] =
        [Self::Kill, Self::Freeze, Self::Cut, Self::Delay, Self::HalfClose, Self::BlackHole, Self::Abandon, Self::Crash, Self::Replace];

    /// As it is counted.
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill -9 and restart",
            Self::Freeze => "SIGSTOP and SIGCONT",
            Self::Cut => "connections cut",
            Self::Delay => "connections delayed",
            Self::HalfClose => "connections half-closed",
            Self::BlackHole => "connections black-holed",
            Self::Abandon => "connections hung for good",
            Self::Crash => "Postgres restarted immediately",
            Self::Replace => "node added, node removed",
        }
    }
}

/// The failover, which happens once.
pub(super) const PROMOTION: &str = "synchronous standby promoted";

/// Every fault's name.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    Fault::ALL.iter().map(|fault| fault.name())
}

/// How long a server may take to end when it is asked to.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Does harm.
pub(super) struct Driver<'a> {
    pub(super) recorder: &'a Recorder,
    pub(super) nodes: &'a Nodes,
    pub(super) pair: &'a mut Pair,
}

impl<'a> Driver<'a> {
    /// Does harm until an instant on the recorder's clock, and the failover in the middle. Everything is whole again afterwards.
    pub(super) fn run(mut self, until: Duration) -> Result<()> {
        scope(|threads| self.do_harm(threads, until))
    }

    fn do_harm<'s>(&mut self, threads: &'s Scope<'s, '_>, until: Duration) -> Result<()>
    where
        'a: 's,
    {
        let half = self.recorder.now() + until.saturating_sub(self.recorder.now()) / 2;
        let mut is_promoted = false;
        let mut deck = Vec::new();
        while self.recorder.now() < until && !self.recorder.is_stopping() {
            if !is_promoted && self.recorder.now() >= half {
                is_promoted = true;
                self.recorder.fault(PROMOTION, "");
                self.pair.promote()?;
            }
            let Some(fault) = deck.pop() else {
                deck.extend(Fault::ALL);
                deck.shuffle(&mut rand::rng());
                continue;
            };
            self.fault(threads, fault)?;
            pause(200..900);
            for node in self.nodes.list() {
                if let Some(ended) = node.ended() {
                    self.recorder.surprise(ended);
                    node.start(self.nodes, &[])?;
                }
            }
        }
        Ok(())
    }

    fn fault<'s>(&mut self, threads: &'s Scope<'s, '_>, fault: Fault) -> Result<()>
    where
        'a: 's,
    {
        let Some(node) = any(&self.nodes.list()) else { return Ok(()) };
        self.recorder.fault(fault.name(), &format!("(node {})", node.place.id));
        match fault {
            Fault::Kill => {
                node.kill();
                pause(50..800);
                node.start(self.nodes, &[])?;
            }
            Fault::Freeze => {
                node.signal(Signal::SIGSTOP);
                pause(300..3000);
                node.signal(Signal::SIGCONT);
            }
            Fault::Cut => self.misbehave(&node, Mode::Cut, 100..1500),
            Fault::Delay => self.misbehave(&node, Mode::Delay(Duration::from_millis(rand::random_range(20..300))), 500..3000),
            Fault::HalfClose => self.misbehave(&node, Mode::HalfClose, 10..500),
            Fault::BlackHole => self.misbehave(&node, Mode::BlackHole, 500..4000),
            Fault::Abandon => self.misbehave(&node, Mode::Abandon, 0..500),
            Fault::Crash => self.pair.crash()?,
            Fault::Replace => {
                self.nodes.add(&[])?.wait_until_ready()?;
                self.nodes.remove(&node);
                let recorder = self.recorder;
                threads.spawn(move || {
                    if !node.stop(STOP_LIMIT) {
                        recorder.surprise(format!("node {} didn't end well within {} s", node.place.id, STOP_LIMIT.as_secs()));
                    }
                });
            }
        }
        Ok(())
    }

    /// For one node, or now and then for all at once.
    fn misbehave(&self, node: &Node, mode: Mode, millis: std::ops::Range<u64>) {
        let all = self.nodes.list();
        let chosen: Vec<&Node> = if rand::random_ratio(1, 4) { all.iter().map(Arc::as_ref).collect() } else { vec![node] };
        for node in &chosen {
            node.set(mode);
        }
        pause(millis);
        for node in chosen {
            node.set(Mode::Pass);
        }
    }
}

fn pause(millis: std::ops::Range<u64>) {
    sleep(Duration::from_millis(rand::random_range(millis)));
}
