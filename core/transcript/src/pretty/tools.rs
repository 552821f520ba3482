//! Tool calls of all runtimes except Claude Code. Well-known tools have the names of Claude Code, other tools their
//! own.

use std::borrow::Cow;

use super::line_writer::{LineKind, LineWriter, MAX_DETAIL};
use crate::output::json::{self, Json};

/// Writes a tool call with a path.
pub(super) fn file(writer: &mut LineWriter<'_>, mark: LineKind, name: &str, path: &str) {
    let path = if path.is_empty() { "(no path)" } else { path };
    writer.named(mark, name, path);
}

/// Writes a search with its pattern and path.
pub(super) fn search(
    writer: &mut LineWriter<'_>,
    mark: LineKind,
    name: &str,
    pattern: &str,
    path: &str,
) {
    let pattern = writer.style.one_line(pattern, MAX_DETAIL);
    let place = match (pattern.is_empty(), path.is_empty()) {
        (_, true) => pattern,
        (true, false) => format!("in {path}"),
        (false, false) => format!("{pattern} in {path}"),
    };
    writer.named(mark, name, &place);
}

/// Returns the summary of a call of an unknown tool: the first nonempty string among well-known fields of its input.
pub(super) fn summary_field(input: Option<Json<'_>>) -> Cow<'_, str> {
    let wanted = ["description", "name", "query", "prompt", "path"];
    input.map_or(Cow::default(), |input| {
        json::first_text(input.fields(wanted))
    })
}

/// Writes the number of items of a to-do list.
pub(super) fn todos(writer: &mut LineWriter<'_>, list: Option<Json<'_>>) {
    let count = list.and_then(Json::len).unwrap_or_default();
    writer.named(LineKind::Todos, "TodoWrite", &format!("{count} todo(s)"));
}

/// Formats the number of input and output tokens, if known.
pub(super) fn tokens(
    input: Option<Json<'_>>,
    output: Option<Json<'_>>,
) -> Option<Cow<'static, str>> {
    let count = |field: Option<Json<'_>>| Some(field?.whole_number()?.into_owned());
    match (count(input), count(output)) {
        (None, None) => None,
        (input, output) => {
            let known = |count: Option<String>| count.unwrap_or_else(|| "?".to_owned());
            Some(format!("in/out {}/{} tokens", known(input), known(output)).into())
        }
    }
}
