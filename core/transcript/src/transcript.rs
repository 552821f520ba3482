//! The transcript of a session.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::change::{Changes, Updated};
use crate::output::lines::{Lines, floor_char_boundary};
use crate::output::noise::{self, Part};
use crate::output::text;
use crate::reader::Reader;
use crate::recorder::{Ids, Recorder, TurnState, signed};
use crate::{
    Change, End, Event, EventRange, Input, ItemKind, ItemStatus, Limits, NoticeLevel, Outcome,
    OutputStream, Turn, Usage, UsageSource,
};

/// What an agent printed, as data: turns with their messages, tool calls, plans and notices.
///
/// The model is the same for Claude Code, Codex, Gemini CLI and opencode; the output of other programs becomes
/// [`ItemKind::Text`]. A tool call and its result are one item, and a message that is printed in fragments grows.
///
/// The input is the events of a session ([`apply`](Self::apply)), or output from elsewhere ([`feed`](Self::feed) and
/// [`finish`](Self::finish)). Each returns the [`Change`]s that it makes.
///
/// See [Transcripts and user interfaces](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/).
///
/// # Guarantees
///
/// - **Completeness.** Each nonblank line of standard output and standard error is in an item, as [`Item::raw`] or as
///   [`ItemKind::Text`], or is counted as cut ([`Item::raw_cut`]) or dropped ([`Turn::dropped_items`]).
/// - **Chunking.** The turns depend only on the output of each stream, not on how it is split into chunks, and not on a
///   [`snapshot`](Self::snapshot) in between.
/// - **Memory and time.** Memory is bounded by the [`Limits`]. Reading takes linear time.
/// - **Errors.** Reading never fails: a line that is not an event is text, and a field of an unexpected type counts as
///   missing.
///
/// [`Item::raw`]: crate::Item::raw
/// [`Item::raw_cut`]: crate::Item::raw_cut
///
/// # Examples
///
/// ```
/// use aod_transcript::{ItemKind, Outcome, Transcript};
///
/// let mut transcript = Transcript::for_runtime("claude");
/// transcript.feed("{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\",");
/// transcript.feed("\"name\":\"Bash\",\"input\":{\"command\":\"cargo test\"}}]}}\n");
/// transcript.feed("{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",");
/// transcript.feed("\"content\":\"ok. 12 passed\"}]}}\n");
/// transcript.feed("{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"Tests pass.\"}]}}\n");
/// transcript.feed("{\"type\":\"result\",\"subtype\":\"success\"}\n");
/// transcript.finish();
///
/// let turn = &transcript.turns()[0];
/// let ItemKind::ToolCall(call) = &turn.items[0].kind else { panic!("a tool call") };
/// assert_eq!(call.result.as_ref().unwrap().text, "ok. 12 passed");
/// assert_eq!(turn.outcome, Some(Outcome::Success));
/// assert_eq!(transcript.final_text(), Some("Tests pass."));
/// ```
pub struct Transcript {
    pub(crate) state: State,
}

/// Everything that a snapshot contains.
#[derive(Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) limits: Limits,
    reader: Option<Reader>,
    pub(crate) stdout: Lines,
    pub(crate) stderr: Lines,
    /// The events in which the incomplete lines begin.
    stdout_start: Option<i64>,
    stderr_start: Option<i64>,
    agent: Option<AgentInfo>,
    pub(crate) turns: Vec<Turn>,
    /// The state of the last turn, if it has not ended.
    pub(crate) current: Option<TurnState>,
    /// The size of the turns that have ended.
    #[serde(skip)]
    pub(crate) ended_bytes: usize,
    /// The number of items of all turns.
    #[serde(skip)]
    pub(crate) items: usize,
    cursor: Option<i64>,
}

/// The agent: the name of its runtime, and what the runtime reports about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AgentInfo {
    /// The name of the runtime or of the model provider, from the session's `start` event or from the caller.
    pub runtime: String,
    /// The model. For Gemini, the requested model, which can differ from the model that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The id of the runtime's own session or thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The version of the runtime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The working directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The names of the tools, up to [`Limits::text`] in total.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
}

impl Default for Transcript {
    fn default() -> Self {
        Self::new()
    }
}

impl Transcript {
    /// Creates a transcript whose runtime is selected by the session's `start` event. Output before that event becomes
    /// [`ItemKind::Text`].
    #[must_use]
    pub fn new() -> Self {
        let state = State::new(Limits::new());
        Self { state }
    }

    /// Creates a transcript of a runtime's output: `claude`, `codex`, `gemini` or `opencode`, or the name of a model
    /// provider, as [`formatter_for`](crate::pretty::formatter_for) accepts it. The output of any other program becomes
    /// [`ItemKind::Text`]. A `start` event that is applied later does not change the runtime.
    #[must_use]
    pub fn for_runtime(runtime: &str) -> Self {
        let mut transcript = Self::new();
        transcript.state.select(runtime, &mut Changes::default());
        transcript
    }

    /// Sets the limits. Call it before the first output.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.state.stdout = Lines::new(limits.line);
        self.state.stderr = Lines::new(limits.line);
        self.state.limits = limits;
        self
    }

    /// Applies one event of a session and returns the changes.
    ///
    /// The start of the next turn, `exit`, `error` and `terminated` end the current turn; `stale` does not. A resumed
    /// stream repeats the start of the current turn, which changes nothing.
    ///
    /// If output or a stage is at or before the [`cursor`](Self::cursor), or the start of a turn is before it, the
    /// event belongs to another history of the session: all turns are discarded, and the first change is
    /// [`Change::HistoryReset`]. Do not apply output or a stage twice. A stream repeats neither, unless it is opened
    /// without reconnection.
    pub fn apply<'e>(&mut self, event: impl Into<Event<'e>>) -> Vec<Change> {
        self.apply_all(None, [event])
    }

    /// Applies successive events like [`apply`](Self::apply), and returns the changes of all of them.
    ///
    /// With `turn`, the start of a later turn is not applied: it ends `turn` like [`finish_turn`](Self::finish_turn).
    /// Apply no event after it.
    pub fn apply_all<'e, E: Into<Event<'e>>>(
        &mut self,
        turn: Option<i64>,
        events: impl IntoIterator<Item = E>,
    ) -> Vec<Change> {
        let mut changes = Changes::default();
        for event in events {
            self.state.apply_to_turn(turn, event.into(), &mut changes);
        }
        self.state.complete(changes)
    }

    /// Reads the next chunk of standard output, split at any character, and returns the changes.
    pub fn feed(&mut self, chunk: &str) -> Vec<Change> {
        self.apply(Input::Stdout(chunk))
    }

    /// Ends the output: reads the incomplete last lines, and ends the turn. Output that follows belongs to a new turn.
    ///
    /// The events `exit`, `error` and `terminated` do the same with [`apply`](Self::apply).
    pub fn finish(&mut self) -> Vec<Change> {
        self.finish_turn(None)
    }

    /// Ends the output like [`finish`](Self::finish), but first starts `turn` if it has not started: a server sends no
    /// `turn_start` for a turn without output.
    pub fn finish_turn(&mut self, turn: Option<i64>) -> Vec<Change> {
        let mut changes = Changes::default();
        self.state.finish_turn(turn, &mut changes);
        self.state.complete(changes)
    }

    /// Returns the turns, in order.
    pub fn turns(&self) -> &[Turn] {
        &self.state.turns
    }

    /// Converts the transcript into its turns, in order, without copying them.
    pub fn into_turns(self) -> Vec<Turn> {
        self.state.turns
    }

    /// Returns the tokens and the cost of all turns that have ended. `None` if the runtime reported no usage.
    ///
    /// The source is [`Partial`](UsageSource::Partial) if one of these turns has items but no usage, unless it failed.
    pub fn usage(&self) -> Option<Usage> {
        let usages = self.turns().iter().filter_map(|turn| turn.usage);
        let mut usage = usages.reduce(Usage::plus)?;
        if self.turns().iter().any(Turn::lacks_usage) {
            usage.source = UsageSource::Partial;
        }
        Some(usage)
    }

    /// Returns what is known about the agent. `None` before the runtime is selected.
    pub fn agent(&self) -> Option<&AgentInfo> {
        self.state.agent.as_ref()
    }

    /// Returns the position after the last applied event that has a position; `None` before such an event. A stream of
    /// the session with this position as `since` completes the transcript without a gap or a repeated item. The start
    /// of a turn does not change the cursor.
    pub fn cursor(&self) -> Option<i64> {
        self.state.cursor
    }

    /// Returns the last message of the agent itself, not of a subagent, in the last turn. `None` before the agent has
    /// written a message in that turn.
    pub fn final_text(&self) -> Option<&str> {
        self.turns().last()?.final_text()
    }
}

impl State {
    fn new(limits: Limits) -> Self {
        Self {
            stdout: Lines::new(limits.line),
            stderr: Lines::new(limits.line),
            limits,
            stdout_start: None,
            stderr_start: None,
            reader: None,
            agent: None,
            turns: Vec::new(),
            current: None,
            ended_bytes: 0,
            items: 0,
            cursor: None,
        }
    }

    /// Returns whether an event does not come after the cursor, although its position ascends.
    fn is_of_another_history(&self, input: Input<'_>, position: Option<i64>) -> bool {
        position.is_some()
            && match input {
                Input::Start { .. } | Input::Ended { .. } => false,
                Input::TurnStarted { .. } => position < self.cursor,
                _ => position <= self.cursor,
            }
    }

    /// Discards everything but the limits and what is known about the agent.
    fn reset(&mut self, changes: &mut Changes) {
        let agent = self.agent.take();
        let runtime = self.reader.as_ref().and(agent.as_ref());
        *self = Self {
            reader: runtime.map(|agent| Reader::of(&agent.runtime)),
            agent,
            ..Self::new(self.limits.clone())
        };
        changes.reset();
    }

    /// Makes the updates among the changes of one call.
    fn complete(&mut self, changes: Changes) -> Vec<Change> {
        changes.complete(|updated| match updated {
            Updated::Agent => {
                let agent = self.agent.clone()?;
                Some(Change::AgentUpdated { agent })
            }
            Updated::Item(number, at) => {
                let mut turns = self.turns.iter_mut().rev();
                let turn = turns.find(|turn| turn.number == number)?;
                let item = at.index(turn).map(|index| &mut turn.items[index])?;
                // The copy has no spare capacity.
                let copy = item.clone();
                Some(Change::ItemUpdated {
                    turn: number,
                    item: std::mem::replace(item, copy),
                })
            }
        })
    }

    /// Applies an event to a transcript that ends with a turn, if one is given.
    fn apply_to_turn(&mut self, turn: Option<i64>, event: Event<'_>, changes: &mut Changes) {
        let Event { input, cursor } = event;
        match input {
            Input::TurnStarted { turn: later } if turn.is_some() && later > turn => {
                return self.finish_turn(turn, changes);
            }
            Input::Ended { .. } => self.ensure_started(turn, changes),
            _ => {}
        }
        if self.is_of_another_history(input, cursor) {
            self.reset(changes);
        }
        self.apply(input, cursor, changes);
        if !matches!(input, Input::Start { .. } | Input::TurnStarted { .. }) {
            self.cursor = self.cursor.max(cursor);
        }
    }

    fn finish_turn(&mut self, turn: Option<i64>, changes: &mut Changes) {
        self.ensure_started(turn, changes);
        self.end_turn(None, changes);
    }

    /// Begins a turn, if one is given, unless this turn or a later one has started.
    fn ensure_started(&mut self, turn: Option<i64>, changes: &mut Changes) {
        if turn.is_some() && self.turns.last().map(|last| last.number) < turn {
            self.begin_turn(turn, changes);
        }
    }

    fn apply(&mut self, input: Input<'_>, cursor: Option<i64>, changes: &mut Changes) {
        match input {
            Input::Start { runtime } => self.select(runtime, changes),
            Input::TurnStarted { turn } => self.begin_turn(turn, changes),
            Input::Stdout(chunk) => self.read(OutputStream::Stdout, chunk, cursor, changes),
            Input::Stderr(chunk) => self.read(OutputStream::Stderr, chunk, cursor, changes),
            Input::StageFailed { stage, message } => {
                let separator = if message.is_empty() { "" } else { ": " };
                let text = format!("{stage} failed{separator}{message}");
                self.with_recorder(range(cursor, cursor), changes, |_, recorder| {
                    let level = NoticeLevel::Error;
                    recorder.completed(ItemKind::Notice { level, text }, Ids::default());
                });
            }
            Input::Ended { end, exit_code } => {
                if self.current.is_some() || self.turns.is_empty() {
                    self.ensure_turn(changes);
                    self.end_turn(Some((end, exit_code)), changes);
                }
            }
            Input::Other => {}
        }
    }

    /// Selects the reader of a runtime, unless one is selected already.
    fn select(&mut self, runtime: &str, changes: &mut Changes) {
        if self.reader.is_some() {
            return;
        }
        self.reader = Some(Reader::of(runtime));
        let agent = self.agent.get_or_insert_default();
        runtime.clone_into(&mut agent.runtime);
        changes.update(Updated::Agent);
    }

    fn begin_turn(&mut self, number: Option<i64>, changes: &mut Changes) {
        let last = self.turns.last().map(|turn| turn.number);
        if number.is_some() && number == last {
            // A resumed stream repeats the start of its turn, and may have output that came after its end.
            if self.current.is_none() {
                self.reopen_turn(changes);
            }
            return;
        }
        self.end_turn(None, changes);
        let number = number.unwrap_or_else(|| last.unwrap_or(0).saturating_add(1));
        self.turns.push(Turn::new(number));
        self.current = Some(TurnState::default());
        changes.push(Change::TurnStarted { turn: number });
    }

    /// Continues the last turn, which has ended.
    fn reopen_turn(&mut self, changes: &mut Changes) {
        let Some(turn) = self.turns.last_mut() else {
            return;
        };
        let bytes = turn.size();
        self.ended_bytes = self.ended_bytes.saturating_sub(bytes);
        self.current = Some(TurnState::continued(turn, bytes));
        turn.outcome = None;
        changes.push(Change::TurnStarted { turn: turn.number });
    }

    /// Begins a turn for output that no start of a turn precedes.
    fn ensure_turn(&mut self, changes: &mut Changes) {
        if self.current.is_none() {
            self.begin_turn(None, changes);
        }
    }

    fn with_recorder(
        &mut self,
        events: Option<EventRange>,
        changes: &mut Changes,
        record: impl FnOnce(&mut Reader, &mut Recorder<'_>),
    ) {
        self.ensure_turn(changes);
        let has_first_turn = self.turns.first().is_some_and(|turn| turn.number <= 1);
        let Self {
            reader,
            turns,
            current,
            agent,
            limits,
            ..
        } = self;
        let (Some(turn), Some(current)) = (turns.last_mut(), current.as_mut()) else {
            return;
        };
        let before = turn.items.len();
        let mut recorder = Recorder::new(turn, current, agent, limits, changes);
        recorder.events = events;
        recorder.has_first_turn = has_first_turn;
        let mut generic = Reader::of("");
        record(reader.as_mut().unwrap_or(&mut generic), &mut recorder);
        self.items += turn.items.len() - before;
        self.enforce_limits(changes);
    }

    fn read(
        &mut self,
        stream: OutputStream,
        chunk: &str,
        event: Option<i64>,
        changes: &mut Changes,
    ) {
        if chunk.is_empty() {
            return;
        }
        self.ensure_turn(changes);
        let mut lines = std::mem::take(self.lines(stream));
        // The first line may begin in an earlier event.
        let mut first = event;
        if lines.has_pending() {
            first = self.line_start(stream).take().or(event);
        }
        lines.feed(chunk, |line, cut| {
            let events = range(first, event);
            first = event;
            self.with_recorder(events, changes, |reader, recorder| {
                read_line(reader, recorder, stream, line, cut);
            });
        });
        *self.line_start(stream) = first;
        *self.lines(stream) = lines;
    }

    /// The event in which the incomplete line of a stream begins.
    fn line_start(&mut self, stream: OutputStream) -> &mut Option<i64> {
        match stream {
            OutputStream::Stdout => &mut self.stdout_start,
            OutputStream::Stderr => &mut self.stderr_start,
        }
    }

    fn lines(&mut self, stream: OutputStream) -> &mut Lines {
        match stream {
            OutputStream::Stdout => &mut self.stdout,
            OutputStream::Stderr => &mut self.stderr,
        }
    }

    /// Ends the current turn, if there is one. `ended` is the terminal event of the session.
    fn end_turn(&mut self, ended: Option<(End, Option<i64>)>, changes: &mut Changes) {
        for stream in [OutputStream::Stdout, OutputStream::Stderr] {
            let mut lines = std::mem::take(self.lines(stream));
            let events = range(self.line_start(stream).take(), self.cursor);
            lines.flush(|line, cut| {
                self.with_recorder(events, changes, |reader, recorder| {
                    read_line(reader, recorder, stream, line, cut);
                });
            });
            *self.lines(stream) = Lines::new(self.limits.line);
        }
        if self.current.is_none() {
            return;
        }
        let mut reported = None;
        self.with_recorder(None, changes, |reader, recorder| {
            reported.clone_from(&recorder.state.outcome);
            reader.end(recorder);
            for at in recorder.in_progress() {
                recorder.update(at, |item| {
                    item.status = match item.kind {
                        ItemKind::ToolCall(_) => ItemStatus::Interrupted,
                        _ => ItemStatus::Completed,
                    };
                });
            }
        });
        let (Some(turn), Some(current)) = (self.turns.last_mut(), self.current.take()) else {
            return;
        };
        // The end of the output says nothing about an agent that was terminated.
        if !matches!(ended, Some((End::Terminated, _))) {
            reported = current.outcome;
        }
        let is_reported = !matches!(reported, None | Some(Outcome::Interrupted));
        let mut outcome = outcome(reported, ended, turn.last_error());
        if let Outcome::Failed { reason } = &mut outcome {
            reason.truncate(floor_char_boundary(reason, self.limits.text));
            reason.shrink_to_fit();
        }
        turn.usage = current.usage.filter(Usage::is_known);
        if let Some(usage) = &mut turn.usage
            && !is_reported
            && outcome != Outcome::Success
        {
            usage.source = UsageSource::Partial;
        }
        turn.outcome = Some(outcome.clone());
        turn.duration = current.duration;
        self.ended_bytes += current.bytes;
        changes.push(Change::TurnEnded {
            turn: turn.number,
            outcome,
            usage: turn.usage,
            duration: turn.duration,
        });
    }

    /// Drops the oldest items if there are too many. An eighth is dropped at once, so that reading takes linear time.
    fn enforce_limits(&mut self, changes: &mut Changes) {
        let Limits { items, bytes, .. } = self.limits;
        let size = |state: &Self| {
            state.ended_bytes + state.current.as_ref().map_or(0, |current| current.bytes)
        };
        if self.items <= items && size(self) <= bytes {
            return;
        }
        let last = self.turns.len() - 1;
        for (index, turn) in self.turns.iter_mut().enumerate() {
            let excess = self.items.saturating_sub(items - items / 8);
            let mut dropped = 0;
            let mut freed = 0;
            let mut total = self.ended_bytes + self.current.as_ref().map_or(0, |now| now.bytes);
            for item in &mut turn.items {
                if dropped >= excess && total <= bytes - bytes / 8 {
                    break;
                }
                let size = item.size();
                total = total.saturating_sub(size);
                freed += size;
                dropped += 1;
            }
            if dropped == 0 {
                continue;
            }
            turn.items.drain(..dropped);
            turn.dropped_items += signed(dropped);
            self.items -= dropped;
            match &mut self.current {
                Some(current) if index == last => {
                    current.bytes = current.bytes.saturating_sub(freed);
                }
                _ => self.ended_bytes = self.ended_bytes.saturating_sub(freed),
            }
            changes.push(Change::ItemsDropped {
                turn: turn.number,
                count: signed(dropped),
            });
        }
    }
}

/// Returns the ids from the first to the last event, if the last one has an id.
fn range(first: Option<i64>, last: Option<i64>) -> Option<EventRange> {
    let last = last?;
    let first = first.unwrap_or(last);
    Some(EventRange { first, last })
}

/// Reads one line. `cut` is the number of bytes beyond the size limit.
fn read_line(
    reader: &mut Reader,
    recorder: &mut Recorder<'_>,
    stream: OutputStream,
    line: &str,
    cut: usize,
) {
    if cut == 0 && text::strip(line).is_empty() {
        return;
    }
    if stream == OutputStream::Stderr || cut > 0 {
        return recorder.text(stream, line, cut);
    }
    recorder.begin(line);
    if reader.read(line, recorder) {
        return;
    }
    match noise::split(line, |text| reader.is_event(text)) {
        Some(parts) => {
            for part in parts {
                let (Part::Object(text) | Part::Noise(text)) = part;
                recorder.begin(text);
                if !matches!(part, Part::Object(_)) || !reader.read(text, recorder) {
                    recorder.text(stream, text, 0);
                }
            }
        }
        None => recorder.text(stream, line, 0),
    }
}

/// Returns how a turn ended: from what the runtime says, and the terminal event of the session. A failure that the
/// runtime does not explain has the last error of the turn as its reason.
fn outcome(
    reported: Option<Outcome>,
    ended: Option<(End, Option<i64>)>,
    last_error: Option<&str>,
) -> Outcome {
    let failed = |reason: String| Outcome::Failed { reason };
    let last_error = last_error.unwrap_or_default();
    match (ended, reported) {
        (None | Some((End::Unknown, _)), reported) => reported.unwrap_or(Outcome::Unknown),
        // The turn had ended: the session was terminated later, or a later turn was interrupted before its agent
        // started.
        (Some((End::Terminated, _) | (End::Exit, None)), reported) => {
            reported.unwrap_or(Outcome::Interrupted)
        }
        (Some((End::Failed, _)), reported) => match reported {
            Some(outcome @ Outcome::Failed { .. }) => outcome,
            _ => failed(last_error.to_owned()),
        },
        (Some((End::Exit, Some(0))), reported) => reported.unwrap_or(Outcome::Success),
        (Some((End::Exit, Some(code))), None | Some(Outcome::Success)) => {
            // The exit codes of a program that SIGINT or SIGTERM ended. Servers interrupt a turn with SIGTERM.
            if code == 130 || code == 143 {
                Outcome::Interrupted
            } else {
                let separator = if last_error.is_empty() { "" } else { ": " };
                failed(format!("exit code {code}{separator}{last_error}"))
            }
        }
        (Some((End::Exit, Some(_))), Some(outcome)) => outcome,
    }
}

/// In JSON, a transcript is an object with `agent`, `turns`, `usage` and `cursor`. It cannot be read back; use
/// [`Transcript::snapshot`] for that.
impl Serialize for Transcript {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Transcript", 4)?;
        fields.serialize_field("agent", &self.agent())?;
        fields.serialize_field("turns", self.turns())?;
        fields.serialize_field("usage", &self.usage())?;
        fields.serialize_field("cursor", &self.cursor())?;
        fields.end()
    }
}

/// Shows the numbers only, because the content belongs to the caller.
impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transcript")
            .field("turns", &self.turns().len())
            .field("items", &self.state.items)
            .field("cursor", &self.cursor())
            .finish_non_exhaustive()
    }
}
