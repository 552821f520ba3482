//! Writes lines of human-readable output: marks, colors, and the lines that all formatters have in common.

use std::borrow::Cow;
use std::fmt::{Display, Write};

use super::Options;
use crate::output::json::Json;
use crate::output::text;
use crate::visible::write_visible;

/// The maximum number of code points of thinking and of tool results.
pub(super) const MAX_TEXT: usize = 200;

/// The maximum number of code points of the detail of a tool call and of a reason.
pub(super) const MAX_DETAIL: usize = 140;

/// The kind of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    Init,
    Spawned,
    Message,
    Thinking,
    Bash,
    Read,
    Write,
    Edit,
    Notebook,
    Grep,
    Glob,
    Web,
    Agent,
    Todos,
    Plan,
    Tool,
    Result,
    Done,
    Failed,
    Warning,
}

impl LineKind {
    /// Returns the emoji with the spaces after it: two if terminals disagree about the width of the emoji.
    fn emoji(self) -> &'static str {
        match self {
            Self::Init => "⚙️  ",
            Self::Spawned => "🚀 ",
            Self::Message => "✉️  ",
            Self::Thinking => "💭 ",
            Self::Bash => "🔧 ",
            Self::Read => "📖 ",
            Self::Write => "📝 ",
            Self::Edit => "✏️  ",
            Self::Notebook => "📓 ",
            Self::Grep => "🔍 ",
            Self::Glob => "🔎 ",
            Self::Web => "🌐 ",
            Self::Agent => "🤖 ",
            Self::Todos => "📋 ",
            Self::Plan => "📐 ",
            Self::Tool => "🛠️  ",
            Self::Result => "📤 ",
            Self::Done => "✨ ",
            Self::Failed | Self::Warning => "⚠️  ",
        }
    }

    /// Returns the ASCII mark.
    fn plain(self) -> &'static str {
        match self {
            Self::Init => "# ",
            Self::Message => "> ",
            Self::Thinking => "~ ",
            Self::Bash => "$ ",
            Self::Spawned | Self::Agent => "& ",
            Self::Result => "< ",
            Self::Done => "= ",
            Self::Failed | Self::Warning => "! ",
            _ => "* ",
        }
    }

    /// Returns the escape sequence that starts the color; empty for messages, which have the default color.
    fn color(self) -> &'static str {
        match self {
            Self::Message => "",
            Self::Init | Self::Spawned => "\x1b[1m",
            Self::Thinking | Self::Result => "\x1b[2m",
            Self::Done => "\x1b[32m",
            Self::Failed => "\x1b[31m",
            Self::Warning => "\x1b[33m",
            _ => "\x1b[36m",
        }
    }
}

const COLOR_END: &str = "\x1b[0m";

/// The effective options of one formatter.
#[derive(Debug)]
pub(super) struct Style {
    options: Options,
    color: bool,
    /// Whether failures of tools are shown.
    pub(super) failures: bool,
}

impl Style {
    /// Creates a style. `failures` is the default of [`Options::show_failures`].
    pub(super) fn new(options: Options, failures: bool) -> Self {
        Self {
            color: options.color.enabled(),
            failures: options.show_failures.unwrap_or(failures) || options.show_tool_results,
            options,
        }
    }

    /// Returns the size limit of a line, and of text assembled from several lines, in bytes.
    pub(super) fn max_line(&self) -> usize {
        self.options.max_line
    }

    /// Returns the separator between a name and its detail.
    pub(super) fn separator(&self) -> &'static str {
        if self.options.plain { " - " } else { " · " }
    }

    pub(super) fn ellipsis(&self) -> &'static str {
        if self.options.plain { "..." } else { "…" }
    }

    /// Collapses whitespace and truncates the text to at most `limit` code points.
    pub(super) fn one_line(&self, text: &str, limit: usize) -> String {
        text::one_line(text, limit, self.ellipsis())
    }
}

/// Collects the lines to show for one line of output.
pub(super) struct LineWriter<'s> {
    pub(super) style: &'s Style,
    /// The prefix of each line.
    pub(super) indent: &'static str,
    /// The finished lines.
    shown: String,
    /// Entries that are not split into lines yet, separated by newlines.
    entries: String,
    /// The offset and the kind of each entry.
    kinds: Vec<(usize, LineKind)>,
}

impl<'s> LineWriter<'s> {
    pub(super) fn new(style: &'s Style) -> Self {
        Self {
            style,
            indent: "",
            shown: String::new(),
            entries: String::new(),
            kinds: Vec::new(),
        }
    }

    /// Returns all lines, if there are any.
    pub(super) fn finish(mut self) -> Option<String> {
        self.flush_entries();
        (!self.shown.is_empty()).then_some(self.shown)
    }

    /// Writes a line verbatim.
    pub(super) fn verbatim(&mut self, line: &str) {
        self.flush_entries();
        // Terminals handle carriage returns at the end of a text.
        let text = line.trim_end_matches('\r');
        self.push_line(None, text);
        if self.style.options.width.is_none() {
            self.shown.push_str(&line[text.len()..]);
        }
    }

    /// Writes a mark and a text.
    pub(super) fn entry(&mut self, mark: LineKind, text: impl Display) {
        if !self.entries.is_empty() {
            self.entries.push('\n');
        }
        self.kinds.push((self.entries.len(), mark));
        let mark = if self.style.options.plain {
            mark.plain()
        } else {
            mark.emoji()
        };
        let _ = write!(self.entries, "{mark}{text}");
    }

    /// Writes a mark, a name, and its detail if there is one, on one line.
    pub(super) fn named(&mut self, mark: LineKind, name: &str, detail: &str) {
        let detail = if detail.contains(text::is_line_end) {
            Cow::Owned(self.style.one_line(detail, self.style.max_line()))
        } else {
            Cow::Borrowed(detail)
        };
        if detail.is_empty() {
            self.entry(mark, name);
        } else {
            self.entry(
                mark,
                format_args!("{name}{}{detail}", self.style.separator()),
            );
        }
    }

    /// Writes a message of the agent in full.
    pub(super) fn message(&mut self, text: &str) {
        let text = text::strip(text);
        if !text.is_empty() {
            self.entry(LineKind::Message, text);
        }
    }

    /// Writes thinking of the agent, truncated.
    pub(super) fn thinking(&mut self, text: &str) {
        if !self.style.options.show_thinking {
            return;
        }
        let text = self.style.one_line(text, MAX_TEXT);
        if !text.is_empty() {
            self.entry(LineKind::Thinking, text);
        }
    }

    /// Writes the start of a session and its details.
    pub(super) fn init(&mut self, details: &str) {
        self.named(LineKind::Init, "Session init", details);
    }

    /// Writes a name and a detail, each on one line and truncated.
    pub(super) fn brief(&mut self, mark: LineKind, name: &str, detail: &str) {
        let name = self.style.one_line(name, MAX_DETAIL);
        let detail = self.style.one_line(detail, MAX_DETAIL);
        self.named(mark, &name, &detail);
    }

    /// Writes the result of a tool, if results are shown and it is not blank.
    pub(super) fn result(&mut self, tool: &str, output: &str) {
        if !self.style.options.show_tool_results {
            return;
        }
        let output = self.style.one_line(output, MAX_TEXT);
        if !output.is_empty() {
            let tool = self.style.one_line(tool, MAX_DETAIL);
            self.named(LineKind::Result, &tool, &output);
        }
    }

    /// Writes the failure of a tool, if failures are shown: the outcome, such as `failed`, and the reason.
    pub(super) fn failure(&mut self, tool: &str, outcome: &str, reason: &str) {
        if self.style.failures {
            let tool = self.style.one_line(tool, MAX_DETAIL);
            self.brief(LineKind::Failed, &format!("{tool} {outcome}"), reason);
        }
    }

    /// Writes the output of a shell command and its failure, if the exit code is not 0. Exit code 1 without output is
    /// not a failure: searches and comparisons without a match end like that.
    pub(super) fn shell_ended(&mut self, exit: Option<Json<'_>>, output: &str) {
        self.result("Bash", output);
        let Some(code) = exit.and_then(Json::whole_number) else {
            return;
        };
        let no_match = code == "1" && text::strip(output).is_empty();
        if code != "0" && !no_match {
            self.failure("Bash", "failed", &format!("exit {code}"));
        }
    }

    /// Writes the end and its details.
    pub(super) fn done(&mut self, succeeded: bool, details: &[Cow<'_, str>]) {
        let mark = if succeeded {
            LineKind::Done
        } else {
            LineKind::Failed
        };
        self.named(mark, "Done", &details.join(", "));
    }

    /// Splits the entries into finished lines.
    fn flush_entries(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        let kinds = std::mem::take(&mut self.kinds);
        let mut kinds = kinds.into_iter().peekable();
        let mut mark = None;
        for (start, line) in text::split_lines(&entries) {
            while let Some((_, next)) = kinds.next_if(|(at, _)| *at <= start) {
                mark = Some(next);
            }
            self.push_line(mark, line);
        }
    }

    fn push_line(&mut self, mark: Option<LineKind>, line: &str) {
        if !self.shown.is_empty() {
            self.shown.push('\n');
        }
        let color = match mark {
            Some(mark) if self.style.color && !line.is_empty() => mark.color(),
            _ => "",
        };
        self.shown.push_str(color);
        let start = self.shown.len();
        if mark.is_some() {
            self.shown.push_str(self.indent);
        }
        if self.style.options.raw {
            self.shown.push_str(line);
        } else {
            // A string takes whatever is written to it.
            let _ = write_visible(&mut self.shown, line);
        }
        if let Some(columns) = self.style.options.width {
            text::cut_columns(
                &mut self.shown,
                start,
                columns.max(1),
                self.style.ellipsis(),
            );
        }
        if !color.is_empty() {
            self.shown.push_str(COLOR_END);
        }
    }
}
