//! Detects that the machine has slept.

use std::time::Duration;

use aod_sse::Clock;
use tokio::task::JoinHandle;

/// How often the clock is observed.
const TICK: Duration = Duration::from_secs(15);

/// A task that observes a clock until it is dropped.
#[derive(Debug)]
pub(crate) struct SleepWatch(JoinHandle<()>);

impl SleepWatch {
    /// Starts the task, in the current tokio runtime.
    pub(super) fn start(clock: Clock) -> Self {
        Self(tokio::spawn(async move {
            loop {
                tick().await;
                clock.observe();
            }
        }))
    }

    /// Returns whether the runtime of the task still runs.
    pub(super) fn is_running(&self) -> bool {
        !self.0.is_finished()
    }
}

impl Drop for SleepWatch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Waits for the next time to observe the clock: 15 s, and not longer than until the machine wakes.
#[cfg(any(target_os = "linux", target_os = "android"))]
async fn tick() {
    // Without the timer, which a sandbox may forbid, a sleep is found up to 15 s later.
    if boottime_timer().await.is_err() {
        tokio::time::sleep(TICK).await;
    }
}

/// Waits on a timer that expires while the machine sleeps, so that the task runs as soon as it wakes.
#[cfg(any(target_os = "linux", target_os = "android"))]
async fn boottime_timer() -> std::io::Result<()> {
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
    let timer = timerfd_create(TimerfdClockId::Boottime, flags)?;
    let time = Itimerspec {
        it_interval: Timespec::default(),
        it_value: Timespec {
            tv_sec: TICK.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: 0,
        },
    };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &time)?;
    #[allow(deprecated, reason = "its successor is unsafe; this timer is owned")]
    let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
    timer.readable().await.map(drop)
}

/// Waits for the next time to observe the clock.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
async fn tick() {
    tokio::time::sleep(TICK).await;
}
