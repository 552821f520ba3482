//! The server's clock. It follows real time unless it is frozen, and can be advanced.

use std::{
    fmt,
    time::{Duration, Instant, SystemTime},
};

use jiff::{Timestamp, tz::Offset};
use tokio::sync::watch;

/// The last second that can be formatted, at the end of the year 9999, in microseconds. The clock stops there.
const END: i64 = 253_402_207_200_000_000;

/// A time of the server's clock, in microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(i64);

impl Time {
    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }

    fn until(self, later: Self) -> Duration {
        Duration::from_micros(u64::try_from(later.0 - self.0).unwrap_or(0))
    }
}

/// Formats the time as Python does: ISO 8601 with `+00:00` and six decimals, or none if they are zero.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stamp = Timestamp::from_microsecond(self.0).map_err(|_| fmt::Error)?;
        let at = Offset::UTC.to_datetime(stamp);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        )?;
        let micros = at.subsec_nanosecond() / 1_000;
        if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        f.write_str("+00:00")
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The relation of the clock to real time.
#[derive(Clone, Copy)]
struct Setting {
    /// The offset from real time.
    offset: i64,
    /// The time at which the clock is frozen, if it is.
    frozen: Option<i64>,
}

/// The shared clock. The control interface advances it; streams and scripts wait on it.
pub(crate) struct Clock {
    began: Instant,
    epoch: i64,
    setting: watch::Sender<Setting>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let epoch = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, micros);
        Self {
            began: Instant::now(),
            epoch,
            setting: watch::Sender::new(Setting {
                offset: 0,
                frozen: None,
            }),
        }
    }

    fn real(&self) -> i64 {
        self.epoch + micros(self.began.elapsed())
    }

    fn read(&self, setting: Setting) -> Time {
        let time = setting
            .frozen
            .unwrap_or_else(|| self.real().saturating_add(setting.offset));
        Time(time.min(END))
    }

    pub(crate) fn now(&self) -> Time {
        self.read(*self.setting.borrow())
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.setting.send_modify(|setting| {
            setting.offset = setting.offset.saturating_add(micros(by));
            if let Some(at) = &mut setting.frozen {
                *at = at.saturating_add(micros(by));
            }
        });
    }

    /// Returns whether the clock stops before it has advanced by this time.
    pub(crate) fn ends_within(&self, by: Duration) -> bool {
        self.now().plus(by).0 > END
    }

    pub(crate) fn freeze(&self) {
        let now = self.now();
        self.setting
            .send_modify(|setting| setting.frozen = Some(now.0));
    }

    /// Unfreezes the clock at its current time.
    pub(crate) fn run(&self) {
        let real = self.real();
        self.setting.send_modify(|setting| {
            if let Some(at) = setting.frozen.take() {
                setting.offset = at - real;
            }
        });
    }

    /// Waits until the clock shows this time.
    ///
    /// A delay is measured from the time of the last thing that a client can see before it. The caller reads that time
    /// before it makes the thing visible: if a client sees it and advances the clock, the advance counts.
    pub(crate) async fn sleep_until(&self, until: Time) {
        let mut changes = self.setting.subscribe();
        loop {
            let setting = *changes.borrow_and_update();
            let now = self.read(setting);
            if now >= until {
                return;
            }
            let moved = changes.changed();
            if setting.frozen.is_some() {
                // The sender lives as long as `self`, so this returns only after a change.
                let _ = moved.await;
            } else {
                tokio::select! {
                    () = tokio::time::sleep(now.until(until)) => {}
                    _ = moved => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_times_like_python() {
        assert_eq!(
            Time(1_776_834_916_910_301).to_string(),
            "2026-04-22T05:15:16.910301+00:00"
        );
        assert_eq!(
            Time(1_776_834_916_000_000).to_string(),
            "2026-04-22T05:15:16+00:00"
        );
    }

    #[test]
    fn the_end_of_the_clock_is_the_last_second_that_can_be_formatted() {
        assert_eq!(END, Timestamp::MAX.as_second() * 1_000_000);
        let clock = Clock::new();
        clock.advance(Duration::MAX);
        assert_eq!(clock.now().to_string(), "9999-12-30T22:00:00+00:00");
    }

    #[test]
    fn a_frozen_clock_changes_only_when_advanced() {
        let clock = Clock::new();
        clock.freeze();
        let start = clock.now();
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_secs(15));
        assert_eq!(clock.now(), start.plus(Duration::from_secs(15)));
        clock.run();
        assert!(clock.now() >= start.plus(Duration::from_secs(15)));
    }
}
