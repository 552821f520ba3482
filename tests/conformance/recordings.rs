//! Recorded streams of real servers under several chunkings: every event is known and complete.

use aod::models::event::StreamEvent;
use aod::sse::Decoder;
use aod_test_support::{RecordedStream, recorded_streams};
use bytes::Bytes;
use serde_json::Value;

/// The data of the events, with the ID that each event sets.
fn frames(body: &[u8], size: usize) -> Vec<(Option<String>, String)> {
    let mut decoder = Decoder::new();
    let mut frames = Vec::new();
    for chunk in body.chunks(size) {
        decoder.feed(Bytes::copy_from_slice(chunk));
        while let Some(frame) = decoder.next_frame() {
            let frame = frame.expect("no event is too large");
            frames.push((
                frame.own_id.then(|| frame.id.to_owned()),
                frame.data.to_owned(),
            ));
        }
    }
    frames
}

#[test]
fn there_are_recordings_of_both_servers() {
    let streams = recorded_streams();
    for server in ["S0", "S1"] {
        assert!(
            streams
                .iter()
                .any(|stream| stream.about["server"] == server)
        );
    }
}

#[test]
fn recordings_decode_to_their_data_lines_under_every_chunking() {
    for RecordedStream { name, body, .. } in recorded_streams() {
        let lines: Vec<_> = body
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .collect();
        for size in [1, 2, 3, 7, 1460, body.len().max(1)] {
            let data: Vec<_> = frames(body.as_bytes(), size)
                .into_iter()
                .map(|frame| frame.1)
                .collect();
            assert_eq!(data, lines, "{name} in chunks of {size}");
        }
    }
}

#[test]
fn every_recorded_event_is_known_and_round_trips() {
    for RecordedStream { name, body, .. } in recorded_streams() {
        for (own_id, data) in frames(body.as_bytes(), 1460) {
            let event = StreamEvent::from_json(&data);
            assert!(!matches!(event, StreamEvent::Unknown(_)), "{name}: {data}");
            let written = serde_json::to_value(&event).expect("every event is serialized");
            assert_eq!(
                written,
                serde_json::from_str::<Value>(&data).expect("JSON"),
                "{name}"
            );
            if let Some(id) = own_id {
                assert_eq!(
                    event.id().map(|id| id.to_string()),
                    Some(id),
                    "{name}: {data}"
                );
            }
        }
    }
}
