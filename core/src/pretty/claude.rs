//! Claude Code's `--output-format stream-json`.

use std::borrow::Cow;
use std::fmt::Write;

use super::json::{self, Json, Kind};
use super::lines::Lines;
use super::{Formatter, Options, python, text};

/// Code points that a line of thinking may take.
const THINKING_LIMIT: usize = 200;

/// Code points that the detail of a tool call may take.
const DETAIL_LIMIT: usize = 140;

/// Shows the `stream-json` output of Claude Code: the start of the session, what the agent says and thinks, which
/// tools it calls, and how it ended. Tool results and progress reports are left out; what a subagent does is indented
/// by two blanks.
///
/// The lines are those of the formatter in the published Python SDK. Where that one raises, this one goes on:
///
/// - A line that is not one JSON object is shown as it came, be it another JSON value or no JSON at all.
/// - A value of an unexpected type is shown as text: a `content` that is a string is what the agent says, a list's
///   lone item stands for the list, a server without a name and a duration or cost that is no number show as `?`.
/// - `NaN` and `Infinity`, which JSON lacks, count as `null`. An escape of half a surrogate pair shows as U+FFFD.
/// - Neither the size of numbers nor the depth of nesting is limited.
///
/// ```
/// use aod::pretty::{ClaudeFormatter, Formatter};
///
/// let mut formatter = ClaudeFormatter::new();
/// let call = r#"{"type":"assistant","message":{"content":[
///     {"type":"tool_use","name":"Bash","input":{"command":"cargo test"}}]}}"#.replace('\n', "");
/// assert_eq!(formatter.feed(&call), [""; 0]);
/// assert_eq!(formatter.feed("\nwarning: unused\n"), ["🔧 Bash · cargo test", "warning: unused"]);
/// ```
#[derive(Debug, Default)]
pub struct ClaudeFormatter {
    lines: Lines,
}

impl ClaudeFormatter {
    /// A formatter with the default [`Options`].
    pub fn new() -> Self {
        Self::default()
    }

    /// A formatter with these options.
    pub fn with_options(options: Options) -> Self {
        Self {
            lines: Lines::new(options),
        }
    }
}

impl Formatter for ClaudeFormatter {
    fn feed(&mut self, chunk: &str) -> Vec<String> {
        self.lines.feed(chunk, format_line)
    }

    fn flush(&mut self) -> Vec<String> {
        self.lines.flush(format_line)
    }
}

fn format_line(line: &str) -> Option<String> {
    if let Some(event) = Event::read(line) {
        return event.format();
    }
    if let Some(rewritten) = json::constants_as_null(line)
        && let Some(event) = Event::read(&rewritten)
    {
        return event.format();
    }
    Some(line.to_owned())
}

/// One line of the output, with the fields that any kind of event shows.
struct Event<'a> {
    kind: Option<Json<'a>>,
    subtype: Option<Json<'a>>,
    parent: Option<Json<'a>>,
    model: Option<Json<'a>>,
    tools: Option<Json<'a>>,
    mcp_servers: Option<Json<'a>>,
    description: Option<Json<'a>>,
    message: Option<Json<'a>>,
    duration_ms: Option<Json<'a>>,
    num_turns: Option<Json<'a>>,
    cost: Option<Json<'a>>,
}

impl<'a> Event<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let names = [
            "type",
            "subtype",
            "parent_tool_use_id",
            "model",
            "tools",
            "mcp_servers",
            "description",
            "message",
            "duration_ms",
            "num_turns",
            "total_cost_usd",
        ];
        let [
            kind,
            subtype,
            parent,
            model,
            tools,
            mcp_servers,
            description,
            message,
            duration_ms,
            num_turns,
            cost,
        ] = json::object(line, names)?;
        Some(Self {
            kind,
            subtype,
            parent,
            model,
            tools,
            mcp_servers,
            description,
            message,
            duration_ms,
            num_turns,
            cost,
        })
    }

    fn format(&self) -> Option<String> {
        let kind = self.kind?.string()?;
        let body = match &*kind {
            "system" => self.system(),
            "assistant" => self.assistant(),
            "result" => Some(self.result()),
            _ => None,
        }?;
        let indent = if truthy(self.parent).is_some() {
            "  "
        } else {
            ""
        };
        let mut shown = String::with_capacity(body.len() + indent.len());
        for (at, line) in text::split_lines(&body).enumerate() {
            if at > 0 {
                shown.push('\n');
            }
            shown.push_str(indent);
            shown.push_str(line);
        }
        Some(shown)
    }

    fn system(&self) -> Option<String> {
        match &*self.subtype?.string()? {
            "init" => Some(self.init()),
            "task_started" => {
                let description =
                    truthy(self.description).map_or("(no description)".into(), python::str);
                Some(format!("🚀 Task spawned · {description}"))
            }
            _ => None,
        }
    }

    fn init(&self) -> String {
        let model = self.model.map_or("?".into(), python::str);
        let mut line = format!(
            "⚙️  Session init · model={model}, tools={}",
            count(self.tools)
        );
        if let Some(servers) = truthy(self.mcp_servers) {
            let mut names = Vec::new();
            servers.for_each_item(|server| names.push(server_name(server)));
            let _ = write!(line, ", mcp=[{}]", names.join(", "));
        }
        line
    }

    fn assistant(&self) -> Option<String> {
        let message = truthy(self.message)?;
        let content = match message.kind() {
            Kind::Object => {
                let [content] = message.fields(["content"]);
                truthy(content)?
            }
            _ => message,
        };
        let mut parts = Vec::new();
        content.for_each_item(|block| parts.extend(format_block(block)));
        (!parts.is_empty()).then(|| parts.join("\n"))
    }

    fn result(&self) -> String {
        let succeeded = self.subtype.is_some_and(|subtype| subtype.is("success"));
        let marker = if succeeded { "✨" } else { "⚠️ " };
        let seconds = match truthy(self.duration_ms) {
            None => "0.0".to_owned(),
            Some(duration) => python::thousandth(duration)
                .map_or("?".to_owned(), |seconds| format!("{seconds:.1}")),
        };
        let mut line = format!("{marker} Done · agent {seconds}s");
        if let Some(turns) = truthy(self.num_turns) {
            let _ = write!(line, ", {} turns", python::str(turns));
        }
        if let Some(cost) = self.cost.filter(|cost| cost.kind() != Kind::Null) {
            let cost = python::float(cost).map_or("?".to_owned(), |cost| format!("{cost:.4}"));
            let _ = write!(line, ", tokens ${cost}");
        }
        line
    }
}

/// Python's `value or …`.
fn truthy(value: Option<Json<'_>>) -> Option<Json<'_>> {
    value.filter(|value| value.is_truthy())
}

/// The length of a list; a number in its place is taken at its word.
fn count(list: Option<Json<'_>>) -> String {
    truthy(list).map_or("0".to_owned(), |list| {
        list.len().map_or_else(
            || python::str(list).into_owned(),
            |length| length.to_string(),
        )
    })
}

fn server_name(server: Json<'_>) -> Cow<'_, str> {
    let name = match server.kind() {
        Kind::Object => {
            let [name] = server.fields(["name"]);
            name
        }
        _ => Some(server),
    };
    name.filter(|name| name.kind() != Kind::Null)
        .map_or("?".into(), python::str)
}

fn format_block(block: Json<'_>) -> Option<String> {
    match block.kind() {
        Kind::Null => return None,
        Kind::Object => {}
        _ => return say(&python::str(block)),
    }
    let [kind, thinking, said, name, input] =
        block.fields(["type", "thinking", "text", "name", "input"]);
    match &*kind?.string()? {
        "thinking" => {
            let thought = text::one_line(&python::str(truthy(thinking)?), THINKING_LIMIT);
            (!thought.is_empty()).then(|| format!("💭 {thought}"))
        }
        "text" => say(&python::str(truthy(said)?)),
        "tool_use" => Some(call(truthy(name), truthy(input))),
        _ => None,
    }
}

fn say(said: &str) -> Option<String> {
    let said = text::strip(said);
    (!said.is_empty()).then(|| format!("✉️  {said}"))
}

fn call(name: Option<Json<'_>>, input: Option<Json<'_>>) -> String {
    // Only a string can be the name of a known tool, and no known tool is named like the text of another value.
    let name = name.map_or("?".into(), python::str);
    let emoji = match &*name {
        "Bash" => "🔧",
        "Read" => "📖",
        "Write" => "📝",
        "Edit" | "MultiEdit" => "✏️ ",
        "NotebookEdit" => "📓",
        "Grep" => "🔍",
        "Glob" => "🔎",
        "WebFetch" | "WebSearch" => "🌐",
        "Task" | "Agent" => "🤖",
        "TodoWrite" => "📋",
        "ExitPlanMode" | "EnterPlanMode" => "📐",
        _ => "🛠️ ",
    };
    let detail = match input {
        Some(input) if input.kind() != Kind::Object => {
            text::one_line(&python::str(input), DETAIL_LIMIT)
        }
        input => detail(&name, input.unwrap_or(Json::of("{}"))),
    };
    if detail.is_empty() {
        format!("{emoji} {name}")
    } else {
        format!("{emoji} {name} · {detail}")
    }
}

/// What the call of a tool is about, from the fields of its input.
fn detail(name: &str, input: Json<'_>) -> String {
    match name {
        "Bash" => {
            let [command] = input.fields(["command"]);
            text::one_line(&str_or(command, ""), DETAIL_LIMIT)
        }
        "Read" | "Write" | "Edit" | "MultiEdit" | "NotebookEdit" => {
            let [path] = input.fields(["file_path"]);
            str_or(path, "(no path)").into_owned()
        }
        "Grep" | "Glob" => {
            let [pattern, path] = input.fields(["pattern", "path"]);
            let mut detail = str_or(pattern, "").into_owned();
            if let Some(path) = truthy(path) {
                let _ = write!(detail, " in {}", python::str(path));
            }
            detail
        }
        "WebFetch" | "WebSearch" => {
            let [url, query] = input.fields(["url", "query"]);
            str_or(truthy(url).or(query), "").into_owned()
        }
        "Task" | "Agent" => {
            let [description, prompt] = input.fields(["description", "prompt"]);
            text::one_line(&str_or(truthy(description).or(prompt), ""), DETAIL_LIMIT)
        }
        "TodoWrite" => {
            let [todos] = input.fields(["todos"]);
            format!("{} todo(s)", count(todos))
        }
        _ => {
            let wanted = ["description", "name", "query", "prompt", "path"];
            let first = input
                .fields(wanted)
                .into_iter()
                .find_map(|field| truthy(field)?.string());
            first.map_or_else(String::new, |first| text::one_line(&first, DETAIL_LIMIT))
        }
    }
}

/// Python's `str(value or default)`.
fn str_or<'a>(value: Option<Json<'a>>, default: &'a str) -> Cow<'a, str> {
    truthy(value).map_or(default.into(), python::str)
}
