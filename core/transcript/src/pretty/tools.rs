//! Tool calls as all runtimes but Claude Code show them: well-known tools under its names, the others under their own.

use std::borrow::Cow;

use super::json::{self, Json};
use super::line_writer::{LineKind, LineWriter, SHORT};

/// A path, as it is.
pub(super) fn file(writer: &mut LineWriter<'_>, mark: LineKind, name: &str, path: &str) {
    let path = if path.is_empty() { "(no path)" } else { path };
    writer.named(mark, name, path);
}

/// What is searched for, and where.
pub(super) fn search(
    writer: &mut LineWriter<'_>,
    mark: LineKind,
    name: &str,
    pattern: &str,
    path: &str,
) {
    let pattern = writer.style.one_line(pattern, SHORT);
    let place = match (pattern.is_empty(), path.is_empty()) {
        (_, true) => pattern,
        (true, false) => format!("in {path}"),
        (false, false) => format!("{pattern} in {path}"),
    };
    writer.named(mark, name, &place);
}

/// What the call of an unknown tool is about: the first string of its input that summarizes it.
pub(super) fn summary_field(input: Option<Json<'_>>) -> Cow<'_, str> {
    let wanted = ["description", "name", "query", "prompt", "path"];
    input.map_or(Cow::default(), |input| {
        json::first_text(input.fields(wanted))
    })
}

/// How many items a to-do list has.
pub(super) fn todos(writer: &mut LineWriter<'_>, list: Option<Json<'_>>) {
    let count = list.and_then(Json::len).unwrap_or_default();
    writer.named(LineKind::Todos, "TodoWrite", &format!("{count} todo(s)"));
}

/// Tokens that went in and came out, as far as they are known.
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
