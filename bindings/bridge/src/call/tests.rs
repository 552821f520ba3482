use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::FutureExt as _;
use tokio::task::yield_now;

use super::{Call, run};
use crate::block;
use crate::error::{ErrorInfo, ErrorKind};
use crate::testing::{LIMIT, assert_idle, block_on, poll_at_most, runtime};

/// The number of awaits in the work of these tests.
const YIELDS: usize = 5;

#[test]
fn runs_on_the_runtime_and_completes_on_any_executor() {
    let thread = block_on(run(runtime(), async {
        Ok(std::thread::current().name().map(str::to_owned))
    }));
    assert_eq!(thread.unwrap().as_deref(), Some("aod"));
}

#[test]
fn returns_the_error_of_the_work() {
    let error = block_on(run::<()>(runtime(), async {
        Err(ErrorInfo::new(ErrorKind::Listener, "no"))
    }));
    assert_eq!(error.unwrap_err().kind, ErrorKind::Listener);
}

#[test]
fn a_panic_is_an_error_without_its_message() {
    let error = block_on(run::<()>(runtime(), async { panic!("a secret") })).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Other);
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[test]
fn aborts_the_work_when_dropped_at_any_await() {
    for polls in 0..=YIELDS {
        let runtime = runtime();
        let done = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&done);
        let (resume, mut resumed) = tokio::sync::mpsc::channel::<()>(1);
        let answer = poll_at_most(
            1,
            run(runtime, async move {
                for _ in 0..polls {
                    yield_now().await;
                    counter.fetch_add(1, Ordering::Relaxed);
                }
                // Dropped here, after this many polls.
                resumed.recv().await;
                counter.fetch_add(100, Ordering::Relaxed);
                Ok(())
            }),
        );
        assert!(answer.is_none());
        assert_idle(runtime);
        assert!(resume.try_send(()).is_err(), "the work is dropped");
        assert!(done.load(Ordering::Relaxed) <= polls);
    }
}

#[test]
fn completes_at_any_poll() {
    for yields in 0..=YIELDS {
        let work = async move {
            for _ in 0..yields {
                yield_now().await;
            }
            Ok(yields)
        };
        assert_eq!(block_on(run(runtime(), work)).unwrap(), yields);
    }
}

#[test]
fn a_thread_can_wait_again_after_a_timeout() {
    let runtime = runtime();
    let (finish, finished) = tokio::sync::oneshot::channel();
    let mut call = Call::spawn(runtime, async { Ok(finished.await.unwrap_or(0)) }).unwrap();
    assert!(block::wait(Duration::ZERO, |context| call.poll_unpin(context)).is_pending());
    assert!(block::wait(Duration::from_millis(1), |context| call.poll_unpin(context)).is_pending());
    finish.send(7).unwrap();
    assert!(matches!(
        block::wait(LIMIT, |context| call.poll_unpin(context)),
        Poll::Ready(Ok(7))
    ));
    assert_idle(runtime);
}

#[test]
fn aborts_the_work_when_dropped_after_a_timeout() {
    let runtime = runtime();
    let mut call = Call::<()>::spawn(runtime, std::future::pending()).unwrap();
    assert!(block::wait(Duration::ZERO, |context| call.poll_unpin(context)).is_pending());
    assert_eq!(runtime.active_tasks(), 1);
    drop(call);
    assert_idle(runtime);
}

#[test]
fn keeps_its_result_until_it_is_polled_after_the_wake() {
    let runtime = runtime();
    let mut call = Call::spawn(runtime, async { Ok(7) }).unwrap();
    block_on(std::future::poll_fn(|context| call.poll_ready(context)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(call.poll_ready(&mut context).is_ready());
    assert!(matches!(
        block::wait(Duration::ZERO, |context| call.poll_unpin(context)),
        Poll::Ready(Ok(7))
    ));
}
