//! Batches of events for Python.

use std::task::{Context, Poll};

use aod::{EventStream, JsonEvent};
use aod_bridge::prefetch::Batch;
use serde_json::json;

use crate::head::Head;

/// A batch of events in columns, from which Python builds its events a third faster than from a list of objects.
///
/// The JSON is `[[type, …], [id, …], [cursor, …], complete, [event, …]]`. `complete` is the number of events that could
/// not be split: they contain all their fields, and their type and ID in the columns are `null`. The other events lack
/// their type and ID. If each cursor is the ID of its event, which is the usual case, the list of cursors is `null`.
#[derive(Default)]
pub(crate) struct JsonBatch {
    types: Column,
    ids: Column,
    cursors: Vec<Option<i64>>,
    /// Whether a cursor differs from the ID of its event.
    cursors_differ: bool,
    complete: usize,
    events: Column,
}

impl Batch for JsonBatch {
    type Event<'e> = JsonEvent<'e>;

    fn poll_next<T>(
        events: &mut EventStream,
        context: &mut Context<'_>,
        take: impl FnMut(JsonEvent<'_>) -> T,
    ) -> Poll<Option<aod::Result<T>>> {
        events.poll_json(context, take)
    }

    fn push(&mut self, event: JsonEvent<'_>) -> usize {
        self.cursors.push(event.cursor);
        if let Some(head) = Head::split(event.json, event.verbatim) {
            // An ID that does not fit into an `i64` differs from the cursor, even if there is no cursor yet.
            let id = (head.id != "null").then(|| head.id.parse());
            self.cursors_differ |= event.cursor.map(Ok) != id;
            self.types.add(["\"", head.event_type, "\""]);
            self.ids.add([head.id]);
            self.events.add(["{", head.rest]);
        } else {
            self.complete += 1;
            self.cursors_differ = true;
            self.types.add(["null"]);
            self.ids.add(["null"]);
            self.events.add([event.json]);
        }
        event.json.len()
    }

    fn append(&mut self, later: Self) {
        self.types.append(&later.types);
        self.ids.append(&later.ids);
        self.cursors.extend(later.cursors);
        self.cursors_differ |= later.cursors_differ;
        self.complete += later.complete;
        self.events.append(&later.events);
    }
}

impl JsonBatch {
    pub(crate) fn into_json(self) -> String {
        let Self {
            types: Column(types),
            ids: Column(ids),
            events: Column(events),
            complete,
            ..
        } = &self;
        let cursors = json!(self.cursors_differ.then_some(&self.cursors));
        format!("[[{types}],[{ids}],{cursors},{complete},[{events}]]")
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
