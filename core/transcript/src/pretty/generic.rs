//! The formatter for programs whose output is shown verbatim.

use super::line_writer::LineWriter;
use super::renderer::{LineFormatter, formatter};

formatter! {
    /// Shows the lines of any output verbatim, without their line endings. Empty lines are dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use aod_transcript::pretty::{Formatter, GenericFormatter};
    ///
    /// let mut formatter = GenericFormatter::new();
    /// assert_eq!(formatter.feed("Cloning\r\n\nInstal"), ["Cloning"]);
    /// assert_eq!(formatter.feed("ling"), [""; 0]);
    /// assert_eq!(formatter.flush(), ["Installing"]);
    /// ```
    GenericFormatter, Generic
}

#[derive(Default)]
pub(super) struct Generic;

impl LineFormatter for Generic {
    fn is_event(&self, _text: &str) -> bool {
        false
    }

    fn event(&mut self, text: &str, writer: &mut LineWriter<'_>) -> bool {
        writer.verbatim(text.trim_end_matches('\r'));
        true
    }
}
