//! The input of the benches, the pipelines to compare with, the clock, and the figures for `tests/bench/run`.

use std::borrow::Cow;
use std::env;
use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::str::FromStr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use eventsource_stream::Eventsource as _;
use futures::stream::{Stream, StreamExt as _};
use serde::Deserialize;
use uuid::Uuid;

/// The session whose output [`session`] is.
pub(crate) const SESSION: Uuid = Uuid::from_u128(0xd834_89a7_7e34_4eb6_9ec6_f138_fa0d_7ff5);

/// An event stream with this many `output` events between `start` and `exit`, in the framing of the servers of
/// 2026-04-21.
///
/// Texts are 40 to 100 characters: prose, code with quotes and tabs, words beyond ASCII.
pub(crate) fn session(outputs: usize) -> Bytes {
    const WORDS: [&str; 16] = [
        "the",
        "request",
        "is",
        "retried",
        "once",
        "when",
        "its",
        "connection",
        "breaks",
        "before",
        "fn",
        "main()",
        r#"\"quoted\""#,
        r"\t",
        r"caf\u00e9",
        r"\u2014",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    let mut body = format!(
        "data: {{\"type\": \"start\", \"runtime\": \"claude\", \"session_id\": \"{SESSION}\"}}\n\n"
    );
    for id in 41_230..41_230 + outputs {
        let mut text = String::new();
        let length = random.usize(36..90);
        while text.len() < length {
            // Most words are ASCII: the last four are used for one in sixteen.
            let word = if random.u8(..16) == 0 {
                random.usize(12..16)
            } else {
                random.usize(..12)
            };
            let _ = write!(text, "{} ", WORDS[word]);
        }
        let _ = write!(
            body,
            "id: {id}\ndata: {{\"type\": \"output\", \"id\": {id}, \"stream\": \"stdout\", \"data\": \"{text}\\n\", \"turn\": 1}}\n\n"
        );
    }
    let _ = write!(
        body,
        "data: {{\"type\": \"exit\", \"id\": {}, \"code\": 0}}\n\n",
        41_229 + outputs
    );
    body.into()
}

/// Splits a body into pieces of this size.
pub(crate) fn pieces(body: &Bytes, size: usize) -> Vec<Bytes> {
    (0..body.len())
        .step_by(size)
        .map(|start| body.slice(start..body.len().min(start + size)))
        .collect()
}

/// Returns the pieces as a response body that is always ready.
pub(crate) fn ready_body(
    pieces: &[Bytes],
) -> impl Stream<Item = io::Result<Bytes>> + Send + Unpin + use<> {
    futures::stream::iter(pieces.to_vec()).map(Ok)
}

/// Events as a caller of serde would define them: borrowed if possible, without unknown fields. It does less work than
/// [`aod::models::event::StreamEvent`].
#[derive(Deserialize)]
#[expect(dead_code, reason = "reading the fields is the work that is measured")]
pub(crate) struct PlainEvent<'e> {
    #[serde(borrow)]
    r#type: Cow<'e, str>,
    id: Option<i64>,
    #[serde(borrow)]
    stream: Option<Cow<'e, str>>,
    data: Option<String>,
    turn: Option<i64>,
    code: Option<i64>,
    #[serde(borrow)]
    runtime: Option<Cow<'e, str>>,
    session_id: Option<Uuid>,
}

/// The minimal baseline: finds the lines of a complete, valid, LF-only body, and parses those with data.
pub(crate) fn baseline(body: &[u8]) -> usize {
    let text = std::str::from_utf8(body).expect("the input is valid");
    let mut events = 0;
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', body) {
        if let Some(data) = text[start..end].strip_prefix("data: ") {
            black_box(serde_json::from_str::<PlainEvent<'_>>(data).expect("the input is valid"));
            events += 1;
        }
        start = end + 1;
    }
    events
}

/// `eventsource-stream`, then serde.
pub(crate) async fn eventsource_stream(
    body: impl Stream<Item = Result<Bytes, impl std::fmt::Debug>> + Unpin,
) -> usize {
    let mut frames = body.eventsource();
    let mut events = 0;
    while let Some(frame) = frames.next().await {
        let frame = frame.expect("the input is valid");
        black_box(serde_json::from_str::<PlainEvent<'_>>(&frame.data).expect("the input is valid"));
        events += 1;
    }
    events
}

/// `sse-stream`, then serde.
pub(crate) async fn sse_stream<E: std::error::Error + Send + Sync + 'static>(
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> usize {
    let mut frames = sse_stream::SseStream::from_bytes_stream(body);
    let mut events = 0;
    while let Some(frame) = frames.next().await {
        let data = frame
            .expect("the input is valid")
            .data
            .expect("every frame of the input has data");
        black_box(serde_json::from_str::<PlainEvent<'_>>(&data).expect("the input is valid"));
        events += 1;
    }
    events
}

/// Reads typed events with this crate.
pub(crate) async fn typed(mut stream: aod::EventStream) -> usize {
    let mut events = 0;
    while let Some(event) = stream.next().await {
        black_box(event.expect("the input is valid"));
        events += 1;
    }
    events
}

/// Returns the best times of several interleaved runs, so that a temporary slowdown affects all of them.
///
/// `AOD_BENCH_REPEAT` replaces the number of rounds.
pub(crate) fn race<const N: usize>(
    rounds: usize,
    mut runs: [&mut dyn FnMut(); N],
) -> [Duration; N] {
    let rounds = variable("AOD_BENCH_REPEAT", rounds);
    let mut best = [Duration::MAX; N];
    for _ in 0..rounds {
        for (run, best) in runs.iter_mut().zip(&mut best) {
            let start = Instant::now();
            run();
            *best = start.elapsed().min(*best);
        }
    }
    best
}

/// Returns millions per second.
pub(crate) fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64() / 1e6
}

/// Prints a rate, and the ratio to that of each peer.
pub(crate) fn compare<const N: usize>(bench: &str, unit: &str, ours: f64, peers: [(&str, f64); N]) {
    println!("{bench}: {ours:.2} {unit}");
    for (peer, theirs) in peers {
        println!("  {peer}: {theirs:.2} {unit}, ratio {:.2}", ours / theirs);
        record(bench, "wall", unit, ours, Some((peer, theirs)));
    }
}

/// Appends a figure to the file that `AOD_BENCH_RESULTS` names, if it does: `tests/bench/table.py` describes the format.
pub(crate) fn record(bench: &str, figure: &str, unit: &str, ours: f64, peer: Option<(&str, f64)>) {
    let Some(path) = env::var_os("AOD_BENCH_RESULTS") else {
        return;
    };
    let (peer, theirs) = peer.unzip();
    let line = serde_json::json!({
        "bench": bench, "figure": figure, "unit": unit, "ours": ours, "peer": peer, "theirs": theirs
    });
    let file = File::options().append(true).create(true).open(path);
    writeln!(file.expect("the file of results opens"), "{line}").expect("the results are written");
}

/// Returns the value of an environment variable.
pub(crate) fn variable<T: FromStr>(name: &str, default: T) -> T {
    env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}
