//! Batches of events for Python.

use std::fmt::Write as _;
use std::task::{Context, Poll};

use aod::{EventStream, LazyEvent};
use aod_bridge::prefetch::Batch;
use serde_json::{Value, json};

use crate::head::Head;

/// A batch of events in columns, from which Python builds its events faster than from a list of objects.
///
/// The JSON is `[[type, …], [id, …], [cursor, …], complete, [run, …]]`. `complete` is the number of events that could not
/// be split: they contain all their fields, and their type and ID in the columns are `null`. The other events lack their
/// type and ID. A run is an array of successive events; that of `output` events which differ in their text only is
/// `{"stream": …, "data": [text, …], "turn": …}`.
///
/// Most columns are abbreviated: a column of equal types is that type, consecutive IDs are the first of them, and cursors
/// that are the IDs of their events are `null`.
#[derive(Default)]
pub(crate) struct JsonBatch {
    types: Types,
    ids: Vec<Option<i64>>,
    cursors: Vec<Option<i64>>,
    complete: usize,
    runs: Vec<Run>,
}

/// Successive events.
struct Run {
    output: Option<Output>,
    /// The texts of the output, or the events.
    items: Column,
}

/// What successive `output` events have in common.
#[derive(PartialEq)]
struct Output {
    stream: String,
    turn: Option<i64>,
}

impl Batch for JsonBatch {
    type Event<'e> = LazyEvent<'e>;

    fn poll_next<T>(
        events: &mut EventStream,
        context: &mut Context<'_>,
        take: impl FnMut(LazyEvent<'_>) -> T,
    ) -> Poll<Option<aod::Result<T>>> {
        events.poll_lazy(context, take)
    }

    fn push(&mut self, event: LazyEvent<'_>) -> usize {
        let json = event.json();
        self.cursors.push(event.cursor());
        if let Some(output) = event.output() {
            self.types.add("output", 1);
            self.ids.push(output.id);
            self.output(output.stream, output.turn).add([output.data]);
        } else if let Some(head) = Head::split(&json) {
            self.types.add(head.event_type, 1);
            self.ids.push(head.id);
            self.run(None).add(["{", head.rest]);
        } else {
            self.complete += 1;
            self.types.add("", 1);
            self.ids.push(None);
            self.run(None).add([&json]);
        }
        json.len()
    }

    fn append(&mut self, later: Self) {
        for (event_type, count) in later.types.0 {
            self.types.add(&event_type, count);
        }
        self.ids.extend(later.ids);
        self.cursors.extend(later.cursors);
        self.complete += later.complete;
        for Run { output, items } in later.runs {
            self.run(output).append(&items);
        }
    }
}

impl JsonBatch {
    pub(crate) fn into_json(self) -> String {
        let types = self.types.to_json();
        let ids = match first_of_consecutive(&self.ids) {
            Some(first) => json!(first),
            None => json!(self.ids),
        };
        let cursors =
            json!((self.complete != 0 || self.cursors != self.ids).then_some(self.cursors));
        let mut json = format!("[{types},{ids},{cursors},{},[", self.complete);
        for (at, Run { output, items }) in self.runs.iter().enumerate() {
            let Column(items) = items;
            let comma = if at == 0 { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = match output {
                None => write!(json, "{comma}[{items}]"),
                Some(Output { stream, turn }) => {
                    let turn = json!(turn);
                    write!(
                        json,
                        r#"{comma}{{"stream":"{stream}","data":[{items}],"turn":{turn}}}"#
                    )
                }
            };
        }
        json.push_str("]]");
        json
    }

    /// Returns the texts of the last run, if it is output of this stream and turn, or those of a new one.
    fn output(&mut self, stream: &str, turn: Option<i64>) -> &mut Column {
        let continued = self.runs.last().and_then(|run| run.output.as_ref());
        if continued.is_some_and(|output| output.stream == stream && output.turn == turn) {
            let last = self.runs.len() - 1;
            return &mut self.runs[last].items;
        }
        self.run(Some(Output {
            stream: stream.to_owned(),
            turn,
        }))
    }

    /// Returns the items of the last run, if it is such a run, or those of a new one.
    fn run(&mut self, output: Option<Output>) -> &mut Column {
        if self.runs.last().is_none_or(|run| run.output != output) {
            let items = Column::default();
            self.runs.push(Run { output, items });
        }
        let last = self.runs.len() - 1;
        &mut self.runs[last].items
    }
}

/// Returns the first ID, if each other ID is the successor of the one before it.
fn first_of_consecutive(ids: &[Option<i64>]) -> Option<i64> {
    let is_next = |pair: &[Option<i64>]| {
        pair[1].is_some() && pair[0].and_then(|id| id.checked_add(1)) == pair[1]
    };
    ids.first()
        .copied()
        .flatten()
        .filter(|_| ids.windows(2).all(is_next))
}

/// The types of events, and how many successive events have each. The type of an event that was not split is empty.
#[derive(Default)]
struct Types(Vec<(String, usize)>);

impl Types {
    fn add(&mut self, event_type: &str, count: usize) {
        match self.0.last_mut() {
            Some((last, number)) if last == event_type => *number += count,
            _ => self.0.push((event_type.to_owned(), count)),
        }
    }

    fn to_json(&self) -> Value {
        match self.0.as_slice() {
            [(only, _)] if !only.is_empty() => json!(only),
            runs => runs
                .iter()
                .flat_map(|(event_type, count)| {
                    let value = (!event_type.is_empty()).then_some(event_type);
                    std::iter::repeat_n(json!(value), *count)
                })
                .collect(),
        }
    }
}

/// The items of a JSON array, without its brackets.
#[derive(Default)]
struct Column(String);

impl Column {
    /// Adds an item, concatenated from parts.
    fn add<const N: usize>(&mut self, parts: [&str; N]) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        for part in parts {
            self.0.push_str(part);
        }
    }

    fn append(&mut self, later: &Self) {
        self.add([&later.0]);
    }
}
