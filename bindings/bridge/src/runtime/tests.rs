use std::time::Duration;

use futures::FutureExt as _;

use super::SharedRuntime;
use crate::block;
use crate::call;
use crate::error::ErrorKind;
use crate::testing::{LIMIT, assert_idle, block_on, runtime};

#[test]
fn starts_on_first_use() {
    let runtime = runtime();
    assert!(runtime.running.get().get().is_none());
    assert_eq!(runtime.active_tasks(), 0);
    runtime.handle().unwrap();
    assert!(runtime.running.get().get().is_some());
}

#[test]
fn starts_the_requested_number_of_workers() {
    static THREE: SharedRuntime = SharedRuntime::new(3);
    assert_eq!(THREE.handle().unwrap().metrics().num_workers(), 3);
}

#[test]
#[should_panic(expected = "two workers")]
fn refuses_a_single_worker() {
    let _ = SharedRuntime::new(1);
}

#[test]
fn starts_a_new_runtime_after_each_fork() {
    let runtime = runtime();
    let mut ids = vec![runtime.handle().unwrap().id()];
    for _ in 0..100 {
        runtime.after_fork_in_child();
        assert_eq!(block_on(call::run(runtime, async { Ok(1) })).unwrap(), 1);
        ids.push(runtime.handle().unwrap().id());
    }
    ids.dedup();
    assert_eq!(ids.len(), 101);
}

#[test]
fn stays_the_same_between_forks() {
    let runtime = runtime();
    runtime.after_fork_in_child();
    assert_eq!(
        runtime.handle().unwrap().id(),
        runtime.handle().unwrap().id()
    );
}

#[test]
fn drops_its_tasks_at_shutdown() {
    let runtime = runtime();
    let mut call =
        call::Call::<()>::spawn(runtime, async { std::future::pending().await }).unwrap();
    runtime.shut_down(LIMIT);
    runtime.shut_down(LIMIT);
    let std::task::Poll::Ready(Err(error)) =
        block::wait(Duration::ZERO, |context| call.poll_unpin(context))
    else {
        panic!("the call continues");
    };
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert_idle(runtime);
    let error = block_on(call::run(runtime, async { Ok(()) })).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
}

#[test]
fn can_be_shut_down_before_it_has_started() {
    runtime().shut_down(LIMIT);
}
