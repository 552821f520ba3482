//! The runtime that every call of every language runs on.

use std::io;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle, Runtime};

/// One runtime for each generation of forked processes: a child has none of its parent's threads, and its parent's
/// cell may even be half initialised.
static RUNTIMES: [OnceCell<Shared>; GENERATIONS] = [const { OnceCell::new() }; GENERATIONS];
static GENERATION: AtomicUsize = AtomicUsize::new(0);

const GENERATIONS: usize = 32;

/// At least two: a hostile connection can occupy one.
const WORKERS: usize = 2;

struct Shared {
    handle: Handle,
    /// Taken out to be shut down.
    runtime: Mutex<Option<Runtime>>,
}

/// The runtime of this process; made when first asked for.
pub fn handle() -> io::Result<Handle> {
    let cell = RUNTIMES
        .get(GENERATION.load(Ordering::Acquire))
        .ok_or_else(|| io::Error::other("forked too deep"))?;
    let shared = cell.get_or_try_init(|| {
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("aod")
            .enable_all()
            .build()?;
        io::Result::Ok(Shared {
            handle: runtime.handle().clone(),
            runtime: Mutex::new(Some(runtime)),
        })
    })?;
    Ok(shared.handle.clone())
}

/// To be called in the child after a fork, before anything else.
pub fn forked() {
    GENERATION.fetch_add(1, Ordering::AcqRel);
}

/// Gives up all that is under way and joins the threads, so that none calls back into an interpreter that has gone.
pub fn shut_down(limit: Duration) {
    let shared = RUNTIMES
        .get(GENERATION.load(Ordering::Acquire))
        .and_then(OnceCell::get);
    if let Some(shared) = shared {
        let runtime = shared
            .runtime
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(runtime) = runtime {
            runtime.shutdown_timeout(limit);
        }
    }
}
