//! The log of the core, for the log of another language.
//!
//! Lines are filtered by level where they are written, and wait in a queue from which the other language takes them. The
//! core never waits for it: lines beyond the capacity are dropped.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::process::PerProcess;

/// The number of lines that wait for a slow log. Further ones are dropped.
const CAPACITY: usize = 256;

/// The level of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// A problem that a developer should look at.
    Warning = 1,
    /// An unusual event that needs no action.
    Info = 2,
    /// Attempts, retries and states of connections.
    Debug = 3,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The level.
    pub level: Level,
    /// The module that wrote it, such as `aod::transport`.
    pub target: &'static str,
    /// The text, with its fields. It contains no secrets.
    pub text: String,
}

/// The lines of this process.
static LOG: Log = Log::new();

/// Collects the lines from this level on; `None` collects nothing, as at the start. Does nothing if the process has a
/// `tracing` subscriber already.
pub fn collect(level: Option<Level>) {
    static INSTALLED: Once = Once::new();
    let level = level.map_or(0, |level| level as u8);
    if LOG.level.swap(level, Ordering::Relaxed) == level {
        return;
    }
    INSTALLED.call_once(|| {
        let _ = tracing::subscriber::set_global_default(Lines(&LOG));
    });
    tracing::callsite::rebuild_interest_cache();
}

/// Switches to a new queue. Must be called in the child of a fork before anything is logged.
pub fn after_fork_in_child() {
    LOG.queue.after_fork_in_child();
}

/// Takes the collected lines. Waits for the first one up to the time limit.
pub fn take(limit: Duration) -> Vec<Line> {
    LOG.queue.get().take(limit)
}

struct Log {
    /// The lowest level that is collected; 0 for none.
    level: AtomicU8,
    queue: PerProcess<Queue>,
}

impl Log {
    const fn new() -> Self {
        Self {
            level: AtomicU8::new(0),
            queue: PerProcess::new(Queue::new()),
        }
    }
}

/// The lines of one process. Its lock is held for as long as a line takes to add or all take to move.
#[derive(Default)]
struct Queue {
    lines: Mutex<VecDeque<Line>>,
    arrived: Condvar,
}

impl Queue {
    const fn new() -> Self {
        Self {
            lines: Mutex::new(VecDeque::new()),
            arrived: Condvar::new(),
        }
    }

    fn push(&self, line: Line) {
        let mut lines = self.lock();
        if lines.len() < CAPACITY {
            lines.push_back(line);
            drop(lines);
            self.arrived.notify_one();
        }
    }

    fn take(&self, limit: Duration) -> Vec<Line> {
        self.arrived
            .wait_timeout_while(self.lock(), limit, |lines| lines.is_empty())
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .drain(..)
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Lines(&'static Log);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && level_of(*metadata.level()) as u8 <= self.0.level.load(Ordering::Relaxed)
            && metadata.target().starts_with("aod")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match self.0.level.load(Ordering::Relaxed) {
            0 => LevelFilter::OFF,
            1 => LevelFilter::WARN,
            2 => LevelFilter::INFO,
            _ => LevelFilter::DEBUG,
        })
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        self.0.queue.get().push(Line {
            level: level_of(*event.metadata().level()),
            target: event.metadata().target(),
            text: text.message + &text.fields,
        });
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn level_of(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR | tracing::Level::WARN => Level::Warning,
        tracing::Level::INFO => Level::Info,
        _ => Level::Debug,
    }
}

/// The message of an event, then its fields as ` name=value`.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(level: Level) -> &'static Log {
        let log = Log {
            level: AtomicU8::new(level as u8),
            ..Log::new()
        };
        Box::leak(Box::new(log))
    }

    fn line(level: Level, target: &'static str, text: &str) -> Line {
        Line {
            level,
            target,
            text: text.to_owned(),
        }
    }

    #[test]
    fn lines_of_the_core_from_the_level_on_are_collected_with_their_fields() {
        let log = log(Level::Info);
        tracing::subscriber::with_default(Lines(log), || {
            tracing::warn!(target: "aod::transport", count = 2, "left {} out", "some");
            tracing::info!(target: "aod_sse", "an info message");
            tracing::debug!(target: "aod::transport", "not shown");
            tracing::warn!(target: "hyper::client", "not of the core");
            let span = tracing::info_span!(target: "aod::transport", "span");
            span.in_scope(|| tracing::warn!(target: "aod::transport", "in a span"));
        });
        assert_eq!(
            log.queue.get().take(Duration::ZERO),
            [
                line(Level::Warning, "aod::transport", "left some out count=2"),
                line(Level::Info, "aod_sse", "an info message"),
                line(Level::Warning, "aod::transport", "in a span")
            ]
        );
        assert!(log.queue.get().take(Duration::from_millis(1)).is_empty());
    }

    #[test]
    fn lines_beyond_the_capacity_are_dropped() {
        let log = log(Level::Warning);
        tracing::subscriber::with_default(Lines(log), || {
            for _ in 0..CAPACITY + 10 {
                tracing::warn!(target: "aod", "again");
            }
        });
        assert_eq!(log.queue.get().take(Duration::ZERO).len(), CAPACITY);
    }

    #[test]
    fn a_line_ends_the_wait_for_one() {
        let log = log(Level::Debug);
        let taking = std::thread::spawn(|| log.queue.get().take(Duration::from_secs(60)));
        tracing::subscriber::with_default(Lines(log), || {
            tracing::debug!(target: "aod", "now");
        });
        assert_eq!(taking.join().unwrap()[0].text, "now");
    }

    #[test]
    fn threads_that_write_and_take_at_once_lose_no_line() {
        const WRITERS: usize = 8;
        let queue = &log(Level::Debug).queue;
        let mut taken = 0;
        std::thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    for _ in 0..CAPACITY / WRITERS {
                        queue.get().push(line(Level::Debug, "aod", "again"));
                    }
                });
            }
            while taken < CAPACITY {
                let lines = queue.get().take(Duration::from_secs(60));
                assert!(!lines.is_empty(), "{taken} lines arrived");
                taken += lines.len();
            }
        });
        assert_eq!(taken, CAPACITY);
    }

    #[test]
    fn the_child_of_a_fork_needs_no_lock_of_its_parent() {
        let queue = &log(Level::Debug).queue;
        let _locked = queue.get().lock();
        queue.after_fork_in_child();
        queue.get().push(line(Level::Info, "aod", "in the child"));
        assert_eq!(queue.get().take(Duration::ZERO).len(), 1);
    }
}
