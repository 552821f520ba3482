//! A cut at every byte of a stream.
//!
//! Each stream is cut many times at a fixed distance, the next stream one byte later, until every position has been cut
//! once. The distance is large enough for each connection to make progress.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use aod::Client;
use aod_test_support::{RecordedStream, recorded_streams};
use futures::StreamExt;
use serde_json::Value;

use super::log::{Format, Log, ResumeMode, Wire};
use super::log_server::{Ending, LogServer, Session};
use super::{alone, assert_read, client, session};

/// The number of concurrent streams.
const CONCURRENCY: usize = 32;
/// Several ports, so that none runs out of ephemeral ports for its peers.
const PORTS: usize = 8;

/// Never reached, as no connection is idle.
const LONG: Duration = Duration::from_secs(60);

struct World {
    server: Arc<LogServer>,
    clients: Vec<Client>,
    streams: u64,
}

impl World {
    async fn new() -> Self {
        let server = LogServer::start(PORTS).await;
        let clients = server.urls().iter().map(|url| client(url, LONG)).collect();
        Self {
            server: Arc::new(server),
            clients,
            streams: 0,
        }
    }

    /// Cuts the stream after `since` at every `step`-th position, alternating between resets and closes. Returns the number
    /// of cuts. The stream contains the complete log.
    async fn cut_everywhere(
        &mut self,
        log: &Log,
        format: Format,
        since: i64,
        step: usize,
        context: &impl Display,
    ) -> usize {
        let wire = Arc::new(Wire::new(log, format));
        let stride = (2 * wire.largest()).max(512).next_multiple_of(step);
        let expected: Arc<[Value]> = log.events().into();
        // The first connection, and the one that confirms the end; `stale` is not confirmed.
        let is_stale = expected.last().is_some_and(|end| end["type"] == "stale");
        let not_cut = if is_stale { 1 } else { 2 };
        let mut runs = Vec::new();
        for first in (0..stride.min(wire.whole().len())).step_by(step) {
            let id = session(self.streams);
            let client = self.clients[usize::try_from(self.streams).expect("few") % PORTS].clone();
            self.streams += 1;
            let server = Arc::clone(&self.server);
            let wire = Arc::clone(&wire);
            let expected = Arc::clone(&expected);
            let context = format!("{context}, cut at {first} and every {stride} bytes on");
            runs.push(async move {
                let end = wire.whole().len();
                let ending = move |connection: usize| {
                    let position = first + connection * stride;
                    if position >= end {
                        Ending::Complete
                    } else if (first / step + connection).is_multiple_of(2) {
                        Ending::ResetAt(position)
                    } else {
                        Ending::CloseAt(position)
                    }
                };
                server.add(
                    id,
                    Session {
                        wire,
                        resumes: ResumeMode::AfterCursor,
                        ending: Box::new(ending),
                    },
                );
                let mut request = client.sessions().stream(id);
                if since > 0 {
                    request = request.since(since);
                }
                assert_read(request, &expected, &context).await;
                server.remove(id) - not_cut
            });
        }
        let runs = runs.into_iter().map(|run| async move {
            tokio::spawn(run)
                .await
                .expect("the cut that failed is named above")
        });
        let cuts: Vec<usize> = futures::stream::iter(runs)
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        cuts.iter().sum()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_64_kb_survives_a_cut_at_every_byte() {
    let _alone = alone().await;
    let mut world = World::new().await;
    for (events, chunked, minimum) in [(520, true, 64 << 10), (100, false, 8 << 10)] {
        let log = Log::drawn(&mut fastrand::Rng::with_seed(1), events);
        let format = Format {
            chunked,
            crlf: !chunked,
            ascii: chunked,
        };
        let length = Wire::new(&log, format).whole().len();
        assert!(length >= minimum, "{length}");
        let cuts = world
            .cut_everywhere(&log, format, 0, 1, &format!("{format:?}"))
            .await;
        // A cut after the terminal event has no effect: at the end of the last chunk and of the body, or between the CR
        // and the LF of the last blank line.
        let behind = if chunked { "\r\n0\r\n\r\n" } else { "\n" }.len();
        assert_eq!(cuts, length - behind, "each byte once");
        println!("{format:?}: cut at each of its {length} bytes");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_stream_survives_a_cut_at_every_byte() {
    let _alone = alone().await;
    let mut world = World::new().await;
    let streams = recorded_streams();
    assert!(streams.len() >= 50, "{}", streams.len());
    for RecordedStream { name, body, about } in streams {
        let since = about["cursor"].as_i64().expect(&name);

        let log = Log::recorded(&body, name.starts_with("s0-"));
        let wire = Wire::new(&log, Format::PLAIN);
        let whole = std::str::from_utf8(wire.whole()).expect(&name);
        assert!(
            whole.starts_with(&body),
            "{name}: the log gives the recorded bytes"
        );
        let log = log.of_any_session();
        let wire = Wire::new(&log, Format::PLAIN);

        let step = step(&wire);
        let cuts = world
            .cut_everywhere(&log, Format::PLAIN, since, step, &name)
            .await;
        assert_eq!(cuts, wire.whole().len().div_ceil(step), "{name}");
        if step > 1 {
            println!(
                "{name}: cut at every {step}th of its {} bytes",
                wire.whole().len()
            );
        }
    }
}

/// Returns the distance of the positions: 1, or more for recordings of hundreds of kilobytes.
fn step(wire: &Wire) -> usize {
    const SENT: usize = 2 << 20;
    if std::env::var_os("AOD_EVERY_CUT").is_some() {
        return 1;
    }
    let streams = (2 * wire.largest()).max(512).min(wire.whole().len());
    // Odd, so that the positions vary.
    (streams * wire.whole().len() / SENT).max(wire.whole().len() / 8192) | 1
}
