//! The formatter for programs whose output is shown as it is.

use super::lines::Lines;
use super::{Formatter, Options};

/// Passes the lines of an agent's output through, without their line ends. Empty lines are dropped.
///
/// ```
/// use aod::pretty::{Formatter, GenericFormatter};
///
/// let mut formatter = GenericFormatter::new();
/// assert_eq!(formatter.feed("Cloning\r\n\nInstal"), ["Cloning"]);
/// assert_eq!(formatter.feed("ling"), [""; 0]);
/// assert_eq!(formatter.flush(), ["Installing"]);
/// ```
#[derive(Debug, Default)]
pub struct GenericFormatter {
    lines: Lines,
}

impl GenericFormatter {
    /// A formatter with the default [`Options`].
    pub fn new() -> Self {
        Self::default()
    }

    /// A formatter with these options.
    pub fn with_options(options: Options) -> Self {
        Self {
            lines: Lines::new(options),
        }
    }
}

impl Formatter for GenericFormatter {
    fn feed(&mut self, chunk: &str) -> Vec<String> {
        self.lines.feed(chunk, as_it_is)
    }

    fn flush(&mut self) -> Vec<String> {
        self.lines.flush(as_it_is)
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "other formatters show nothing for some lines"
)]
fn as_it_is(line: &str) -> Option<String> {
    Some(line.trim_end_matches('\r').to_owned())
}
