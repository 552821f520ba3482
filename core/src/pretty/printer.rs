//! What all formatters have in common: lines in, what a runtime's rules make of them out.

use std::fmt;

use super::lines::Lines;
use super::page::{Page, Style};
use super::{Formatter, Options};

/// What the lines of one runtime show.
pub(super) trait Rules: Default + Send {
    /// Whether tools that failed are shown by default.
    const FAILURES: bool = true;

    /// One line of output, never empty.
    fn line(&mut self, line: &str, page: &mut Page<'_>);

    /// A line that is none of the runtime's events.
    fn other(&mut self, line: &str, page: &mut Page<'_>) {
        page.as_it_came(line);
    }

    /// The end of the output: what still waits is shown.
    fn end(&mut self, _page: &mut Page<'_>) {}
}

/// A formatter by rules.
pub(super) struct Printer<R> {
    lines: Lines,
    style: Style,
    rules: R,
}

impl<R: Rules> Printer<R> {
    pub(super) fn new(options: Options) -> Self {
        let style = Style::new(options, R::FAILURES);
        Self {
            lines: Lines::new(style.max_line()),
            style,
            rules: R::default(),
        }
    }
}

impl<R: Rules> Default for Printer<R> {
    fn default() -> Self {
        Self::new(Options::new())
    }
}

impl<R: Rules> Formatter for Printer<R> {
    fn feed(&mut self, chunk: &str) -> Vec<String> {
        let Self {
            lines,
            style,
            rules,
        } = self;
        let mut shown = Vec::new();
        lines.feed(chunk, |line, cut| {
            shown.extend(show(rules, style, line, cut));
        });
        shown
    }

    fn flush(&mut self) -> Vec<String> {
        let Self {
            lines,
            style,
            rules,
        } = self;
        let mut shown = Vec::new();
        lines.flush(|line, cut| shown.extend(show(rules, style, line, cut)));
        let mut page = Page::new(style);
        rules.end(&mut page);
        shown.extend(page.finish());
        shown
    }
}

/// `cut` is how many bytes of the line did not fit.
fn show(rules: &mut impl Rules, style: &Style, line: &str, cut: usize) -> Option<String> {
    let mut page = Page::new(style);
    if cut > 0 {
        let notice = format!("{line}{} [{cut} bytes cut]", style.ellipsis());
        rules.other(&notice, &mut page);
    } else if !line.is_empty() {
        rules.line(line, &mut page);
    }
    page.finish()
}

/// Shows how much is held, not what: it is the agent's.
impl<R> fmt::Debug for Printer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer")
            .field("lines", &self.lines)
            .field("style", &self.style)
            .finish_non_exhaustive()
    }
}

/// Defines a public formatter over its rules.
macro_rules! formatter {
    ($(#[$documentation:meta])* $name:ident, $rules:ty) => {
        $(#[$documentation])*
        #[derive(Debug, Default)]
        pub struct $name($crate::pretty::printer::Printer<$rules>);

        impl $name {
            /// A formatter with the default [`Options`](crate::pretty::Options).
            pub fn new() -> Self {
                Self::default()
            }

            /// A formatter with these options.
            pub fn with_options(options: $crate::pretty::Options) -> Self {
                Self($crate::pretty::printer::Printer::new(options))
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
