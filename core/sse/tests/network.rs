//! A source follows what the program reports about the network, and the clock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aod_sse::{
    Attempt, Clock, Connection, ConnectionState, Error, EventSource, Network, Reconnect,
};
use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use tokio::time::Instant;

type Log = Arc<Mutex<Vec<String>>>;

/// Each attempt receives one event with its number as the id, then nothing more.
fn counting() -> (
    impl aod_sse::Connect<Error = Error> + Unpin,
    Arc<Mutex<u32>>,
) {
    let attempts = Arc::new(Mutex::new(0));
    let made = Arc::clone(&attempts);
    let connect = move |_: Attempt<'_>| {
        let mut made = made.lock().unwrap();
        *made += 1;
        let event = Bytes::from(format!("id: {made}\ndata: event {made}\n\n"));
        let body = stream::iter([Ok(event)]).chain(stream::pending());
        std::future::ready(Ok(Connection::body(body)))
    };
    (connect, attempts)
}

fn refused() -> Error {
    Error::connection(std::io::Error::from(std::io::ErrorKind::ConnectionRefused))
}

fn states() -> (Log, impl Fn(ConnectionState) + Send + Sync + 'static) {
    let log = Log::default();
    let seen = Arc::clone(&log);
    let observe = move |state: ConnectionState| {
        seen.lock().unwrap().push(match state {
            ConnectionState::Resuming { attempt, cause, .. } => {
                format!("resuming {attempt}: {cause}")
            }
            other => format!("{other:?}"),
        });
    };
    (log, observe)
}

#[tokio::test(start_paused = true)]
async fn makes_no_attempt_without_a_network_and_resumes_when_it_is_back() {
    let (connect, attempts) = counting();
    let (log, observe) = states();
    let network = Network::new();
    let mut events = EventSource::new(connect)
        .network(network.clone())
        .on_state(observe);
    assert_eq!(events.try_next().await.unwrap().unwrap().id, "1");

    network.offline();
    assert!(!network.is_available());
    assert!(events.next().now_or_never().is_none());
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(events.next().now_or_never().is_none());
    assert_eq!(*attempts.lock().unwrap(), 1);

    network.online();
    let back = Instant::now();
    assert_eq!(events.try_next().await.unwrap().unwrap().id, "2");
    assert!(
        back.elapsed() <= Duration::from_millis(251),
        "{:?}",
        back.elapsed()
    );
    assert_eq!(
        *log.lock().unwrap(),
        [
            "Connecting",
            "Live",
            "WaitingForNetwork",
            "resuming 1: the network changed",
            "Live"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_source_that_starts_without_a_network_waits_for_it() {
    let (connect, attempts) = counting();
    let network = Network::new();
    network.offline();
    let mut events = EventSource::new(connect).network(network.clone());
    assert!(events.next().now_or_never().is_none());
    assert_eq!(*attempts.lock().unwrap(), 0);
    network.online();
    assert_eq!(events.try_next().await.unwrap().unwrap().id, "1");
}

#[tokio::test(start_paused = true)]
async fn a_changed_path_replaces_the_connection_and_a_second_online_does_not() {
    let (connect, attempts) = counting();
    let network = Network::new();
    let mut events = EventSource::new(connect).network(network.clone());
    assert_eq!(events.try_next().await.unwrap().unwrap().id, "1");
    network.online();
    assert!(events.next().now_or_never().is_none());
    assert_eq!(*attempts.lock().unwrap(), 1);
    network.changed();
    assert_eq!(events.try_next().await.unwrap().unwrap().id, "2");
}

/// A body that tells when it is dropped.
struct Dropped(Arc<Mutex<bool>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = true;
    }
}

#[tokio::test(start_paused = true)]
async fn suspending_closes_a_connection_that_nobody_polls() {
    let dropped = Arc::new(Mutex::new(false));
    let guard = Arc::clone(&dropped);
    let connect = move |_: Attempt<'_>| {
        let body = Dropped(Arc::clone(&guard));
        let body = stream::iter([Ok(Bytes::from("data: 1\n\n"))]).chain(stream::once(async move {
            let _body = body;
            std::future::pending().await
        }));
        std::future::ready(Ok::<_, Error>(Connection::body(body)))
    };
    let network = Network::new();
    let mut events = EventSource::new(connect).network(network.clone());
    events.try_next().await.unwrap().unwrap();
    network.suspend();
    assert!(*dropped.lock().unwrap());
    assert!(events.next().now_or_never().is_none());
    // Being online does not end the suspension.
    network.online();
    assert!(events.next().now_or_never().is_none());
    network.resume();
    events.try_next().await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_report_ends_the_delay_before_an_attempt() {
    let numbers = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&numbers);
    let connect = move |attempt: Attempt<'_>| {
        seen.lock().unwrap().push(attempt.number);
        std::future::ready(Err::<Connection<Error>, _>(refused()))
    };
    let network = Network::new();
    let policy = Reconnect::new()
        .base_delay(Duration::from_secs(3600))
        .max_delay(Duration::from_secs(3600))
        .max_attempts(9);
    let mut events = EventSource::new(connect)
        .network(network.clone())
        .reconnect(policy);
    let started = Instant::now();
    for _ in 0..9 {
        assert!(events.next().now_or_never().is_none());
        network.online();
        assert!(events.next().now_or_never().is_none());
        tokio::time::sleep(Duration::from_millis(251)).await;
    }
    assert!(started.elapsed() < Duration::from_secs(10));
    // Such reports do not keep the source from giving up.
    assert!(events.next().now_or_never().unwrap().unwrap().is_err());
    assert_eq!(*numbers.lock().unwrap(), (0..10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn attempts_before_a_change_do_not_count() {
    let numbers = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&numbers);
    let connect = move |attempt: Attempt<'_>| {
        seen.lock().unwrap().push(attempt.number);
        std::future::ready(Err::<Connection<Error>, _>(refused()))
    };
    let network = Network::new();
    let mut events = EventSource::new(connect)
        .network(network.clone())
        .reconnect(Reconnect::new().base_delay(Duration::from_secs(3600)));
    for _ in 0..4 {
        assert!(events.next().now_or_never().is_none());
        network.changed();
        assert!(events.next().now_or_never().is_none());
        tokio::time::sleep(Duration::from_millis(251)).await;
    }
    assert_eq!(*numbers.lock().unwrap(), [0, 1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_sleep_does_not_postpone_giving_up() {
    let connect = |_: Attempt<'_>| std::future::ready(Err::<Connection<Error>, _>(refused()));
    let clock = Clock::new();
    let mut events = EventSource::new(connect).clock(clock.clone());
    let started = Instant::now();
    assert!(events.next().now_or_never().is_none());
    clock.advance(Duration::from_secs(8 * 3600));
    assert!(events.next().await.unwrap().is_err());
    let elapsed = started.elapsed().as_secs();
    assert!((600..700).contains(&elapsed), "{elapsed}");
}

/// A body that reports the network while it is polled.
#[tokio::test(start_paused = true)]
async fn a_report_while_the_source_is_polled_closes_the_connection() {
    let network = Network::new();
    let dropped = Arc::new(Mutex::new(false));
    let (reporter, guard) = (network.clone(), Arc::clone(&dropped));
    let connect = move |_: Attempt<'_>| {
        let (reporter, body) = (reporter.clone(), Dropped(Arc::clone(&guard)));
        let chunks = stream::iter(0..2).map(move |number| {
            let _body = &body;
            if number == 1 {
                reporter.suspend();
            }
            Ok(Bytes::from("data: 1\n\n"))
        });
        std::future::ready(Ok::<_, Error>(Connection::body(chunks)))
    };
    let mut events = EventSource::new(connect).network(network.clone());
    events.try_next().await.unwrap().unwrap();
    assert!(!*dropped.lock().unwrap());
    // The event that has arrived is delivered, and nothing polls the source after that.
    events.try_next().await.unwrap().unwrap();
    assert!(*dropped.lock().unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_report_does_not_shorten_a_retry_after() {
    let attempts = Arc::new(Mutex::new(0));
    let made = Arc::clone(&attempts);
    let connect = move |_: Attempt<'_>| {
        *made.lock().unwrap() += 1;
        let busy = Error::status(503, Some(Duration::from_secs(60))).retryable();
        std::future::ready(Err::<Connection<Error>, _>(busy))
    };
    let network = Network::new();
    let mut events = EventSource::new(connect).network(network.clone());
    assert!(events.next().now_or_never().is_none());
    network.changed();
    assert!(events.next().now_or_never().is_none());
    tokio::time::sleep(Duration::from_secs(59)).await;
    assert!(events.next().now_or_never().is_none());
    assert_eq!(*attempts.lock().unwrap(), 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(events.next().now_or_never().is_none());
    assert_eq!(*attempts.lock().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_passes_without_a_network() {
    let (connect, _) = counting();
    let network = Network::new();
    network.offline();
    let mut events = EventSource::new(connect)
        .network(network)
        .deadline(Duration::from_secs(5));
    let failure = events.next().await.unwrap().unwrap_err();
    assert!(matches!(failure, Error::DeadlineExceeded), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn sources_connect_at_different_times_after_a_report() {
    let (connect, _) = counting();
    let network = Network::new();
    let mut sources = vec![EventSource::new(connect).network(network.clone()).boxed()];
    sources.extend((0..99).map(|_| {
        EventSource::new(counting().0)
            .network(network.clone())
            .boxed()
    }));
    for source in &mut sources {
        source.next().await.unwrap().unwrap();
    }
    network.changed();
    let changed = Instant::now();
    let times = futures::future::join_all(sources.iter_mut().map(async |source| {
        source.next().await.unwrap().unwrap();
        changed.elapsed()
    }));
    let times = times.await;
    let early = times
        .iter()
        .filter(|time| **time < Duration::from_millis(125));
    assert!((20..80).contains(&early.count()), "{times:?}");
    assert!(
        times.iter().all(|time| *time <= Duration::from_millis(251)),
        "{times:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_idle_by_the_time_that_the_machine_slept() {
    let (connect, attempts) = counting();
    let clock = Clock::new();
    let mut events = EventSource::new(connect)
        .idle_timeout(Duration::from_secs(45))
        .clock(clock.clone());
    events.try_next().await.unwrap().unwrap();
    assert!(events.next().now_or_never().is_none());
    let asleep = Instant::now();
    clock.advance(Duration::from_secs(8 * 3600));
    assert_eq!(events.try_next().await.unwrap().unwrap().id, "2");
    assert!(
        asleep.elapsed() <= Duration::from_secs(1),
        "{:?}",
        asleep.elapsed()
    );
    assert_eq!(*attempts.lock().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_short_sleep_keeps_the_connection() {
    let (connect, attempts) = counting();
    let clock = Clock::new();
    let mut events = EventSource::new(connect)
        .idle_timeout(Duration::from_secs(45))
        .clock(clock.clone());
    events.try_next().await.unwrap().unwrap();
    // A heartbeat has just arrived: 44 s are less than the limit.
    for _ in 0..4 {
        clock.advance(Duration::from_secs(11));
        assert!(events.next().now_or_never().is_none());
    }
    assert_eq!(*attempts.lock().unwrap(), 1);
    clock.advance(Duration::from_secs(15));
    assert_eq!(events.try_next().await.unwrap().unwrap().id, "2");
}

#[tokio::test(start_paused = true)]
async fn a_delay_and_the_deadline_end_by_the_time_that_the_machine_slept() {
    let attempts = Arc::new(Mutex::new(0));
    let made = Arc::clone(&attempts);
    let connect = move |_: Attempt<'_>| {
        *made.lock().unwrap() += 1;
        std::future::ready(Err::<Connection<Error>, _>(refused()))
    };
    let clock = Clock::new();
    let hour = Duration::from_secs(3600);
    let mut events = EventSource::new(connect)
        .deadline(10 * hour)
        .clock(clock.clone())
        .reconnect(Reconnect::new().base_delay(hour).max_delay(hour));
    assert!(events.next().now_or_never().is_none());
    // The source does not give up: the time asleep is not one in which it failed to connect.
    clock.advance(8 * hour);
    assert!(events.next().now_or_never().is_none());
    assert_eq!(*attempts.lock().unwrap(), 2);
    clock.advance(2 * hour);
    let failure = events.next().await.unwrap().unwrap_err();
    assert!(matches!(failure, Error::DeadlineExceeded), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn connections_that_are_cut_on_schedule_lose_nothing_for_days() {
    for seconds in [16, 60, 601] {
        let sent = Arc::new(Mutex::new(0));
        let connect = move |attempt: Attempt<'_>| {
            assert_eq!(
                attempt.last_event_id.parse().unwrap_or(0),
                *sent.lock().unwrap()
            );
            let sent = Arc::clone(&sent);
            // A heartbeat every 15 s, one event per connection, and a cut.
            let body = stream::unfold(0, move |second| {
                let sent = Arc::clone(&sent);
                async move {
                    let pause = 15.min(seconds - second);
                    tokio::time::sleep(Duration::from_secs(pause)).await;
                    if second + pause == seconds {
                        return None;
                    }
                    let mut sent = sent.lock().unwrap();
                    let text = if second == 0 {
                        *sent += 1;
                        format!("id: {sent}\ndata: event\n\n")
                    } else {
                        ": heartbeat\n\n".to_owned()
                    };
                    Some((Ok(Bytes::from(text)), second + pause))
                }
            });
            std::future::ready(Ok::<_, Error>(Connection::body(body)))
        };
        let mut events = EventSource::new(connect).idle_timeout(Duration::from_secs(45));
        let started = Instant::now();
        let mut expected = 0;
        while started.elapsed() < Duration::from_secs(3 * 24 * 3600) {
            expected += 1;
            let event = events.try_next().await.unwrap().unwrap();
            assert_eq!(event.id, expected.to_string(), "{seconds}");
        }
    }
}
