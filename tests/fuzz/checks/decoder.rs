use std::time::Duration;

use aod::sse::{DecodeError, Decoder};
use bytes::Bytes;

use super::lengths;

/// The least cap: with less, a byte order mark that has not all arrived is over it.
const LEAST_CAP: usize = 8;

/// What became of a body.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    /// Type, data, last event id, and whether the id is the event's own.
    events: Vec<([String; 3], bool)>,
    failure: Option<DecodeError>,
    last_event_id: String,
    retry: Option<Duration>,
}

/// The decoder makes the same of a body however it is cut, looks at no byte more than twice on average, and lets no
/// event past its cap.
///
/// The first byte of the input is the cap (0 for none), the second the seed of the chunks; the rest is the body.
pub fn decoder(input: &[u8]) {
    let [cap, seed, body @ ..] = input else {
        return;
    };
    let cap = match cap {
        0 => None,
        cap => Some(usize::from(*cap).max(LEAST_CAP)),
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
                    // A replacement character takes more room than what it replaces.
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
