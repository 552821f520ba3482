use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use super::Updates;
use crate::call;
use crate::cancel::{CancelScope, CancellationToken};
use crate::error::{ErrorKind, Result};
use crate::testing::{block_on, runtime};

/// Sets its flag when it is dropped.
struct DropFlag(Arc<AtomicBool>);

impl Drop for DropFlag {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Returns pending once, and wakes its task.
async fn wait() {
    let mut has_waited = false;
    poll_fn(|context| {
        if has_waited {
            return Poll::Ready(());
        }
        has_waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Runs a call with a listener that fails when it receives `failing`, and returns the batches before.
fn run<R: Send + 'static>(
    call: impl Future<Output = aod::Result<R>> + Send + 'static,
    updates: Updates<i32>,
    failing: Option<i32>,
) -> (Result<R>, Vec<Vec<i32>>) {
    let batches = Arc::new(Mutex::new(Vec::new()));
    let received = batches.clone();
    let result = block_on(call::run(runtime(), async move {
        let listener = |batch: Vec<i32>| {
            if failing.is_some_and(|failing| batch.contains(&failing)) {
                return Err("planted".to_owned());
            }
            received.lock().unwrap().push(batch);
            Ok(())
        };
        updates.deliver(call, listener).await
    }));
    let batches = batches.lock().unwrap().clone();
    (result, batches)
}

#[test]
fn updates_that_are_ready_are_one_batch() {
    let updates = Updates::new();
    let push = updates.clone();
    let call = async move {
        push.push(1);
        push.push(2);
        wait().await;
        wait().await;
        push.push(3);
        wait().await;
        push.push(4);
        Ok("done")
    };
    let (result, batches) = run(call, updates, None);
    assert_eq!(result.unwrap(), "done");
    assert_eq!(batches, [vec![1, 2], vec![3], vec![4]]);
}

#[test]
fn updates_before_an_error_of_the_call_are_delivered() {
    let updates = Updates::new();
    let push = updates.clone();
    let call = async move {
        push.push(1);
        let built = aod::Client::builder().base_url("no URL").token("t").build();
        built.map(|_| ())
    };
    let (result, batches) = run(call, updates, None);
    let kind = ErrorKind::Core(aod::ErrorKind::Configuration);
    assert_eq!(result.unwrap_err().kind, kind);
    assert_eq!(batches, [[1]]);
}

#[test]
fn a_listener_that_fails_ends_the_call() {
    let updates = Updates::new();
    let push = updates.clone();
    let is_dropped = Arc::new(AtomicBool::new(false));
    let flag = DropFlag(is_dropped.clone());
    let call = async move {
        let _flag = flag;
        push.push(1);
        wait().await;
        push.push(2);
        pending().await
    };
    let (result, batches) = run::<()>(call, updates, Some(2));
    let error = result.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Listener);
    assert_eq!(error.text, "the listener failed: planted");
    assert_eq!(batches, [[1]]);
    assert!(is_dropped.load(Ordering::SeqCst));
}

#[test]
fn a_failure_at_the_end_of_the_call_is_its_result() {
    let updates = Updates::new();
    let push = updates.clone();
    let call = async move {
        push.push(1);
        Ok(())
    };
    let (result, _) = run(call, updates, Some(1));
    assert_eq!(result.unwrap_err().kind, ErrorKind::Listener);
}

#[test]
fn a_failure_outside_of_the_listener_ends_the_call() {
    let updates = Updates::new();
    let push = updates.clone();
    let call = async move {
        push.push(1);
        push.fail("planted".to_owned());
        pending().await
    };
    let (result, batches) = run::<()>(call, updates, None);
    assert_eq!(result.unwrap_err().text, "the listener failed: planted");
    assert_eq!(batches, [[0; 0]; 0]);
}

#[test]
fn a_call_that_always_has_updates_can_be_cancelled() {
    let updates = Updates::new();
    let push = updates.clone();
    let cancelled = CancellationToken::new();
    let scope = CancelScope::new(Some(cancelled.clone()), &CancellationToken::new());
    let result = block_on(call::run(runtime(), async move {
        let call = async move {
            loop {
                push.push(1);
                wait().await;
            }
        };
        let listener = |_| {
            cancelled.cancel();
            Ok(())
        };
        scope.run(updates.deliver::<()>(call, listener)).await
    }));
    assert_eq!(result.unwrap_err().kind, ErrorKind::Cancelled);
}
