//! The common implementation of formatters: splits the output into lines and passes them to the rules of a runtime.

use std::fmt;

use super::line_writer::{LineWriter, Style};
use super::{Formatter, Options};
use crate::output::lines::Lines;
use crate::output::noise::{self, Part};

/// The formatting rules of one runtime.
pub(super) trait LineFormatter: Default + Send {
    /// Whether failures of tools are shown by default.
    const FAILURES: bool = true;

    /// Returns whether a JSON object is an event of the runtime, shown or not. Used to read lines that contain more than
    /// one object.
    fn is_event(&self, text: &str) -> bool;

    /// Formats a text, which is not empty, if it is an event of the runtime. Returns `false` if it is not, or only in
    /// part; then the text is shown verbatim.
    fn event(&mut self, text: &str, writer: &mut LineWriter<'_>) -> bool;

    /// Formats a text that is not an event of the runtime.
    fn other(&mut self, line: &str, writer: &mut LineWriter<'_>) {
        writer.verbatim(line);
    }

    /// Handles the end of the output: writes everything that is pending.
    fn end(&mut self, _writer: &mut LineWriter<'_>) {}

    /// Returns whether something is pending.
    fn has_pending(&self) -> bool {
        false
    }
}

/// A formatter that applies the rules of a runtime.
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

    fn has_pending(&self) -> bool {
        self.lines.has_pending() || self.formatter.has_pending()
    }
}

/// Formats one line. `cut` is the number of bytes beyond the size limit.
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
    } else if !line.is_empty() && !formatter.event(line, &mut writer) {
        match noise::split(line, |text| formatter.is_event(text)) {
            Some(parts) => return show_parts(formatter, style, &parts),
            None => formatter.other(line, &mut writer),
        }
    }
    writer.finish()
}

/// Formats the parts of one line.
fn show_parts(
    formatter: &mut impl LineFormatter,
    style: &Style,
    parts: &[Part<'_>],
) -> Option<String> {
    let mut shown = Vec::new();
    for part in parts {
        let mut writer = LineWriter::new(style);
        match *part {
            Part::Object(text) if formatter.event(text, &mut writer) => {}
            Part::Object(text) | Part::Noise(text) => formatter.other(text, &mut writer),
        }
        shown.extend(writer.finish());
    }
    (!shown.is_empty()).then(|| shown.join("\n"))
}

/// Shows the sizes only, because the content belongs to the caller.
impl<R> fmt::Debug for Renderer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer")
            .field("lines", &self.lines)
            .field("style", &self.style)
            .finish_non_exhaustive()
    }
}

/// Defines a public formatter from the rules of a runtime.
macro_rules! formatter {
    ($(#[$documentation:meta])* $name:ident, $formatter:ty) => {
        $(#[$documentation])*
        #[derive(Debug, Default)]
        pub struct $name($crate::pretty::renderer::Renderer<$formatter>);

        impl $name {
            /// Creates a formatter with the default [`Options`](crate::pretty::Options).
            pub fn new() -> Self {
                Self::default()
            }

            /// Creates a formatter with options.
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

            fn has_pending(&self) -> bool {
                self.0.has_pending()
            }
        }
    };
}
pub(super) use formatter;
