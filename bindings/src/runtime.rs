//! The runtime that every call of every language runs on.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle, Runtime};

/// One runtime for each generation of forked processes: a child has none of its parent's threads, and its parent's
/// cell may even be half initialised.
static RUNTIMES: [OnceCell<Runtime>; GENERATIONS] = [const { OnceCell::new() }; GENERATIONS];
static GENERATION: AtomicUsize = AtomicUsize::new(0);

const GENERATIONS: usize = 32;

/// The runtime of this process; made when first asked for.
pub(crate) fn handle() -> io::Result<Handle> {
    let cell = RUNTIMES
        .get(GENERATION.load(Ordering::Acquire))
        .ok_or_else(|| io::Error::other("forked too deep"))?;
    let runtime = cell.get_or_try_init(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("aod")
            .enable_all()
            .build()
    })?;
    Ok(runtime.handle().clone())
}

/// To be called in the child after a fork, before anything else.
pub(crate) fn forked() {
    GENERATION.fetch_add(1, Ordering::AcqRel);
}
