//! Claude Code's `--output-format stream-json`.

use std::borrow::Cow;
use std::fmt::Write;

mod python;

use super::line_writer::{LineKind, LineWriter, MAX_DETAIL, Style};
use super::pending_tool_calls::PendingToolCalls;
use super::renderer::{LineFormatter, formatter};
use crate::output::json::{self, Json, Kind};
use crate::output::reason::reason;
use crate::output::text;

formatter! {
    /// Formats the `stream-json` output of Claude Code: the start of the session, messages, thinking, tool calls, and
    /// the end. Progress events are not shown, and tool results only if
    /// [`show_tool_results`](super::Options::show_tool_results) is set. The lines of a subagent are indented by two
    /// spaces.
    ///
    /// A line that is not an event of a known type is shown verbatim. Malformed events are accepted:
    ///
    /// - A value of an unexpected type is shown as text: a string `content` is a message, a single item counts as a
    ///   list, and `?` is shown for a missing name of a server, and for a duration or cost that is not a number.
    /// - `NaN` and `Infinity`, which are not valid JSON, count as `null`. A lone surrogate is shown as U+FFFD.
    /// - There is no limit for the size of numbers or the depth of nesting.
    ///
    /// # Examples
    ///
    /// ```
    /// use aod_transcript::pretty::{ClaudeFormatter, Formatter};
    ///
    /// let mut formatter = ClaudeFormatter::new();
    /// let call = r#"{"type":"assistant","message":{"content":[
    ///     {"type":"tool_use","name":"Bash","input":{"command":"cargo test"}}]}}"#.replace('\n', "");
    /// assert_eq!(formatter.feed(&call), [""; 0]);
    /// assert_eq!(formatter.feed("\nwarning: unused\n"), ["🔧 Bash · cargo test", "warning: unused"]);
    /// ```
    ClaudeFormatter, Claude
}

/// The state between lines: the pending tool calls, if their results are shown.
#[derive(Default)]
pub(super) struct Claude {
    calls: PendingToolCalls,
}

impl LineFormatter for Claude {
    const FAILURES: bool = false;

    fn is_event(&self, text: &str) -> bool {
        json::object(text, ["type"])
            .and_then(|[kind]| kind?.string())
            .is_some_and(|kind| is_known(&kind))
    }

    fn event(&mut self, text: &str, writer: &mut LineWriter<'_>) -> bool {
        if let Some(event) = Event::read(text) {
            return event.show(self, writer);
        }
        json::constants_as_null(text)
            .is_some_and(|text| Event::read(&text).is_some_and(|event| event.show(self, writer)))
    }
}

/// The types of events that are never shown; of `system` events, some are. Other types are shown verbatim.
const HIDDEN_EVENTS: [&str; 9] = [
    "control_cancel_request",
    "control_request",
    "control_response",
    "keep_alive",
    "prompt_suggestion",
    "rate_limit_event",
    "stream_event",
    "tool_progress",
    "tool_use_summary",
];

fn is_known(kind: &str) -> bool {
    matches!(kind, "system" | "assistant" | "user" | "result") || HIDDEN_EVENTS.contains(&kind)
}

/// One line of the output, with the fields that any type of event uses.
struct Event<'a> {
    kind: Option<Json<'a>>,
    subtype: Option<Json<'a>>,
    parent: Option<Json<'a>>,
    model: Option<Json<'a>>,
    tools: Option<Json<'a>>,
    mcp_servers: Option<Json<'a>>,
    description: Option<Json<'a>>,
    message: Option<Json<'a>>,
    is_error: Option<Json<'a>>,
    error: Option<Json<'a>>,
    errors: Option<Json<'a>>,
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
            "is_error",
            "error",
            "errors",
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
            is_error,
            error,
            errors,
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
            is_error,
            error,
            errors,
            duration_ms,
            num_turns,
            cost,
        })
    }

    /// Shows the event. Returns `false` if its type is unknown.
    fn show(&self, claude: &mut Claude, writer: &mut LineWriter<'_>) -> bool {
        let kind = self.kind.and_then(Json::string);
        let Some(kind) = kind.filter(|kind| is_known(kind)) else {
            return false;
        };
        if truthy(self.parent).is_some() {
            writer.indent = "  ";
        }
        match &*kind {
            "system" => self.system(writer),
            "assistant" => self.for_each_block(|block| show_block(block, claude, writer)),
            "user" if writer.style.failures => {
                self.for_each_block(|block| show_result(block, claude, writer));
            }
            "result" => self.result(writer),
            _ => {}
        }
        true
    }

    fn system(&self, writer: &mut LineWriter<'_>) {
        match self.subtype.and_then(Json::string).as_deref() {
            Some("init") => writer.init(&self.init()),
            Some("task_started") => {
                let description =
                    truthy(self.description).map_or("(no description)".into(), python::str);
                let separator = writer.style.separator();
                writer.entry(
                    LineKind::Spawned,
                    format_args!("Task spawned{separator}{description}"),
                );
            }
            _ => {}
        }
    }

    fn init(&self) -> String {
        let model = self.model.map_or("?".into(), python::str);
        let mut details = format!("model={model}, tools={}", count(self.tools));
        if let Some(servers) = truthy(self.mcp_servers) {
            let mut names = Vec::new();
            servers.for_each_item(|server| names.push(server_name(server)));
            let _ = write!(details, ", mcp=[{}]", names.join(", "));
        }
        details
    }

    /// Visits the blocks of the message.
    fn for_each_block(&self, each: impl FnMut(Json<'a>)) {
        let content = truthy(self.message).and_then(|message| match message.kind() {
            Kind::Object => {
                let [content] = message.fields(["content"]);
                truthy(content)
            }
            _ => Some(message),
        });
        if let Some(content) = content {
            content.for_each_item(each);
        }
    }

    fn result(&self, writer: &mut LineWriter<'_>) {
        let failures = writer.style.failures;
        let succeeded = self.subtype.is_some_and(|subtype| subtype.is("success"));
        let seconds = match truthy(self.duration_ms) {
            None => "0.0".to_owned(),
            Some(duration) => python::thousandth(duration)
                .map_or("?".to_owned(), |seconds| format!("{seconds:.1}")),
        };
        let mut details = vec![Cow::Owned(format!("agent {seconds}s"))];
        if let Some(turns) = truthy(self.num_turns) {
            details.push(format!("{} turns", python::str(turns)).into());
        }
        if let Some(cost) = self.cost.filter(|cost| cost.kind() != Kind::Null) {
            let cost = python::float(cost).map_or("?".to_owned(), |cost| format!("{cost:.4}"));
            details.push(format!("tokens ${cost}").into());
        }
        if failures && !succeeded {
            let reason = reason([self.errors, self.error, self.subtype]);
            details.push(writer.style.one_line(&reason, MAX_DETAIL).into());
            details.retain(|part| !part.is_empty());
        }
        let failed = failures && truthy(self.is_error).is_some();
        writer.done(succeeded && !failed, &details);
    }
}

/// Returns the value if it is truthy in Python, like `value or …`.
fn truthy(value: Option<Json<'_>>) -> Option<Json<'_>> {
    value.filter(|value| value.is_truthy())
}

/// Returns the length of a list; a number instead of a list is used directly.
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

fn show_block(block: Json<'_>, claude: &mut Claude, writer: &mut LineWriter<'_>) {
    match block.kind() {
        Kind::Null => return,
        Kind::Object => {}
        _ => return writer.message(&python::str(block)),
    }
    let [kind, id, thinking, text, name, input] =
        block.fields(["type", "id", "thinking", "text", "name", "input"]);
    let shown = |value| truthy(value).map_or(Cow::default(), python::str);
    match kind.and_then(Json::string).as_deref() {
        Some("thinking") => writer.thinking(&shown(thinking)),
        Some("text") => writer.message(&shown(text)),
        Some("tool_use") => {
            // The text of a value that is not a string never equals the name of a known tool.
            let name = truthy(name).map_or("?".into(), python::str);
            writer.named(
                mark(&name),
                &name,
                &call_detail(&name, truthy(input), writer.style),
            );
            if writer.style.failures {
                claude.calls.begin(&json::text(id), &name);
            }
        }
        _ => {}
    }
}

/// Shows the result of a tool, which is in a message of the user.
fn show_result(block: Json<'_>, claude: &mut Claude, writer: &mut LineWriter<'_>) {
    let [kind, id, content, is_error] =
        block.fields(["type", "tool_use_id", "content", "is_error"]);
    if !kind.is_some_and(|kind| kind.is("tool_result")) {
        return;
    }
    let tool = claude.calls.end(&json::text(id));
    let tool = tool.as_deref().unwrap_or("Tool");
    let output = json::content(content);
    if truthy(is_error).is_none() {
        return writer.result(tool, &output);
    }
    let reason = text::strip(&output);
    let reason = reason
        .strip_prefix("<tool_use_error>")
        .and_then(|reason| reason.strip_suffix("</tool_use_error>"))
        .unwrap_or(reason);
    if tool != "Bash" || !reason.eq_ignore_ascii_case("exit code 1") {
        writer.failure(tool, "failed", reason);
    }
}

fn mark(tool: &str) -> LineKind {
    match tool {
        "Bash" => LineKind::Bash,
        "Read" => LineKind::Read,
        "Write" => LineKind::Write,
        "Edit" | "MultiEdit" => LineKind::Edit,
        "NotebookEdit" => LineKind::Notebook,
        "Grep" => LineKind::Grep,
        "Glob" => LineKind::Glob,
        "WebFetch" | "WebSearch" => LineKind::Web,
        "Task" | "Agent" => LineKind::Agent,
        "TodoWrite" => LineKind::Todos,
        "ExitPlanMode" | "EnterPlanMode" => LineKind::Plan,
        _ => LineKind::Tool,
    }
}

fn call_detail(name: &str, input: Option<Json<'_>>, style: &Style) -> String {
    match input {
        Some(input) if input.kind() != Kind::Object => {
            style.one_line(&python::str(input), MAX_DETAIL)
        }
        input => detail(name, input.unwrap_or(Json::of("{}")), style),
    }
}

/// Returns the detail of a tool call, from the fields of its input.
fn detail(name: &str, input: Json<'_>, style: &Style) -> String {
    match name {
        "Bash" => {
            let [command] = input.fields(["command"]);
            style.one_line(&str_or(command, ""), MAX_DETAIL)
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
            style.one_line(&str_or(truthy(description).or(prompt), ""), MAX_DETAIL)
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
            first.map_or_else(String::new, |first| style.one_line(&first, MAX_DETAIL))
        }
    }
}

/// Returns `str(value or default)` of Python.
fn str_or<'a>(value: Option<Json<'a>>, default: &'a str) -> Cow<'a, str> {
    truthy(value).map_or(default.into(), python::str)
}
