//! Compares the decoder with a literal implementation of the standard on random bodies.

use std::time::Duration;

use aod::sse::Decoder;
use bytes::Bytes;
use proptest::prelude::*;

#[derive(Debug, Default, PartialEq)]
struct Outcome {
    /// Type, data and last event ID.
    events: Vec<[String; 3]>,
    last_event_id: String,
    retry: Option<Duration>,
}

/// HTML Living Standard, 9.2.6, for a complete body.
fn by_the_standard(body: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(body);
    let text = text
        .strip_prefix('\u{feff}')
        .unwrap_or(&text)
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let mut lines: Vec<_> = text.split('\n').collect();
    lines.pop();

    let mut outcome = Outcome::default();
    let (mut event, mut data, mut id) = (String::new(), String::new(), String::new());
    for line in lines {
        if line.is_empty() {
            outcome.last_event_id.clone_from(&id);
            let event = std::mem::take(&mut event);
            let data = std::mem::take(&mut data);
            if let Some(data) = data.strip_suffix('\n') {
                let event = if event.is_empty() {
                    "message".to_owned()
                } else {
                    event
                };
                outcome.events.push([event, data.to_owned(), id.clone()]);
            }
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut event),
            "data" => {
                data.push_str(value);
                data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut id),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                outcome.retry = Some(Duration::from_millis(value.parse().unwrap_or(u64::MAX)));
            }
            _ => {}
        }
    }
    outcome
}

fn by_the_decoder(body: &[u8], cuts: &[usize]) -> Outcome {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (body.len() + 1)).collect();
    cuts.extend([0, body.len()]);
    cuts.sort_unstable();

    let mut decoder = Decoder::new();
    let mut outcome = Outcome::default();
    for cut in cuts.windows(2) {
        decoder.feed(Bytes::copy_from_slice(&body[cut[0]..cut[1]]));
        while let Some(frame) = decoder.next_frame() {
            let frame = frame.expect("no event is too large");
            outcome
                .events
                .push([frame.event, frame.data, frame.id].map(str::to_owned));
        }
    }
    decoder
        .last_event_id()
        .clone_into(&mut outcome.last_event_id);
    outcome.retry = decoder.retry();
    outcome
}

/// A random body of valid and broken fragments.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let fragments: Vec<&[u8]> = vec![
        b"data",
        b"event",
        b"id",
        b"retry",
        b":",
        b": ",
        b" ",
        b"\n",
        b"\n\n",
        b"\r",
        b"\r\n",
        b"\r\n\r\n",
        b"data: x\n",
        b"id: 1\n",
        b"id: 2\0\n",
        b"event: e\n",
        b"retry: 15\n",
        b": comment\n",
        b"\xef\xbb\xbf",
        b"\xef",
        b"\xbb",
        b"\xbf",
        b"\0",
        b"7",
        b"text",
        "\u{20ac}".as_bytes(),
        b"\xe2\x82",
        b"\xff",
        b"\xf0\x9f",
        "\u{1f600}".as_bytes(),
        "\u{2028}".as_bytes(),
    ];
    prop::collection::vec(prop::sample::select(fragments), 0..40)
        .prop_map(|fragments| fragments.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_decoder_conforms_to_the_standard(body in body(), cuts in prop::collection::vec(any::<usize>(), 0..6)) {
        prop_assert_eq!(by_the_decoder(&body, &cuts), by_the_standard(&body));
    }

    #[test]
    fn the_chunking_does_not_affect_the_result(body in prop::collection::vec(any::<u8>(), 0..300), cuts in prop::collection::vec(any::<usize>(), 0..20)) {
        prop_assert_eq!(by_the_decoder(&body, &cuts), by_the_standard(&body));
    }
}
