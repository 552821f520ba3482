//! The formatter of whatever a session turns out to run.

use super::{Formatter, Options};
use crate::models::event::{StartEvent, StreamEvent};

/// The formatter of a session's whole stream, whose `start` event picks the one of its runtime as
/// [`formatter_for`](super::formatter_for) does.
///
/// It is flushed when a further turn starts, whose output is another process's. What is fed before any event is shown
/// as it is.
///
/// ```
/// use aod::models::event::StreamEvent;
/// use aod::pretty::{Formatter, SessionFormatter};
///
/// let mut formatter = SessionFormatter::new();
/// let mut shown = Vec::new();
/// for event in [
///     r#"{"type":"start","runtime":"codex","session_id":"6d1f0a52-9a6e-4f0e-9f44-2b8a4c1f7d10"}"#,
///     r#"{"type":"output","id":1,"stream":"stdout","data":"{\"type\":\"item.completed\",\"item\":{\"type\":\"agent_message\",\"text\":\"Done.\"}}"}"#,
/// ] {
///     shown.extend(formatter.consume(&serde_json::from_str::<StreamEvent>(event)?));
/// }
/// shown.extend(formatter.flush());
/// assert_eq!(shown, ["✉️  Done."]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Default)]
pub struct SessionFormatter {
    options: Options,
    picked: Option<Box<dyn Formatter>>,
}

impl SessionFormatter {
    /// With the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With options for the formatter that is picked.
    #[must_use]
    pub fn with_options(options: Options) -> Self {
        Self {
            options,
            picked: None,
        }
    }

    fn pick(&mut self, engine: &str) -> &mut dyn Formatter {
        let options = &self.options;
        self.picked
            .get_or_insert_with(|| options.clone().formatter_for(engine))
    }
}

impl Formatter for SessionFormatter {
    fn feed(&mut self, chunk: &str) -> Vec<String> {
        self.pick("").feed(chunk)
    }

    fn consume(&mut self, event: &StreamEvent) -> Vec<String> {
        match event {
            StreamEvent::Start(start) => {
                self.pick(engine(start));
                Vec::new()
            }
            StreamEvent::TurnStart(_) => self.flush(),
            // What is none, such as an event of a later version, leaves the pick to a `start` that follows.
            _ => event
                .stdout()
                .map_or_else(Vec::new, |chunk| self.feed(chunk)),
        }
    }

    fn flush(&mut self) -> Vec<String> {
        self.picked.as_mut().map_or_else(Vec::new, Formatter::flush)
    }
}

/// Whose output it is, in the words of the server's generation.
fn engine(start: &StartEvent) -> &str {
    let runtime = start.runtime.as_ref().map(AsRef::as_ref);
    let provider = start.provider.as_ref().map(AsRef::as_ref);
    runtime.or(provider).unwrap_or_default()
}
