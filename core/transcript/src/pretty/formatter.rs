//! The formatter trait.

use crate::Input;

/// Converts the standard output of an agent, in chunks, to lines to show.
///
/// Each returned `String` corresponds to one line of output. It may contain newlines, but does not end with one.
///
/// See [Transcripts](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/#lines-for-a-terminal).
///
/// # Examples
///
/// ```
/// use aod_transcript::pretty::Formatter;
///
/// /// Counts lines instead of showing them.
/// struct Count(usize);
///
/// impl Formatter for Count {
///     fn feed(&mut self, chunk: &str) -> Vec<String> {
///         self.0 += chunk.matches('\n').count();
///         Vec::new()
///     }
///
///     fn flush(&mut self) -> Vec<String> {
///         vec![format!("{} lines", self.0)]
///     }
/// }
///
/// let mut formatter: Box<dyn Formatter> = Box::new(Count(0));
/// formatter.feed("a\nb");
/// formatter.feed("\n");
/// assert_eq!(formatter.flush(), ["2 lines"]);
/// ```
pub trait Formatter: Send {
    /// Processes the next chunk of output, split at any character, and returns the lines that it completes.
    fn feed(&mut self, chunk: &str) -> Vec<String>;

    /// Processes one event of a session, and returns the lines that it completes. Default: standard output is passed to
    /// [`feed`](Self::feed), and other events are ignored. A [`TurnFormatter`](super::TurnFormatter) flushes the
    /// formatter when a further turn starts.
    fn consume(&mut self, input: Input<'_>) -> Vec<String> {
        match input {
            Input::Stdout(chunk) => self.feed(chunk),
            _ => Vec::new(),
        }
    }

    /// Returns the remaining lines: those of the incomplete last line and of events that are not complete yet. Call it
    /// at the end of the output.
    fn flush(&mut self) -> Vec<String>;

    /// Returns whether the formatter holds output that it has not returned as lines: an incomplete line, or an event
    /// that a later one may complete. Default: false.
    ///
    /// While it is false, a new formatter can continue from this position of the output, for example in another
    /// process, and no line is lost or cut. The new formatter knows only the output after that position: it does not
    /// know earlier totals, the names of tools that were called before, or whether the line for the start of the
    /// session was shown.
    ///
    /// # Examples
    ///
    /// ```
    /// use aod_transcript::pretty::{Formatter, GenericFormatter};
    ///
    /// let mut formatter = GenericFormatter::new();
    /// assert_eq!(formatter.feed("one\ntw"), ["one"]);
    /// assert!(formatter.has_pending());
    /// assert_eq!(formatter.feed("o\n"), ["two"]);
    /// assert!(!formatter.has_pending());
    /// ```
    fn has_pending(&self) -> bool {
        false
    }
}

impl<F: Formatter + ?Sized> Formatter for Box<F> {
    fn feed(&mut self, chunk: &str) -> Vec<String> {
        (**self).feed(chunk)
    }

    fn consume(&mut self, input: Input<'_>) -> Vec<String> {
        (**self).consume(input)
    }

    fn flush(&mut self) -> Vec<String> {
        (**self).flush()
    }

    fn has_pending(&self) -> bool {
        (**self).has_pending()
    }
}
