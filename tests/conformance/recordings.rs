//! Every stream recorded from real servers, read under several chunkings: each event is known, and nothing is lost.

use std::fs;
use std::path::{Path, PathBuf};

use aod::models::event::StreamEvent;
use aod::sse::Decoder;
use bytes::Bytes;
use serde_json::Value;

/// The bodies of `data/recordings/sse`, with their names.
fn recordings() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/recordings/sse");
    let paths = fs::read_dir(folder)
        .expect("the folder is part of the project")
        .map(|entry| entry.expect("an entry").path());
    let mut bodies: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "sse"))
        .map(|path| (path.clone(), fs::read(path).expect("a readable recording")))
        .collect();
    bodies.sort();
    bodies
}

/// The data of the events, with the id each one set itself.
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
    let names: Vec<_> = recordings()
        .into_iter()
        .filter_map(|(path, _)| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    assert!(
        names.iter().any(|name| name.starts_with("s0-"))
            && names.iter().any(|name| name.starts_with("s1-"))
    );
}

#[test]
fn recordings_decode_to_their_data_lines_under_every_chunking() {
    for (path, body) in recordings() {
        let text = String::from_utf8(body.clone()).expect("recordings are UTF-8");
        let lines: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .collect();
        for size in [1, 2, 3, 7, 1460, body.len().max(1)] {
            let data: Vec<_> = frames(&body, size)
                .into_iter()
                .map(|frame| frame.1)
                .collect();
            assert_eq!(data, lines, "{} in chunks of {size}", path.display());
        }
    }
}

#[test]
fn every_recorded_event_is_known_and_written_as_it_was_read() {
    for (path, body) in recordings() {
        for (own_id, data) in frames(&body, 1460) {
            let event = StreamEvent::from_json(&data);
            assert!(
                !matches!(event, StreamEvent::Unknown(_)),
                "{}: {data}",
                path.display()
            );
            let written = serde_json::to_value(&event).expect("every event is written");
            assert_eq!(
                written,
                serde_json::from_str::<Value>(&data).expect("JSON"),
                "{}",
                path.display()
            );
            if let Some(id) = own_id {
                assert_eq!(
                    event.id().map(|id| id.to_string()),
                    Some(id),
                    "{}: {data}",
                    path.display()
                );
            }
        }
    }
}
