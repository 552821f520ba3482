//! How long a connection has been silent.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// A connection this old was healthy when it dropped.
const HEALTHY: Duration = Duration::from_secs(10);
/// How many periods without a byte make the limit.
const PERIODS: u32 = 3;

/// Watches a connection for silence.
///
/// The limit is watched in thirds: a byte only sets a flag, which costs no look at the clock, and silence is noticed
/// after one limit at the least and one and a third at the most. A third passes only while somebody polls, so the
/// time that a caller spends elsewhere counts as one third at most.
pub(super) struct Silence {
    period: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
    opened: Instant,
    period_began: Instant,
    silent_periods: u32,
    heard: bool,
    heard_late: bool,
}

impl Silence {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        let now = Instant::now();
        Self {
            period: limit.map(|limit| limit / PERIODS),
            timer: None,
            opened: now,
            period_began: now,
            silent_periods: 0,
            heard: false,
            heard_late: false,
        }
    }

    /// Starts over with a new connection.
    pub(super) fn reopened(&mut self) {
        let limit = self.period.map(|period| period * PERIODS);
        *self = Self::new(limit);
    }

    /// A byte came.
    pub(super) fn heard(&mut self) {
        self.heard = true;
    }

    /// Whether the limit has passed without a byte; if not, the task is woken when it may have.
    pub(super) fn poll_exceeded(&mut self, context: &mut Context<'_>) -> bool {
        let Some(period) = self.period else {
            return false;
        };
        loop {
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(period)));
            if timer.as_mut().poll(context).is_pending() {
                return false;
            }
            if std::mem::take(&mut self.heard) {
                self.silent_periods = 0;
                self.heard_late |= self.period_began - self.opened >= HEALTHY;
            } else {
                self.silent_periods += 1;
            }
            if self.silent_periods == PERIODS {
                return true;
            }
            self.period_began = Instant::now();
            *timer = Box::pin(sleep(period));
        }
    }

    /// Whether the connection that now dropped was healthy by its age. One that dropped for its silence is only if
    /// it spoke late.
    pub(super) fn was_healthy(&self) -> bool {
        self.heard_late || (self.silent_periods < PERIODS && self.opened.elapsed() >= HEALTHY)
    }
}
