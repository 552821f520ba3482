//! Writes lines of human-readable output: their marks, their colours, and the lines that all formatters share.

use std::borrow::Cow;
use std::fmt::{Display, Write};

use super::json::Json;
use super::{Options, text};
use crate::visible::write_visible;

/// Code points that a line of thinking, or the result of a tool, may take.
pub(super) const LONG: usize = 200;

/// Code points that the detail of a tool call, or a reason, may take.
pub(super) const SHORT: usize = 140;

/// What a line stands for.
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
    /// With the blanks behind it: two where terminals differ in how wide the emoji is.
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

    /// The escape sequence that starts its colour; empty for what the agent says, which keeps the terminal's.
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

/// The options as they hold for one formatter.
#[derive(Debug)]
pub(super) struct Style {
    options: Options,
    color: bool,
    /// Whether tools that failed are shown.
    pub(super) failures: bool,
}

impl Style {
    /// `failures` says whether they are shown where the options leave it open.
    pub(super) fn new(options: Options, failures: bool) -> Self {
        Self {
            color: options.color.enabled(),
            failures: options.show_failures.unwrap_or(failures) || options.show_tool_results,
            options,
        }
    }

    /// Bytes that a line, or a text put together from many, may take.
    pub(super) fn max_line(&self) -> usize {
        self.options.max_line
    }

    /// What stands between a name and its detail.
    pub(super) fn dot(&self) -> &'static str {
        if self.options.plain { " - " } else { " · " }
    }

    pub(super) fn ellipsis(&self) -> &'static str {
        if self.options.plain { "..." } else { "…" }
    }

    /// Runs of blanks as one blank, and at most `limit` code points.
    pub(super) fn one_line(&self, text: &str, limit: usize) -> String {
        text::one_line(text, limit, self.ellipsis())
    }
}

/// What one line of output shows.
pub(super) struct LineWriter<'s> {
    pub(super) style: &'s Style,
    /// What each line starts with.
    pub(super) indent: &'static str,
    /// The finished lines.
    shown: String,
    /// Entries not yet split into lines, a newline between any two.
    entries: String,
    /// Where each entry starts, and its mark.
    marks: Vec<(usize, LineKind)>,
}

impl<'s> LineWriter<'s> {
    pub(super) fn new(style: &'s Style) -> Self {
        Self {
            style,
            indent: "",
            shown: String::new(),
            entries: String::new(),
            marks: Vec::new(),
        }
    }

    /// All of it, if there is anything.
    pub(super) fn finish(mut self) -> Option<String> {
        self.settle();
        (!self.shown.is_empty()).then_some(self.shown)
    }

    /// A line that is not the formatter's to understand.
    pub(super) fn verbatim(&mut self, line: &str) {
        self.settle();
        // The carriage returns that end a text end a line for the terminal too.
        let text = line.trim_end_matches('\r');
        self.push_line(None, text);
        if self.style.options.width.is_none() {
            self.shown.push_str(&line[text.len()..]);
        }
    }

    /// A mark, and the text behind it.
    pub(super) fn entry(&mut self, mark: LineKind, text: impl Display) {
        if !self.entries.is_empty() {
            self.entries.push('\n');
        }
        self.marks.push((self.entries.len(), mark));
        let mark = if self.style.options.plain {
            mark.plain()
        } else {
            mark.emoji()
        };
        let _ = write!(self.entries, "{mark}{text}");
    }

    /// A mark, a name, and its detail if there is one, on one line.
    pub(super) fn named(&mut self, mark: LineKind, name: &str, detail: &str) {
        let detail = if detail.contains(text::is_line_end) {
            Cow::Owned(self.style.one_line(detail, self.style.max_line()))
        } else {
            Cow::Borrowed(detail)
        };
        if detail.is_empty() {
            self.entry(mark, name);
        } else {
            self.entry(mark, format_args!("{name}{}{detail}", self.style.dot()));
        }
    }

    /// What the agent says, in full.
    pub(super) fn say(&mut self, said: &str) {
        let said = text::strip(said);
        if !said.is_empty() {
            self.entry(LineKind::Message, said);
        }
    }

    /// What the agent thinks, in short.
    pub(super) fn think(&mut self, thought: &str) {
        if !self.style.options.show_thinking {
            return;
        }
        let thought = self.style.one_line(thought, LONG);
        if !thought.is_empty() {
            self.entry(LineKind::Thinking, thought);
        }
    }

    /// The start of a session, and what is known of it.
    pub(super) fn init(&mut self, known: &str) {
        self.named(LineKind::Init, "Session init", known);
    }

    /// A name and a detail, flattened and cut.
    pub(super) fn brief(&mut self, mark: LineKind, name: &str, detail: &str) {
        let name = self.style.one_line(name, SHORT);
        let detail = self.style.one_line(detail, SHORT);
        self.named(mark, &name, &detail);
    }

    /// What a tool gave back, if that is to be shown and not blank.
    pub(super) fn result(&mut self, tool: &str, given: &str) {
        if !self.style.options.show_tool_results {
            return;
        }
        let given = self.style.one_line(given, LONG);
        if !given.is_empty() {
            let tool = self.style.one_line(tool, SHORT);
            self.named(LineKind::Result, &tool, &given);
        }
    }

    /// That a tool failed, or in which other way it ended badly, and why.
    pub(super) fn failure(&mut self, tool: &str, how: &str, reason: &str) {
        if self.style.failures {
            let tool = self.style.one_line(tool, SHORT);
            self.brief(LineKind::Failed, &format!("{tool} {how}"), reason);
        }
    }

    /// What a shell command printed and that it failed, by its exit code. 1 without output is no failure: so end
    /// searches and comparisons that find nothing.
    pub(super) fn shell_ended(&mut self, exit: Option<Json<'_>>, output: &str) {
        self.result("Bash", output);
        let Some(code) = exit.and_then(Json::whole_number) else {
            return;
        };
        let quiet = code == "1" && text::strip(output).is_empty();
        if code != "0" && !quiet {
            self.failure("Bash", "failed", &format!("exit {code}"));
        }
    }

    /// The end, and what is known of it.
    pub(super) fn done(&mut self, well: bool, known: &[Cow<'_, str>]) {
        let mark = if well {
            LineKind::Done
        } else {
            LineKind::Failed
        };
        self.named(mark, "Done", &known.join(", "));
    }

    /// Moves the entries to the finished lines.
    fn settle(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        let marks = std::mem::take(&mut self.marks);
        let mut marks = marks.into_iter().peekable();
        let mut mark = None;
        for (start, line) in text::split_lines(&entries) {
            while let Some((_, next)) = marks.next_if(|(at, _)| *at <= start) {
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
