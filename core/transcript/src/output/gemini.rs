//! The output of Gemini CLI: its events, and the document of `--output-format json`.

use serde::{Deserialize, Serialize};

use super::json::{self, Json, Kind};
use super::noise;
use super::reason::reason;

/// The types of events. An object of another type is text.
pub(crate) const EVENTS: [&str; 6] = [
    "error",
    "init",
    "message",
    "result",
    "tool_result",
    "tool_use",
];

/// Returns whether an object is an event, or a document, which does not follow an event.
pub(crate) fn is_event(text: &str, follows_event: bool) -> bool {
    match json::object(text, ["type"]) {
        Some([Some(kind)]) => EVENTS.contains(&&*json::text(Some(kind))),
        Some([None]) => !follows_event && Document::on_one_line(text).is_some(),
        None => false,
    }
}

/// The fields of a document.
pub(crate) struct Document<'t> {
    pub(crate) session: Option<Json<'t>>,
    pub(crate) response: Option<Json<'t>>,
    pub(crate) stats: Option<Json<'t>>,
    error: Option<Json<'t>>,
}

impl<'t> Document<'t> {
    /// Reads a document on one line. An error alone can be that of another program.
    pub(crate) fn on_one_line(text: &'t str) -> Option<Self> {
        Self::read(text).filter(|document| {
            let is_typed = document.stats.or(document.session).is_some();
            let is_answer = |response: Json<'_>| is_typed || response.kind() == Kind::String;
            document.response.is_some_and(is_answer) || document.error.is_some() && is_typed
        })
    }

    /// Reads a document on several lines.
    pub(crate) fn on_several_lines(text: &'t str) -> Option<Self> {
        Self::read(text).filter(|document| {
            let fields = document.response.or(document.error);
            fields.or(document.stats).is_some()
        })
    }

    fn read(text: &'t str) -> Option<Self> {
        let names = ["type", "session_id", "response", "stats", "error"];
        match json::object(text, names)? {
            [None, session, response, stats, error] => Some(Self {
                session,
                response,
                stats,
                error,
            }),
            _ => None,
        }
    }

    /// Returns why the run failed; `None` if it did not fail.
    pub(crate) fn failure(&self) -> Option<String> {
        let error = self.error.filter(|error| error.is_truthy());
        error.map(|error| reason([Some(error)]))
    }
}

/// Collects the lines of a document. All lines between its braces are indented.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct DocumentLines {
    /// The lines so far, with their line endings; empty outside a document.
    lines: String,
}

/// The part of a document that a line is. Control characters can surround the braces.
pub(crate) enum Line<'t> {
    First {
        noise: &'t str,
    },
    Inside,
    Last {
        document: String,
        noise: &'t str,
    },
    /// Another line, after these lines, which are not a document.
    Other {
        lines: String,
    },
}

impl DocumentLines {
    /// Reads the next line. The lines of a document that is larger than `max_size` bytes are returned as other lines.
    pub(crate) fn read<'t>(&mut self, line: &'t str, max_size: usize) -> Line<'t> {
        let fits = self.lines.len() + line.len() <= max_size;
        if self.lines.is_empty() {
            let opening = noise::after_controls(line);
            let noise = &line[..line.len() - opening.len()];
            // Within other output, a brace can be indented.
            let is_indented = !noise.is_empty() && noise.trim().is_empty();
            if opening == "{" && !is_indented {
                self.lines.push_str("{\n");
                let noise = noise.trim();
                return Line::First { noise };
            }
        } else if let Some(noise) = line.strip_prefix('}')
            && noise::after_controls(noise).is_empty()
            && fits
        {
            self.lines.push('}');
            let noise = noise.trim();
            let document = self.take();
            return Line::Last { document, noise };
        } else if line.starts_with("  ") && fits {
            self.lines.push_str(line);
            self.lines.push('\n');
            return Line::Inside;
        }
        let lines = self.take();
        Line::Other { lines }
    }

    /// Takes the lines of a document that is not complete.
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(&mut self.lines)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}
