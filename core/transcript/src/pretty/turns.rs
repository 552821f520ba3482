//! Turns of a session: the output of each comes from another process.

use super::Formatter;
use crate::Input;

/// Flushes a formatter when a further turn starts, whose output comes from another process.
///
/// A resumed stream repeats the start of the current turn, which flushes nothing. Every input is passed to the
/// formatter.
///
/// # Examples
///
/// ```
/// use aod_transcript::Input;
/// use aod_transcript::pretty::{Formatter, GenericFormatter, TurnFormatter};
///
/// let mut formatter = TurnFormatter::new(GenericFormatter::new());
/// let mut shown = Vec::new();
/// for input in [
///     Input::TurnStarted { turn: Some(1) },
///     Input::Stdout("one li"),
///     Input::TurnStarted { turn: Some(1) },
///     Input::Stdout("ne\nhalf"),
///     Input::TurnStarted { turn: Some(2) },
///     Input::Stdout("next"),
/// ] {
///     shown.extend(formatter.consume(input));
/// }
/// shown.extend(formatter.flush());
/// assert_eq!(shown, ["one line", "half", "next"]);
/// ```
#[derive(Debug, Default)]
pub struct TurnFormatter<F> {
    formatter: F,
    turn: CurrentTurn,
}

impl<F: Formatter> TurnFormatter<F> {
    /// Creates a formatter that flushes the given one when a further turn starts.
    pub fn new(formatter: F) -> Self {
        Self {
            formatter,
            turn: CurrentTurn::default(),
        }
    }
}

impl<F: Formatter> Formatter for TurnFormatter<F> {
    fn feed(&mut self, chunk: &str) -> Vec<String> {
        self.turn.record_output(chunk);
        self.formatter.feed(chunk)
    }

    fn consume(&mut self, input: Input<'_>) -> Vec<String> {
        let mut shown = Vec::new();
        match input {
            Input::TurnStarted { turn } if self.turn.begin(turn) => shown = self.formatter.flush(),
            Input::Stdout(chunk) => self.turn.record_output(chunk),
            _ => {}
        }
        shown.extend(self.formatter.consume(input));
        shown
    }

    fn flush(&mut self) -> Vec<String> {
        self.formatter.flush()
    }

    fn has_pending(&self) -> bool {
        self.formatter.has_pending()
    }
}

/// The turn whose output is being formatted.
#[derive(Debug, Default)]
pub(super) struct CurrentTurn {
    /// The number of the turn, if known.
    number: Option<i64>,
    /// Whether output of the turn was formatted.
    has_output: bool,
}

impl CurrentTurn {
    /// Records that output was formatted.
    pub(super) fn record_output(&mut self, chunk: &str) {
        self.has_output |= !chunk.is_empty();
    }

    /// Returns whether output of the turn was formatted.
    pub(super) fn has_output(&self) -> bool {
        self.has_output
    }

    /// Records the start of a turn. Returns whether output of another turn was formatted since that turn started. A
    /// turn without a number is another one.
    pub(super) fn begin(&mut self, number: Option<i64>) -> bool {
        let continues = number.is_some() && self.number == number;
        self.number = number;
        !continues && std::mem::take(&mut self.has_output)
    }
}
