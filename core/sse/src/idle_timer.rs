//! Watches how long a connection is idle.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// A connection of this age is healthy when it drops.
const HEALTHY: Duration = Duration::from_secs(10);
/// How many periods without a byte are the limit.
const PERIODS: u32 = 3;

/// Watches a connection for silence.
///
/// The limit is divided into three periods: a byte only sets a flag, which needs no clock, and silence is detected after
/// one to one and a third of the limit. A period ends only while the source is polled, so the time that a caller spends
/// elsewhere counts as one period at most.
pub(super) struct IdleTimer {
    period: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
    opened: Instant,
    period_began: Instant,
    silent_periods: u32,
    active: bool,
    active_late: bool,
}

impl IdleTimer {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        let now = Instant::now();
        Self {
            period: limit.map(|limit| limit / PERIODS),
            timer: None,
            opened: now,
            period_began: now,
            silent_periods: 0,
            active: false,
            active_late: false,
        }
    }

    /// Starts over for a new connection.
    pub(super) fn restart(&mut self) {
        let limit = self.period.map(|period| period * PERIODS);
        *self = Self::new(limit);
    }

    /// Records that a byte came.
    pub(super) fn record_activity(&mut self) {
        self.active = true;
    }

    /// Returns whether the limit has passed without a byte; if not, the task is woken when it may have.
    pub(super) fn poll_exceeded(&mut self, context: &mut Context<'_>) -> bool {
        let Some(period) = self.period else {
            return false;
        };
        loop {
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(period)));
            if timer.as_mut().poll(context).is_pending() {
                return false;
            }
            if std::mem::take(&mut self.active) {
                self.silent_periods = 0;
                self.active_late |= self.period_began - self.opened >= HEALTHY;
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

    /// Returns whether the connection that now dropped was healthy by its age. One that dropped because it was idle is
    /// healthy only if it was active late.
    pub(super) fn was_healthy(&self) -> bool {
        self.active_late || (self.silent_periods < PERIODS && self.opened.elapsed() >= HEALTHY)
    }
}
