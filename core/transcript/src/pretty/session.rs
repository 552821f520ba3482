//! The formatter of a whole session.

use super::{Formatter, Options};
use crate::Input;

/// Formats the whole stream of a session. The runtime in its `start` event selects the formatter, as
/// [`formatter_for`](super::formatter_for) does.
///
/// The formatter is flushed when the next turn starts, whose output comes from another process. Output before the first
/// event is shown verbatim.
///
/// # Examples
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
    selected: Option<Box<dyn Formatter>>,
}

impl SessionFormatter {
    /// Creates a formatter with the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a formatter with options for the selected formatter.
    #[must_use]
    pub fn with_options(options: Options) -> Self {
        Self {
            options,
            selected: None,
        }
    }

    fn select(&mut self, runtime: &str) -> &mut dyn Formatter {
        let options = &self.options;
        self.selected
            .get_or_insert_with(|| options.clone().formatter_for(runtime))
    }
}

impl Formatter for SessionFormatter {
    fn feed(&mut self, chunk: &str) -> Vec<String> {
        self.select("").feed(chunk)
    }

    fn consume(&mut self, input: Input<'_>) -> Vec<String> {
        match input {
            Input::Start { runtime } => {
                self.select(runtime);
                Vec::new()
            }
            Input::TurnStarted => self.flush(),
            Input::Stdout(chunk) => self.feed(chunk),
            // A later `start` event can still select the formatter.
            Input::Other => Vec::new(),
        }
    }

    fn flush(&mut self) -> Vec<String> {
        self.selected
            .as_mut()
            .map_or_else(Vec::new, Formatter::flush)
    }
}
