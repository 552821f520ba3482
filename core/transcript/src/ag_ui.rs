//! Changes of a transcript as events of the AG-UI protocol.

use serde_json::{Value, json};

use crate::output::json;
use crate::runtime::Runtime;
use crate::{
    AgentInfo, Change, Item, ItemKind, ItemStatus, Outcome, OutputStream, Role, ToolCall, Usage,
};

/// Converts the changes of a transcript to events of the [AG-UI protocol](https://docs.ag-ui.com), version 1.0, for web
/// front ends that show agents.
///
/// | Transcript | AG-UI |
/// |---|---|
/// | a turn | `RUN_STARTED`, then `RUN_FINISHED` with the usage, or `RUN_ERROR` |
/// | a message | `TEXT_MESSAGE_START`, `TEXT_MESSAGE_CONTENT`, `TEXT_MESSAGE_END` |
/// | thinking | `REASONING_START`, `REASONING_MESSAGE_*`, `REASONING_END` |
/// | a tool call | `TOOL_CALL_START`, `TOOL_CALL_ARGS`, `TOOL_CALL_END`, then `TOOL_CALL_RESULT` |
/// | a subagent | `SUBAGENT_STARTED`, `SUBAGENT_FINISHED`, and `subagentRunId` in its events |
/// | a plan or a notice | `ACTIVITY_SNAPSHOT` of the type `PLAN` or `NOTICE` |
/// | output that is not an event | `CUSTOM` with the name `output` |
/// | any other event of the runtime | `RAW` |
/// | `HistoryReset` | `RUN_FINISHED` if a run is active; in the next run, `MESSAGES_SNAPSHOT` without messages |
///
/// The ids of messages and tool calls are those of the items. AG-UI cannot replace what was sent: the arguments of a
/// tool call are sent once, when they are known, and a message whose text changes is sent again with another id.
///
/// See [Web front ends](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/#web-front-ends).
///
/// # Examples
///
/// ```
/// use aod_transcript::{AgUiEncoder, Transcript};
///
/// let mut transcript = Transcript::for_runtime("codex");
/// let mut encoder = AgUiEncoder::new("thread-1");
/// let output = "{\"type\":\"item.completed\",\"item\":{\"type\":\"agent_message\",\"text\":\"Done.\"}}\n";
/// let mut changes = transcript.feed(output);
/// changes.extend(transcript.finish());
///
/// let events: Vec<_> = changes.iter().flat_map(|change| encoder.encode(change)).collect();
/// let types: Vec<_> = events.iter().filter_map(|event| event["type"].as_str()).collect();
/// assert_eq!(types, [
///     "RUN_STARTED", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END", "RUN_FINISHED",
/// ]);
/// ```
#[derive(Debug, Clone)]
pub struct AgUiEncoder {
    thread: String,
    agent: AgentInfo,
    turn: Option<i64>,
    /// Whether the turn has not ended.
    is_running: bool,
    /// Whether messages of an earlier history are shown.
    is_outdated: bool,
    /// The items of the turn that are not complete, and the last one of output, which can always grow.
    open: Vec<OpenItem>,
    /// The tool calls of the turn whose subagents have started.
    subagents: Vec<String>,
}

/// An item that can change.
#[derive(Debug, Clone)]
struct OpenItem {
    id: String,
    parent: Option<String>,
    sent: Sent,
}

/// What has been sent of an item.
#[derive(Debug, Clone)]
enum Sent {
    Text(SentText),
    ToolCall { has_arguments: bool },
    Output(OutputStream),
}

/// What has been sent of a message or of thinking.
#[derive(Debug, Clone)]
struct SentText {
    is_thinking: bool,
    role: &'static str,
    /// The id in the events.
    id: String,
    text: String,
}

/// The events of one item.
struct Events<'e> {
    list: &'e mut Vec<Value>,
    subagent: Option<String>,
}

impl Events<'_> {
    fn push(&mut self, mut event: Value) {
        if let Some(subagent) = &self.subagent {
            event["subagentRunId"] = subagent.as_str().into();
        }
        self.list.push(event);
    }
}

impl AgUiEncoder {
    /// Creates an encoder for one transcript. The encoder must receive all changes of the transcript, from the first
    /// one on. `thread_id` is usually the id of the session.
    pub fn new(thread_id: impl Into<String>) -> Self {
        Self {
            thread: thread_id.into(),
            agent: AgentInfo::default(),
            turn: None,
            is_running: false,
            is_outdated: false,
            open: Vec::new(),
            subagents: Vec::new(),
        }
    }

    /// Returns the events of a change, in order, each a JSON object. Pass it all changes of one transcript, in order.
    pub fn encode(&mut self, change: &Change) -> Vec<Value> {
        let mut list = Vec::new();
        match change {
            Change::AgentUpdated { agent } => self.agent.clone_from(agent),
            Change::TurnStarted { turn } => {
                if self.turn != Some(*turn) {
                    self.open.clear();
                }
                self.turn = Some(*turn);
                self.is_running = true;
                list.push(json!({
                    "type": "RUN_STARTED", "threadId": self.thread, "runId": self.run(*turn),
                }));
                // Events belong to a run.
                if std::mem::take(&mut self.is_outdated) {
                    list.push(json!({"type": "MESSAGES_SNAPSHOT", "messages": []}));
                }
            }
            Change::ItemAdded { item, .. } => self.add(item, &mut list),
            Change::ItemUpdated { item, .. } => self.update(item, &mut list),
            Change::TextAppended { item_id, text, .. } => self.append(item_id, text, &mut list),
            Change::ItemsDropped { .. } => {}
            Change::TurnEnded {
                turn,
                outcome,
                usage,
                ..
            } => self.end_turn(*turn, outcome, *usage, &mut list),
            Change::HistoryReset => {
                if let Some(turn) = self.turn.take().filter(|_| self.is_running) {
                    self.end_turn(turn, &Outcome::Interrupted, None, &mut list);
                }
                self.is_outdated = true;
            }
        }
        list
    }

    fn run(&self, turn: i64) -> String {
        format!("{}-{turn}", self.thread)
    }

    fn add(&mut self, item: &Item, list: &mut Vec<Value>) {
        self.start_subagent(item, list);
        let mut events = Events {
            list,
            subagent: item.parent.clone(),
        };
        let id = &item.id;
        let text = |is_thinking, role| {
            Sent::Text(SentText {
                is_thinking,
                role,
                id: id.clone(),
                text: String::new(),
            })
        };
        let sent = match &item.kind {
            ItemKind::Message { role, .. } => text(
                false,
                match role {
                    Role::Agent => "assistant",
                    Role::User => "user",
                },
            ),
            ItemKind::Thinking { .. } => text(true, "reasoning"),
            ItemKind::ToolCall(call) => {
                events.push(json!({
                    "type": "TOOL_CALL_START", "toolCallId": id, "toolCallName": call.name,
                }));
                Sent::ToolCall {
                    has_arguments: false,
                }
            }
            ItemKind::Text { stream, text } => {
                events.push(output(id, *stream, text));
                self.open
                    .retain(|open| !matches!(open.sent, Sent::Output(_)));
                Sent::Output(*stream)
            }
            ItemKind::Event { .. } => {
                let event = json::value(&item.raw);
                let event = event.unwrap_or_else(|| Value::from(item.raw.as_str()));
                events.push(json!({"type": "RAW", "event": event, "source": self.agent.runtime}));
                return;
            }
            ItemKind::Plan { .. } | ItemKind::Notice { .. } => return activity(item, &mut events),
        };
        if let Sent::Text(text) = &sent {
            text.start(&mut events);
        }
        self.open.push(OpenItem {
            id: id.clone(),
            parent: item.parent.clone(),
            sent,
        });
        self.update(item, list);
    }

    fn update(&mut self, item: &Item, list: &mut Vec<Value>) {
        let mut events = Events {
            list,
            subagent: item.parent.clone(),
        };
        let Some(place) = self.open.iter().position(|open| open.id == item.id) else {
            return activity(item, &mut events);
        };
        let is_complete = item.status != ItemStatus::InProgress;
        match (&item.kind, &mut self.open[place].sent) {
            (ItemKind::Message { text, .. } | ItemKind::Thinking { text }, Sent::Text(sent)) => {
                sent.replace(text, &mut events);
                if is_complete {
                    sent.end(&mut events);
                }
            }
            (ItemKind::ToolCall(call), Sent::ToolCall { has_arguments }) => {
                if !*has_arguments && (is_complete || !call.input.is_null()) {
                    *has_arguments = true;
                    arguments(&item.id, call, &mut events);
                }
                if is_complete {
                    result(item, call, &mut events);
                }
            }
            // Output grows without an update.
            _ => return,
        }
        if is_complete {
            self.open.remove(place);
        }
    }

    fn append(&mut self, item_id: &str, text: &str, list: &mut Vec<Value>) {
        let Some(open) = self.open.iter_mut().find(|open| open.id == item_id) else {
            return;
        };
        let mut events = Events {
            list,
            subagent: open.parent.clone(),
        };
        match &mut open.sent {
            Sent::Text(sent) => sent.append(text, &mut events),
            Sent::Output(stream) => events.push(output(item_id, *stream, text)),
            Sent::ToolCall { .. } => {}
        }
    }

    /// Announces the subagent of an item, unless that has happened.
    fn start_subagent(&mut self, item: &Item, list: &mut Vec<Value>) {
        if let Some(parent) = &item.parent
            && !self.subagents.contains(parent)
        {
            list.push(json!({
                "type": "SUBAGENT_STARTED", "subagentRunId": parent, "name": self.agent.runtime,
                "parentToolCallId": parent,
            }));
            self.subagents.push(parent.clone());
        }
    }

    fn end_turn(
        &mut self,
        turn: i64,
        outcome: &Outcome,
        usage: Option<Usage>,
        list: &mut Vec<Value>,
    ) {
        self.is_running = false;
        // All items are complete now. Those that were dropped have no last update. Output can grow if the turn
        // continues.
        let is_output = |open: &mut OpenItem| matches!(open.sent, Sent::Output(_));
        let output = self.open.extract_if(.., is_output).collect();
        for open in std::mem::replace(&mut self.open, output) {
            let mut events = Events {
                list,
                subagent: open.parent,
            };
            match open.sent {
                Sent::Text(sent) => sent.end(&mut events),
                Sent::ToolCall {
                    has_arguments: false,
                } => events.push(json!({"type": "TOOL_CALL_END", "toolCallId": open.id})),
                Sent::ToolCall { .. } | Sent::Output(_) => {}
            }
        }
        // A subagent may still print when its tool call has ended.
        for subagent in std::mem::take(&mut self.subagents) {
            list.push(json!({"type": "SUBAGENT_FINISHED", "subagentRunId": subagent}));
        }
        let error = match outcome {
            Outcome::Failed { reason } if reason.is_empty() => Some(("failed", "The turn failed")),
            Outcome::Failed { reason } => Some(("failed", reason.as_str())),
            Outcome::MaxTurns => Some(("max_turns", "The limit of model calls was reached")),
            Outcome::Success | Outcome::Interrupted | Outcome::Unknown => None,
        };
        let mut event = match error {
            Some((code, message)) => {
                json!({"type": "RUN_ERROR", "code": code, "message": message})
            }
            None => {
                json!({"type": "RUN_FINISHED", "threadId": self.thread, "runId": self.run(turn)})
            }
        };
        match outcome {
            Outcome::Success => event["outcome"] = json!({"type": "success"}),
            Outcome::Interrupted => event["outcome"] = json!({"type": "cancelled"}),
            _ => {}
        }
        if let Some(usage) = usage {
            event["usage"] = json!([self.token_usage(usage)]);
            if let Some(cost) = usage.cost_usd {
                event["metadata"] = json!({"costUsd": cost});
            }
        }
        list.push(event);
    }

    fn token_usage(&self, usage: Usage) -> Value {
        // In AG-UI, the output includes reasoning.
        let separate = match Runtime::of(&self.agent.runtime) {
            Runtime::Gemini | Runtime::Opencode => usage.reasoning_tokens,
            Runtime::Claude | Runtime::Codex | Runtime::Generic => None,
        };
        let output = usage.output_tokens;
        let output = output.map(|output| output.saturating_add(separate.unwrap_or(0)));
        let counts = [
            ("inputTokens", usage.input_tokens),
            ("outputTokens", output),
            ("reasoningTokens", usage.reasoning_tokens),
            ("cachedInputTokens", usage.cached_input_tokens),
            ("cacheWriteInputTokens", usage.cache_write_tokens),
        ];
        let mut tokens = json!({});
        if let Some(model) = &self.agent.model {
            tokens["model"] = model.as_str().into();
        }
        for (name, count) in counts {
            if let Some(count) = count {
                tokens[name] = count.max(0).into();
            }
        }
        tokens
    }
}

impl SentText {
    fn start(&self, events: &mut Events<'_>) {
        let (id, role) = (&self.id, self.role);
        if self.is_thinking {
            events.push(json!({"type": "REASONING_START", "messageId": id}));
            events.push(json!({"type": "REASONING_MESSAGE_START", "messageId": id, "role": role}));
        } else {
            events.push(json!({"type": "TEXT_MESSAGE_START", "messageId": id, "role": role}));
        }
    }

    fn append(&mut self, text: &str, events: &mut Events<'_>) {
        if text.is_empty() {
            return;
        }
        let event = if self.is_thinking {
            "REASONING_MESSAGE_CONTENT"
        } else {
            "TEXT_MESSAGE_CONTENT"
        };
        events.push(json!({"type": event, "messageId": self.id, "delta": text}));
        self.text.push_str(text);
    }

    /// Sends what a new text adds. If it does not start with the old text, it is sent as a whole with another id.
    fn replace(&mut self, text: &str, events: &mut Events<'_>) {
        if !text.starts_with(&self.text) {
            self.end(events);
            self.id.push('+');
            self.text.clear();
            self.start(events);
        }
        let sent = self.text.len();
        self.append(&text[sent..], events);
    }

    fn end(&self, events: &mut Events<'_>) {
        let id = &self.id;
        if self.is_thinking {
            events.push(json!({"type": "REASONING_MESSAGE_END", "messageId": id}));
            events.push(json!({"type": "REASONING_END", "messageId": id}));
        } else {
            events.push(json!({"type": "TEXT_MESSAGE_END", "messageId": id}));
        }
    }
}

fn arguments(id: &str, call: &ToolCall, events: &mut Events<'_>) {
    if !call.input.is_null() {
        let text = match &call.input {
            // Arguments that cannot be represented, or were cut, are a string with their JSON.
            Value::String(json) => json.clone(),
            input => input.to_string(),
        };
        events.push(json!({"type": "TOOL_CALL_ARGS", "toolCallId": id, "delta": text}));
    }
    events.push(json!({"type": "TOOL_CALL_END", "toolCallId": id}));
}

fn result(item: &Item, call: &ToolCall, events: &mut Events<'_>) {
    let text = call.result.as_ref().map(|result| result.text.as_str());
    let text = text.unwrap_or(match item.status {
        ItemStatus::Declined => "declined",
        ItemStatus::Interrupted => "interrupted",
        ItemStatus::Failed => "failed",
        ItemStatus::InProgress | ItemStatus::Completed => "",
    });
    events.push(json!({
        "type": "TOOL_CALL_RESULT", "toolCallId": item.id, "messageId": format!("{}-result", item.id),
        "content": text, "role": "tool",
    }));
}

/// Sends a plan or a notice as a whole.
fn activity(item: &Item, events: &mut Events<'_>) {
    let (activity, content) = match &item.kind {
        ItemKind::Plan { steps } => ("PLAN", json!({"steps": steps})),
        ItemKind::Notice { level, text } => ("NOTICE", json!({"level": level, "text": text})),
        _ => return,
    };
    events.push(json!({
        "type": "ACTIVITY_SNAPSHOT", "messageId": item.id, "activityType": activity,
        "content": content, "replace": true,
    }));
}

fn output(id: &str, stream: OutputStream, text: &str) -> Value {
    json!({"type": "CUSTOM", "name": "output", "value": {"itemId": id, "stream": stream, "text": text}})
}
