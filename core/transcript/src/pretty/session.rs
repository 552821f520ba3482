//! The formatter of whatever a session turns out to run.

use super::{Formatter, Options};
use crate::Input;

/// The formatter of a session's whole stream, whose `start` event picks the one of its runtime as
/// [`formatter_for`](super::formatter_for) does.
///
/// It is flushed when a further turn starts, whose output is another process's. What is fed before any event is shown
/// as it is.
///
/// ```
/// use aod_transcript::Input;
/// use aod_transcript::pretty::{Formatter, SessionFormatter};
///
/// let mut formatter = SessionFormatter::new();
/// let mut shown = Vec::new();
/// for input in [
///     Input::Start { runtime: "codex" },
///     Input::Stdout(r#"{"type":"item.completed","item":{"type":"agent_message","text":"Done."}}"#),
/// ] {
///     shown.extend(formatter.consume(input));
/// }
/// shown.extend(formatter.flush());
/// assert_eq!(shown, ["✉️  Done."]);
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

    fn pick(&mut self, runtime: &str) -> &mut dyn Formatter {
        let options = &self.options;
        self.picked
            .get_or_insert_with(|| options.clone().formatter_for(runtime))
    }
}

impl Formatter for SessionFormatter {
    fn feed(&mut self, chunk: &str) -> Vec<String> {
        self.pick("").feed(chunk)
    }

    fn consume(&mut self, input: Input<'_>) -> Vec<String> {
        match input {
            Input::Start { runtime } => {
                self.pick(runtime);
                Vec::new()
            }
            Input::TurnStarted => self.flush(),
            Input::Stdout(chunk) => self.feed(chunk),
            // Leaves the pick to a `start` that follows.
            Input::Other => Vec::new(),
        }
    }

    fn flush(&mut self) -> Vec<String> {
        self.picked.as_mut().map_or_else(Vec::new, Formatter::flush)
    }
}
