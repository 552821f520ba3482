//! Tool calls as all runtimes but Claude Code show them: well-known tools under its names, the others under their own.

use std::borrow::Cow;

use super::json::{self, Json};
use super::page::{Mark, Page, SHORT};

/// A path, as it is.
pub(super) fn file(page: &mut Page<'_>, mark: Mark, name: &str, path: &str) {
    let path = if path.is_empty() { "(no path)" } else { path };
    page.named(mark, name, path);
}

/// What is searched for, and where.
pub(super) fn search(page: &mut Page<'_>, mark: Mark, name: &str, pattern: &str, path: &str) {
    let pattern = page.style.one_line(pattern, SHORT);
    let place = match (pattern.is_empty(), path.is_empty()) {
        (_, true) => pattern,
        (true, false) => format!("in {path}"),
        (false, false) => format!("{pattern} in {path}"),
    };
    page.named(mark, name, &place);
}

/// What the call of an unknown tool is about: the first telling string of its input.
pub(super) fn telling(input: Option<Json<'_>>) -> Cow<'_, str> {
    let wanted = ["description", "name", "query", "prompt", "path"];
    input.map_or(Cow::default(), |input| {
        json::first_text(input.fields(wanted))
    })
}

/// How many items a to-do list has.
pub(super) fn todos(page: &mut Page<'_>, list: Option<Json<'_>>) {
    let count = list.and_then(Json::len).unwrap_or_default();
    page.named(Mark::Todos, "TodoWrite", &format!("{count} todo(s)"));
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
