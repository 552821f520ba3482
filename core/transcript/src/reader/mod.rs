//! Readers of the output of each runtime.

mod claude;
mod codex;
mod codex_legacy;
mod gemini;
mod opencode;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::output::json::{self, Json, Kind};
use crate::recorder::Recorder;
use crate::runtime::Runtime;
use crate::{ItemKind, PlanStep, StepStatus, Usage};

/// Reads the lines of one runtime. The state is what it remembers between lines.
pub(crate) trait ReadLines {
    /// Returns whether a JSON object is an event of the runtime. Used to read lines that contain more than one object.
    fn is_event(&self, text: &str) -> bool;

    /// Reads a text if it is an event of the runtime. Returns `false` if it is not; then it is text.
    fn read(&mut self, text: &str, recorder: &mut Recorder<'_>) -> bool;

    /// Handles the end of the process: closes what is open. A later process has the same session.
    fn end(&mut self, _recorder: &mut Recorder<'_>) {}
}

/// The reader of a runtime.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reader {
    Claude(claude::Claude),
    Codex(codex::Codex),
    Gemini(gemini::Gemini),
    Opencode(opencode::Opencode),
    Generic,
}

impl Reader {
    /// Creates the reader of a runtime's name.
    pub(crate) fn of(runtime: &str) -> Self {
        match Runtime::of(runtime) {
            Runtime::Claude => Self::Claude(claude::Claude::default()),
            Runtime::Codex => Self::Codex(codex::Codex::default()),
            Runtime::Gemini => Self::Gemini(gemini::Gemini::default()),
            Runtime::Opencode => Self::Opencode(opencode::Opencode::default()),
            Runtime::Generic => Self::Generic,
        }
    }

    fn lines(&self) -> Option<&dyn ReadLines> {
        match self {
            Self::Claude(reader) => Some(reader),
            Self::Codex(reader) => Some(reader),
            Self::Gemini(reader) => Some(reader),
            Self::Opencode(reader) => Some(reader),
            Self::Generic => None,
        }
    }

    fn lines_mut(&mut self) -> Option<&mut dyn ReadLines> {
        match self {
            Self::Claude(reader) => Some(reader),
            Self::Codex(reader) => Some(reader),
            Self::Gemini(reader) => Some(reader),
            Self::Opencode(reader) => Some(reader),
            Self::Generic => None,
        }
    }

    pub(crate) fn is_event(&self, text: &str) -> bool {
        self.lines().is_some_and(|reader| reader.is_event(text))
    }

    pub(crate) fn read(&mut self, text: &str, recorder: &mut Recorder<'_>) -> bool {
        self.lines_mut()
            .is_some_and(|reader| reader.read(text, recorder))
    }

    pub(crate) fn end(&mut self, recorder: &mut Recorder<'_>) {
        if let Some(reader) = self.lines_mut() {
            reader.end(recorder);
        }
    }
}

/// Returns a count of tokens or milliseconds.
fn count(field: Option<Json<'_>>) -> Option<i64> {
    let count = field?.whole_number()?.parse().ok()?;
    (count >= 0).then_some(count)
}

/// Returns a duration without the part below a millisecond, which a snapshot does not keep.
fn whole_millis(duration: Duration) -> Option<Duration> {
    let millis = u64::try_from(duration.as_millis()).ok()?;
    Some(Duration::from_millis(millis))
}

/// Returns a duration of milliseconds.
fn millis(field: Option<Json<'_>>) -> Option<Duration> {
    let millis = u64::try_from(count(field)?).ok()?;
    Some(Duration::from_millis(millis))
}

/// Returns the sum of the known counts; `None` if no count is known.
fn sum<const N: usize>(counts: [Option<i64>; N]) -> Option<i64> {
    counts.into_iter().flatten().reduce(i64::saturating_add)
}

/// Returns a nonempty string.
fn nonempty(field: Option<Json<'_>>) -> Option<String> {
    let text = json::text(field);
    (!text.is_empty()).then(|| text.into_owned())
}

/// Returns the plan of a list of steps, each with its text in the first of the named fields that has one; `None` if
/// the value is not such a list.
fn plan(list: Option<Json<'_>>, names: [&str; 2]) -> Option<ItemKind> {
    let list = list.filter(|list| list.kind() == Kind::Array)?;
    let mut steps = Vec::new();
    let mut is_plan = true;
    list.for_each_item(|step| {
        is_plan &= step.kind() == Kind::Object;
        let [status, completed] = step.fields(["status", "completed"]);
        let status = match completed {
            Some(completed) if completed.is_truthy() => StepStatus::Completed,
            _ => StepStatus::of(&json::text(status)),
        };
        steps.push(PlanStep::new(json::first_text(step.fields(names)), status));
    });
    is_plan.then_some(ItemKind::Plan { steps })
}

/// Adds to a usage that may not exist yet.
fn add_usage(total: &mut Option<Usage>, usage: Usage) {
    *total = Some(total.map_or(usage, |total| total.plus(usage)));
}
