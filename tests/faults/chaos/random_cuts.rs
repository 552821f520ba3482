//! Random servers behind a proxy with random cuts, determined by a seed.

use std::sync::Arc;
use std::time::Duration;

use aod::Client;
use aod_devserver::{ConnectionPlan, CuttingProxy};
use futures::StreamExt;

use super::log::{Format, Log, ResumeMode, Wire};
use super::log_server::{Ending, LogServer, Session};
use super::{alone, assert_read, client, number, seeds, session};

/// The approximate number of events per stream.
const EVENTS: usize = 300;
/// Fewer bytes than a head has.
const HEAD: u64 = 60;
/// The number of concurrent streams.
const CONCURRENCY: usize = 48;

/// Each connection of a stream can be longer than the previous one, so that streams that always replay everything end
/// too. Every fourth one is cut before the end of the response's head, the first ones included.
fn plan(path: &str, connection: usize) -> ConnectionPlan {
    let seed = number(path);
    let longest = match (seed + connection as u64) % 4 {
        0 => HEAD,
        _ => 2000 + 1500 * connection as u64,
    };
    ConnectionPlan::drawn(seed, connection, longest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_seed_delivers_each_event_once_and_in_order() {
    let _alone = alone().await;
    let server = Arc::new(LogServer::start(1).await);
    let proxy = CuttingProxy::start(&server.urls()[0], plan)
        .await
        .expect("loopback has a free port");
    // A stalled stream should time out soon.
    let client = client(proxy.url(), Duration::from_millis(600));
    let seeds = seeds();
    let runs = seeds.iter().map(|seed| {
        let run = run_seed(*seed, client.clone(), Arc::clone(&server));
        async move {
            tokio::spawn(run)
                .await
                .expect("the seed that failed is named above")
        }
    });
    let reconnects: Vec<usize> = futures::stream::iter(runs)
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let total: usize = reconnects.iter().sum();
    println!(
        "{} seeds, {total} reconnects, {:?}",
        seeds.len(),
        proxy.cuts()
    );
    let cuts = proxy.cuts();
    assert!(
        cuts.closes > 0 && cuts.resets > 0 || seeds.len() == 1,
        "the proxy cut nothing"
    );
    assert!(total >= seeds.len(), "the cuts went unnoticed");
}

async fn run_seed(seed: u64, client: Client, server: Arc<LogServer>) -> usize {
    let mut random = fastrand::Rng::with_seed(seed);
    let log = Log::drawn(&mut random, EVENTS);
    let format = Format::drawn(&mut random);
    let resumes = match random.u8(..4) {
        0 => ResumeMode::FromStart,
        1 => ResumeMode::AtCursor,
        _ => ResumeMode::AfterCursor,
    };
    // Some servers end a body properly before the session has ended, independent of the proxy.
    let lap = (random.u8(..4) == 0).then(|| random.usize(3000..20_000));
    let context = format!(
        "AOD_SEED={seed} ({format:?}, resumes {resumes:?}, {} id on turn_start, lap {lap:?})",
        if log.turn_start_line {
            "with"
        } else {
            "without"
        }
    );
    let id = session(seed);
    server.add(
        id,
        Session {
            wire: Arc::new(Wire::new(&log, format)),
            resumes,
            ending: Box::new(move |connection| match lap {
                Some(lap) => Ending::EndAt(lap * (connection + 1)),
                None => Ending::Complete,
            }),
        },
    );
    let reconnects = assert_read(client.sessions().stream(id), &log.events(), &context).await;
    server.remove(id);
    reconnects
}
