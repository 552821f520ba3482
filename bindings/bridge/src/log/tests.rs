use std::time::Duration;

use aod::ConnectionState;

use super::{MAX_LINES, StateLog};

#[test]
fn returns_its_lines_once() {
    let log = StateLog::default();
    log.record(&ConnectionState::Connecting);
    log.record(&ConnectionState::Live);
    log.record(&ConnectionState::HistoryReset);
    let reset = "history reset: the next events are new, although their ids are lower";
    assert_eq!(log.take(), ["connecting", "live", reset]);
    assert!(log.take().is_empty());
}

#[test]
fn logs_the_cause_of_a_reconnect() {
    let cause = crate::testing::block_on(async {
        let body = futures::stream::iter([Err::<bytes::Bytes, _>(std::io::Error::other("torn"))]);
        futures::StreamExt::next(&mut aod::EventStream::new(body)).await
    });
    let cause = cause.unwrap().unwrap_err();
    let log = StateLog::default();
    log.record(&ConnectionState::Resuming {
        attempt: 2,
        delay: Duration::from_millis(250),
        cause: cause.into(),
    });
    let lines = log.take();
    assert!(
        lines[0].starts_with("resuming, attempt 2 in 250.0ms, after: "),
        "{lines:?}"
    );
}

#[test]
fn keeps_the_first_lines_until_they_are_taken() {
    let log = StateLog::default();
    log.record(&ConnectionState::Connecting);
    for _ in 0..2 * MAX_LINES {
        log.record(&ConnectionState::Live);
    }
    let lines = log.take();
    assert_eq!(lines.len(), MAX_LINES);
    assert_eq!(lines[0], "connecting");
}
