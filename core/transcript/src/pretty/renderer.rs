//! What all formatters have in common: lines in, what a runtime's rules make of them out.

use std::fmt;

use super::line_writer::{LineWriter, Style};
use super::lines::Lines;
use super::{Formatter, Options};

/// What the lines of one runtime show.
pub(super) trait LineFormatter: Default + Send {
    /// Whether tools that failed are shown by default.
    const FAILURES: bool = true;

    /// One line of output, never empty.
    fn line(&mut self, line: &str, writer: &mut LineWriter<'_>);

    /// A line that is none of the runtime's events.
    fn other(&mut self, line: &str, writer: &mut LineWriter<'_>) {
        writer.verbatim(line);
    }

    /// The end of the output: what still waits is shown.
    fn end(&mut self, _page: &mut LineWriter<'_>) {}
}

/// A formatter by rules.
pub(super) struct Renderer<R> {
    lines: Lines,
    style: Style,
    formatter: R,
}

impl<R: LineFormatter> Renderer<R> {
    pub(super) fn new(options: Options) -> Self {
        let style = Style::new(options, R::FAILURES);
        Self {
            lines: Lines::new(style.max_line()),
            style,
            formatter: R::default(),
        }
    }
}

impl<R: LineFormatter> Default for Renderer<R> {
    fn default() -> Self {
        Self::new(Options::new())
    }
}

impl<R: LineFormatter> Formatter for Renderer<R> {
    fn feed(&mut self, chunk: &str) -> Vec<String> {
        let Self {
            lines,
            style,
            formatter,
        } = self;
        let mut shown = Vec::new();
        lines.feed(chunk, |line, cut| {
            shown.extend(show(formatter, style, line, cut));
        });
        shown
    }

    fn flush(&mut self) -> Vec<String> {
        let Self {
            lines,
            style,
            formatter,
        } = self;
        let mut shown = Vec::new();
        lines.flush(|line, cut| shown.extend(show(formatter, style, line, cut)));
        let mut writer = LineWriter::new(style);
        formatter.end(&mut writer);
        shown.extend(writer.finish());
        shown
    }
}

/// `cut` is how many bytes of the line did not fit.
fn show(
    formatter: &mut impl LineFormatter,
    style: &Style,
    line: &str,
    cut: usize,
) -> Option<String> {
    let mut writer = LineWriter::new(style);
    if cut > 0 {
        let notice = format!("{line}{} [{cut} bytes cut]", style.ellipsis());
        formatter.other(&notice, &mut writer);
    } else if !line.is_empty() {
        formatter.line(line, &mut writer);
    }
    writer.finish()
}

/// Shows how much is held, not what: it is the agent's.
impl<R> fmt::Debug for Renderer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer")
            .field("lines", &self.lines)
            .field("style", &self.style)
            .finish_non_exhaustive()
    }
}

/// Defines a public formatter over its rules.
macro_rules! formatter {
    ($(#[$documentation:meta])* $name:ident, $formatter:ty) => {
        $(#[$documentation])*
        #[derive(Debug, Default)]
        pub struct $name($crate::pretty::renderer::Renderer<$formatter>);

        impl $name {
            /// A formatter with the default [`Options`](crate::pretty::Options).
            pub fn new() -> Self {
                Self::default()
            }

            /// A formatter with these options.
            pub fn with_options(options: $crate::pretty::Options) -> Self {
                Self($crate::pretty::renderer::Renderer::new(options))
            }
        }

        impl $crate::pretty::Formatter for $name {
            fn feed(&mut self, chunk: &str) -> Vec<String> {
                self.0.feed(chunk)
            }

            fn flush(&mut self) -> Vec<String> {
                self.0.flush()
            }
        }
    };
}
pub(super) use formatter;
