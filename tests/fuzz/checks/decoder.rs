use std::time::Duration;

use aod::sse::{DecodeError, Decoder};
use bytes::Bytes;

use super::lengths;

/// The minimum limit. An incomplete byte order mark exceeds a lower one.
const MIN_LIMIT: usize = 8;

/// The result of decoding a body.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    /// Type, data, last event ID, and whether the event sets the ID.
    events: Vec<([String; 3], bool)>,
    failure: Option<DecodeError>,
    last_event_id: String,
    retry: Option<Duration>,
}

/// Decoding is independent of the chunking, scans each byte at most twice on average, and respects the size limit of
/// events.
///
/// The first byte of the input is the limit (0 for none), the second the seed of the chunks, the rest the body.
pub fn decoder(input: &[u8]) {
    let [cap, seed, body @ ..] = input else {
        return;
    };
    let cap = match cap {
        0 => None,
        cap => Some(usize::from(*cap).max(MIN_LIMIT)),
    };
    let whole = decode(cap, [body]);
    assert_eq!(decode(cap, body.chunks(1)), whole, "in chunks of one byte");
    assert_eq!(decode(cap, body.chunks(2)), whole, "in chunks of two bytes");
    assert_eq!(decode(cap, drawn(body, *seed)), whole, "in drawn chunks");
}

fn drawn(mut body: &[u8], seed: u8) -> Vec<&[u8]> {
    let mut chunks = Vec::new();
    for length in lengths(seed) {
        let (chunk, rest) = body.split_at(length.min(body.len()));
        chunks.push(chunk);
        body = rest;
        if body.is_empty() {
            break;
        }
    }
    chunks
}

fn decode<'b>(cap: Option<usize>, chunks: impl IntoIterator<Item = &'b [u8]>) -> Outcome {
    let mut decoder = Decoder::new();
    if let Some(cap) = cap {
        decoder = decoder.max_event_size(cap);
    }
    let mut outcome = Outcome::default();
    for chunk in chunks {
        decoder.feed(Bytes::copy_from_slice(chunk));
        while let Some(frame) = decoder.next_frame() {
            match frame {
                Ok(frame) => {
                    // A replacement character can be longer than the bytes that it replaces.
                    let repaired = frame.data.contains('\u{FFFD}');
                    assert!(repaired || cap.is_none_or(|cap| frame.data.len() <= cap));
                    let texts = [frame.event, frame.data, frame.id].map(str::to_owned);
                    outcome.events.push((texts, frame.own_id));
                }
                Err(error) => {
                    assert!(outcome.failure.replace(error).is_none(), "fails once");
                }
            }
        }
    }
    decoder
        .last_event_id()
        .clone_into(&mut outcome.last_event_id);
    outcome.retry = decoder.retry();
    outcome
}
