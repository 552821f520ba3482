//! Records what a reader finds in one line of output: items, and facts about the agent and the turn.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::change::{Changes, Updated};
use crate::output::json::{self, Json};
use crate::output::lines::floor_char_boundary;
use crate::{
    AgentInfo, Change, EventRange, Item, ItemKind, ItemStatus, Limits, Outcome, OutputStream, Tool,
    ToolCall, ToolResult, Turn, Usage,
};

/// The maximum size of consecutive lines that are one item, in bytes.
const MAX_TEXT_ITEM: usize = 16 * 1024;

/// The maximum size of an id of the runtime, in bytes; longer ones are truncated.
const MAX_ID: usize = 256;

/// What is known of the current turn besides its items.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct TurnState {
    /// The number of items that the turn has had, including those that were dropped.
    count: u64,
    /// The positions and ids of the items in progress, by the id of the runtime.
    open: BTreeMap<String, (u64, String)>,
    /// The positions and ids of the items that have ended, by the id of the runtime; subagents may still print items.
    ended: BTreeMap<String, (u64, String)>,
    /// How the turn ended, as the runtime says.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) usage: Option<Usage>,
    pub(crate) duration: Option<Duration>,
    /// The size of all items of the turn.
    #[serde(skip)]
    pub(crate) bytes: usize,
}

impl TurnState {
    /// Returns the state of a turn that continues after its end. `bytes` is the size of its items.
    pub(crate) fn continued(turn: &Turn, bytes: usize) -> Self {
        Self {
            count: count(turn),
            outcome: turn.outcome.clone().filter(|it| *it != Outcome::Unknown),
            usage: turn.usage,
            duration: turn.duration,
            bytes,
            ..Self::default()
        }
    }

    /// Returns whether this can be the state of a turn.
    pub(crate) fn is_of(&self, turn: &Turn) -> bool {
        let mut positions = self.open.values().chain(self.ended.values());
        self.count == count(turn) && positions.all(|(at, _)| *at < self.count)
    }
}

/// Returns the number of items that a turn has had.
fn count(turn: &Turn) -> u64 {
    turn.dropped_items.unsigned_abs() + turn.items.len() as u64
}

/// The maximum depth of the arguments of a tool as a value. `serde_json` reads 128 levels, of which a snapshot has some
/// around the arguments.
const MAX_DEPTH: usize = 64;

/// Returns whether a value nests at most this deep.
fn is_at_most(depth: usize, value: &Value) -> bool {
    let inner = |value| depth > 0 && is_at_most(depth - 1, value);
    match value {
        Value::Array(items) => items.iter().all(inner),
        Value::Object(fields) => fields.values().all(inner),
        _ => true,
    }
}

/// A position in a turn: the number of items before it, including those that were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Position(u64);

impl Position {
    /// Returns the index of the item in its turn, unless it has been dropped.
    pub(crate) fn index(self, turn: &Turn) -> Option<usize> {
        let dropped = turn.dropped_items.unsigned_abs();
        let index = usize::try_from(self.0.checked_sub(dropped)?).ok()?;
        (index < turn.items.len()).then_some(index)
    }
}

/// The ids of a new item.
#[derive(Default, Clone, Copy)]
pub(crate) struct Ids<'a> {
    pub(crate) runtime: Option<&'a str>,
    /// The id of the parent, as the runtime prints it.
    pub(crate) parent: Option<&'a str>,
}

/// A line of output, up to [`Limits::raw`].
struct RawLine {
    text: String,
    cut: usize,
}

/// Records the items of one line.
pub(crate) struct Recorder<'t> {
    pub(crate) turn: &'t mut Turn,
    pub(crate) state: &'t mut TurnState,
    pub(crate) agent: &'t mut Option<AgentInfo>,
    pub(crate) limits: &'t Limits,
    pub(crate) changes: &'t mut Changes,
    /// The ids of the events whose output is the line.
    pub(crate) events: Option<EventRange>,
    /// Whether the transcript begins with the first turn of the session.
    pub(crate) has_first_turn: bool,
    /// The line, until an item keeps it.
    raw: Option<RawLine>,
}

impl<'t> Recorder<'t> {
    pub(crate) fn new(
        turn: &'t mut Turn,
        state: &'t mut TurnState,
        agent: &'t mut Option<AgentInfo>,
        limits: &'t Limits,
        changes: &'t mut Changes,
    ) -> Self {
        Self {
            turn,
            state,
            agent,
            limits,
            changes,
            events: None,
            has_first_turn: false,
            raw: None,
        }
    }

    /// Begins a line.
    pub(crate) fn begin(&mut self, line: &str) {
        let fits = floor_char_boundary(line, self.limits.raw);
        self.raw = Some(RawLine {
            text: line[..fits].to_owned(),
            cut: line.len() - fits,
        });
    }

    /// Ends a line that is an event: it becomes an item of its own if no other has kept it.
    pub(crate) fn end(&mut self, event_type: impl FnOnce() -> String) {
        if self.raw.is_some() {
            self.event(event_type());
        }
    }

    /// Leaves out the line, because a later one completes it.
    pub(crate) fn defer(&mut self) {
        self.raw = None;
    }

    /// Adds an event without a kind of its own.
    pub(crate) fn event(&mut self, event_type: impl Into<String>) -> Position {
        let event_type = event_type.into();
        self.add(
            ItemKind::Event { event_type },
            ItemStatus::Completed,
            Ids::default(),
        )
    }

    /// Adds an item that is complete.
    pub(crate) fn completed(&mut self, kind: ItemKind, ids: Ids<'_>) -> Position {
        self.add(kind, ItemStatus::Completed, ids)
    }

    /// Adds an item. An item in progress with an id can be found by it.
    pub(crate) fn add(&mut self, kind: ItemKind, status: ItemStatus, ids: Ids<'_>) -> Position {
        // An unknown parent is one from before the transcript, or of an earlier process.
        let parent = ids.parent.map(truncated);
        let parent = parent.map(|id| self.id_of(id).unwrap_or_else(|| id.to_owned()));
        let position = Position(self.state.count);
        self.state.count += 1;
        let runtime_id = ids.runtime.filter(|id| !id.is_empty()).map(truncated);
        let mut item = Item {
            id: format!("{}-{}", self.turn.number, self.state.count),
            runtime_id: runtime_id.map(str::to_owned),
            parent,
            status,
            kind,
            events: None,
            is_truncated: false,
            raw: String::new(),
            raw_cut: 0,
        };
        item.cut(self.limits.text);
        keep_line(&mut item, &mut self.raw, self.events, self.limits);
        if let Some(id) = runtime_id {
            if status == ItemStatus::InProgress {
                let item = (position.0, item.id.clone());
                if self.state.open.len() < self.limits.items {
                    self.state.open.insert(id.to_owned(), item);
                }
            } else {
                self.remember_ended(id, position, &item.id);
            }
        }
        self.state.bytes += item.size();
        // The copy has no spare capacity.
        self.turn.items.push(item.clone());
        let turn = self.turn.number;
        self.changes.push(Change::ItemAdded { turn, item });
        position
    }

    /// Returns the position of the item in progress with an id of the runtime.
    pub(crate) fn open(&self, id: &str) -> Option<Position> {
        let (at, _) = self.state.open.get(truncated(id))?;
        Some(Position(*at))
    }

    /// Returns the positions of all items in progress, in order.
    pub(crate) fn in_progress(&self) -> Vec<Position> {
        let dropped = self.state.count - self.turn.items.len() as u64;
        (dropped..)
            .zip(&self.turn.items)
            .filter(|(_, item)| item.status == ItemStatus::InProgress)
            .map(|(at, _)| Position(at))
            .collect()
    }

    /// Changes an item, which has been dropped if this returns `false`. An item that is no longer in progress is no
    /// longer found by its id.
    pub(crate) fn update(&mut self, at: Position, change: impl FnOnce(&mut Item)) -> bool {
        let Some(index) = at.index(self.turn) else {
            return false;
        };
        let item = &mut self.turn.items[index];
        let size = item.size();
        change(item);
        item.cut(self.limits.text);
        self.state.bytes = self.state.bytes + item.size() - size;
        self.repeat(at);
        let item = &self.turn.items[index];
        let (status, id) = (item.status, item.id.clone());
        if status != ItemStatus::InProgress
            && let Some(runtime_id) = item.runtime_id.clone()
            && self
                .state
                .open
                .get(&runtime_id)
                .is_some_and(|(open, _)| *open == at.0)
        {
            self.state.open.remove(&runtime_id);
            self.remember_ended(&runtime_id, at, &id);
        }
        true
    }

    /// Adds the line to an item that is otherwise as before. Takes time for the line only, however large the item is.
    pub(crate) fn repeat(&mut self, at: Position) {
        if let Some(index) = at.index(self.turn) {
            self.add_line(index);
            self.changes.update(Updated::Item(self.turn.number, at));
        }
    }

    /// Moves the line to an item.
    fn add_line(&mut self, index: usize) {
        let item = &mut self.turn.items[index];
        let raw = item.raw.len();
        keep_line(item, &mut self.raw, self.events, self.limits);
        self.state.bytes += item.raw.len() - raw;
    }

    /// Appends to the text of an item, which has been dropped if this returns `false`.
    pub(crate) fn append(&mut self, at: Position, text: &str) -> bool {
        let Some(index) = at.index(self.turn) else {
            return false;
        };
        self.add_line(index);
        let item = &mut self.turn.items[index];
        let Some(whole) = item.kind.growing_text() else {
            return false;
        };
        let room = self.limits.text.saturating_sub(whole.len());
        let fits = floor_char_boundary(text, room);
        whole.push_str(&text[..fits]);
        self.state.bytes += fits;
        item.is_truncated |= fits < text.len();
        let updated = Updated::Item(self.turn.number, at);
        if self.changes.has_update(&updated) {
            self.changes.update(updated);
        } else if fits > 0 {
            self.changes.push(Change::TextAppended {
                turn: self.turn.number,
                item_id: item.id.clone(),
                text: text[..fits].to_owned(),
            });
        }
        true
    }

    /// Adds a line that is not an event. Consecutive lines of a stream are one item.
    pub(crate) fn text(&mut self, stream: OutputStream, line: &str, cut: usize) {
        self.raw = None;
        if cut == 0
            && let Some(last) = self.turn.items.last()
            && let ItemKind::Text { stream: of, text } = &last.kind
            && *of == stream
            && !last.is_truncated
            && text.len() + line.len() < MAX_TEXT_ITEM.min(self.limits.text)
        {
            let at = Position(self.state.count - 1);
            self.append(at, &format!("\n{line}"));
            return;
        }
        let text = line.to_owned();
        let at = self.completed(ItemKind::Text { stream, text }, Ids::default());
        if cut > 0 {
            self.update(at, |item| {
                item.is_truncated = true;
                item.raw_cut += signed(cut);
            });
        }
    }

    /// Adds a call of a tool that is in progress.
    pub(crate) fn call(
        &mut self,
        name: &str,
        tool: Tool,
        input: Option<Json<'_>>,
        ids: Ids<'_>,
    ) -> Position {
        let call = self.tool_call(name, tool, input);
        self.add(ItemKind::ToolCall(call), ItemStatus::InProgress, ids)
    }

    /// Creates a call of a tool.
    pub(crate) fn tool_call(&self, name: &str, tool: Tool, input: Option<Json<'_>>) -> ToolCall {
        let source = input.map_or("null", Json::source);
        let limit = self.limits.text;
        let input = if source.len() > limit {
            // Longer than the limit, so that the item says that it was cut.
            Value::from(&source[..floor_char_boundary(source, limit.saturating_add(4))])
        } else {
            let value = json::value(source).filter(|value| is_at_most(MAX_DEPTH, value));
            value.unwrap_or_else(|| Value::from(source))
        };
        ToolCall {
            name: name.to_owned(),
            tool,
            input,
            result: None,
        }
    }

    /// Ends an item that grew.
    pub(crate) fn finish(&mut self, at: Position) {
        // The line that ends an item is not a part of it.
        let line = self.raw.take();
        let events = self.events.take();
        self.update(at, |item| item.status = ItemStatus::Completed);
        self.events = events;
        self.raw = line;
    }

    /// Ends a call of a tool with its result.
    pub(crate) fn finish_call(&mut self, at: Position, result: ToolResult) -> bool {
        self.update(at, |item| {
            item.status = if result.is_error {
                ItemStatus::Failed
            } else {
                ItemStatus::Completed
            };
            if let ItemKind::ToolCall(call) = &mut item.kind {
                call.result = Some(result);
            }
        })
    }

    /// Marks a call of the turn as not allowed to run, after it has ended. The line is not a part of it.
    pub(crate) fn decline(&mut self, runtime_id: &str) {
        let Some(&(at, _)) = self.state.ended.get(truncated(runtime_id)) else {
            return;
        };
        // Its change repeats the whole item, so it is made once.
        let item = self.item(Position(at));
        if item.is_none_or(|item| item.status == ItemStatus::Declined) {
            return;
        }
        let (line, events) = (self.raw.take(), self.events.take());
        self.update(Position(at), |item| item.status = ItemStatus::Declined);
        (self.raw, self.events) = (line, events);
    }

    /// Changes what is known of the agent: some of its fields, and its tools, if they are given.
    pub(crate) fn describe_agent<const N: usize>(
        &mut self,
        fields: impl for<'a> FnOnce(&'a mut AgentInfo) -> [(&'a mut Option<String>, Option<String>); N],
        tools: Option<Vec<String>>,
    ) {
        let limit = self.limits.text;
        let agent = self.agent.get_or_insert_default();
        let mut is_changed = false;
        for (known, mut found) in fields(agent) {
            if let Some(text) = &mut found {
                text.truncate(floor_char_boundary(text, limit));
                text.shrink_to_fit();
            }
            is_changed |= *known != found;
            *known = found;
        }
        if let Some(tools) = tools {
            is_changed |= agent.tools != tools;
            agent.tools = tools;
        }
        if is_changed {
            self.changes.update(Updated::Agent);
        }
    }

    /// Returns the item at a position, if it has not been dropped.
    pub(crate) fn item(&self, at: Position) -> Option<&Item> {
        at.index(self.turn).map(|index| &self.turn.items[index])
    }

    /// Returns the id of the item with an id of the runtime.
    fn id_of(&self, runtime_id: &str) -> Option<String> {
        let (open, ended) = (&self.state.open, &self.state.ended);
        let (_, id) = open.get(runtime_id).or_else(|| ended.get(runtime_id))?;
        Some(id.clone())
    }

    fn remember_ended(&mut self, runtime_id: &str, at: Position, id: &str) {
        if self.state.ended.len() < self.limits.items {
            let item = (at.0, id.to_owned());
            self.state.ended.insert(runtime_id.to_owned(), item);
        }
    }
}

/// Moves the line of output to an item, up to the limit, and adds the event to its range.
fn keep_line(
    item: &mut Item,
    line: &mut Option<RawLine>,
    events: Option<EventRange>,
    limits: &Limits,
) {
    if let Some(line) = line.take() {
        item.raw_cut += signed(line.cut);
        if item.raw.is_empty() {
            item.raw = line.text;
        } else {
            let room = limits.raw.saturating_sub(item.raw.len() + 1);
            let fits = floor_char_boundary(&line.text, room);
            if fits > 0 {
                item.raw.push('\n');
                item.raw.push_str(&line.text[..fits]);
            }
            item.raw_cut += signed(line.text.len() - fits);
        }
    }
    item.events = EventRange::join(item.events, events);
}

/// Returns a count as the signed number that all languages have.
pub(crate) fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns an id of the runtime, up to its maximum size.
pub(crate) fn truncated(id: &str) -> &str {
    &id[..floor_char_boundary(id, MAX_ID)]
}
