//! Warnings and info messages of the core, for the log of another language.

use std::fmt::{self, Write as _};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// The number of lines that wait for a slow log. Further ones are dropped.
const CAPACITY: usize = 256;

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whether it is a warning; otherwise it is an info message.
    pub is_warning: bool,
    /// The text, with its fields. It contains no secrets.
    pub text: String,
}

/// Passes the lines of this process to a log, from a thread of their own. Does nothing if the process has a `tracing`
/// subscriber already.
pub fn forward(mut log: impl FnMut(Line) + Send + 'static) {
    let (sender, lines) = sync_channel(CAPACITY);
    let thread = thread::Builder::new().name("aod-log".into());
    let started = thread.spawn(move || {
        for line in lines {
            log(line);
        }
    });
    if started.is_ok() {
        // Fails if there is a subscriber; dropping this one ends the thread.
        let _ = tracing::subscriber::set_global_default(Lines(sender));
    }
}

struct Lines(SyncSender<Line>);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && *metadata.level() <= Level::INFO
            && metadata.target().starts_with("aod")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let _ = self.0.try_send(Line {
            is_warning: *event.metadata().level() <= Level::WARN,
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

    #[test]
    fn warnings_and_info_messages_of_the_core_are_lines_with_their_fields() {
        let (sender, lines) = sync_channel(CAPACITY);
        tracing::subscriber::with_default(Lines(sender), || {
            tracing::warn!(target: "aod::transport", count = 2, "left {} out", "some");
            tracing::info!(target: "aod_sse", "an info message");
            tracing::debug!(target: "aod::transport", "not shown");
            tracing::warn!(target: "hyper::client", "not of the core");
            let span = tracing::info_span!(target: "aod::transport", "span");
            span.in_scope(|| tracing::warn!(target: "aod::transport", "in a span"));
        });
        let line = |is_warning, text: &str| Line {
            is_warning,
            text: text.to_owned(),
        };
        assert_eq!(
            lines.iter().collect::<Vec<_>>(),
            [
                line(true, "left some out count=2"),
                line(false, "an info message"),
                line(true, "in a span")
            ]
        );
    }

    #[test]
    fn lines_beyond_the_capacity_are_dropped() {
        let (sender, lines) = sync_channel(CAPACITY);
        tracing::subscriber::with_default(Lines(sender), || {
            for _ in 0..CAPACITY + 10 {
                tracing::warn!(target: "aod", "again");
            }
        });
        assert_eq!(lines.iter().count(), CAPACITY);
    }
}
