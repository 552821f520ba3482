//! Detects idle connections.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// The minimum age of a connection to count as healthy when it drops.
const HEALTHY: Duration = Duration::from_secs(10);
/// The number of periods without a byte that add up to the limit.
const PERIODS: u32 = 3;

/// Detects that a connection is idle.
///
/// The limit is divided into three periods. A received byte only sets a flag, so reading does not access the clock; an
/// idle connection is detected after 1 to 4/3 of the limit. Periods elapse only while the source is polled, so the time
/// between polls counts for at most one period.
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

    /// Restarts the timer for a new connection.
    pub(super) fn restart(&mut self) {
        let limit = self.period.map(|period| period * PERIODS);
        *self = Self::new(limit);
    }

    /// Records that a byte was received.
    pub(super) fn record_activity(&mut self) {
        self.active = true;
    }

    /// Returns whether the limit has passed without a byte. If not, the task is woken at the end of the period.
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

    /// Returns whether the connection that dropped was old enough to count as healthy. An idle connection was healthy
    /// only if it received bytes after that age.
    pub(super) fn was_healthy(&self) -> bool {
        self.active_late || (self.silent_periods < PERIODS && self.opened.elapsed() >= HEALTHY)
    }
}
