use std::future::{pending, ready};

use super::{CancelScope, CancellationToken};
use crate::call::run;
use crate::error::ErrorKind;
use crate::testing::{assert_idle, block_on, poll_at_most, runtime};

#[test]
fn work_ends_by_itself() {
    let closed = CancellationToken::new();
    for cancelled in [None, Some(CancellationToken::new())] {
        let scope = CancelScope::new(cancelled, &closed);
        assert_eq!(block_on(scope.run(ready(Ok(3)))).unwrap(), 3);
    }
}

#[test]
fn either_token_ends_work_and_says_which() {
    let (cancelled, closed) = (CancellationToken::new(), CancellationToken::new());
    let scope = || CancelScope::new(Some(cancelled.clone()), &closed);
    let first = scope().run(pending::<crate::error::Result<()>>());
    cancelled.cancel();
    assert_eq!(block_on(first).unwrap_err().kind, ErrorKind::Cancelled);
    closed.cancel();
    let second = CancelScope::new(None, &closed).run(pending::<crate::error::Result<()>>());
    assert_eq!(block_on(second).unwrap_err().kind, ErrorKind::Closed);
}

#[test]
fn cancelled_scopes_do_not_begin_the_work() {
    let closed = CancellationToken::new();
    closed.cancel();
    let scope = CancelScope::new(None, &closed);
    let error = block_on(scope.run(async { panic!("it began") as crate::error::Result<()> }));
    assert_eq!(error.unwrap_err().kind, ErrorKind::Closed);
}

#[test]
fn a_token_from_another_thread_reaches_work_on_the_runtime() {
    let runtime = runtime();
    let (cancelled, closed) = (CancellationToken::new(), CancellationToken::new());
    let scope = CancelScope::new(Some(cancelled.clone()), &closed);
    let work = run(runtime, scope.run(pending::<crate::error::Result<()>>()));
    let other = std::thread::spawn(move || cancelled.cancel());
    assert_eq!(block_on(work).unwrap_err().kind, ErrorKind::Cancelled);
    other.join().unwrap();
    assert_idle(runtime);
}

#[test]
fn work_that_is_dropped_half_way_leaves_nothing_behind() {
    for polls in 0..3 {
        let runtime = runtime();
        let scope = CancelScope::new(None, &CancellationToken::new());
        let work = scope.run(run::<()>(runtime, pending()));
        // Nothing wakes it again.
        assert!(poll_at_most(polls.min(1), work).is_none());
        assert_idle(runtime);
    }
}
