//! Every case of `data/vectors/sse.json`, decoded under every chunking.

use aod::sse::Decoder;
use bytes::Bytes;

use crate::cases::{Case, Event, reconnection_time};

impl Case {
    /// Decodes the case in chunks, and checks the result and the number of scanned bytes.
    fn check<'c>(&self, chunking: &str, chunks: impl IntoIterator<Item = &'c [u8]>) {
        let mut decoder = Decoder::with_last_event_id(self.initial_last_event_id.as_str());
        let mut events = Vec::new();
        for chunk in chunks {
            decoder.feed(Bytes::copy_from_slice(chunk));
            while let Some(frame) = decoder.next_frame() {
                let frame = frame.expect("no event is too large");
                let (r#type, data, id) = (frame.event.into(), frame.data.into(), frame.id.into());
                events.push(Event { r#type, data, id });
            }
        }
        let Self {
            id, what, expect, ..
        } = self;
        assert_eq!(events, expect.events, "{id} ({what}), {chunking}");
        assert_eq!(
            decoder.last_event_id(),
            expect.last_event_id,
            "{id} ({what}), {chunking}"
        );
        assert_eq!(
            decoder.retry(),
            expect.retry.as_ref().map(reconnection_time),
            "{id} ({what}), {chunking}"
        );
    }
}

#[test]
fn there_are_82_cases() {
    assert_eq!(Case::all().len(), 82);
}

#[test]
fn decodes_every_case_in_the_given_chunks() {
    for case in Case::all() {
        case.check("chunks as given", case.chunks().iter().map(Vec::as_slice));
    }
}

#[test]
fn decodes_every_case_as_one_chunk() {
    for case in Case::all() {
        case.check("one chunk", [case.chunks().concat().as_slice()]);
    }
}

#[test]
fn decodes_every_case_in_chunks_of_one_two_and_three_bytes() {
    for case in Case::all() {
        let body = case.chunks().concat();
        for size in 1..=3 {
            case.check(&format!("chunks of {size}"), body.chunks(size));
        }
    }
}

#[test]
fn decodes_every_case_split_at_every_point() {
    for case in Case::all() {
        let body = case.chunks().concat();
        for point in 0..=body.len() {
            let (start, end) = body.split_at(point);
            case.check(&format!("split at {point}"), [start, end]);
        }
    }
}
