//! What a formatter is.

use crate::Input;

/// Turns the standard output of an agent, in chunks, into lines to show.
///
/// Each `String` given back is what came of one line of output. It may hold newlines, but does not end with one.
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
    /// Takes the next piece of output, cut anywhere, and gives what the lines that it completes show.
    fn feed(&mut self, chunk: &str) -> Vec<String>;

    /// Takes what happened in a session, and returns the lines that it completes: standard output is fed, everything else
    /// shows nothing.
    fn consume(&mut self, input: Input<'_>) -> Vec<String> {
        match input {
            Input::Stdout(chunk) => self.feed(chunk),
            _ => Vec::new(),
        }
    }

    /// Gives what is left: what the unfinished last line shows, and what waited for more. To be called when the output
    /// has ended; harmless at other times.
    fn flush(&mut self) -> Vec<String>;
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
}
