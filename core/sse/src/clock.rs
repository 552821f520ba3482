//! A clock that counts the time in which the machine sleeps.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{BoxFuture, Either, FutureExt as _, select};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The shortest sleep that is counted. Shorter differences come from the correction of one of the two clocks.
const SHORTEST_SLEEP: Duration = Duration::from_millis(500);

/// A clock that counts the time in which the machine sleeps, unlike the timers of tokio on Linux, Android, macOS and iOS.
///
/// Timers whose time passes during a sleep fire after the machine wakes: an [`EventSource`] whose connection has been
/// idle for too long reconnects, and a delay between attempts ends. [`observe`](Self::observe) detects a sleep; each
/// timer of the clock calls it when it fires. Cloning is cheap; clones are the same clock.
///
/// [`EventSource`]: super::EventSource
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use std::time::Duration;
/// use aod_sse::Clock;
///
/// let clock = Clock::new();
/// let night = clock.sleep(Duration::from_secs(8 * 3600));
/// clock.advance(Duration::from_secs(8 * 3600));
/// night.await;
/// # }
/// ```
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    /// How far this clock is ahead of tokio's, in nanoseconds.
    skipped: AtomicU64,
    last: Mutex<Reading>,
    /// Wakes the timers after a sleep.
    skip: Notify,
}

impl Clock {
    /// Creates a clock that starts with the time of tokio.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            skipped: AtomicU64::new(0),
            last: Mutex::new(Reading::now()),
            skip: Notify::new(),
        }))
    }

    /// Returns the time of tokio plus [`skipped`](Self::skipped).
    pub fn now(&self) -> Instant {
        Instant::now() + self.skipped()
    }

    /// Returns how long the machine has slept since this clock was created, as far as it has been observed.
    pub fn skipped(&self) -> Duration {
        Duration::from_nanos(self.0.skipped.load(Ordering::Acquire))
    }

    /// Moves the clock forward, as if the machine had slept for this time. Tests use it.
    pub fn advance(&self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        // A clock that has reached its end stays there.
        let _ = self
            .0
            .skipped
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |skipped| {
                Some(skipped.saturating_add(time))
            });
        self.0.skip.notify_waiters();
    }

    /// Checks whether the machine has slept since the last check, and moves the clock forward by that time. If the
    /// operating system notifies your program when the machine wakes, call this method, so that the sleep is counted at
    /// once.
    ///
    /// Differences below 500 ms are ignored. Where `Instant` counts sleep, such as on Windows, it has no effect.
    pub fn observe(&self) {
        let slept = {
            let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Reading::now();
            std::mem::replace(&mut *last, now).slept_until(&now)
        };
        if slept >= SHORTEST_SLEEP {
            tracing::debug!(?slept, "the machine has slept");
            self.advance(slept);
        }
    }

    /// Waits until this time has passed on the clock.
    pub fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.sleep_until(self.after(time))
    }

    /// Waits until the clock reaches this time.
    pub fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send + 'static + use<> {
        let clock = self.clone();
        async move {
            loop {
                let skip = pin!(clock.0.skip.notified());
                if clock.now() >= at {
                    return;
                }
                let due = at.checked_sub(clock.skipped());
                let timer = pin!(sleep_until(due.unwrap_or_else(Instant::now)));
                if let Either::Left(_) = select(timer, skip).await {
                    clock.observe();
                }
            }
        }
    }

    /// Runs a future until this time at the latest; returns `None` if the time passes first.
    pub async fn timeout_at<F: Future>(&self, at: Instant, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut limit = pin!(self.sleep_until(at));
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            // A timer of tokio reports pending once the future has exhausted the cooperative budget of the task.
            if self.now() >= at {
                return Poll::Ready(None);
            }
            limit.as_mut().poll(context).map(|()| None)
        })
        .await
    }

    /// Returns the current time plus this duration, which is limited to 100 years.
    pub fn after(&self, time: Duration) -> Instant {
        const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
        self.now() + time.min(NEVER)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("skipped", &self.skipped())
            .finish_non_exhaustive()
    }
}

/// A time limit on a clock.
pub(super) struct Timer {
    at: Instant,
    clock: Clock,
    /// The [skipped time](Clock::skipped) of the clock when the limit was set.
    skipped: Duration,
    sleep: BoxFuture<'static, ()>,
}

impl Timer {
    pub(super) fn after(clock: &Clock, time: Duration) -> Self {
        Self::until(clock, clock.after(time))
    }

    fn until(clock: &Clock, at: Instant) -> Self {
        Self {
            at,
            clock: clock.clone(),
            skipped: clock.skipped(),
            sleep: clock.sleep_until(at).boxed(),
        }
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.sleep.poll_unpin(context)
    }

    /// Returns whether the time has passed. It also compares the clock, because a timer of tokio reports pending once its
    /// task has exhausted its cooperative budget.
    pub(super) fn has_passed(&mut self, context: &mut Context<'_>) -> bool {
        self.clock.now() >= self.at || self.poll(context).is_ready()
    }

    /// Returns how long ago the time passed, without the time in which the machine slept, as far as it is known.
    pub(super) fn lateness(&self) -> Duration {
        let slept = self.clock.skipped().saturating_sub(self.skipped);
        let late = self.clock.now().saturating_duration_since(self.at);
        late.saturating_sub(slept)
    }

    /// Moves the limit to a later time.
    pub(super) fn delay(&mut self, by: Duration) {
        *self = Self::until(&self.clock, self.at + by);
    }

    /// Moves the limit to another clock.
    pub(super) fn on(&self, clock: &Clock) -> Self {
        Self::after(clock, self.at.saturating_duration_since(self.clock.now()))
    }
}

/// The time of two clocks at one moment: one counts sleep, the other does not.
#[derive(Debug, Clone, Copy)]
struct Reading {
    with_sleep: Duration,
    without: std::time::Instant,
}

impl Reading {
    fn now() -> Self {
        /// The longest pause of the thread between the readings that does not look like a sleep later.
        const LONGEST_PAUSE: Duration = Duration::from_millis(50);
        loop {
            let with_sleep = time_with_sleep();
            let without = std::time::Instant::now();
            if time_with_sleep().saturating_sub(with_sleep) <= LONGEST_PAUSE {
                return Self {
                    with_sleep,
                    without,
                };
            }
        }
    }

    fn slept_until(&self, later: &Self) -> Duration {
        let with_sleep = later.with_sleep.saturating_sub(self.with_sleep);
        with_sleep.saturating_sub(later.without.saturating_duration_since(self.without))
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn time_with_sleep() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    #[cfg(not(target_vendor = "apple"))]
    let time = clock_gettime(ClockId::Boottime);
    // `Instant` uses another clock there, which stops.
    #[cfg(target_vendor = "apple")]
    let time = clock_gettime(ClockId::Monotonic);
    Duration::try_from(time).unwrap_or_default()
}

/// Elsewhere, as on Windows, `Instant` counts sleep.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn time_with_sleep() -> Duration {
    Duration::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_timer_fires_when_the_clock_is_moved_to_its_time() {
        let clock = Clock::new();
        let started = Instant::now();
        let mut timer = pin!(clock.sleep(Duration::from_secs(3600)));
        assert!(timer.as_mut().now_or_never().is_none());
        clock.advance(Duration::from_secs(3599));
        timer.await;
        assert_eq!(started.elapsed().as_secs(), 1);
        assert_eq!(clock.skipped(), Duration::from_secs(3599));
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_is_limited_by_the_clock() {
        let clock = Clock::new();
        let limit = clock.after(Duration::MAX);
        assert_eq!(clock.timeout_at(limit, async { 1 }).await, Some(1));
        let limit = clock.after(Duration::from_secs(1));
        clock.advance(Duration::from_secs(1));
        assert_eq!(
            clock.timeout_at(limit, std::future::pending::<()>()).await,
            None
        );
    }

    #[test]
    fn only_a_difference_of_the_clocks_is_sleep() {
        let reading = |with_sleep, without: Duration, began: std::time::Instant| Reading {
            with_sleep: Duration::from_secs(with_sleep),
            without: began + without,
        };
        let began = std::time::Instant::now();
        let first = reading(100, Duration::ZERO, began);
        let second = reading(700, Duration::from_secs(15), began);
        assert_eq!(first.slept_until(&second), Duration::from_secs(585));
        let paused = reading(100, Duration::from_secs(15), began);
        assert_eq!(first.slept_until(&paused), Duration::ZERO);
    }

    #[test]
    fn a_machine_that_is_awake_has_not_slept() {
        let clock = Clock::new();
        clock.observe();
        assert_eq!(clock.skipped(), Duration::ZERO);
    }
}
