//! Decodes bytes in memory to frames and to typed events, compared with other crates and with a minimal baseline.

#![allow(clippy::print_stdout, reason = "the benchmark prints its ratios")]

#[allow(
    dead_code,
    clippy::cast_precision_loss,
    reason = "each bench uses a part; rates are rounded"
)]
mod support;

use std::hint::black_box;

use aod::EventStream;
use aod::sse::Decoder;
use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group};
use eventsource_stream::Eventsource as _;
use futures::FutureExt as _;
use futures::stream::StreamExt as _;
use support::{
    baseline, compare, eventsource_stream, pieces, race, rate, ready_body, record, session,
    sse_stream, typed,
};

const OUTPUTS: usize = 20_000;
const EVENTS: usize = OUTPUTS + 2;
const PIECE: usize = 32 * 1024;
const HEARTBEATS: usize = 100_000;
/// The outputs of a session that is decoded byte by byte.
const SINGLE_OUTPUTS: usize = 1000;

/// Returns the number of frames that the decoder returns.
fn frames(pieces: &[Bytes]) -> usize {
    let mut decoder = Decoder::new();
    let mut frames = 0;
    for piece in pieces {
        decoder.feed(piece.clone());
        while let Some(frame) = decoder.next_frame() {
            black_box(frame.expect("the input is valid"));
            frames += 1;
        }
    }
    frames
}

/// Returns the number of messages that the decoder of `sse-core` returns.
fn sse_core_messages(pieces: &[Bytes]) -> usize {
    let mut decoder = sse_core::SseDecoder::new();
    let mut messages = 0;
    for piece in pieces {
        let mut piece = piece.clone();
        while let Some(message) = decoder.next(&mut piece) {
            black_box(message.expect("the input is valid"));
            messages += 1;
        }
    }
    messages
}

async fn eventsource_stream_frames(pieces: &[Bytes]) -> usize {
    ready_body(pieces)
        .eventsource()
        .map(|frame| black_box(frame.expect("the input is valid")))
        .count()
        .await
}

async fn sse_stream_frames(pieces: &[Bytes]) -> usize {
    let frames = sse_stream::SseStream::from_bytes_stream(ready_body(pieces));
    frames
        .map(|frame| black_box(frame.expect("the input is valid")))
        .count()
        .await
}

/// Runs a future over a body that is always ready.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the body never waits")
}

fn long_line() -> Vec<Bytes> {
    pieces(
        &[b"data: ".as_slice(), &vec![b'x'; 8 << 20], b"\n\n"]
            .concat()
            .into(),
        1460,
    )
}

fn benches(criterion: &mut Criterion) {
    let body = session(OUTPUTS);
    let input = pieces(&body, PIECE);

    let mut group = criterion.benchmark_group("frames");
    group.throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function("aod", |bencher| bencher.iter(|| frames(&input)));
    group.bench_function("eventsource-stream", |bencher| {
        bencher.iter(|| now(eventsource_stream_frames(&input)));
    });
    group.bench_function("sse-stream", |bencher| {
        bencher.iter(|| now(sse_stream_frames(&input)));
    });
    group.finish();

    let mut group = criterion.benchmark_group("typed events");
    group.throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function("aod", |bencher| {
        bencher.iter(|| now(typed(EventStream::new(ready_body(&input)))));
    });
    group.bench_function("baseline", |bencher| bencher.iter(|| baseline(&body)));
    group.bench_function("eventsource-stream", |bencher| {
        bencher.iter(|| now(eventsource_stream(ready_body(&input))));
    });
    group.bench_function("sse-stream", |bencher| {
        bencher.iter(|| now(sse_stream(ready_body(&input))));
    });
    group.finish();

    let mut group = criterion.benchmark_group("8 MiB line in 1,460-byte chunks");
    let line = long_line();
    group.throughput(Throughput::Bytes(8 << 20));
    group.bench_function("aod", |bencher| {
        bencher.iter_batched(|| (), |()| frames(&line), BatchSize::PerIteration);
    });
    group.finish();
}

/// Prints the figures that have a target, all measured in the same run.
fn summary() {
    let body = session(OUTPUTS);
    let input = pieces(&body, PIECE);
    println!("{EVENTS} events, {} bytes in pieces of {PIECE}", body.len());

    let [ours, eventsource, sse] = race(
        20,
        [
            &mut || assert_eq!(frames(&input), EVENTS),
            &mut || assert_eq!(now(eventsource_stream_frames(&input)), EVENTS),
            &mut || assert_eq!(now(sse_stream_frames(&input)), EVENTS),
        ],
    );
    compare(
        "frames, from memory",
        "M frames/s",
        rate(EVENTS, ours),
        [
            ("eventsource-stream", rate(EVENTS, eventsource)),
            ("sse-stream", rate(EVENTS, sse)),
        ],
    );

    let [ours, minimal, eventsource, sse] = race(
        20,
        [
            &mut || assert_eq!(now(typed(EventStream::new(ready_body(&input)))), EVENTS),
            &mut || assert_eq!(baseline(&body), EVENTS),
            &mut || assert_eq!(now(eventsource_stream(ready_body(&input))), EVENTS),
            &mut || assert_eq!(now(sse_stream(ready_body(&input))), EVENTS),
        ],
    );
    compare(
        "typed events, from memory",
        "M events/s",
        rate(EVENTS, ours),
        [
            ("memchr, serde_json", rate(EVENTS, minimal)),
            ("eventsource-stream, serde_json", rate(EVENTS, eventsource)),
            ("sse-stream, serde_json", rate(EVENTS, sse)),
        ],
    );
    println!("  target: ratio 0.77 to memchr, serde_json");

    // Heartbeats are comments, which the server sends while an agent prints nothing.
    let heartbeats = Bytes::from(": heartbeat\n\n".repeat(HEARTBEATS) + "data: end\n\n");
    let short = session(SINGLE_OUTPUTS);
    for (name, input, frames_of) in [
        ("bytes of a session", input, EVENTS),
        ("bytes of heartbeats", pieces(&heartbeats, PIECE), 1),
        (
            "bytes of a session, one by one",
            pieces(&short, 1),
            SINGLE_OUTPUTS + 2,
        ),
    ] {
        let bytes: usize = input.iter().map(Bytes::len).sum();
        let [ours, core, sse] = race(
            20,
            [
                &mut || assert_eq!(frames(&input), frames_of),
                &mut || assert_eq!(sse_core_messages(&input), frames_of),
                &mut || assert_eq!(now(sse_stream_frames(&input)), frames_of),
            ],
        );
        let mebibytes = |time| rate(bytes, time) * 1e6 / f64::from(1 << 20);
        compare(
            name,
            "MiB/s",
            mebibytes(ours),
            [
                ("sse-core", mebibytes(core)),
                ("sse-stream", mebibytes(sse)),
            ],
        );
    }

    let line = long_line();
    let [time] = race(20, [&mut || assert_eq!(frames(&line), 1)]);
    let milliseconds = time.as_secs_f64() * 1e3;
    let bench = "a line of 8 MiB in chunks of 1,460 bytes";
    println!("{bench}: {milliseconds:.2} ms (target: 3)");
    record(bench, "wall", "ms", milliseconds, None);
}

criterion_group!(group, benches);

fn main() {
    summary();
    group();
    Criterion::default().configure_from_args().final_summary();
}
