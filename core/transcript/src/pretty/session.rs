//! The formatter of a whole session.

use super::line_writer::{LineWriter, Style};
use super::turns::CurrentTurn;
use super::{Formatter, Options};
use crate::{End, Input};

/// Formats the whole stream of a session. The runtime in its `start` event selects the formatter, as
/// [`formatter_for`](super::formatter_for) does.
///
/// The formatter is flushed when a further turn starts, whose output comes from another process. A resumed stream
/// repeats the start of the current turn, which flushes nothing. Output before the `start` event is shown verbatim.
///
/// An interruption before the agent started is shown as `⚠️  Done · interrupted`. A session that fails or is terminated
/// without output in its last turn is shown as `⚠️  Done · failed` or `⚠️  Done · terminated`.
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
    turn: CurrentTurn,
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
            ..Self::default()
        }
    }

    fn select(&mut self, runtime: &str) -> &mut dyn Formatter {
        let options = &self.options;
        self.selected
            .get_or_insert_with(|| options.clone().formatter_for(runtime))
    }
}

impl SessionFormatter {
    /// Shows an end that the output of the agent cannot show, because the agent did not start.
    fn ended(&mut self, end: End, exit_code: Option<i64>) -> Vec<String> {
        let reason = match end {
            End::Exit if exit_code.is_none() => "interrupted",
            End::Failed if !self.turn.has_output() => "failed",
            End::Terminated if !self.turn.has_output() => "terminated",
            _ => return Vec::new(),
        };
        let mut shown = self.flush();
        let style = Style::new(self.options.clone(), true);
        let mut writer = LineWriter::new(&style);
        writer.done(false, &[reason.into()]);
        shown.extend(writer.finish());
        shown
    }
}

impl Formatter for SessionFormatter {
    fn feed(&mut self, chunk: &str) -> Vec<String> {
        self.turn.record_output(chunk);
        self.select("").feed(chunk)
    }

    fn consume(&mut self, input: Input<'_>) -> Vec<String> {
        match input {
            Input::Start { runtime } => {
                self.select(runtime);
                Vec::new()
            }
            Input::TurnStarted { turn } if self.turn.begin(turn) => self.flush(),
            Input::Stdout(chunk) => self.feed(chunk),
            Input::Ended { end, exit_code } => self.ended(end, exit_code),
            // A later `start` event can still select the formatter.
            Input::TurnStarted { .. }
            | Input::StageFailed { .. }
            | Input::Stderr(_)
            | Input::Other => Vec::new(),
        }
    }

    fn flush(&mut self) -> Vec<String> {
        self.selected
            .as_mut()
            .map_or_else(Vec::new, Formatter::flush)
    }

    fn has_pending(&self) -> bool {
        self.selected.as_ref().is_some_and(Formatter::has_pending)
    }
}
