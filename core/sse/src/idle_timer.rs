//! Detects idle connections.

use std::task::Context;
use std::time::Duration;

use tokio::time::Instant;

use super::Clock;
use super::clock::Timer;

/// The minimum age of a connection to count as healthy when it drops.
const HEALTHY: Duration = Duration::from_secs(10);
/// The number of periods without a byte that add up to the limit.
const PERIODS: u32 = 3;

/// Detects that a connection is idle.
///
/// The limit is divided into three periods. A received byte only sets a flag, so reading does not access the clock; an
/// idle connection is detected after 1 to 4/3 of the limit. Periods elapse only while the source is polled, so the time
/// between polls counts for at most one period. The time in which the machine sleeps counts in full.
pub(super) struct IdleTimer {
    clock: Clock,
    period: Option<Duration>,
    timer: Option<Timer>,
    opened: Instant,
    period_began: Instant,
    /// The [skipped time](Clock::skipped) of the clock when the period began.
    skipped: Duration,
    silent_periods: u32,
    active: bool,
    active_late: bool,
}

impl IdleTimer {
    pub(super) fn new(clock: Clock, limit: Option<Duration>) -> Self {
        let now = Instant::now();
        Self {
            skipped: clock.skipped(),
            clock,
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
        *self = Self::new(self.clock.clone(), self.limit());
    }

    /// Uses another clock.
    pub(super) fn set_clock(&mut self, clock: Clock) {
        *self = Self::new(clock, self.limit());
    }

    fn limit(&self) -> Option<Duration> {
        self.period.map(|period| period * PERIODS)
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
            let clock = &self.clock;
            let timer = self
                .timer
                .get_or_insert_with(|| Timer::after(clock, period));
            if timer.poll(context).is_pending() {
                return false;
            }
            let slept = clock.skipped().saturating_sub(self.skipped);
            self.skipped = clock.skipped();
            // While the source was not polled, one period elapsed at most.
            let awake = self.period_began.elapsed().min(period);
            let elapsed = (awake + slept).as_nanos() / period.as_nanos().max(1);
            let elapsed = u32::try_from(elapsed).unwrap_or(PERIODS).max(1);
            if std::mem::take(&mut self.active) {
                // The bytes arrived within the first of these periods.
                self.silent_periods = elapsed - 1;
                self.active_late |= self.period_began - self.opened >= HEALTHY;
            } else {
                self.silent_periods = self.silent_periods.saturating_add(elapsed);
            }
            if self.silent_periods >= PERIODS {
                return true;
            }
            self.period_began = Instant::now();
            self.timer = None;
        }
    }

    /// Returns whether the connection that dropped was old enough to count as healthy. An idle connection was healthy
    /// only if it received bytes after that age.
    pub(super) fn was_healthy(&self) -> bool {
        self.active_late || (self.silent_periods < PERIODS && self.opened.elapsed() >= HEALTHY)
    }
}
